// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/receptive_field_grid.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <set>

#include "app/gui/page_controls.h"
#include "core/analysis/erf_protocol.h"
#include "core/image/overlay.h"
#include "widgets/figure/format.h"

namespace orderscope {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("ReceptiveFieldPage", text); }

/// A row of the grid: weights and order.
struct Row {
  bool control = false;
  std::optional<int> order;

  auto operator<=>(const Row&) const = default;
};

QString row_title(const Row& row) {
  if (row.control) return tr("random weights");
  if (!row.order) return tr("trained");
  return *row.order == 0 ? tr("no gate") : tr("order %1").arg(*row.order);
}

QString row_hint(const Row& row) {
  if (row.control)
    return tr(
        "The same architecture with random weights, as at the start of a training: what of the field the "
        "architecture alone makes");
  if (!row.order) return tr("How strongly the unit answers to each pixel: the mean of its gradient over the images");
  if (*row.order == 0) return tr("With all gates shut: the patch under the unit");
  return tr("Only gate %1 of every gnConv lets the gradient through: how far this order carries by itself")
      .arg(*row.order);
}

const MeasuredField* field_of(const ReceptiveFieldColumn& column, const Row& row) {
  const FieldState& state = row.control ? column.control : column.trained;
  if (!state.seen) return nullptr;
  for (const MeasuredField& field : state.seen->fields)
    if (field.order == row.order) return &field;
  return nullptr;
}

const Map& map_of(const MeasuredField& field, FieldQuantity quantity) {
  switch (quantity) {
    case FieldQuantity::Raw: return field.mean;
    case FieldQuantity::Decades: return field.decades;
    case FieldQuantity::Scaled: break;
  }
  return field.scaled;
}

/// Around the centre of the unit, in pixels of the input.
Frame frame_of(const FieldSnapshot& seen) {
  const Map& map = seen.fields.front().mean;
  return {-(seen.centre[1] + 0.5), -(seen.centre[0] + 0.5), static_cast<double>(map.width),
          static_cast<double>(map.height)};
}

QString half_text(const MeasuredField& field) {
  for (const AreaMeasure& measure : field.ratios)
    if (measure.threshold == 0.5 && measure.value)
      return tr("50\u2009% in %1\u2009%").arg(column_text(100 * measure.value->ratio));
  return {};
}

MapPanel panel_of(const ReceptiveFieldWork& work, std::size_t index, const Row& row,
                  const ReceptiveFieldSettings& settings) {
  const ReceptiveFieldColumn& column = work.columns()[index];
  const FieldState& state = row.control ? column.control : column.trained;
  MapPanel panel;
  panel.context = static_cast<int>(index);
  panel.name = tr("%1, %2").arg(column.name, row_title(row));
  const MeasuredField* field = field_of(column, row);
  if (field == nullptr) {
    if (!state.problem.isEmpty())
      panel.note = state.problem;
    else if (state.seen)
      panel.note = tr("no such order");
    else
      panel.note = work.state() == ReceptiveFieldWork::State::Running ? tr("waits for its turn") : tr("not computed");
    return panel;
  }
  panel.map = std::shared_ptr<const Map>(state.seen, &map_of(*field, settings.quantity));
  panel.frame = frame_of(*state.seen);
  panel.label = half_text(*field);
  if (settings.outline == FieldOutline::Squares) panel.lines = square_lines(*field);
  if (settings.outline == FieldOutline::Levels) panel.lines = level_lines(*field);
  return panel;
}

/// Whether the values of different models have the same range by themselves.
bool has_common_scale(const ReceptiveFieldSettings& settings) {
  if (settings.quantity == FieldQuantity::Decades) return true;
  const auto protocol = erf_protocol(settings.plan.protocol);
  return settings.quantity == FieldQuantity::Scaled && protocol &&
         (protocol->scale == ErfScale::Log10 || protocol->scale == ErfScale::FifthRoot);
}

/// Of groups whose maps are compared with each other.
void scale_panels(const std::vector<PanelGroup*>& groups, const ReceptiveFieldSettings& settings) {
  std::vector<const Map*> maps;
  for (const PanelGroup* group : groups)
    for (const MapPanel& panel : group->panels)
      if (panel.map) maps.push_back(panel.map.get());
  ColorScale bar = scale_for(maps);
  if (settings.quantity == FieldQuantity::Decades) bar = {Colormap::Viridis, kLeastDecade, 0};
  for (PanelGroup* group : groups) {
    group->bar = bar;
    group->relative = !settings.shared_scale && !has_common_scale(settings) && maps.size() > 1;
    for (MapPanel& panel : group->panels)
      if (panel.map) panel.scale = group->relative ? scale_for(*panel.map) : bar;
  }
}

/// Where a row is a model, all maps of the grid.
void scale_rows(PanelGrid& grid, const ReceptiveFieldSettings& settings) {
  std::vector<PanelGroup*> groups;
  for (auto& row : grid.rows)
    for (PanelGroup& group : row) groups.push_back(&group);
  scale_panels(groups, settings);
}

