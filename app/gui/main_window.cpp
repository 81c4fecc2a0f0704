// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/main_window.h"

#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QElapsedTimer>
#include <QMenu>
#include <QMimeData>
#include <QStackedWidget>
#include <QTabBar>
#include <QTimer>
#include <QUrl>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/attribution_page.h"
#include "app/gui/compare_page.h"
#include "app/gui/data_set_page.h"
#include "app/gui/figure_dialog.h"
#include "app/gui/inspector.h"
#include "app/gui/network_panel.h"
#include "app/gui/orders_page.h"
#include "app/gui/orders_work.h"
#include "app/gui/receptive_field_page.h"
#include "app/gui/session.h"
#include "app/gui/session_document.h"
#include "app/gui/sources_panel.h"
#include "app/gui/timings.h"
#include "app/gui/update_rate.h"
#include "app/gui/view_history.h"
#include "widgets/dock_title.h"
#include "widgets/input_view.h"
#include "widgets/jobs_panel.h"
#include "widgets/network_strip.h"

namespace orderscope {

namespace {

constexpr int kModelLine = 46;  // pixels; room for the four demo models

}  // namespace

MainWindow::MainWindow(std::unique_ptr<InspectionEngine> engine, ThemeKind theme, Settings settings,
                       std::shared_ptr<ModelCache> models)
    : settings_(std::move(settings)),
      session_(std::make_unique<Session>(std::move(engine), models ? models : std::make_shared<ModelCache>())),
      theme_(theme),
      history_(new ViewHistory(this)),
      timings_(new Timings(this)) {
  setWindowTitle(QStringLiteral("OrderScope"));
  setAcceptDrops(true);
  setMinimumSize(960, 640);
  resize(1600, 1000);

  auto* centre = new QWidget(this);
  auto* layout = new QVBoxLayout(centre);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  tabs_ = new QTabBar(centre);
  tabs_->setExpanding(false);
  tabs_->setDrawBase(false);
  tabs_->setAccessibleName(tr("Pages"));
  stack_ = new QStackedWidget(centre);
  layout->addWidget(tabs_);
  auto* border = new QFrame(centre);
  border->setFrameShape(QFrame::HLine);
  border->setFrameShadow(QFrame::Plain);
  border->setForegroundRole(QPalette::Mid);
  border->setFixedHeight(1);
  layout->addWidget(border);
  layout->addWidget(stack_, 1);
  setCentralWidget(centre);

  make_pages();
  make_docks();
  make_menus();
  connect_parts();
  restore_settings();
  for (Page* page : pages_) history_->watch(*page);
  make_document();
  connect(tabs_, &QTabBar::currentChanged, this, &MainWindow::page_changed);
  page_changed();
  network_->strip()->setFocus();
}

MainWindow::~MainWindow() {
  // The parts listen to the session and to each other; they must not speak while they go.
  session_->disconnect();
  session_->jobs().disconnect();
  history_->disconnect();
  // Pages, figure and document compute with what the session holds, so they go first.
  delete figure_dialog_;
  delete document_;
  for (Page* page : pages_) delete page;
}

void MainWindow::make_pages() {
  orders_ = new OrdersPage(*session_, this);
  data_set_ = new DataSetPage(*session_, this);
  pages_ = {orders_, new ReceptiveFieldPage(*session_, this), new AttributionPage(*session_, this),
            new ComparePage(*session_, this), data_set_};
  for (Page* page : pages_) {
    stack_->addWidget(page);
    tabs_->addTab(page->title());
    connect_page(page);
  }
}

void MainWindow::make_docks() {
  setDockOptions(QMainWindow::AnimatedDocks | QMainWindow::AllowNestedDocks | QMainWindow::AllowTabbedDocks);
  setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
  setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);
  models_ = new ModelsPanel(*session_, this);
  images_ = new ImagesPanel(*session_, this);
  inspector_ = new Inspector(*session_, this);
  network_ = new NetworkPanel(*session_, this);
  jobs_ = new JobsPanel(this);
  add_dock(QStringLiteral("models"), tr("Models"), models_, Qt::LeftDockWidgetArea, tr("F6"));
  add_dock(QStringLiteral("images"), tr("Images"), images_, Qt::LeftDockWidgetArea, tr("F7"));
  add_dock(QStringLiteral("inspector"), tr("Inspector"), inspector_, Qt::RightDockWidgetArea, tr("F8"));
  add_dock(QStringLiteral("network"), tr("Network"), network_, Qt::BottomDockWidgetArea, tr("F9"));
  add_dock(QStringLiteral("jobs"), tr("Jobs"), jobs_, Qt::BottomDockWidgetArea, tr("F10"));
  models_->setMinimumHeight(4 * kModelLine);
  images_->setMinimumWidth(168);
  inspector_->setMinimumWidth(280);
  network_->setMinimumHeight(100);
}

