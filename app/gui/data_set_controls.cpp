// SPDX-License-Identifier: GPL-3.0-or-later
// What stands around the table of the data set page.
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QItemSelectionModel>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/gui/data_set_charts.h"
#include "app/gui/data_set_filter.h"
#include "app/gui/data_set_model.h"
#include "app/gui/data_set_page.h"
#include "app/gui/data_set_runner.h"
#include "app/gui/data_set_setup.h"
#include "app/gui/data_set_work.h"
#include "app/gui/page_controls.h"
#include "app/gui/session.h"
#include "core/run/batch_runner.h"
#include "widgets/banner.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

QString grouped(std::int64_t count) { return QLocale().toString(static_cast<qlonglong>(count)); }

}  // namespace

QWidget* DataSetPage::make_header() {
  auto* header = new QWidget(this);
  auto* layout = new QHBoxLayout(header);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(2 * kStep);
  title_ = new QLabel(header);
  title_->setFont(title_font(title_->font()));
  status_ = new QLabel(header);
  status_->setForegroundRole(QPalette::PlaceholderText);
  status_->setFont(value_font(status_->font()));
  status_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  const auto button = [&](const QString& text, const QString& tool_tip) {
    auto* result = new QPushButton(text, header);
    result->setToolTip(tool_tip);
    return result;
  };
  rank_ =
      make_button(header, tr("Rank by disagreement"), tr("Images on which the models disagree most come first (D)"));
  rank_->setCheckable(true);
  new_ = button(tr("New run…"), tr("Set up a run of the open models over a data set (Ctrl+Alt+N)"));
  open_ = button(tr("Open run…"), tr("Look at a run that is there (Ctrl+Alt+R)"));
  pause_ = button(tr("Pause"), QString());
  cancel_ = button(tr("Cancel"), tr("End the run; what is done is kept and can be gone on with (Ctrl+Alt+X)"));
  layout->addWidget(title_);
  layout->addWidget(status_, 1);
  for (QWidget* control : std::initializer_list<QWidget*>{rank_, pause_, cancel_, new_, open_})
    layout->addWidget(control);
  connect(rank_, &QToolButton::clicked, this, &DataSetPage::rank_by_disagreement);
  connect(new_, &QPushButton::clicked, this, &DataSetPage::show_setup);
  connect(open_, &QPushButton::clicked, this, &DataSetPage::ask_for_run);
  connect(pause_, &QPushButton::clicked, this, &DataSetPage::pause_or_resume);
  connect(cancel_, &QPushButton::clicked, runner_, &DataSetRunner::cancel);
  return header;
}

QWidget* DataSetPage::make_progress() {
  progress_line_ = new QWidget(this);
  auto* layout = new QHBoxLayout(progress_line_);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(2 * kStep);
  progress_ = new QProgressBar(progress_line_);
  progress_->setTextVisible(false);
  progress_->setAccessibleName(tr("Progress of the run"));
  progress_text_ = new QLabel(progress_line_);
  progress_text_->setForegroundRole(QPalette::PlaceholderText);
  progress_text_->setFont(value_font(progress_text_->font()));
  layout->addWidget(progress_, 1);
  layout->addWidget(progress_text_);
  return progress_line_;
}

