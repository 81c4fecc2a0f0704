// SPDX-License-Identifier: GPL-3.0-or-later
// The receptive field page on paper, and its side on screen.
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/gui/page_controls.h"
#include "app/gui/receptive_field_grid.h"
#include "app/gui/receptive_field_page.h"
#include "app/gui/receptive_field_table.h"
#include "app/gui/receptive_field_work.h"
#include "app/gui/session.h"
#include "widgets/figure/scale_choice.h"
#include "widgets/map_grid.h"
#include "widgets/result_area.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

/// Plates have linear axes: the logarithm is taken here, and the axis says so.
PlotPanel profile_panel(const std::vector<PlottedCurve>& curves, const ReceptiveFieldSettings& settings) {
  const bool log = settings.log_profile && !settings.by_mass;
  PlotPanel plot;
  plot.x_label = ReceptiveFieldPage::tr("distance from the unit, px");
  // Short, as in one column a plot is low.
  plot.y_label = settings.by_mass ? ReceptiveFieldPage::tr("share within")
                 : log            ? ReceptiveFieldPage::tr("log10(gradient / max)")
                                  : ReceptiveFieldPage::tr("gradient / max");
  for (const PlottedCurve& curve : curves) {
    PlotLine line{curve.name, curve.x, curve.y};
    line.color = curve.color;
    line.dashed = curve.dashed;
    if (log)
      for (double& y : line.y) y = y > 0 ? std::log10(y) : std::nan("");
    plot.lines.push_back(std::move(line));
  }
  return plot;
}

/// Some columns of a table of areas. Those of intervals get the titles of the shares that they are of.
Table columns_of(const Table& table, const std::function<bool(std::size_t column)>& wanted) {
  Table result;
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    if (wanted(c)) result.columns.push_back(table.columns[c > 0 && c % 2 == 0 ? c - 1 : c]);
  for (const auto& row : table.rows) {
    auto& cells = result.rows.emplace_back();
    for (std::size_t c = 0; c < row.size(); ++c)
      if (wanted(c)) cells.push_back(row[c]);
  }
  return result;
}

}  // namespace

QWidget* ReceptiveFieldPage::make_side() {
  auto* side = new QWidget(this);
  auto* lines = new QVBoxLayout(side);
  lines->setContentsMargins(0, 0, 2 * kStep, 0);
  lines->setSpacing(5 * kStep);

  profile_ = new CurvePlot(side);
  profile_->setMinimumHeight(200);
  profile_->setToolTip(
      tr("The mean of the raw field over circles around the unit, a pixel wide; dashed with random "
         "weights"));
  profile_area_ = new ResultArea(tr("Radial profile"), profile_, side);
  profile_quantity_ = new QComboBox(profile_area_);
  profile_quantity_->addItem(tr("by distance"));
  profile_quantity_->addItem(tr("share within"));
  profile_quantity_->setAccessibleName(tr("Quantity of the radial profile"));
  profile_quantity_->setToolTip(tr("The mean over circles, or the share of the field within them (M)"));
  log_ = new QToolButton(profile_area_);
  log_->setText(tr("log"));
  log_->setCheckable(true);
  log_->setFocusPolicy(Qt::TabFocus);
  log_->setAccessibleName(tr("Logarithmic scale"));
  log_->setToolTip(tr("Logarithmic scale (Y)"));
  profile_area_->line()->addWidget(profile_quantity_);
  profile_area_->line()->addWidget(log_);
  connect(profile_quantity_, qOverload<int>(&QComboBox::activated), this,
          [this](int index) { change([&](ReceptiveFieldSettings& s) { s.by_mass = index == 1; }); });
  connect(log_, &QToolButton::toggled, this,
          [this](bool on) { change([&](ReceptiveFieldSettings& s) { s.log_profile = on; }); });

  auto* content = new QWidget(side);
  auto* column = new QVBoxLayout(content);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(2 * kStep);
  table_ = new AreaTableView(content);
  notes_ = new QLabel(content);
  notes_->setFont(small_font(font()));
  notes_->setForegroundRole(QPalette::PlaceholderText);
  notes_->setWordWrap(true);
  notes_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  column->addWidget(table_);
  column->addWidget(notes_);
  column->addStretch(1);
  table_area_ = new ResultArea(tr("Area ratios"), content, side);
  lines->addWidget(profile_area_, 1);
  lines->addWidget(table_area_);
  QScrollArea* scroll = make_scroll_area(side, this);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setMinimumWidth(344);
  return scroll;
}

