// SPDX-License-Identifier: GPL-3.0-or-later
// What the Orders page gives away: figures for print, and its settings.
#include <QComboBox>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/gui/orders_channels.h"
#include "app/gui/orders_mixer.h"
#include "app/gui/orders_page.h"
#include "app/gui/orders_profile.h"
#include "app/gui/orders_terms.h"
#include "app/gui/orders_work.h"
#include "app/gui/session.h"
#include "app/gui/session_export.h"
#include "app/gui/state_value.h"
#include "widgets/figure/color_scale.h"
#include "widgets/figure/custom_plot.h"
#include "widgets/figure/figure.h"
#include "widgets/map_grid.h"
#include "widgets/result_area.h"

namespace orderscope {
namespace {

constexpr double kHalf = 0.5;
constexpr std::size_t kClassesPrinted = 5;

Table::Cell number(double value, int digits = 3) { return {QString::number(value, 'f', digits).toStdString(), value}; }

/// A bar a term, and the block's total beside them, in the colours of the page.
PlotPanel contribution_plot(const std::vector<WaterfallBar>& bars, const QString& class_name, const QString& unit) {
  constexpr std::size_t kFor = 216, kAgainst = 40;  // entries of the diverging table
  const auto signed_color = [](std::size_t entry) {
    return QColor::fromRgb(to_qrgb(table_of(Colormap::Diverging)[entry]));
  };
  PlotPanel plot;
  plot.y_label = OrdersPage::tr("contribution to %1, %2").arg(class_name, unit);
  plot.bars = {{OrdersPage::tr("for"), {}, signed_color(kFor)},
               {OrdersPage::tr("against"), {}, signed_color(kAgainst)},
               {OrdersPage::tr("all"), {}, QColor(0x60, 0x66, 0x70)}};
  for (const WaterfallBar& bar : bars) {
    plot.categories << bar.name;
    const std::size_t kind = bar.total ? 2 : bar.value < 0 ? 1 : 0;
    for (std::size_t i = 0; i < plot.bars.size(); ++i) plot.bars[i].values.push_back(i == kind ? bar.value : 0);
  }
  return plot;
}

PlotPanel profile_plot(const StackedPlot& stacked) {
  PlotPanel plot = plot_of(*stacked.plot());
  plot.x_label = OrdersPage::tr("block");
  plot.x_range.reset();
  for (const StackedColumn& column : stacked.columns())
    plot.categories << QString(column.name).remove(QStringLiteral("stages."));
  return plot;
}

/// Each class before and after, the likeliest under the mix first; and what the mix was.
Table mix_table(const ForwardResult& result, const std::vector<ClassScore>& mixed, const std::vector<double>& factors) {
  Table table;
  QStringList mix;
  for (std::size_t i = 0; i < factors.size(); ++i)
    if (factors[i] != 1) mix << OrdersPage::tr("order %1 × %2").arg(i + 1).arg(factors[i], 0, 'f', 2);
  table.columns = {OrdersPage::tr("class").toStdString(), OrdersPage::tr("as it is").toStdString(),
                   mix.join(QStringLiteral(", ")).toStdString()};
  for (std::size_t i = 0; i < std::min(mixed.size(), kClassesPrinted); ++i) {
    const auto before = std::ranges::find(result.scores, mixed[i].index, &ClassScore::index);
    table.rows.push_back({{mixed[i].name, std::nullopt},
                          before == result.scores.end() ? Table::Cell{} : number(before->probability),
                          number(mixed[i].probability)});
  }
  return table;
}

bool shows(const QWidget& section, const ResultArea& area) { return !section.isHidden() && area.message().isEmpty(); }

}  // namespace

/// What stands below and beside the maps of the computation, as far as it is there.
std::vector<PlatePanel> OrdersPage::section_panels() const {
  std::vector<PlatePanel> panels;
  const auto result = session().result();
  if (!result) return panels;
  Provenance provenance;  // of any map there is, but for what that one shows
  if (const auto& rows = grid_->grid().rows; !rows.empty() && rows[0][0].panels[0].map)
    provenance = rows[0][0].panels[0].map->provenance;
  provenance.layer = block_name(*result->model, session().block()).toStdString();
  provenance.method.clear();
  provenance.parameters.clear();
  const auto add = [&](const QString& title, auto content, double width) {
    PlatePanel panel;
    panel.title = title;
    panel.width = width;
    panel.content = std::move(content);
    panel.provenance = provenance;
    panels.push_back(std::move(panel));
  };
  if (work_->channels() && shows(*channels_, *channels_->area())) {
    add({}, channels_->maps()->grid(), 1);
    if (!channels_->kernels()->grid().empty()) add({}, channels_->kernels()->grid(), 1);
  }
  if (const auto terms = work_->terms(); terms && shows(*terms_, *terms_->area())) {
    add({}, terms_->grid()->grid(), 1);
    add(tr("Exact interaction orders"),
        contribution_plot(terms_->bars()->bars(), QString::fromStdString(result->model->class_name(terms->class_index)),
                          result->model->is_detector() ? tr("probability") : tr("logit")),
        kHalf);
  }
  if (!detail_.side) return panels;
  if (shows(*profile_, *profile_->area()) && !profile_->plot()->columns().empty())
    add(tr("Depth profile"), profile_plot(*profile_->plot()), kHalf);
  if (const auto mixed = work_->mixed(); mixed && !mixer_->isHidden())
    add(tr("Order mixer: %1").arg(mixer_->scope()->currentText()),
        TablePanel{mix_table(*result, *mixed, detail_.factors)}, kHalf);
  return panels;
}

Plate OrdersPage::figure() const {
  if (!session().result() || session().block() < 0) return {};
  Plate plate = orders_plate({session().result(), session().view(), session().block(), settings_});
  plate.panels = section_panels();
  return plate;
}

std::vector<FigurePanelPlan> OrdersPage::figure_panels() const {
  const auto result = session().result();
  if (!result || session().block() < 0) return {};
  // Maps of a segmenter or detector are kept as numbers: a plan names a class, not a box.
  if (!result->model->is_classifier()) return Page::figure_panels();
  FigurePanelPlan panel;
  panel.view = "orders";
  panel.model = session().model_index();
  panel.image = session().image_index();
  panel.block = result->model->blocks[static_cast<std::size_t>(session().block())].name;
  if (session().view()) panel.class_index = session().view()->class_index;
  panel.settings = {{"reduction", to_string(settings_.reduction)},
                    {"scale", settings_.scale == ScaleMode::Shared ? "row" : "map"},
                    {"opacity", settings_.style.opacity},
                    {"interpolate", settings_.style.interpolate}};
  // The maps are computed again from the session; what took longer, or a person's hand on a slider, is kept as numbers.
  std::vector<FigurePanelPlan> panels{std::move(panel)};
  Plate sections = figure();
  sections.grid = {};
  for (FigurePanelPlan& section : stored_panels(sections)) panels.push_back(std::move(section));
  return panels;
}

nlohmann::json OrdersPage::state() const {
  nlohmann::json state = to_json(detail_);
  state["reduction"] = to_string(settings_.reduction);
  state["scale"] = settings_.scale == ScaleMode::Shared ? "row" : "map";
  state["opacity"] = settings_.style.opacity;
  state["interpolate"] = settings_.style.interpolate;
  return state;
}

void OrdersPage::restore(const nlohmann::json& state) {
  OrdersSettings settings = settings_;
  const std::string reduction = value_or(state, "reduction", std::string());
  for (const auto known : {ChannelReduction::MeanAbs, ChannelReduction::Mean, ChannelReduction::L2})
    if (reduction == to_string(known)) settings.reduction = known;
  const std::string scale = value_or(state, "scale", std::string());
  if (scale == "row" || scale == "map") settings.scale = scale == "row" ? ScaleMode::Shared : ScaleMode::PerMap;
  settings.style.opacity = std::clamp(value_or(state, "opacity", settings.style.opacity), 0.0, 1.0);
  settings.style.interpolate = value_or(state, "interpolate", settings.style.interpolate);
  set_settings(settings);
  OrdersDetail detail = detail_;
  read_json(state, detail);
  set_detail(detail);
}

}  // namespace orderscope
