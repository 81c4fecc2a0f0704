// SPDX-License-Identifier: GPL-3.0-or-later
// How the attribution page shows what was computed, on screen and in figures.
#include <QLabel>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>
#include <algorithm>
#include <cmath>

#include "app/gui/attribution_checks.h"
#include "app/gui/attribution_detail.h"
#include "app/gui/attribution_grid.h"
#include "app/gui/attribution_page.h"
#include "app/gui/prediction_image.h"
#include "app/gui/session.h"
#include "widgets/color_bar.h"
#include "widgets/figure/custom_plot.h"
#include "widgets/map_grid.h"
#include "widgets/map_tile.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr double kSmallest = 64, kComfortable = 112, kLargest = 420, kGap = 2 * kStep;  // as MapGrid places tiles
constexpr double kWrapped = 72;  // of maps that do not fit in one row

}  // namespace

void AttributionPage::show_work() {
  show_grids();
  show_detail();
  show_hint();
  Q_EMIT panels_changed();
}

void AttributionPage::show_grids() {
  const auto known = model();
  PanelGrid layers, whole, large;
  if (known) {
    layers = attribution_grid(*work_, *known, settings_, photo_);
    whole = whole_network_grid(*work_, settings_, photo_);
    if (settings_.large) large = cell_grid(*work_, chosen(), settings_, photo_);
    for (PanelGrid* grid : {&layers, &whole, &large}) mark_explained(*grid, *shown_, work_->target().question);
  }
  by_layer_ = layers;
  by_input_ = whole;
  in_row_ = {maps_in_row(by_layer_), maps_in_row(by_input_)};
  layers = wrapped(layers, in_row_.first);
  whole = wrapped(whole, in_row_.second);
  const QString context = context_of(chosen());
  const std::pair<MapGrid*, PanelGrid*> grids[] = {{grid_, &layers}, {whole_, &whole}, {large_, &large}};
  for (const auto& [grid, panels] : grids) {
    grid->setVisible(!panels->empty());
    grid->set_grid(std::move(*panels));
    if (grid == large_) continue;
    const QSignalBlocker quiet(grid);
    int index = -1;
    for (std::size_t i = 0; i < grid->tiles().size(); ++i)
      if (grid->tiles()[i]->panel().context.toString() == context) index = static_cast<int>(i);
    grid->choose(index);
  }
  fit_maps();
}

std::size_t AttributionPage::maps_in_row(const PanelGrid& grid) const {
  if (grid.empty()) return 1;
  std::size_t panels = 0;
  for (const PanelGroup& group : grid.rows.front()) panels += group.panels.size();
  const double bar = 5.0 * kStep + QFontMetrics(small_font(font())).horizontalAdvance(QStringLiteral("−0.0000"));
  const auto in_row = [&](std::size_t bars, double side) {
    return (maps_->viewport()->width() - static_cast<double>(bars) * (kTitleWidth + bar)) / (side + kGap);
  };
  if (in_row(grid.rows.front().size(), kSmallest) >= static_cast<double>(panels)) return panels;
  return static_cast<std::size_t>(std::max(in_row(1, kWrapped), 2.0));
}

// All maps as large as the page allows, those without a layer as large as the others.
void AttributionPage::fit_maps() {
  const QSize room = maps_->viewport()->size();
  const double caption = MapTile::caption_height(font()), header = fontMetrics().height() + 1.5 * kStep;
  double rows = 0, height = room.height(), side = kLargest;
  for (const MapGrid* grid : {grid_, whole_}) {
    if (grid->grid().empty()) continue;
    const auto& first = grid->grid().rows.front();
    double panels = 0;
    for (const PanelGroup& group : first) panels += static_cast<double>(group.panels.size());
    const double bars = static_cast<double>(first.size()) * (kTitleWidth + grid->bars().front()->width());
    side = std::min(side, (room.width() - bars - panels * kGap) / panels);
    const auto count = static_cast<double>(grid->grid().rows.size());
    height -= header + (count - 1) * kGap + 3 * kStep;
    rows += count;
  }
  if (rows == 0) return;
  // Many layers are scrolled rather than small.
  side = std::min(side, std::max(height / rows - caption, kComfortable));
  side = std::floor(std::clamp(side, kSmallest, kLargest));
  for (MapGrid* grid : {grid_, whole_}) {
    const auto count = static_cast<double>(grid->grid().rows.size());
    grid->set_largest_tile(side);
    grid->setFixedHeight(static_cast<int>(std::ceil(header + count * (side + caption) + (count - 1) * kGap)));
  }
}

