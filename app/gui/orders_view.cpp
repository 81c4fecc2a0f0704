// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/orders_view.h"

#include <QCoreApplication>
#include <QStringList>
#include <algorithm>

#include "core/image/overlay.h"
#include "widgets/figure/format.h"

namespace orderscope {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("OrdersPage", text); }

QString multiplied(int height, int width) { return QStringLiteral("%1\u00A0×\u00A0%2").arg(height).arg(width); }

/// A map inside a result, which it keeps alive.
template <class Owner>
std::shared_ptr<const Map> inside(const std::shared_ptr<const Owner>& owner, const Map* map) {
  return map == nullptr ? nullptr : std::shared_ptr<const Map>(owner, map);
}

PanelGroup flow_group(const std::shared_ptr<const ForwardResult>& result, const BlockOrderMaps& maps,
                      OrderQuantity quantity, const OrdersSettings& settings) {
  PanelGroup group;
  group.title = QString::fromStdString(to_string(quantity));
  group.by_order = quantity != OrderQuantity::Value;
  const int first = group.by_order ? 1 : 0;
  const int last = group.by_order ? maps.order : 0;
  for (int order = first; order <= last; ++order) {
    MapPanel panel;
    panel.map = inside(result, maps.find(quantity, order, settings.reduction));
    const int channels = maps.channels.empty() ? 0 : maps.channels[static_cast<std::size_t>(std::max(order - 1, 0))];
    panel.name = group.by_order ? QStringLiteral("%1 %2").arg(group.title).arg(order) : group.title;
    panel.label = group.by_order ? tr("order %1").arg(order) : tr("value");
    const QString gnconv = QString::fromStdString(maps.block) + QStringLiteral(".gnconv.");
    panel.context = group.by_order ? QStringLiteral("%1%2.%3").arg(gnconv, group.title).arg(order)
                                   : gnconv + QStringLiteral("value");
    panel.detail = tr("%1 ch").arg(channels);
    group.panels.push_back(std::move(panel));
  }
  scale_group(group, settings.scale);
  return group;
}

QString class_text(const ForwardResult& result, const ClassView* view) {
  return view == nullptr ? QString() : QString::fromStdString(result.model->class_name(view->class_index));
}

/// Why there are no gradients: a backbone whose head is not known, or a detector that found nothing, has no score.
QString absence_text(const ForwardResult& result) {
  return result.scores.empty() ? tr("nothing was predicted, so there is nothing to explain")
                               : tr("gradients are on their way");
}

PanelGroup contribution_group(const ForwardResult& result, const std::shared_ptr<const ClassView>& view, int block,
                              const OrdersSettings& settings) {
  const BlockOrderMaps& maps = result.blocks[static_cast<std::size_t>(block)];
  PanelGroup group;
  group.title = tr("contribution");
  group.by_order = true;
  group.hint =
      tr("What each gate was worth to the class: the sum over channels of gate × gradient. Red speaks for the "
         "class, blue against it.");
  group.subtitle = view ? tr("to %1").arg(class_text(result, view.get())) : QString();
  if (view && !view->target.empty()) group.hint += '\n' + tr("Explained: %1").arg(QString::fromStdString(view->target));
  for (int order = 1; order <= maps.order; ++order) {
    MapPanel panel;
    const auto index = static_cast<std::size_t>(order - 1);
    if (view && static_cast<std::size_t>(block) < view->contributions.size()) {
      const auto& of_block = view->contributions[static_cast<std::size_t>(block)];
      if (index < of_block.size()) panel.map = inside(view, &of_block[index]);
    }
    panel.name = tr("contribution %1").arg(order);
    panel.context = QStringLiteral("%1.gnconv.gate.%2").arg(QString::fromStdString(maps.block)).arg(order);
    panel.label = tr("order %1").arg(order);
    panel.detail = tr("%1 ch").arg(maps.channels[index]);
    panel.note = absence_text(result);
    group.panels.push_back(std::move(panel));
  }
  scale_group(group, settings.scale);
  return group;
}

PanelGroup cam_group(const ForwardResult& result, const std::shared_ptr<const ClassView>& view, int block) {
  PanelGroup group;
  group.title = tr("Grad-CAM");
  group.subtitle = view ? tr("of %1").arg(class_text(result, view.get())) : QString();
  group.hint = tr("Grad-CAM at the output of this block, before the ReLU: negative values speak against the class.");
  if (view && !view->target.empty()) group.hint += '\n' + tr("Explained: %1").arg(QString::fromStdString(view->target));
  MapPanel panel;
  if (view && static_cast<std::size_t>(block) < view->cams.size())
    panel.map = inside(view, &view->cams[static_cast<std::size_t>(block)]);
  panel.name = tr("Grad-CAM");
  panel.label = tr("CAM");
  panel.note = absence_text(result);
  group.panels.push_back(std::move(panel));
  scale_group(group, ScaleMode::Shared);
  return group;
}

}  // namespace

void scale_group(PanelGroup& group, ScaleMode mode) {
  std::vector<const Map*> maps;
  for (const MapPanel& panel : group.panels) maps.push_back(panel.map.get());
  const ColorScale shared = scale_for(maps);
  group.bar = shared;
  group.relative = mode == ScaleMode::PerMap && group.panels.size() > 1;
  for (MapPanel& panel : group.panels)
    if (panel.map) panel.scale = group.relative ? scale_for(*panel.map) : shared;
}

