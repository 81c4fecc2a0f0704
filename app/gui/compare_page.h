// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/compare_settings.h"
#include "app/gui/page.h"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QMenu;
class QScrollArea;
class QSlider;
class QSplitter;
class QStackedWidget;
class QToolButton;

namespace orderscope {

class CompareWork;
class DisagreementSection;
class ElidedLabel;
class MapGrid;
class MapLink;
class SimilaritySection;
class SpectrumSection;

/// Backbones beside each other on one photo: maps under one cross hair and zoom, and what tells them apart.
class ComparePage : public Page {
  Q_OBJECT

 public:
  explicit ComparePage(Session& session, QWidget* parent = nullptr);

  const CompareSettings& settings() const { return settings_; }
  void set_settings(const CompareSettings& settings);
  MapGrid* grid() const { return grid_; }
  QDoubleSpinBox* least_score() const { return least_score_; }
  QComboBox* left_of_divider() const { return left_; }
  QComboBox* right_of_divider() const { return right_; }
  CompareWork& work() { return *work_; }
  SimilaritySection* similarity() const { return similarity_; }
  SpectrumSection* spectrum() const { return spectrum_; }
  DisagreementSection* disagreement() const { return disagreement_; }

  Plate figure() const override;
  nlohmann::json state() const override;
  void restore(const nlohmann::json& state) override;
  void activate() override;
  void fill_menu(QMenu& menu) override;
  std::vector<TourStep> tour() const override;

 public Q_SLOTS:
  void set_cursor(std::optional<QPointF> position) override;

 protected:
  void hideEvent(QHideEvent* event) override;
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  QWidget* make_header();
  QWidget* make_maps();
  QWidget* make_side();
  void connect_parts();
  void share_width();
  void change(const std::function<void(CompareSettings&)>& edit);
  void show_controls();
  void show_work();
  void show_progress();
  void show_hint();
  void show_models_menu();
  void show_divided();
  void divide_columns(int left, int right);
  void divide_next();
  void show_classes();
  void follow_cursor();
  void take_sources();
  std::vector<PlatePanel> section_panels() const;
  void open_layers(const CompareLayers& layers);

  CompareSettings settings_;
  CompareWork* work_;
  MapLink* link_;
  QLabel* title_;
  QToolButton* back_;
  QComboBox* rows_;
  QComboBox* quantity_;
  QComboBox* stage_;
  QComboBox* scale_;
  QComboBox* class_;
  QToolButton* models_;
  QToolButton* divide_;
  QComboBox* left_;
  QComboBox* right_;
  QToolButton* drawing_;
  QSlider* opacity_;
  QDoubleSpinBox* least_score_;
  QSplitter* splitter_;
  QStackedWidget* stack_;
  QLabel* hint_;
  QToolButton* again_;
  MapGrid* grid_;
  SimilaritySection* similarity_;
  SpectrumSection* spectrum_;
  DisagreementSection* disagreement_;
  std::filesystem::path image_;  ///< whose pixels the link speaks of
  bool in_front_ = false;
  bool divider_moved_ = false;  ///< by hand
};

}  // namespace orderscope
