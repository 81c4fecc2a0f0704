// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <functional>

#include "app/gui/attribution_settings.h"
#include "app/gui/attribution_work.h"
#include "app/gui/page.h"

class QComboBox;
class QLabel;
class QScrollArea;
class QSlider;
class QStackedWidget;
class QToolButton;

namespace orderscope {

class AttributionChecks;
class AttributionDetail;
class ElidedLabel;
class MapGrid;
class MapLink;
class ScoreList;

/// Why the chosen model said what it said: maps of many methods at many layers, one of them from near, and checks of
/// whether they deserve belief.
class AttributionPage : public Page {
  Q_OBJECT

 public:
  explicit AttributionPage(Session& session, QWidget* parent = nullptr);

  const AttributionSettings& settings() const { return settings_; }
  void set_settings(const AttributionSettings& settings);
  AttributionWork& work() { return *work_; }
  MapGrid* grid() const { return grid_; }            ///< methods with layers
  MapGrid* whole_network() const { return whole_; }  ///< those without
  MapGrid* large() const { return large_; }
  AttributionDetail* detail() const { return detail_; }
  AttributionChecks* checks() const { return checks_; }
  ScoreList* classes() const { return classes_; }  ///< in the menu of the class
  ScoreList* against() const { return against_list_; }
  QToolButton* methods_button() const { return methods_; }
  QToolButton* layers_button() const { return layers_; }

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
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  static constexpr int kTitleWidth = 80;  ///< pixels, left of the maps
  QWidget* make_header();
  QWidget* make_maps();
  QWidget* make_side();
  void connect_parts();
  void change(const std::function<void(AttributionSettings&)>& edit);
  void take_session();
  void show_work();
  void show_grids();
  void show_hint();
  void show_detail();
  void fit_maps();
  void refit_maps();
  /// The most maps for which the page is wide enough.
  std::size_t maps_in_row(const PanelGrid& grid) const;

  // In attribution_controls.cpp.
  void show_controls();
  void show_methods_menu();
  void show_layers_menu();
  void show_scores();
  void choose_against(int class_index);
  void toggle(std::vector<std::string> AttributionSettings::*list, const std::string& name, bool on);
  void ask_for_layer();

  std::shared_ptr<const Model> model() const;  ///< whose maps are shown; null: none, or nothing was predicted
  AttributionKey chosen() const;
  void choose(MapGrid* grid, int tile);
  QString question() const;  ///< "Why Apple?"

  AttributionSettings settings_;
  AttributionWork* work_;
  MapLink* link_;
  ElidedLabel* title_;
  QToolButton* back_;
  QToolButton* class_;
  QToolButton* against_;
  QToolButton* methods_;
  QToolButton* layers_;
  QComboBox* scale_;
  QToolButton* drawing_;
  QSlider* opacity_;
  ScoreList* classes_;
  ScoreList* against_list_;
  QStackedWidget* stack_;
  QLabel* hint_;
  QToolButton* again_;
  QScrollArea* maps_;
  QWidget* side_;
  MapGrid* grid_;
  MapGrid* whole_;
  MapGrid* large_;
  AttributionDetail* detail_;
  AttributionChecks* checks_;
  std::shared_ptr<const ForwardResult> shown_;  ///< that photo_ is of
  QImage photo_;
  PanelGrid by_layer_, by_input_;               ///< however many rows the page needs for them
  std::pair<std::size_t, std::size_t> in_row_;  ///< for which their rows were wrapped
  bool in_front_ = false;
};

}  // namespace orderscope
