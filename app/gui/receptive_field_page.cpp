// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/receptive_field_page.h"

#include <QComboBox>
#include <QLabel>
#include <QProgressBar>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/gui/page_controls.h"
#include "app/gui/page_hint.h"
#include "app/gui/receptive_field_grid.h"
#include "app/gui/receptive_field_table.h"
#include "app/gui/receptive_field_work.h"
#include "app/gui/session.h"
#include "widgets/figure/plate_panels.h"
#include "widgets/map_grid.h"
#include "widgets/map_link.h"
#include "widgets/result_area.h"
#include "widgets/theme.h"

namespace orderscope {

using State = ReceptiveFieldWork::State;

ReceptiveFieldPage::ReceptiveFieldPage(Session& session, QWidget* parent)
    : Page(QStringLiteral("receptive-field"), tr("Receptive field"), session, parent),
      work_(new ReceptiveFieldWork(session, jobs(), this)),
      link_(new MapLink(this)) {
  auto* layout = content();
  layout->addWidget(make_status());
  layout->addWidget(make_controls());
  auto* splitter = new QSplitter(Qt::Horizontal, this);
  splitter->addWidget(make_maps());
  splitter->addWidget(make_side());
  splitter->setSizes({400, 390});
  splitter->setStretchFactor(0, 3);
  splitter->setStretchFactor(1, 2);
  splitter->setHandleWidth(4 * kStep);
  layout->addWidget(splitter, 1);
  connect_parts();
  show_controls();
  show_work();
}

QWidget* ReceptiveFieldPage::make_maps() {
  stack_ = new QStackedWidget(this);
  const PageHint empty(stack_);
  hint_ = empty.label;
  hint_button_ = empty.button;
  hint_button_->setText(tr("Compute"));
  hint_button_->setToolTip(tr("Measure the receptive fields of all models (Ctrl+Return)"));
  grid_ = new MapGrid(stack_);
  grid_->set_link(link_);
  grid_->set_smallest_tile(72);
  grid_->set_comfortable_tile(96);
  grid_->set_largest_tile(520);
  grid_->setAccessibleName(tr("Receptive fields of the models"));
  stack_->addWidget(empty.widget);
  stack_->addWidget(make_scroll_area(grid_, stack_));
  return stack_;
}

void ReceptiveFieldPage::connect_parts() {
  connect(&session(), &Session::models_changed, this, &ReceptiveFieldPage::take_sources);
  connect(&session(), &Session::images_changed, this, &ReceptiveFieldPage::take_sources);
  connect(work_, &ReceptiveFieldWork::changed, this, &ReceptiveFieldPage::show_work);
  connect(work_, &ReceptiveFieldWork::progressed, this, &ReceptiveFieldPage::show_status);
  for (QToolButton* button : {run_, hint_button_})
    connect(button, &QToolButton::clicked, this, &ReceptiveFieldPage::run_or_pause);
  for (ResultArea* area : {profile_area_, table_area_})
    connect(area, &ResultArea::start_requested, work_, &ReceptiveFieldWork::start);
  connect(link_, &MapLink::cursor_changed, this, &ReceptiveFieldPage::follow_cursor);
  connect(grid_, &MapGrid::style_chosen, this,
          [this](const MapStyle& style) { change([&](ReceptiveFieldSettings& s) { s.style = style; }); });
}

void ReceptiveFieldPage::take_sources() {
  work_->set_sources(settings_, in_front_);
  show_controls();
  show_status();
}

void ReceptiveFieldPage::activate() {
  in_front_ = true;
  take_sources();
}

void ReceptiveFieldPage::compute_all() { work_->start(); }

void ReceptiveFieldPage::hideEvent(QHideEvent* event) {
  in_front_ = false;
  Page::hideEvent(event);
}

void ReceptiveFieldPage::change(const std::function<void(ReceptiveFieldSettings&)>& edit) {
  ReceptiveFieldSettings settings = settings_;
  edit(settings);
  set_settings(settings);
}

void ReceptiveFieldPage::set_settings(const ReceptiveFieldSettings& settings) {
  if (settings == settings_) return;
  settings_ = settings;
  work_->set_sources(settings_, in_front_);
  show_work();
  show_controls();
  Q_EMIT state_changed();
}

void ReceptiveFieldPage::run_or_pause() {
  switch (work_->state()) {
    case State::Running: return work_->pause();
    case State::Done: return work_->start_over();
    default: return work_->start();
  }
}

QString ReceptiveFieldPage::message() const { return stack_->currentIndex() == 0 ? hint_->text() : QString(); }

void ReceptiveFieldPage::show_work() {
  PanelGrid maps = receptive_field_grid(*work_, settings_, FieldLayout::Tall);
  const bool models_are_rows = !maps.empty() && maps.rows.front().front().color.isValid();
  grid_->set_title_width(models_are_rows ? 108 : 64);
  grid_->set_grid(std::move(maps));
  const auto fields = named_fields(work_->columns());
  const auto curves = field_curves(fields, settings_, true);
  if (fields.empty()) {
    profile_area_->show_hint(tr("How the gradient falls with the distance from the unit"));
    table_area_->show_hint(tr("Which part of the area holds 20, 30, 50 and 99 % of the field"));
  } else {
    const auto [low, high] = curve_range(curves, settings_);
    profile_->set_curves(curves, tr("distance from the unit, px"), curve_label(settings_),
                         settings_.log_profile && !settings_.by_mass, low, high);
    profile_area_->show_content();
    table_->set_fields(fields);
    notes_->setText(notes().join('\n'));
    notes_->setVisible(!notes_->text().isEmpty());
    table_area_->set_subtitle(tr("percent, of the %1").arg(scale_text(settings_.plan)));
    table_area_->show_content();
  }
  show_status();
  Q_EMIT panels_changed();
}

/// What a reader must know, once for all models that it is true of.
QStringList ReceptiveFieldPage::notes() const {
  QStringList lines;
  std::map<std::string, QStringList> told;
  for (const ReceptiveFieldColumn& column : work_->columns())
    for (const FieldState* state : {&column.trained, &column.control}) {
      if (!state->problem.isEmpty() && state == &column.trained)
        lines << QStringLiteral("%1: %2").arg(column.name, state->problem);
      if (state->seen)
        for (const std::string& warning : state->seen->warnings) told[warning] << column.name;
    }
  for (auto& [warning, names] : told) {
    names.removeDuplicates();
    const bool all = names.size() == static_cast<qsizetype>(work_->columns().size());
    const QString text = QString::fromStdString(warning);
    lines << (all ? text : QStringLiteral("%1: %2").arg(names.join(QStringLiteral(", ")), text));
  }
  return lines;
}

void ReceptiveFieldPage::show_status() {
  const State state = work_->state();
  const bool has_maps = !grid_->grid().empty();
  stack_->setCurrentIndex(has_maps ? 1 : 0);
  std::int64_t images = 0;
  for (const ReceptiveFieldColumn& column : work_->columns())
    if (column.trained.seen) images = std::max(images, column.trained.seen->used);
  const QString counted = images_text(images);
  QString text;
  if (state == State::Running) text = work_->activity();
  if (state == State::Paused) text = work_->problem().isEmpty() ? tr("paused after %1").arg(counted) : work_->problem();
  if (state == State::Done && images > 0) text = counted;
  if (state == State::Waiting && has_maps) text = tr("settings changed");
  status_->setText(text);
  status_->setToolTip(text);
  progress_->setVisible(state == State::Running);
  progress_->setValue(static_cast<int>(std::lround(work_->fraction() * progress_->maximum())));
  const QString action = state == State::Running  ? tr("Pause")
                         : state == State::Paused ? tr("Continue")
                         : state == State::Done   ? tr("Measure again")
                                                  : tr("Compute");
  run_->setText(action);
  run_->setAccessibleName(action);
  run_->setVisible(state != State::Empty);

  QString hint;
  if (session().models().empty())
    hint = tr("Drop checkpoints here, or open them with Ctrl+M: each becomes a column");
  else if (work_->columns().empty())
    hint = tr("No model is chosen: tick some under Models");
  else if (!work_->has_pictures())
    hint = tr("Drop photos here, open some with Ctrl+O, or choose a folder: the field is a mean over them");
  else if (!work_->problem().isEmpty())
    hint = work_->problem();
  else if (state == State::Running)
    hint = work_->activity().isEmpty() ? tr("Models are being opened") : work_->activity();
  else if (state == State::Done)
    hint = notes().join('\n');
  else if (state == State::Paused)
    hint = tr("Paused before the first image was done");
  else
    hint = tr("The fields of %1 over so many images take a while").arg(models_text(work_->columns().size()));
  hint_->setText(hint);
  hint_button_->setText(action);
  hint_button_->setVisible(state != State::Empty && state != State::Running);
}

std::optional<Frame> ReceptiveFieldPage::chosen_frame() const {
  const auto& columns = work_->columns();
  const std::filesystem::path chosen = session().model_index() >= 0
                                           ? session().models()[static_cast<std::size_t>(session().model_index())].path
                                           : std::filesystem::path();
  const PanelGrid& grid = grid_->grid();
  if (grid.empty()) return std::nullopt;
  for (const auto& row : grid.rows)
    for (const MapPanel& panel : row.front().panels)
      if (columns[static_cast<std::size_t>(panel.context.toInt())].path == chosen && panel.frame) return panel.frame;
  return grid.frame;
}

void ReceptiveFieldPage::follow_cursor() {
  const auto cursor = link_->cursor();
  const auto frame = chosen_frame();
  Q_EMIT cursor_moved(cursor && frame ? std::optional(to_qpoint(frame->to_fraction(to_point(*cursor)))) : std::nullopt);
}

void ReceptiveFieldPage::set_cursor(std::optional<QPointF> position) {
  const auto frame = chosen_frame();
  if (position && frame)
    link_->set_cursor(to_qpoint(frame->to_photo(to_point(*position))));
  else
    link_->release();
}

PanelGrid ReceptiveFieldPage::panels() const {
  PanelGrid grid;
  for (const NamedField& named : named_fields(work_->columns())) {
    PanelGroup group;
    group.title = named.name;
    MapPanel panel;
    panel.name = named.name;
    panel.map = std::shared_ptr<const Map>(named.seen, &named.field->mean);
    group.panels.push_back(std::move(panel));
    grid.rows.push_back({std::move(group)});
  }
  return grid;
}

nlohmann::json ReceptiveFieldPage::state() const { return to_json(settings_); }

void ReceptiveFieldPage::restore(const nlohmann::json& state) {
  ReceptiveFieldSettings settings = settings_;
  read_json(state, settings);
  set_settings(settings);
}

}  // namespace orderscope