void AttributionPage::refit_maps() {
  fit_maps();
  // There may be room for other rows; not while the layout is at work.
  if (std::pair(maps_in_row(by_layer_), maps_in_row(by_input_)) != in_row_)
    QTimer::singleShot(0, this, &AttributionPage::show_grids);
}

bool AttributionPage::eventFilter(QObject* object, QEvent* event) {
  if (event->type() == QEvent::Resize) {
    if (object == maps_->viewport())
      refit_maps();
    else
      QTimer::singleShot(0, this, &AttributionPage::show_detail);  // after the column has its width
  }
  return Page::eventFilter(object, event);
}

void AttributionPage::show_detail() {
  const auto known = model();
  side_->setVisible(known != nullptr);
  if (!known) return;
  detail_->show_map(chosen(), settings_, photo_,
                    [this](PanelGrid& grid) { mark_explained(grid, *shown_, work_->target().question); });
  checks_->show_maps(*known, chosen(), settings_);
}

void AttributionPage::show_hint() {
  const bool has_maps = !grid_->grid().empty() || !whole_->grid().empty();
  stack_->setCurrentIndex(!has_maps ? 0 : settings_.large ? 2 : 1);
  again_->hide();
  if (has_maps) return;
  if (session().models().empty())
    hint_->setText(tr("Drop a checkpoint here, or open one with Ctrl+M"));
  else if (session().images().empty())
    hint_->setText(tr("Drop a photo here, or open one with Ctrl+O"));
  else if (session().busy())
    hint_->setText(tr("Maps are on their way"));
  else if (model())
    hint_->setText(tr("No method is chosen: tick some under Methods"));
  else
    hint_->setText(tr("Nothing to explain for this model and image; choose another, or press F5 to try again"));
}

QString AttributionPage::question() const {
  const auto known = model();
  if (!known || !shown_) return {};
  const AttributionTarget& target = work_->target();
  const QString name = QString::fromStdString(known->class_name(target.class_index));
  if (!known->is_classifier() && target.class_index < 0) return {};
  if (known->is_detector() && target.question.number)
    return tr("Why box %1, %2?").arg(*target.question.number).arg(name);
  if (target.question.region) return tr("Why %1 in this region?").arg(name);
  if (!target.against) return tr("Why %1?").arg(name);
  return tr("Why %1, not %2?").arg(name, QString::fromStdString(known->class_name(*target.against)));
}

Plate AttributionPage::figure() const {
  Plate plate;
  const auto known = model();
  if (!known) return plate;
  plate.grid = with_choices(by_layer_, grid_->choices());
  plate.title = QString::fromStdString(known->name) + QStringLiteral("   ") + question();
  plate.subtitle = file_name(shown_->image_path);
  // Few methods leave room beside their maps for what belongs to them.
  constexpr std::size_t kNarrow = 3;
  const double beside = plate.grid.columns.size() <= kNarrow ? 0.4 : 0.5;
  if (beside < 0.5) plate.grid_width = 1 - beside;
  if (!by_input_.empty())
    plate.panels.push_back({{}, beside < 0.5 ? beside : 1, with_choices(by_input_, whole_->choices()), {}});
  const AttributionCell* cell = work_->cell(chosen());
  if (checks_->has_curves())
    plate.panels.push_back({tr("faithfulness, %1").arg(QString::fromStdString(settings_.curve)),
                            beside,
                            plot_of(*checks_->curves()->plot()),
                            {}});
  if (cell && cell->randomised)
    plate.panels.push_back({tr("weights shuffled from the head down"), beside, plot_of(*checks_->ranks()->plot()), {}});
  plate.footnotes << tr("Raw maps, before any ReLU or scaling: red speaks for the class, blue against it. %1.")
                         .arg(settings_.scale == AttributionScale::PerMap     ? tr("One colour scale a map")
                              : settings_.scale == AttributionScale::PerLayer ? tr("One colour scale a layer")
                                                                              : tr("One colour scale"));
  for (const MethodDescriptor* method : chosen_methods(settings_))
    plate.footnotes << QString::fromStdString(method->title + ": " + method->citation + ".");
  return plate;
}

PanelGrid AttributionPage::panels() const {
  PanelGrid grid;
  for (const MapGrid* source : {grid_, whole_})
    for (const auto& row : source->grid().rows)
      for (const PanelGroup& group : row)
        for (const MapPanel& panel : group.panels)
          if (panel.map) {
            PanelGroup& single = grid.rows.emplace_back().emplace_back();
            single.title = panel.name;
            single.panels = {panel};
          }
  return grid;
}

}  // namespace orderscope