QDockWidget* MainWindow::add_dock(const QString& id, const QString& title, QWidget* panel, Qt::DockWidgetArea area,
                                  const QString& shortcut) {
  auto* dock = new QDockWidget(title, this);
  dock->setObjectName(id);
  dock->setTitleBarWidget(new DockTitle(dock));
  dock->setWidget(panel);
  panel->setAccessibleName(title);
  addDockWidget(area, dock);
  QAction* toggle = dock->toggleViewAction();
  toggle->setShortcut(QKeySequence(shortcut));
  toggle->setToolTip(tr("Show or hide: %1").arg(title));
  docks_.push_back(dock);
  return dock;
}

void MainWindow::arrange_docks() {
  const auto dock = [this](const char* id) { return findChild<QDockWidget*>(QLatin1String(id)); };
  for (QDockWidget* each : docks_) {
    each->setFloating(false);
    each->show();
  }
  addDockWidget(Qt::LeftDockWidgetArea, dock("models"));
  splitDockWidget(dock("models"), dock("images"), Qt::Vertical);
  addDockWidget(Qt::RightDockWidgetArea, dock("inspector"));
  addDockWidget(Qt::BottomDockWidgetArea, dock("network"));
  splitDockWidget(dock("network"), dock("jobs"), Qt::Horizontal);
  resizeDocks({dock("models"), dock("images")}, {height() / 5, height()}, Qt::Vertical);
  resizeDocks({dock("images")}, {std::clamp(width() / 8, 168, 280)}, Qt::Horizontal);
  resizeDocks({dock("inspector")}, {std::clamp(width() / 5, 280, 520)}, Qt::Horizontal);
  resizeDocks({dock("network"), dock("jobs")}, {width() * 5 / 8, width() * 3 / 8}, Qt::Horizontal);
  resizeDocks({dock("network"), dock("jobs")}, {132, 132}, Qt::Vertical);
}

void MainWindow::showEvent(QShowEvent* event) {
  QMainWindow::showEvent(event);
  if (event->spontaneous() || sized_) return;
  sized_ = true;
  if (settings_.docks().isEmpty() || !restoreState(settings_.docks())) arrange_docks();
  // Once the first picture of the window is on the screen.
  QTimer::singleShot(0, this, [this] { timings_->mark(tr("window shown")); });
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (!closing_ && isVisible() && !may_leave_session()) {
    // Saving takes a moment; the window goes when it is done.
    closing_ = document_->busy();
    return event->ignore();
  }
  keep_settings();
  QMainWindow::closeEvent(event);
}

void MainWindow::restore_settings() {
  if (!settings_.geometry().isEmpty()) restoreGeometry(settings_.geometry());
  for (Page* page : pages_) {
    const auto state = settings_.page_state(page->id());
    if (state.is_object()) page->restore(state);
  }
  if (const auto state = settings_.page_state(kPredictionState); state.is_object()) inspector_->restore(state);
  show_page(settings_.page());
}

void MainWindow::keep_settings() {
  settings_.set_layout(saveGeometry(), saveState());
  settings_.set_page(page()->id());
  for (Page* page : pages_) settings_.set_page_state(page->id(), page->state());
  settings_.set_page_state(kPredictionState, inspector_->state());
}