QWidget* DataSetPage::make_table() {
  stack_ = new QStackedWidget(this);
  hint_ = new QLabel(stack_);
  hint_->setAlignment(Qt::AlignCenter);
  hint_->setWordWrap(true);
  hint_->setForegroundRole(QPalette::PlaceholderText);
  table_ = new QTableView(stack_);
  table_->setObjectName(QStringLiteral("runRows"));  // as the theme knows it
  table_->setModel(model_);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  table_->setShowGrid(false);
  table_->setWordWrap(false);
  table_->setTextElideMode(Qt::ElideMiddle);
  table_->setTabKeyNavigation(false);
  table_->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  table_->setCornerButtonEnabled(false);
  table_->setCornerWidget(new QWidget(table_));  // the style draws a frame there otherwise
  table_->viewport()->setAutoFillBackground(false);
  table_->setAccessibleName(tr("Rows of the run"));
  table_->setToolTip(tr("Double click or Return opens the image"));
  QHeaderView* rows = table_->verticalHeader();
  rows->hide();
  rows->setSectionResizeMode(QHeaderView::Fixed);
  rows->setDefaultSectionSize(fontMetrics().height() + 2 * kStep);
  QHeaderView* columns = table_->horizontalHeader();
  // With the table's own one it would ask of every column whether all of its rows are chosen, row by row, to paint it.
  columns->setSelectionModel(new QItemSelectionModel(model_, columns));
  columns->setHighlightSections(false);
  columns->setSectionsClickable(true);
  columns->setSortIndicatorShown(true);
  columns->setStretchLastSection(true);
  const int letter = fontMetrics().averageCharWidth();
  constexpr int kLetters[] = {27, 12, 12, 12, 10, 13, 8, 9, 10, 15, 10, 14};
  for (int column = 0; column < DataSetModel::kColumns; ++column)
    table_->setColumnWidth(column, kLetters[column] * letter + 2 * kStep);
  connect(columns, &QHeaderView::sectionClicked, this, [this](int column) {
    change([&](DataSetSettings& s) {
      const std::string key = DataSetModel::sort_key(column);
      // A third click goes back to the order of the images.
      if (s.sort.key != key)
        s.sort = {key, false};
      else if (!s.sort.descending)
        s.sort.descending = true;
      else
        s.sort = {};
    });
  });
  empty_ = new QLabel(tr("No row passes the filter"), table_);
  empty_->setForegroundRole(QPalette::PlaceholderText);
  empty_->setAlignment(Qt::AlignCenter);
  auto* over = new QVBoxLayout(table_->viewport());
  over->addWidget(empty_);
  empty_->setAttribute(Qt::WA_TransparentForMouseEvents);
  stack_->addWidget(hint_);
  stack_->addWidget(table_);
  return stack_;
}

void DataSetPage::show_sort() {
  QHeaderView* columns = table_->horizontalHeader();
  const QSignalBlocker blocked(columns);
  int sorted = -1;
  for (int column = 0; column < DataSetModel::kColumns && sorted < 0; ++column)
    if (settings_.sort.key == DataSetModel::sort_key(column)) sorted = column;
  columns->setSortIndicator(sorted, settings_.sort.descending ? Qt::DescendingOrder : Qt::AscendingOrder);
  columns->viewport()->update();
  rank_->setChecked(settings_.sort.key == "disagreement" && settings_.sort.descending);
}

QString DataSetPage::status() const { return status_->text(); }

void DataSetPage::show_status() {
  const auto& run = work_->run();
  const std::filesystem::path path(settings_.run);
  title_->setText(settings_.run.empty() ? tr("data set") : QString::fromStdString(path.filename().string()));
  title_->setToolTip(QString::fromStdString(settings_.run));
  QStringList parts;
  if (run) {
    const BatchCounts& counts = work_->counts();
    parts << (counts.done < counts.images ? tr("%1 of %2 images").arg(grouped(counts.done), grouped(counts.images))
                                          : tr("%1 images").arg(grouped(counts.images)));
    if (counts.broken > 0) parts << tr("%1 broken").arg(grouped(counts.broken));
    parts << (run->models.size() == 1 ? tr("1 model") : tr("%1 models").arg(run->models.size()));
    parts << tr("%1 rows").arg(grouped(std::ssize(*model_->ids())));
  }
  status_->setText(parts.join(QStringLiteral(" · ")));
  status_->setToolTip(status_->text());
  empty_->setVisible(run && model_->ids()->empty() && !work_->busy());
}

