// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/data_set_page.h"

#include <QItemSelectionModel>
#include <QKeyEvent>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/gui/data_set_charts.h"
#include "app/gui/data_set_filter.h"
#include "app/gui/data_set_model.h"
#include "app/gui/data_set_runner.h"
#include "app/gui/data_set_work.h"
#include "app/gui/page_controls.h"
#include "app/gui/session.h"
#include "widgets/banner.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr int kRefreshMilliseconds = 2000;  // while a run goes on

}  // namespace

DataSetPage::DataSetPage(Session& session, QWidget* parent)
    : Page(QStringLiteral("data-set"), tr("Data set"), session, parent),
      work_(new DataSetWork(session.jobs(), this)),
      runner_(new DataSetRunner(jobs(), this)),
      model_(new DataSetModel(this)) {
  auto* layout = content();
  layout->addWidget(make_header());
  layout->addWidget(make_progress());
  filter_ = new DataSetFilterBar(this);
  layout->addWidget(filter_);
  auto* splitter = new QSplitter(Qt::Horizontal, this);
  splitter->addWidget(make_table());
  charts_ = new DataSetChartsView(*work_, splitter);
  side_ = make_scroll_area(charts_, splitter);
  side_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  side_->setMinimumWidth(240);
  splitter->addWidget(side_);
  splitter->setSizes({488, 300});
  splitter->setStretchFactor(0, 3);
  splitter->setStretchFactor(1, 2);
  splitter->setHandleWidth(4 * kStep);
  layout->addWidget(splitter, 1);
  refresh_.setInterval(kRefreshMilliseconds);
  connect_parts();
  show_controls();
}

void DataSetPage::connect_parts() {
  connect(&session(), &Session::models_changed, this, &DataSetPage::show_controls);
  connect(work_, &DataSetWork::run_opened, this, &DataSetPage::take_run);
  connect(work_, &DataSetWork::counted, this, &DataSetPage::show_status);
  connect(work_, &DataSetWork::selected, this, &DataSetPage::take_rows);
  connect(work_, &DataSetWork::charts_changed, this, &DataSetPage::panels_changed);
  connect(work_, &DataSetWork::failed, this, [this](const QString& text) {
    // A run that has just begun may not have made its store yet; follow_runner() tries again, and once after its end.
    const bool own = !work_->run() && runner_->run() == settings_.run;
    if (own && (runner_->active() || !tried_again_)) {
      tried_again_ = !runner_->active();
      QTimer::singleShot(50, this, &DataSetPage::follow_runner);
    } else {
      banner()->show_message(text);
    }
    show_controls();
  });
  connect(model_, &DataSetModel::failed, banner(), &Banner::show_message);
  connect(runner_, &DataSetRunner::changed, this, &DataSetPage::follow_runner);
  connect(runner_, &DataSetRunner::failed, banner(), &Banner::show_message);
  connect(runner_, &DataSetRunner::finished, this, [this](const QString& notes) {
    if (!notes.isEmpty()) banner()->show_message(notes);
  });
  connect(&refresh_, &QTimer::timeout, this, [this] {
    // A large run takes longer to count than the time between two looks.
    if (!work_->busy()) query(true, true);
  });
  connect(filter_, &DataSetFilterBar::filter_chosen, this, [this](const DataSetSettings& chosen) {
    change([&](DataSetSettings& s) {
      const DataSetSettings now = s;
      s = chosen;
      s.run = now.run;
      s.sort = now.sort;
      s.chart_model = now.chart_model;
      s.depth = now.depth;
    });
  });
  connect(charts_, &DataSetChartsView::model_chosen, this,
          [this](const QString& name) { change([&](DataSetSettings& s) { s.chart_model = name.toStdString(); }); });
  connect(charts_, &DataSetChartsView::quantity_chosen, this,
          [this](DepthQuantity quantity) { change([&](DataSetSettings& s) { s.depth = quantity; }); });
  connect(charts_, &DataSetChartsView::class_chosen, this,
          [this](const QString& name) { change([&](DataSetSettings& s) { s.label = name.toStdString(); }); });
  connect(charts_, &DataSetChartsView::confidence_chosen, this, [this](double least, double most) {
    change([&](DataSetSettings& s) {
      s.least_confidence = least;
      s.most_confidence = most;
    });
  });
  connect(table_, &QTableView::doubleClicked, this, [this](const QModelIndex& index) { open_row(index.row()); });
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this, &DataSetPage::take_selection);
  table_->installEventFilter(this);
}

void DataSetPage::change(const std::function<void(DataSetSettings&)>& edit) {
  DataSetSettings settings = settings_;
  edit(settings);
  set_settings(settings);
}

void DataSetPage::set_settings(const DataSetSettings& settings) {
  if (settings == settings_) return;
  const int model_before = chart_model();
  const DataSetSettings before = std::exchange(settings_, settings);
  show_controls();
  if (settings_.run != before.run) {
    load();
  } else {
    DataSetSettings rows = settings_;
    rows.depth = before.depth;
    rows.chart_model = before.chart_model;
    DataSetSettings charts = rows;
    charts.sort = before.sort;
    query(!(rows == before), !(charts == before) || chart_model() != model_before);
  }
  Q_EMIT state_changed();
}

