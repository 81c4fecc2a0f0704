// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMainWindow>
#include <QPointer>
#include <filesystem>
#include <memory>
#include <vector>

#include "app/gui/settings.h"
#include "core/run/session_file.h"
#include "widgets/theme.h"

class QDockWidget;
class QMenu;
class QStackedWidget;
class QTabBar;

namespace orderscope {

class DataSetPage;
class FigureDialog;
class ImagesPanel;
class Inspector;
class InspectionEngine;
class JobsPanel;
class ModelCache;
class ModelsPanel;
class NetworkPanel;
class OrdersPage;
class Page;
class Session;
class SessionDocument;
class Timings;
class TrustedSessions;
class Tour;
class ViewHistory;
class WeightsDialog;
struct OrdersSnapshot;

/// One window: pages in the middle, models and images on the left, the inspector on the right, the network and the jobs
/// at the bottom. It only connects what does the work.
class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  explicit MainWindow(std::unique_ptr<InspectionEngine> engine, ThemeKind theme = ThemeKind::Dark,
                      Settings settings = Settings::forgetful(), std::shared_ptr<ModelCache> models = {});
  ~MainWindow() override;

  void add_files(const std::vector<std::filesystem::path>& paths);
  /// Starts the tour of the page in front once its maps are there, if nobody has seen it yet.
  void offer_tour();
  /// False if no page has this id.
  bool show_page(const QString& id);

  Session& session() { return *session_; }
  Timings& timings() { return *timings_; }
  ViewHistory& history() { return *history_; }
  const std::vector<Page*>& pages() const { return pages_; }
  Page* page() const;  ///< the one in front
  OrdersPage* orders_page() const { return orders_; }
  ModelsPanel* models_panel() const { return models_; }
  ImagesPanel* images_panel() const { return images_; }
  Inspector* inspector() const { return inspector_; }
  NetworkPanel* network() const { return network_; }
  JobsPanel* jobs_panel() const { return jobs_; }
  OrdersSnapshot snapshot() const;  ///< of what the orders page shows

  // In main_window_session.cpp.
  SessionDocument& document() { return *document_; }
  /// Which sessions and runs may name files outside their folder without being asked about.
  void set_trusted(const TrustedSessions& trusted);
  void always_allow_outside();       ///< all of them
  SessionFile session_file() const;  ///< what the window shows now
  void open_session(const std::filesystem::path& path);
  /// From now on a copy of the session is kept there. One that a window left which ended without being closed is
  /// offered.
  void keep_copies(const std::filesystem::path& folder);
  FigureDialog& figure_dialog();  ///< with the models and images of now; not shown
  void show_figure();

 protected:
  void showEvent(QShowEvent* event) override;
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void make_pages();
  void make_docks();
  QDockWidget* add_dock(const QString& id, const QString& title, QWidget* panel, Qt::DockWidgetArea area,
                        const QString& shortcut);
  void arrange_docks();
  void connect_parts();
  void connect_page(Page* page);
  void connect_jobs();
  void connect_timings();
  void page_changed();
  void restore_settings();
  void keep_settings();

  // In main_window_session.cpp.
  void make_document();
  void fill_session_menu(QMenu& menu);
  void apply_session(const SessionFile& file);
  void save_session();
  void save_session_as();
  bool may_leave_session();
  void ask_for_missing(const QString& text);
  void ask_for_outside(const QString& text);
  void show_title();
  void add_page_to_figure();

  // In main_window_menus.cpp.
  void make_menus();
  void make_file_menu();
  void make_edit_menu();
  void make_page_menus();
  void make_prediction_menu();
  void make_go_menu();
  void make_window_menu();
  void make_help_menu();
  void show_recent_files();
  void open_images();
  void open_folder();
  void open_model();
  void show_weights();  ///< in main_window_weights.cpp
  void export_session_folder();
  void save_window_image();
  void add_plugin_folder();
  void set_theme(ThemeKind theme);
  void start_tour();
  void show_timings();
  void show_about();
  void show_problem(const QString& text);

  Settings settings_;
  std::unique_ptr<Session> session_;
  ThemeKind theme_;
  ViewHistory* history_;
  Timings* timings_;
  QTabBar* tabs_;
  QStackedWidget* stack_;
  std::vector<Page*> pages_;
  std::vector<QMenu*> page_menus_;  ///< as many as pages
  DataSetPage* data_set_ = nullptr;
  OrdersPage* orders_;
  ModelsPanel* models_;
  ImagesPanel* images_;
  Inspector* inspector_;
  NetworkPanel* network_;
  JobsPanel* jobs_;
  std::vector<QDockWidget*> docks_;
  QMenu* recent_ = nullptr;
  QPointer<Tour> tour_;
  WeightsDialog* weights_ = nullptr;  ///< made when somebody asks for it
  SessionDocument* document_ = nullptr;
  QPointer<FigureDialog> figure_dialog_;
  FigurePlan figure_;
  bool closing_ = false;  ///< once the session is saved
  bool sized_ = false;
};

}  // namespace orderscope