QString ReceptiveFieldPage::subtitle() const {
  std::int64_t least = 0, most = 0;
  for (const ReceptiveFieldColumn& column : work_->columns()) {
    if (!column.trained.seen) continue;
    const std::int64_t used = column.trained.seen->used;
    least = least == 0 ? used : std::min(least, used);
    most = std::max(most, used);
  }
  QStringList parts{tr("%1 protocol").arg(protocol_title(settings_.plan)), layer_text(settings_.plan.layer),
                    size_text(settings_.plan)};
  parts << (least == most ? tr("mean of %1").arg(images_text(most))
                          : tr("means of %1 to %2 images").arg(least).arg(most));
  return parts.join(QStringLiteral("  ·  "));
}

Plate ReceptiveFieldPage::figure() const {
  Plate plate;
  plate.grid = with_choices(receptive_field_grid(*work_, settings_), grid_->choices());
  if (plate.grid.empty()) return plate;
  const auto fields = named_fields(work_->columns());
  plate.title = tr("Effective receptive field");
  plate.subtitle = subtitle();
  const Provenance provenance = fields.front().field->mean.provenance;
  const auto profile = [&](bool by_mass) {
    ReceptiveFieldSettings settings = settings_;
    settings.by_mass = by_mass;
    return PlatePanel{by_mass ? tr("Share within a radius") : tr("Radial profile"), 0.5,
                      profile_panel(field_curves(fields, settings), settings), provenance};
  };
  const bool intervals = std::any_of(fields.begin(), fields.end(), [](const NamedField& named) {
    return !named.field->ratios.empty() && named.field->ratios.front().has_interval;
  });
  const Table all = area_table(fields);
  plate.panels = {profile(false), profile(true)};
  plate.panels.push_back({tr("Area that holds a share of the field, percent"), 0.5,
                          TablePanel{columns_of(all, [&](std::size_t c) { return c % 2 == 1 || c == 0; })},
                          provenance});
  if (intervals)
    plate.panels.push_back({tr("95\u2009% intervals of the areas, percent"), 0.5,
                            TablePanel{columns_of(all, [&](std::size_t c) { return c % 2 == 0; })}, provenance});
  plate.footnotes << tr("Maps: %1.").arg(quantity_title(settings_.quantity, settings_.plan));
  if (settings_.outline == FieldOutline::Squares)
    plate.footnotes << tr("Squares: the smallest centred ones that hold 20, 30, 50 and 99\u2009% of the %1.")
                           .arg(scale_text(settings_.plan));
  if (settings_.outline == FieldOutline::Levels)
    plate.footnotes << tr("Lines: around the least areas that hold 20, 30, 50 and 99\u2009% of the %1.")
                           .arg(scale_text(settings_.plan));
  if (intervals)
    plate.footnotes
        << tr("Intervals: 95\u2009% percentile bootstrap over images, %1 resamplings.").arg(settings_.plan.bootstrap);
  plate.footnotes << tr("r½: the radius that holds half of the field.");
  QStringList sources;
  for (const NamedField& named : fields) {
    const Provenance& from = named.field->mean.provenance;
    if (named.control || named.field->order || from.model_sha256.empty()) continue;
    sources << tr("%1, %2, %3")
                   .arg(named.name, QString::fromStdString(from.layer),
                        QString::fromStdString(from.model_sha256.substr(0, 16)));
  }
  if (!sources.isEmpty()) plate.footnotes << tr("Layers and weights, SHA-256: %1.").arg(sources.join("; "));
  return plate;
}

}  // namespace orderscope