void DataSetPage::show_controls() {
  const auto& run = work_->run();
  const bool own = runner_->run() == settings_.run && !settings_.run.empty();
  const bool active = runner_->active();
  const bool unfinished = run && work_->counts().done < work_->counts().images;
  const bool paused = own && runner_->state() == DataSetRunner::State::Paused;
  show_status();
  show_sort();
  filter_->show_settings(settings_, run.get());
  charts_->show_settings(settings_, chart_model());
  for (QWidget* of_a_run : std::initializer_list<QWidget*>{filter_, side_, rank_}) of_a_run->setVisible(run != nullptr);
  rank_->setEnabled(run && run->models.size() > 1);
  table_->setColumnHidden(DataSetModel::Model, run && run->models.size() < 2);
  for (const int column : {DataSetModel::Disagreement, DataSetModel::Classes})
    table_->setColumnHidden(column, run && run->models.size() < 2);
  pause_->setVisible(active || paused || unfinished);
  pause_->setText(active ? tr("Pause") : tr("Resume"));
  pause_->setToolTip(active ? tr("Finish the chunk under way, then wait (Ctrl+Alt+P)")
                            : tr("Go on with the run by its own settings (Ctrl+Alt+P)"));
  pause_->setEnabled(runner_->state() != DataSetRunner::State::Pausing);
  cancel_->setVisible(active || paused);
  cancel_->setEnabled(pause_->isEnabled());
  new_->setEnabled(!active);

  progress_line_->setVisible(active || paused);
  const DataSetRunner::Progress& progress = runner_->progress();
  progress_->setRange(0, progress.total > 0 ? 1000 : 0);
  if (progress.total > 0) progress_->setValue(static_cast<int>(1000 * progress.done / progress.total));
  QString text = progress.activity;
  if (runner_->state() == DataSetRunner::State::Pausing) text = tr("the chunk under way is being finished");
  if (paused) text = tr("paused");
  if (progress.total > 0) text = tr("%1 of %2 · %3").arg(grouped(progress.done), grouped(progress.total), text);
  progress_text_->setText(text);

  stack_->setCurrentIndex(run ? 1 : 0);
  if (run) return;
  if (settings_.run.empty())
    hint_->setText(
        session().models().empty()
            ? tr("A run shows models over a whole data set.\nOpen models with Ctrl+M and set one up with "
                 "Ctrl+Alt+N, or open one that is there with Ctrl+Alt+R")
            : tr("A run shows the open models over a whole data set.\nSet one up with Ctrl+Alt+N, or open one "
                 "that is there with Ctrl+Alt+R"));
  else if (own && active)
    hint_->setText(tr("Rows come once the first images are done"));
  else
    hint_->setText(work_->busy() ? tr("The run is being opened")
                                 : tr("%1 cannot be shown").arg(QString::fromStdString(settings_.run)));
}

void DataSetPage::ask_for_run() {
  const QString folder =
      QFileDialog::getExistingDirectory(this, tr("Folder of a run"), QString::fromStdString(settings_.run));
  if (!folder.isEmpty()) open_run(folder.toStdString());
}

DataSetSetup& DataSetPage::setup() {
  if (!setup_) {
    setup_ = new DataSetSetup(this);
    connect(setup_, &DataSetSetup::start_requested, this,
            [this](const std::filesystem::path& run, const BatchConfig& config) {
              banner()->dismiss();
              // What was begun here may be gone on with. Where that cannot be kept, it is asked.
              (void)work_->trusted().add_run(run, settings_of_run(config));
              runner_->start(run, config);
              open_run(run);
            });
  }
  std::vector<DataSetSetup::Model> models;
  for (const ModelSource& source : session().models())
    models.push_back({source.model ? QString::fromStdString(source.model->name) : file_name(source.path), source.path});
  setup_->set_models(models);
  return *setup_;
}

void DataSetPage::show_setup() {
  if (!runner_->active()) setup().open();
}

void DataSetPage::pause_or_resume() {
  if (runner_->state() == DataSetRunner::State::Running) return runner_->pause();
  const bool unfinished = work_->run() && work_->counts().done < work_->counts().images;
  const bool paused = runner_->state() == DataSetRunner::State::Paused && runner_->run() == settings_.run;
  if (runner_->active() || !(unfinished || paused)) return;
  const auto resume = [this, run = settings_.run] {
    banner()->dismiss();
    runner_->resume(run);
  };
  if (paused || work_->run()->scope.is_anywhere()) return resume();
  ask_for_outside({}, tr("Go on with it"), resume);
}

void DataSetPage::rank_by_disagreement() {
  const bool ranked = settings_.sort.key == "disagreement" && settings_.sort.descending;
  change([&](DataSetSettings& s) { s.sort = ranked ? BatchSort{} : BatchSort{"disagreement", true}; });
}

}  // namespace orderscope
