// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/main_window.h"

#include <QDockWidget>
#include <QDragEnterEvent>
#include <QMimeData>
#include <QStackedWidget>
#include <QTabBar>
#include <QUrl>
#include <QVBoxLayout>

#include "app/gui/inspector.h"
#include "app/gui/network_panel.h"
#include "app/gui/orders_page.h"
#include "app/gui/session.h"
#include "app/gui/sources_panel.h"
#include "widgets/input_view.h"
#include "widgets/map_grid.h"
#include "widgets/network_strip.h"

namespace orderscope {

MainWindow::MainWindow(std::unique_ptr<InspectionEngine> engine, ThemeKind theme)
    : session_(std::make_unique<Session>(std::move(engine))), theme_(theme) {
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
  pages_ = new QStackedWidget(centre);
  layout->addWidget(tabs_);
  auto* border = new QFrame(centre);
  border->setFrameShape(QFrame::HLine);
  border->setFrameShadow(QFrame::Plain);
  border->setForegroundRole(QPalette::Mid);
  border->setFixedHeight(1);
  layout->addWidget(border);
  layout->addWidget(pages_, 1);
  setCentralWidget(centre);
  connect(tabs_, &QTabBar::currentChanged, pages_, &QStackedWidget::setCurrentIndex);

  orders_ = new OrdersPage(*session_, this);
  sources_ = new SourcesPanel(*session_, this);
  inspector_ = new Inspector(*session_, this);
  network_ = new NetworkPanel(*session_, this);
  add_page(tr("Orders"), orders_);

  setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
  setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);
  add_panel(tr("Models and images"), sources_, Qt::LeftDockWidgetArea, QStringLiteral("F7"));
  add_panel(tr("Inspector"), inspector_, Qt::RightDockWidgetArea, QStringLiteral("F8"));
  add_panel(tr("Network and jobs"), network_, Qt::BottomDockWidgetArea, QStringLiteral("F9"));
  sources_->setMinimumWidth(184);
  inspector_->setMinimumWidth(300);
  network_->setMinimumHeight(124);

  make_menus();
  connect_parts();
  network_->strip()->setFocus();
}

MainWindow::~MainWindow() {
  // The parts listen to the session; it must not speak to them while they go.
  session_->disconnect();
}

void MainWindow::add_page(const QString& title, QWidget* page) {
  pages_->addWidget(page);
  tabs_->addTab(title);
}

void MainWindow::add_panel(const QString& title, QWidget* panel, Qt::DockWidgetArea area, const QString& shortcut) {
  auto* dock = new QDockWidget(title, this);
  dock->setObjectName(title);
  dock->setFeatures(QDockWidget::DockWidgetClosable);
  // The panels have headings of their own; an empty widget in its place takes the title bar away.
  dock->setTitleBarWidget(new QWidget(dock));
  dock->setWidget(panel);
  addDockWidget(area, dock);
  QAction* toggle = dock->toggleViewAction();
  toggle->setShortcut(QKeySequence(shortcut));
  toggle->setToolTip(tr("Show or hide %1").arg(title));
  panel_actions_.push_back(toggle);
}

void MainWindow::connect_parts() {
  connect(orders_, &OrdersPage::panels_changed, this, [this] { inspector_->set_panels(orders_->panels()); });
  connect(orders_->grid(), &MapGrid::cursor_moved, inspector_, &Inspector::set_cursor);
  connect(inspector_->input(), &InputView::hovered, orders_->grid(),
          [this](QPointF position) { orders_->grid()->set_cursor(position); });
  connect(inspector_->input(), &InputView::left, orders_->grid(), &MapGrid::release_cursor);
  connect(sources_, &SourcesPanel::open_requested, this, &MainWindow::open_images);
  connect(session_.get(), &Session::result_changed, this, [this] {
    const auto result = session_->result();
    setWindowTitle(result ? QStringLiteral("%1 – %2 – OrderScope")
                                .arg(file_name(result->image_path), QString::fromStdString(result->model->name))
                          : QStringLiteral("OrderScope"));
  });
}

void MainWindow::add_files(const std::vector<std::filesystem::path>& paths) { session_->add_files(paths); }

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