PanelGrid orders_grid(const std::shared_ptr<const ForwardResult>& result, const std::shared_ptr<const ClassView>& view,
                      int block, const OrdersSettings& settings) {
  PanelGrid grid;
  if (!result || block < 0 || static_cast<std::size_t>(block) >= result->blocks.size()) return grid;
  grid.photo = to_qimage(result->input.pixels);
  grid.style = settings.style;
  const BlockOrderMaps& maps = result->blocks[static_cast<std::size_t>(block)];
  if (maps.order == 0) {
    grid.rows.push_back({cam_group(*result, view, block)});
    return grid;
  }
  const int stage = result->model->blocks[static_cast<std::size_t>(block)].stage;
  PanelGroup value = flow_group(result, maps, OrderQuantity::Value, settings);
  value.subtitle = tr("gated by order\u00A01");
  value.hint = tr("The part of the input projection that the first gate multiplies.");
  PanelGroup gate = flow_group(result, maps, OrderQuantity::Gate, settings);
  gate.subtitle = mixer_text(*result->model, stage);
  gate.hint = result->model->blocks[static_cast<std::size_t>(block)].in_head
                  ? tr("What multiplies the features at each order: the spatial mixing of its channels, which HorFPN "
                       "does not scale.")
                  : tr("What multiplies the features at each order: the spatial mixing of its channels, after the "
                       "scale.");
  PanelGroup state = flow_group(result, maps, OrderQuantity::State, settings);
  state.subtitle = tr("after each gate");
  state.hint = tr("The features after each gate: state k is state k − 1, widened and multiplied by gate k.");
  grid.rows.push_back({std::move(value), cam_group(*result, view, block)});
  grid.rows.push_back({std::move(gate)});
  grid.rows.push_back({std::move(state)});
  grid.rows.push_back({contribution_group(*result, view, block, settings)});
  return grid;
}

QString block_name(const Model& model, int block) {
  if (block < 0 || static_cast<std::size_t>(block) >= model.blocks.size()) return {};
  return QString::fromStdString(model.blocks[static_cast<std::size_t>(block)].name);
}

QString mixer_text(const Model& model, int stage) {
  const std::string mixer =
      static_cast<std::size_t>(stage) < model.mixers.size() ? model.mixers[static_cast<std::size_t>(stage)] : "";
  if (mixer == "gnconv-gf") return tr("global-local filter");
  if (mixer == "window-attention") return tr("window attention");
  if (model.architecture.family == Family::Plugin) return QString::fromStdString(mixer);
  return tr("depthwise %1").arg(multiplied(model.architecture.kernel_size, model.architecture.kernel_size));
}

QString block_summary(const ForwardResult& result, int block) {
  if (block < 0 || static_cast<std::size_t>(block) >= result.model->blocks.size()) return {};
  const BlockInfo& info = result.model->blocks[static_cast<std::size_t>(block)];
  const int height = (result.input.pixels.height + info.stride - 1) / info.stride;
  const int width = (result.input.pixels.width + info.stride - 1) / info.stride;
  QStringList parts;
  parts << (info.order > 0 ? tr("gnConv of order %1").arg(info.order) : mixer_text(*result.model, info.stage));
  parts << multiplied(height, width) << tr("%1 channels").arg(info.channels);
  return parts.join(QStringLiteral("  ·  "));
}

QString model_summary(const Model& model) {
  QStringList parts{count_text(model.parameters)};
  const Architecture& a = model.architecture;
  QStringList numbers;
  switch (a.family) {
    case Family::HorNet:
      for (const int order : a.orders) numbers << QString::number(order);
      parts << tr("orders %1").arg(numbers.join(' '));
      break;
    case Family::Swin: parts << tr("window %1").arg(a.windows.empty() ? 0 : a.windows.front()); break;
    case Family::ConvNeXt: parts << multiplied(a.kernel_size, a.kernel_size); break;
    case Family::Plugin: parts << tr("plugin"); break;
  }
  return parts.join(QStringLiteral(" · "));
}

std::vector<double> order_energy_shares(const BlockOrderMaps& maps) {
  std::vector<double> shares;
  double total = 0;
  for (int order = 1; order <= maps.order; ++order) {
    // The L2 map is the root of the sum of squares over channels.
    const Map* map = maps.find(OrderQuantity::State, order, ChannelReduction::L2);
    if (map == nullptr || map->empty()) return {};
    double sum = 0;
    for (const float value : map->values) sum += static_cast<double>(value) * value;
    const int channels = std::max(maps.channels[static_cast<std::size_t>(order - 1)], 1);
    shares.push_back(sum / (static_cast<double>(map->values.size()) * channels));
    total += shares.back();
  }
  for (double& share : shares) share = total > 0 ? share / total : 1.0 / static_cast<double>(shares.size());
  return shares;
}

int default_block(const Model& model) {
  std::vector<int> counts;
  for (const BlockInfo& block : model.blocks) {
    counts.resize(std::max(counts.size(), static_cast<std::size_t>(block.stage) + 1));
    ++counts[static_cast<std::size_t>(block.stage)];
  }
  if (counts.empty()) return -1;
  // The last of equals: later maps say more about the class.
  const auto deepest = std::max_element(counts.rbegin(), counts.rend());
  const int stage = static_cast<int>(counts.rend() - deepest) - 1;
  for (std::size_t i = 0; i < model.blocks.size(); ++i) {
    const BlockInfo& block = model.blocks[i];
    if (block.stage == stage && block.index == counts[static_cast<std::size_t>(stage)] / 2) return static_cast<int>(i);
  }
  return 0;
}

}  // namespace orderscope
