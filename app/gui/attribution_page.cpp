// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/attribution_page.h"

#include <QEvent>
#include <QLabel>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/gui/attribution_checks.h"
#include "app/gui/attribution_detail.h"
#include "app/gui/attribution_grid.h"
#include "app/gui/attribution_options.h"
#include "app/gui/session.h"
#include "widgets/elided_label.h"
#include "widgets/figure/custom_plot.h"
#include "widgets/map_grid.h"
#include "widgets/map_link.h"
#include "widgets/map_tile.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr int kTitleWidth = 76;  // pixels, left of the maps

QScrollArea* scroll_around(QWidget* content, QWidget* parent) {
  auto* scroll = new QScrollArea(parent);
  scroll->setWidgetResizable(true);
  scroll->setFocusPolicy(Qt::NoFocus);
  scroll->viewport()->setAutoFillBackground(false);
  scroll->setWidget(content);
  content->setAutoFillBackground(false);
  return scroll;
}

}  // namespace

AttributionPage::AttributionPage(Session& session, QWidget* parent)
    : Page(QStringLiteral("attribution"), tr("Attribution"), session, parent),
      work_(new AttributionWork(jobs(), this)),
      link_(new MapLink(this)) {
  auto* layout = content();
  layout->addWidget(make_header());
  auto* splitter = new QSplitter(Qt::Horizontal, this);
  splitter->addWidget(make_maps());
  splitter->addWidget(make_side());
  splitter->setStretchFactor(0, 5);
  splitter->setStretchFactor(1, 3);
  splitter->setHandleWidth(4 * kStep);
  layout->addWidget(splitter, 1);
  connect_parts();
  show_controls();
  show_work();
}

QWidget* AttributionPage::make_maps() {
  stack_ = new QStackedWidget(this);
  auto* empty = new QWidget(stack_);
  auto* lines = new QVBoxLayout(empty);
  hint_ = new QLabel(empty);
  hint_->setAlignment(Qt::AlignCenter);
  hint_->setWordWrap(true);
  hint_->setForegroundRole(QPalette::PlaceholderText);
  again_ = new QToolButton(empty);
  again_->setText(tr("Try again"));
  lines->addStretch(1);
  lines->addWidget(hint_);
  lines->addWidget(again_, 0, Qt::AlignHCenter);
  lines->addStretch(1);
  auto* maps = new QWidget(stack_);
  auto* column = new QVBoxLayout(maps);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(3 * kStep);
  grid_ = new MapGrid(maps);
  grid_->setAccessibleName(tr("Maps by method and layer"));
  whole_ = new MapGrid(maps);
  whole_->setAccessibleName(tr("Maps of methods without a layer"));
  large_ = new MapGrid(stack_);
  large_->set_largest_tile(1400);
  large_->setAccessibleName(tr("The chosen map, large"));
  for (MapGrid* grid : {grid_, whole_, large_}) {
    grid->set_link(link_);
    grid->set_title_width(grid == large_ ? 0 : kTitleWidth);
  }
  column->addWidget(grid_, 1);
  column->addWidget(whole_);
  grid_->installEventFilter(this);
  stack_->addWidget(empty);
  stack_->addWidget(scroll_around(maps, stack_));
  stack_->addWidget(large_);
  return stack_;
}

QWidget* AttributionPage::make_side() {
  auto* side = new QWidget(this);
  auto* lines = new QVBoxLayout(side);
  lines->setContentsMargins(0, 0, 2 * kStep, 0);
  lines->setSpacing(5 * kStep);
  detail_ = new AttributionDetail(*work_, link_, side);
  checks_ = new AttributionChecks(*work_, side);
  lines->addWidget(detail_);
  lines->addWidget(checks_);
  lines->addStretch(1);
  QScrollArea* scroll = scroll_around(side, this);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setMinimumWidth(270);
  scroll->viewport()->installEventFilter(this);
  side_ = scroll;
  return scroll;
}

void AttributionPage::connect_parts() {
  connect(&session(), &Session::result_changed, this, &AttributionPage::take_session);
  connect(&session(), &Session::view_changed, this, &AttributionPage::take_session);
  connect(&session(), &Session::models_changed, this, &AttributionPage::show_hint);
  connect(&session(), &Session::images_changed, this, &AttributionPage::show_hint);
  connect(work_, &AttributionWork::changed, this, &AttributionPage::show_work);
  connect(work_, &AttributionWork::progressed, this, [this] {
    // Only what stands in empty tiles changes.
    if (work_->progress() && work_->progress()->what == AttributionProgress::What::Maps) show_grids();
  });
  connect(again_, &QToolButton::clicked, work_, &AttributionWork::retry);
  connect(link_, &MapLink::cursor_changed, this, [this] { Q_EMIT cursor_moved(link_->cursor()); });
  for (MapGrid* grid : {grid_, whole_}) {
    connect(grid, &MapGrid::tile_chosen, this, [this, grid](int tile) { choose(grid, tile); });
    connect(grid, &MapGrid::tile_activated, this, [this, grid](int tile) {
      choose(grid, tile);
      change([](AttributionSettings& s) { s.large = true; });
    });
  }
  for (MapGrid* grid : {grid_, whole_, large_, detail_->grid()})
    connect(grid, &MapGrid::style_chosen, this,
            [this](const MapStyle& style) { change([&](AttributionSettings& s) { s.style = style; }); });
  connect(detail_, &AttributionDetail::large_requested, this,
          [this] { change([](AttributionSettings& s) { s.large = !s.large; }); });
  connect(detail_->options(), &MethodOptions::options_chosen, this,
          [this](const std::map<std::string, std::string>& values) {
            const std::string method = chosen().method;
            change([&](AttributionSettings& s) {
              if (values.empty())
                s.options.erase(method);
              else
                s.options[method] = values;
            });
          });
  connect(checks_, &AttributionChecks::curve_chosen, this,
          [this](const std::string& curve) { change([&](AttributionSettings& s) { s.curve = curve; }); });
}

