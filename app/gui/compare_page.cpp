// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/compare_page.h"

#include <QEvent>
#include <QLabel>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QStyle>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/gui/compare_disagreement.h"
#include "app/gui/compare_grid.h"
#include "app/gui/compare_similarity.h"
#include "app/gui/compare_spectrum.h"
#include "app/gui/compare_work.h"
#include "app/gui/page_controls.h"
#include "app/gui/page_hint.h"
#include "app/gui/session.h"
#include "app/gui/side_column.h"
#include "widgets/map_grid.h"
#include "widgets/map_link.h"
#include "widgets/map_tile.h"
#include "widgets/theme.h"

namespace orderscope {

ComparePage::ComparePage(Session& session, QWidget* parent)
    : Page(QStringLiteral("compare"), tr("Compare"), session, parent),
      work_(new CompareWork(session, jobs(), this)),
      link_(new MapLink(this)) {
  auto* layout = content();
  layout->addWidget(make_header());
  splitter_ = new QSplitter(Qt::Horizontal, this);
  splitter_->addWidget(make_maps());
  splitter_->addWidget(make_side());
  splitter_->setChildrenCollapsible(true);
  splitter_->setHandleWidth(4 * kStep);
  splitter_->installEventFilter(this);
  layout->addWidget(splitter_, 1);
  connect_parts();
  show_controls();
  show_work();
}

QWidget* ComparePage::make_maps() {
  stack_ = new QStackedWidget(this);
  const PageHint empty(stack_);
  hint_ = empty.label;
  again_ = empty.button;
  again_->setText(tr("Try again"));
  grid_ = new MapGrid(stack_);
  grid_->set_link(link_);
  grid_->set_smallest_tile(72);
  grid_->set_comfortable_tile(140);
  grid_->setAccessibleName(tr("Maps of the models"));
  stack_->addWidget(empty.widget);
  stack_->addWidget(make_scroll_area(grid_, stack_));
  return stack_;
}

QWidget* ComparePage::make_side() {
  auto* side = new SideColumn(this);
  similarity_ = new SimilaritySection(*work_, side);
  spectrum_ = new SpectrumSection(*work_, side);
  disagreement_ = new DisagreementSection(*work_, link_, side);
  for (QWidget* section : std::initializer_list<QWidget*>{similarity_, spectrum_, disagreement_}) side->add(section);
  QScrollArea* scroll = make_scroll_area(side, this);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setMinimumWidth(298);
  return scroll;
}

/// What the maps cannot use goes to the side, unless somebody has moved the divider.
void ComparePage::share_width() {
  const int room = splitter_->width() - splitter_->handleWidth();
  if (divider_moved_ || room <= 0) return;
  constexpr double kMost = 0.63, kLeast = 0.35;
  const int bar = style()->pixelMetric(QStyle::PM_ScrollBarExtent) + 2 * kStep;
  const double useful = grid_->grid().empty() ? room : grid_->useful_width(splitter_->height()) + bar;
  const int maps = static_cast<int>(std::clamp(useful, kLeast * room, kMost * room));
  if (splitter_->sizes().value(0) != maps) splitter_->setSizes({maps, room - maps});
}

bool ComparePage::eventFilter(QObject* object, QEvent* event) {
  if (object == splitter_ && event->type() == QEvent::Resize) QTimer::singleShot(0, this, &ComparePage::share_width);
  return Page::eventFilter(object, event);
}

void ComparePage::connect_parts() {
  connect(splitter_, &QSplitter::splitterMoved, this, [this] { divider_moved_ = true; });
  connect(&session(), &Session::models_changed, this, &ComparePage::take_sources);
  connect(&session(), &Session::images_changed, this, &ComparePage::take_sources);
  connect(work_, &CompareWork::changed, this, &ComparePage::show_work);
  connect(work_, &CompareWork::progressed, this, &ComparePage::show_progress);
  connect(again_, &QToolButton::clicked, work_, &CompareWork::retry);
  connect(link_, &MapLink::cursor_changed, this, &ComparePage::follow_cursor);
  connect(grid_, &MapGrid::style_chosen, this,
          [this](const MapStyle& style) { change([&](CompareSettings& s) { s.style = style; }); });
  connect(similarity_, &SimilaritySection::layers_opened, this, &ComparePage::open_layers);
  connect(similarity_, &SimilaritySection::models_chosen, this,
          [this](const ComparePair& models) { change([&](CompareSettings& s) { s.similarity = models; }); });
  connect(spectrum_, &SpectrumSection::settings_chosen, this, [this](bool by_depth, int degree) {
    change([&](CompareSettings& s) {
      s.by_depth = by_depth;
      s.degree = degree;
    });
  });
}

void ComparePage::take_sources() {
  if (session().image_path() != image_) {
    image_ = session().image_path();
    link_->set_window(std::nullopt);
    link_->pin(std::nullopt);
    grid_->choose(-1);
  }
  work_->set_sources(settings_.left_out, in_front_);
  show_controls();
}

void ComparePage::activate() {
  in_front_ = true;
  take_sources();
}

void ComparePage::hideEvent(QHideEvent* event) {
  in_front_ = false;
  work_->set_sources(settings_.left_out, false);
  Page::hideEvent(event);
}

void ComparePage::change(const std::function<void(CompareSettings&)>& edit) {
  CompareSettings settings = settings_;
  edit(settings);
  set_settings(settings);
}

void ComparePage::set_settings(const CompareSettings& settings) {
  if (settings == settings_) return;
  CompareSettings without_style = settings;
  without_style.style = settings_.style;
  const bool only_style = without_style == settings_;
  settings_ = settings;
  if (only_style) {
    grid_->set_style(settings.style);
  } else {
    work_->set_class(settings.class_name);
    work_->set_similarity(settings.similarity);
    work_->set_least_score(settings.least_score);
    work_->set_sources(settings.left_out, in_front_);
    show_work();
  }
  spectrum_->show_settings(settings_);
  disagreement_->show_settings(settings_);
  similarity_->show_chosen(settings_.layers);
  show_controls();
  Q_EMIT state_changed();
}

void ComparePage::show_work() {
  // Attention is looked at from the pinned pixel, the middle of the photo if a row of it is asked for unpinned.
  work_->set_wanted(wanted_quantities(settings_, work_->columns()));
  PanelGrid grid = compare_grid(*work_, settings_);
  const int columns = grid.rows.empty() ? 0 : static_cast<int>(grid.rows.front().front().panels.size());
  const int rows = static_cast<int>(grid.rows.size());
  grid_->set_title_width(settings_.rows == CompareRows::Stages && !settings_.layers ? 60 : 84);
  grid_->set_grid(std::move(grid));
  grid_->clear_swipes();
  if (settings_.divide && columns > 1) {
    const auto [left, right] = divided_columns(*work_, settings_);
    for (int row = 0; row < rows; ++row) grid_->set_swipe(row * columns + left, row * columns + right);
  }
  share_width();
  show_hint();
  show_controls();  // there may be more stages to choose from
  show_classes();
  Q_EMIT panels_changed();
}

// Only what stands in empty tiles changes.
void ComparePage::show_progress() {
  if (!work_->photo().isNull()) grid_->set_grid(compare_grid(*work_, settings_));
  show_hint();
}

void ComparePage::show_hint() {
  const bool has_maps = !grid_->grid().empty();
  stack_->setCurrentIndex(has_maps ? 1 : 0);
  again_->hide();
  if (has_maps) return;
  QStringList problems;
  for (const CompareColumn& column : work_->columns())
    if (!column.problem.isEmpty()) problems << column.problem;
  const auto& progress = work_->progress();
  if (session().models().empty())
    hint_->setText(tr("Drop checkpoints here, or open them with Ctrl+M: each becomes a column"));
  else if (work_->columns().empty())
    hint_->setText(tr("No model is chosen: tick some under Models"));
  else if (session().images().empty())
    hint_->setText(tr("Drop a photo here, or open one with Ctrl+O"));
  else if (progress)
    hint_->setText(progress->activity);
  else if (work_->stopped() || !problems.isEmpty()) {
    hint_->setText(problems.isEmpty() ? tr("Cancelled") : problems.join('\n'));
    again_->show();
  } else {
    hint_->setText(tr("Maps are on their way"));
  }
}

void ComparePage::follow_cursor() {
  const auto pinned = link_->pinned();
  if (pinned && pinned != work_->looking_from()) work_->look_from(pinned);
  const auto result = session().result();
  const auto cursor = link_->cursor();
  if (!cursor || !result) {
    Q_EMIT cursor_moved(std::nullopt);
    return;
  }
  Q_EMIT cursor_moved(to_qpoint(Frame(result->input.crop).to_fraction(to_point(*cursor))));
}

void ComparePage::set_cursor(std::optional<QPointF> position) {
  const auto result = session().result();
  if (position && result)
    link_->set_cursor(to_qpoint(Frame(result->input.crop).to_photo(to_point(*position))));
  else
    link_->release();
}

// With their matrix: whoever opens the session again sees the cell that they are.
void ComparePage::open_layers(const CompareLayers& layers) {
  change([&](CompareSettings& s) {
    s.layers = layers;
    s.similarity = ComparePair{layers.model_a, layers.model_b};
  });
}

nlohmann::json ComparePage::state() const { return to_json(settings_); }

void ComparePage::restore(const nlohmann::json& state) {
  CompareSettings settings = settings_;
  read_json(state, settings);
  set_settings(settings);
}

}  // namespace orderscope
