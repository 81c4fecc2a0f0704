// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMainWindow>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "widgets/theme.h"

class QAction;
class QMenu;
class QStackedWidget;
class QTabBar;

namespace orderscope {

class Inspector;
class InspectionEngine;
class NetworkPanel;
class OrdersPage;
class Session;
class SourcesPanel;
class WeightsDialog;
struct OrdersSnapshot;

/// One window: pages in the middle, models and images on the left, the inspector on the right, the network and the jobs
/// at the bottom. It only connects what does the work.
class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  explicit MainWindow(std::unique_ptr<InspectionEngine> engine, ThemeKind theme = ThemeKind::Dark);
  ~MainWindow() override;

  void add_files(const std::vector<std::filesystem::path>& paths);

  Session& session() { return *session_; }
  OrdersPage* orders_page() const { return orders_; }
  SourcesPanel* sources() const { return sources_; }
  Inspector* inspector() const { return inspector_; }
  NetworkPanel* network() const { return network_; }
  OrdersSnapshot snapshot() const;  ///< of what the orders page shows

 protected:
  void showEvent(QShowEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void add_page(const QString& title, QWidget* page);
  void add_panel(const QString& title, QWidget* panel, Qt::DockWidgetArea area, const QString& shortcut);
  void connect_parts();

  // In main_window_menus.cpp.
  QAction* add_action(QMenu* menu, const QString& text, const QString& shortcut, const QString& tool_tip,
                      std::function<void()> triggered, const QString& icon = {});
  void make_menus();
  void make_file_menu();
  void make_view_menu();
  void make_go_menu();
  void make_help_menu();
  void open_images();
  void open_model();
  void show_weights();  ///< in main_window_weights.cpp
  void export_plate();
  void export_session_folder();
  void save_window_image();
  void set_theme(ThemeKind theme);
  void show_about();
  void show_problem(const QString& text);

  std::unique_ptr<Session> session_;
  ThemeKind theme_;
  QTabBar* tabs_;
  QStackedWidget* pages_;
  OrdersPage* orders_;
  SourcesPanel* sources_;
  Inspector* inspector_;
  NetworkPanel* network_;
  std::vector<QAction*> panel_actions_;
  WeightsDialog* weights_ = nullptr;  ///< made when somebody asks for it
  bool sized_ = false;
};

}  // namespace orderscope