std::shared_ptr<const Model> AttributionPage::model() const {
  const auto result = session().result();
  return result && result->model->backbone ? result->model : nullptr;
}

AttributionKey AttributionPage::chosen() const {
  const auto known = model();
  return known ? chosen_key(*known, settings_) : AttributionKey();
}

void AttributionPage::take_session() {
  const auto result = session().result();
  if (result != shown_) {
    shown_ = result;
    photo_ = result ? to_qimage(result->input.pixels) : QImage();
    link_->set_window(std::nullopt);
    link_->pin(std::nullopt);
  }
  if (!model() || result->scores.empty()) {
    work_->set_source(nullptr, {});
  } else {
    AttributionTarget target{session().chosen_class().value_or(result->scores.front().index)};
    for (const ClassScore& score : result->scores)
      if (score.name == settings_.against && score.index != target.class_index) target.against = score.index;
    work_->set_source(result, target);
    work_->set_wanted(attribution_requests(*result->model, settings_));
  }
  show_work();
  show_controls();
}

void AttributionPage::activate() {
  in_front_ = true;
  work_->set_in_front(true);
  take_session();
}

void AttributionPage::hideEvent(QHideEvent* event) {
  in_front_ = false;
  work_->set_in_front(false);
  Page::hideEvent(event);
}

void AttributionPage::compute_all() {
  checks_->judge_all();
  checks_->randomise();
}

void AttributionPage::change(const std::function<void(AttributionSettings&)>& edit) {
  AttributionSettings settings = settings_;
  edit(settings);
  set_settings(settings);
}

void AttributionPage::set_settings(const AttributionSettings& settings) {
  if (settings == settings_) return;
  settings_ = settings;
  take_session();
  Q_EMIT state_changed();
}

void AttributionPage::choose(MapGrid* grid, int tile) {
  if (tile < 0) return;
  const QSignalBlocker quiet(grid == grid_ ? whole_ : grid_);
  (grid == grid_ ? whole_ : grid_)->choose(-1);
  const AttributionKey key = key_of_context(grid->tiles()[static_cast<std::size_t>(tile)]->panel().context.toString());
  change([&](AttributionSettings& s) {
    s.chosen_method = key.method;
    // A layer is remembered by its name, so that another model shows its own.
    for (const AttributionRow& row : attribution_rows(*model(), settings_))
      if (row.tap == key.layer) s.chosen_layer = row.name;
  });
}

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
  }
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
  static_cast<QVBoxLayout*>(grid_->parentWidget()->layout())
      ->setStretch(0, static_cast<int>(std::max<std::size_t>(grid_->grid().rows.size(), 1)));
  fit_whole_network();
}

// Maps without a layer are as large as those with one.
void AttributionPage::fit_whole_network() {
  if (grid_->grid().empty() || grid_->tiles().empty()) {
    whole_->set_largest_tile(420);
    whole_->setMinimumHeight(0);
    return;
  }
  const double side = grid_->tiles().front()->width();
  whole_->set_largest_tile(side);
  whole_->set_smallest_tile(std::min(side, 88.0));
  whole_->setMinimumHeight(static_cast<int>(side) + MapTile::caption_height(font()) + fontMetrics().height() +
                           2 * kStep);
}

bool AttributionPage::eventFilter(QObject* object, QEvent* event) {
  if (event->type() == QEvent::Resize) {
    // After the grid has placed its tiles.
    QTimer::singleShot(0, this, [this, object] { object == grid_ ? fit_whole_network() : show_detail(); });
  }
  return Page::eventFilter(object, event);
}

void AttributionPage::show_detail() {
  const auto known = model();
  side_->setVisible(known != nullptr);
  if (!known) return;
  detail_->show_map(chosen(), settings_, photo_);
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
  if (!target.against) return tr("Why %1?").arg(name);
  return tr("Why %1, not %2?").arg(name, QString::fromStdString(known->class_name(*target.against)));
}

Plate AttributionPage::figure() const {
  Plate plate;
  const auto known = model();
  if (!known) return plate;
  plate.grid = grid_->grid();
  plate.title = QString::fromStdString(known->name) + QStringLiteral("   ") + question();
  plate.subtitle = file_name(shown_->image_path);
  if (!whole_->grid().empty()) plate.panels.push_back({tr("methods without a layer"), 1, whole_->grid(), {}});
  const AttributionCell* cell = work_->cell(chosen());
  if (checks_->has_curves())
    plate.panels.push_back({tr("faithfulness, %1").arg(QString::fromStdString(settings_.curve)),
                            0.5,
                            plot_of(*checks_->curves()->plot()),
                            {}});
  if (cell && cell->randomised)
    plate.panels.push_back({tr("weights shuffled from the head down"), 0.5, plot_of(*checks_->ranks()->plot()), {}});
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

nlohmann::json AttributionPage::state() const { return to_json(settings_); }

void AttributionPage::restore(const nlohmann::json& state) {
  AttributionSettings settings = settings_;
  read_json(state, settings);
  set_settings(settings);
}

void AttributionPage::set_cursor(std::optional<QPointF> position) {
  if (position)
    link_->set_cursor(position);
  else
    link_->release();
}

}  // namespace orderscope