Page* MainWindow::page() const { return pages_[static_cast<std::size_t>(std::max(0, tabs_->currentIndex()))]; }

bool MainWindow::show_page(const QString& id) {
  const auto found = std::ranges::find(pages_, id, &Page::id);
  if (found == pages_.end()) return false;
  tabs_->setCurrentIndex(static_cast<int>(found - pages_.begin()));
  return true;
}

void MainWindow::page_changed() {
  Page* current = page();
  stack_->setCurrentWidget(current);
  for (std::size_t i = 0; i < pages_.size(); ++i) page_menus_[i]->menuAction()->setVisible(pages_[i] == current);
  inspector_->set_panels(current->panels());
  current->activate();
}

void MainWindow::connect_page(Page* page) {
  connect(page, &Page::panels_changed, this, [this, page] {
    if (page == this->page()) inspector_->set_panels(page->panels());
  });
  connect(page, &Page::cursor_moved, this, [this, page](std::optional<QPointF> position) {
    if (page == this->page()) inspector_->set_cursor(position);
  });
  connect(page, &Page::open_requested, this, &MainWindow::open_images);
}

void MainWindow::connect_parts() {
  connect(inspector_->input(), &InputView::hovered, this, [this](QPointF position) { page()->set_cursor(position); });
  connect(inspector_->input(), &InputView::left, this, [this] { page()->set_cursor(std::nullopt); });
  connect(images_, &ImagesPanel::open_requested, this, &MainWindow::open_images);
  connect(session_.get(), &Session::files_added, this, [this](const std::vector<std::filesystem::path>& paths) {
    for (const auto& path : paths) settings_.add_recent_file(QString::fromStdString(path.string()));
  });
  connect(session_.get(), &Session::result_changed, this, [this] { show_title(); });
  connect_jobs();
  connect_timings();
}

void MainWindow::connect_jobs() {
  JobList& jobs = session_->jobs();
  connect(&jobs, &JobList::changed, jobs_, [this, &jobs] {
    std::vector<JobRow> rows;
    for (const JobList::Job& job : jobs.jobs()) rows.push_back({job.id, job.title, job.activity, job.fraction});
    jobs_->set_jobs(rows);
  });
  connect(&jobs, &JobList::noted, jobs_, &JobsPanel::add_done);
  connect(jobs_, &JobsPanel::cancel_requested, &jobs, &JobList::cancel);
}

void MainWindow::connect_timings() {
  const auto since = std::make_shared<QElapsedTimer>();
  connect(session_.get(), &Session::started, timings_, [since] { since->start(); });
  connect(session_.get(), &Session::result_changed, timings_, [this, since] {
    if (!session_->result() || !since->isValid()) return;
    timings_->add(tr("first maps after the request"), static_cast<double>(since->nsecsElapsed()) / 1e6);
  });
  connect(session_.get(), &Session::view_changed, timings_, [this, since] {
    if (session_->view() && since->isValid())
      timings_->add(tr("all maps after the request"), static_cast<double>(since->nsecsElapsed()) / 1e6);
  });
  auto* mixer = new UpdateRate(this);
  connect(&orders_->work(), &OrdersWork::mixed_changed, mixer, [this, mixer] {
    if (orders_->work().mixed()) mixer->update();
  });
  connect(mixer, &UpdateRate::measured, timings_,
          [this](double milliseconds) { timings_->add(tr("order mixer, from one update to the next"), milliseconds); });
}

void MainWindow::add_files(const std::vector<std::filesystem::path>& paths) {
  const auto session =
      std::ranges::find(paths, std::filesystem::path(kSessionSuffix), &std::filesystem::path::extension);
  if (session == paths.end()) return session_->add_files(paths);
  if (may_leave_session()) open_session(*session);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  for (const QUrl& url : event->mimeData()->urls())
    if (url.isLocalFile()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  std::vector<std::filesystem::path> paths;
  for (const QUrl& url : event->mimeData()->urls())
    if (url.isLocalFile()) paths.emplace_back(url.toLocalFile().toStdString());
  event->acceptProposedAction();
  add_files(paths);
}

}  // namespace orderscope
