// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/attribution_page.h"

#include <QEvent>
#include <QLabel>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/gui/attribution_checks.h"
#include "app/gui/attribution_detail.h"
#include "app/gui/attribution_grid.h"
#include "app/gui/attribution_options.h"
#include "app/gui/page_controls.h"
#include "app/gui/page_hint.h"
#include "app/gui/prediction_image.h"
#include "app/gui/session.h"
#include "widgets/elided_label.h"
#include "widgets/map_grid.h"
#include "widgets/map_link.h"
#include "widgets/map_tile.h"
#include "widgets/theme.h"

namespace orderscope {
AttributionPage::AttributionPage(Session& session, QWidget* parent)
    : Page(QStringLiteral("attribution"), tr("Attribution"), session, parent),
      work_(new AttributionWork(jobs(), this)),
      link_(new MapLink(this)) {
  auto* layout = content();
  layout->addWidget(make_header());
  auto* splitter = new QSplitter(Qt::Horizontal, this);
  splitter->addWidget(make_maps());
  splitter->addWidget(make_side());
  splitter->setSizes({490, 312});
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
  const PageHint empty(stack_);
  hint_ = empty.label;
  again_ = empty.button;
  again_->setText(tr("Try again"));
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
    grid->set_smallest_tile(64);
  }
  column->addWidget(grid_);
  column->addWidget(whole_);
  column->addStretch(1);
  maps_ = make_scroll_area(maps, stack_);
  maps_->viewport()->installEventFilter(this);
  stack_->addWidget(empty.widget);
  stack_->addWidget(maps_);
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
  QScrollArea* scroll = make_scroll_area(side, this);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setMinimumWidth(304);
  scroll->viewport()->installEventFilter(this);
  side_ = scroll;
  return scroll;
}

void AttributionPage::connect_parts() {
  connect(&session(), &Session::result_changed, this, &AttributionPage::take_session);
  connect(&session(), &Session::view_changed, this, &AttributionPage::take_session);
  connect(&session(), &Session::models_changed, this, &AttributionPage::show_hint);
  connect(&session(), &Session::images_changed, this, &AttributionPage::show_hint);
  connect(&session(), &Session::finished, this, &AttributionPage::show_hint);
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
  return result && result->model->backbone && !result->scores.empty() ? result->model : nullptr;
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
    if (result->subject) {
      target.question = session().question();
      target.class_index = session().view() ? session().view()->class_index : -1;
    } else {
      for (const ClassScore& score : result->scores)
        if (score.name == settings_.against && score.index != target.class_index) target.against = score.index;
    }
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
  if (!model() || !model()->is_classifier()) return;
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