void DataSetPage::open_run(const std::filesystem::path& run) {
  loaded_.clear();  // the same one again: it may have changed
  if (settings_.run == run.string()) return load();
  change([&](DataSetSettings& s) { s.run = run.string(); });
}

/// Opens the run once somebody looks.
void DataSetPage::load() {
  if (!in_front_ || loaded_ == settings_.run) return;
  loaded_ = settings_.run;
  tried_again_ = false;
  model_->set_run(nullptr);
  if (settings_.run.empty())
    work_->close();
  else if (!(runner_->active() && runner_->run() == settings_.run && runner_->progress().total == 0))
    work_->open(settings_.run);  // else its store may not be there yet
  charts_->show_waiting();
  show_controls();
}

void DataSetPage::take_run() {
  model_->set_run(work_->run());
  show_controls();
  query(true, true);
}

void DataSetPage::query(bool rows, bool charts) {
  const auto& run = work_->run();
  if (!run) return;
  const BatchFilter filter = filter_of(settings_, run->models, run->classes);
  if (rows) work_->select(filter, settings_.sort);
  if (charts) work_->summarize(chart_model(), filter);
  if (charts) take_selection();
}

int DataSetPage::chart_model() const {
  const auto& run = work_->run();
  if (!run || run->models.empty()) return -1;
  for (const std::string& name : {settings_.model, settings_.chart_model}) {
    const auto named = std::ranges::find(run->models, name, &BatchModelInfo::name);
    if (!name.empty() && named != run->models.end()) return named->id;
  }
  const auto orders = std::ranges::find(run->models, std::string("hornet"), &BatchModelInfo::architecture);
  return orders == run->models.end() ? 0 : orders->id;
}

void DataSetPage::take_rows(const DataSetModel::Ids& ids, const std::vector<BatchRow>& first) {
  const QModelIndex current = table_->currentIndex();
  const DataSetModel::Ids before = model_->ids();
  std::optional<std::int64_t> id;
  if (current.isValid() && static_cast<std::size_t>(current.row()) < before->size())
    id = (*before)[static_cast<std::size_t>(current.row())];
  model_->set_rows(ids, first);
  if (id && !table_->currentIndex().isValid()) {
    // What somebody looked at stays in view where it still passes.
    const auto again = std::ranges::find(*ids, *id);
    if (again != ids->end()) table_->selectRow(static_cast<int>(again - ids->begin()));
  }
  show_status();
}

std::vector<std::int64_t> DataSetPage::chosen_rows() const {
  std::vector<std::int64_t> rows;
  const auto& ids = *model_->ids();
  // By ranges: a list of a million indices would be felt.
  for (const QItemSelectionRange& range : table_->selectionModel()->selection())
    for (int row = range.top(); row <= range.bottom() && rows.size() < DataSetWork::kMostSelected; ++row)
      if (static_cast<std::size_t>(row) < ids.size()) rows.push_back(ids[static_cast<std::size_t>(row)]);
  return rows;
}

void DataSetPage::take_selection() {
  if (const int model = chart_model(); model >= 0) work_->select_images(model, chosen_rows());
}

void DataSetPage::follow_runner() {
  const bool own = runner_->run() == settings_.run;
  if (own && in_front_ && runner_->progress().total > 0 && !work_->run() && !work_->busy()) work_->open(settings_.run);
  if (own && runner_->active() && !refresh_.isActive()) refresh_.start();
  if (!runner_->active() && refresh_.isActive()) {
    refresh_.stop();
    if (own) query(true, true);
  }
  show_controls();
}

void DataSetPage::activate() {
  in_front_ = true;
  load();
}

void DataSetPage::hideEvent(QHideEvent* event) {
  in_front_ = false;
  Page::hideEvent(event);
}

bool DataSetPage::eventFilter(QObject* object, QEvent* event) {
  if (object == table_ && event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if ((key == Qt::Key_Return || key == Qt::Key_Enter) && table_->currentIndex().isValid()) {
      open_row(table_->currentIndex().row());
      return true;
    }
  }
  return Page::eventFilter(object, event);
}

Plate DataSetPage::figure() const {
  Plate plate;
  const auto& charts = work_->charts();
  if (!charts) return plate;
  plate.panels = charts_->panels();
  plate.title = QString::fromStdString(std::filesystem::path(settings_.run).filename().string());
  plate.subtitle = tr("%1, %2 images").arg(QString::fromStdString(charts->model.name)).arg(charts->tallies.all.rows());
  plate.footnotes << tr("%1: weights SHA-256 %2")
                         .arg(QString::fromStdString(charts->model.name),
                              QString::fromStdString(charts->model.sha256.substr(0, 16)));
  nlohmann::json filter = to_json(settings_);
  plate.sources = {{"run", settings_.run}, {"filter", std::move(filter)}, {"model_sha256", charts->model.sha256}};
  return plate;
}

nlohmann::json DataSetPage::state() const { return to_json(settings_); }

void DataSetPage::restore(const nlohmann::json& state) {
  DataSetSettings settings = settings_;
  read_json(state, settings);
  set_settings(settings);
}

}  // namespace orderscope