PanelColumn head_of(const ReceptiveFieldColumn& column) {
  PanelColumn head{.title = column.name, .color = column.color};
  head.hint = QString::fromStdString(column.path.string());
  const auto& seen = column.trained.seen;
  if (!seen) return head;
  head.detail = seen->complete ? QString() : tr("%1 of %2").arg(seen->used).arg(seen->wanted);
  head.hint += tr("\n%1, %2 × %3, %4\n%5")
                   .arg(QString::fromStdString(seen->layer))
                   .arg(seen->fields.front().mean.height)
                   .arg(seen->fields.front().mean.width)
                   .arg(images_text(seen->used), QString::fromStdString(seen->preprocessing));
  return head;
}

}  // namespace

std::vector<NamedField> named_fields(const std::vector<ReceptiveFieldColumn>& columns) {
  std::vector<NamedField> all;
  for (const ReceptiveFieldColumn& column : columns)
    for (const bool control : {false, true}) {
      const auto& seen = (control ? column.control : column.trained).seen;
      if (!seen) continue;
      for (const MeasuredField& field : seen->fields) {
        const QString part = control ? tr("random") : field.order ? row_title({control, field.order}) : QString();
        all.push_back({part.isEmpty() ? column.name : tr("%1, %2").arg(column.name, part), part, column.color, control,
                       &field, seen});
      }
    }
  return all;
}

QString protocol_title(const FieldPlan& plan) {
  const auto protocol = erf_protocol(plan.protocol);
  return QString::fromStdString(protocol ? protocol->title : plan.protocol);
}

QString size_text(const FieldPlan& plan) {
  if (plan.size > 0) return tr("%1 px").arg(plan.size);
  const auto protocol = erf_protocol(plan.protocol);
  if (plan.size == FieldPlan::kPublishedSize && protocol && protocol->size > 0)
    return tr("%1 px, as published").arg(protocol->size);
  return tr("own size");
}

QString layer_text(const std::string& layer) {
  return layer == "last" ? tr("last block") : QString::fromStdString(layer);
}

QString scale_text(const FieldPlan& plan) {
  const auto protocol = erf_protocol(plan.protocol);
  switch (protocol ? protocol->scale : ErfScale::Linear) {
    case ErfScale::Log10: return tr("log10(mean + 1) by its largest value");
    case ErfScale::FifthRoot: return tr("fifth root of the mean by its largest value");
    case ErfScale::Share: return tr("mean by its sum");
    case ErfScale::Linear: break;
  }
  return tr("mean");
}

QString quantity_title(FieldQuantity quantity, const FieldPlan& plan) {
  switch (quantity) {
    case FieldQuantity::Raw: return tr("mean of the gradient");
    case FieldQuantity::Decades: return tr("log10 of the mean by its largest value");
    case FieldQuantity::Scaled: break;
  }
  return scale_text(plan);
}

PanelGrid receptive_field_grid(const ReceptiveFieldWork& work, const ReceptiveFieldSettings& settings,
                               FieldLayout layout) {
  PanelGrid grid;
  if (work.columns().empty()) return grid;
  std::set<Row> rows{{false, std::nullopt}};
  if (settings.control) rows.insert({true, std::nullopt});
  std::optional<Frame> frame;
  for (const ReceptiveFieldColumn& column : work.columns()) {
    for (const FieldState* state : {&column.trained, &column.control}) {
      if (!state->seen) continue;
      if (!frame) frame = frame_of(*state->seen);
      for (const MeasuredField& field : state->seen->fields) rows.insert({state == &column.control, field.order});
    }
  }
  if (!frame) return {};
  grid.frame = *frame;
  grid.style = settings.style;
  grid.style.opacity = 1;
  if (layout == FieldLayout::Tall && work.columns().size() > rows.size()) {
    for (const Row& row : rows)
      grid.columns.push_back({.title = row.control ? tr("random") : row_title(row), .hint = row_hint(row)});
    for (std::size_t i = 0; i < work.columns().size(); ++i) {
      const PanelColumn head = head_of(work.columns()[i]);
      PanelGroup group;
      group.title = head.title;
      group.subtitle = head.detail;
      group.hint = head.hint;
      group.color = head.color;
      for (const Row& row : rows) group.panels.push_back(panel_of(work, i, row, settings));
      grid.rows.push_back({std::move(group)});
    }
    scale_rows(grid, settings);
    return grid;
  }
  for (const ReceptiveFieldColumn& column : work.columns()) grid.columns.push_back(head_of(column));
  for (const Row& row : rows) {
    PanelGroup group;
    group.title = row_title(row);
    group.hint = row_hint(row);
    for (std::size_t i = 0; i < work.columns().size(); ++i) group.panels.push_back(panel_of(work, i, row, settings));
    scale_panels({&group}, settings);
    grid.rows.push_back({std::move(group)});
  }
  return grid;
}

}  // namespace orderscope
