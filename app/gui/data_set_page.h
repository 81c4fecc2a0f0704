// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointer>
#include <QTimer>
#include <functional>

#include "app/gui/data_set_settings.h"
#include "app/gui/page.h"

class QLabel;
class QProgressBar;
class QPushButton;
class QScrollArea;
class QStackedWidget;
class QTableView;
class QToolButton;

namespace orderscope {

class DataSetChartsView;
class DataSetFilterBar;
class DataSetModel;
class DataSetRunner;
class DataSetSetup;
class DataSetWork;

/// A run over a data set: set up, run, pause, go on; its rows with filter and order; charts of what passes. A double
/// click opens a row's image in the session, so that every page shows it.
class DataSetPage : public Page {
  Q_OBJECT

 public:
  explicit DataSetPage(Session& session, QWidget* parent = nullptr);

  const DataSetSettings& settings() const { return settings_; }
  void set_settings(const DataSetSettings& settings);
  void open_run(const std::filesystem::path& run);
  /// The dialog of a new run with the session's models; not shown.
  DataSetSetup& setup();
  void open_row(int row);

  DataSetModel* model() const { return model_; }
  DataSetWork& work() { return *work_; }
  DataSetRunner& runner() { return *runner_; }
  DataSetFilterBar* filter() const { return filter_; }
  DataSetChartsView* charts() const { return charts_; }
  QTableView* table() const { return table_; }
  QString status() const;

  Plate figure() const override;
  nlohmann::json state() const override;
  void restore(const nlohmann::json& state) override;
  void activate() override;
  void fill_menu(QMenu& menu) override;  ///< in data_set_menu.cpp, with the tour
  std::vector<TourStep> tour() const override;

 protected:
  void hideEvent(QHideEvent* event) override;
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  // In data_set_controls.cpp.
  QWidget* make_header();
  QWidget* make_progress();
  QWidget* make_table();
  void show_controls();
  void show_status();
  void show_sort();
  void ask_for_run();
  void show_setup();
  void pause_or_resume();
  void rank_by_disagreement();

  void connect_parts();
  void change(const std::function<void(DataSetSettings&)>& edit);
  void load();
  void query(bool rows, bool charts);
  void take_run();
  void take_rows(const std::shared_ptr<const std::vector<std::int64_t>>& ids, const std::vector<BatchRow>& first);
  void take_selection();
  // In data_set_outside.cpp: what the run names outside its folder is opened once the user says so.
  void open_files(const std::vector<std::filesystem::path>& files);
  void ask_for_outside(const QString& named, const QString& go_on_text, const std::function<void()>& go_on);
  void follow_runner();
  int chart_model() const;  ///< -1: none
  std::vector<std::int64_t> chosen_rows() const;

  DataSetSettings settings_;
  DataSetWork* work_;
  DataSetRunner* runner_;
  DataSetModel* model_;
  QLabel* title_;
  QLabel* status_;
  QPushButton* new_;
  QPushButton* open_;
  QToolButton* rank_;
  QPushButton* pause_;
  QPushButton* cancel_;
  QWidget* progress_line_;
  QProgressBar* progress_;
  QLabel* progress_text_;
  DataSetFilterBar* filter_;
  QStackedWidget* stack_;
  QLabel* hint_;
  QLabel* empty_;  ///< over the table where no row passes
  QTableView* table_;
  DataSetChartsView* charts_;
  QScrollArea* side_;  ///< around the charts
  QPointer<DataSetSetup> setup_;
  QTimer refresh_;
  std::string loaded_;        ///< the run that was asked for last
  bool tried_again_ = false;  ///< to open the run that ended here
  bool in_front_ = false;
};

}  // namespace orderscope
