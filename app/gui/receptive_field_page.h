// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "app/gui/page.h"
#include "app/gui/receptive_field_settings.h"

class QComboBox;
class QLabel;
class QProgressBar;
class QSpinBox;
class QStackedWidget;
class QToolButton;

namespace orderscope {

class AreaTableView;
class CurvePlot;
class MapGrid;
class MapLink;
class ReceptiveFieldWork;
class ResultArea;

/// How far the open models see: the mean gradient of a unit over many images, growing while one watches, with the areas
/// that hold its shares, its fall with the distance, and what random weights give.
class ReceptiveFieldPage : public Page {
  Q_OBJECT

 public:
  explicit ReceptiveFieldPage(Session& session, QWidget* parent = nullptr);

  const ReceptiveFieldSettings& settings() const { return settings_; }
  void set_settings(const ReceptiveFieldSettings& settings);
  ReceptiveFieldWork& work() { return *work_; }
  MapGrid* grid() const { return grid_; }
  CurvePlot* profile() const { return profile_; }
  AreaTableView* table() const { return table_; }
  QToolButton* run_button() const { return run_; }
  QString message() const;  ///< what stands in place of the maps; empty while they show

  Plate figure() const override;
  PanelGrid panels() const override;
  nlohmann::json state() const override;
  void restore(const nlohmann::json& state) override;
  void activate() override;
  void compute_all() override;
  void fill_menu(QMenu& menu) override;
  std::vector<TourStep> tour() const override;

 public Q_SLOTS:
  void set_cursor(std::optional<QPointF> position) override;

 protected:
  void hideEvent(QHideEvent* event) override;

 private:
  QWidget* make_status();
  QWidget* make_controls();
  QWidget* make_maps();
  QWidget* make_side();
  void connect_parts();
  void change(const std::function<void(ReceptiveFieldSettings&)>& edit);
  void take_sources();
  void run_or_pause();
  void show_work();
  void show_status();
  void show_controls();
  void show_models_menu();
  void show_pictures_menu();
  void show_options_menu();
  void choose_folder();
  void choose_layer(const QString& text);
  void follow_cursor();
  QStringList notes() const;
  QString subtitle() const;
  std::optional<Frame> chosen_frame() const;

  ReceptiveFieldSettings settings_;
  ReceptiveFieldWork* work_;
  MapLink* link_;
  QLabel* status_;
  QProgressBar* progress_;
  QToolButton* run_;
  QToolButton* models_;
  QComboBox* protocol_;
  QComboBox* layer_;
  QComboBox* size_;
  QToolButton* pictures_;
  QSpinBox* count_;
  QComboBox* quantity_;
  QToolButton* options_;
  QStackedWidget* stack_;
  QLabel* hint_;
  QToolButton* hint_button_;
  MapGrid* grid_;
  CurvePlot* profile_;
  ResultArea* profile_area_;
  QComboBox* profile_quantity_;
  QToolButton* log_;
  AreaTableView* table_;
  ResultArea* table_area_;
  QLabel* notes_;
  bool in_front_ = false;
};

}  // namespace orderscope
