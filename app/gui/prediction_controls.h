// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <functional>
#include <optional>

#include "app/gui/prediction_settings.h"
#include "core/run/dense_prediction.h"

class QCheckBox;
class QLabel;
class QSlider;
class QToolButton;

namespace orderscope {

/// What lies over the picture of a segmenter or detector: opacity, which classes, from which score on; and the region
/// that is explained, with a way back to the whole picture.
class PredictionControls : public QWidget {
  Q_OBJECT

 public:
  explicit PredictionControls(QWidget* parent = nullptr);

  const PredictionSettings& settings() const { return settings_; }
  void set_settings(const PredictionSettings& settings);
  void change(const std::function<void(PredictionSettings&)>& edit);
  void toggle(const std::string& class_name);  ///< hides it, or shows it again
  void show_kind(bool boxes);                  ///< whether there are scores to choose by
  void show_region(const std::optional<PhotoRegion>& region);

  QSlider* opacity() const { return opacity_; }
  QSlider* least_score() const { return least_; }
  QCheckBox* only_chosen() const { return only_; }
  QToolButton* all_button() const { return all_; }
  QToolButton* region_button() const { return region_; }

 Q_SIGNALS:
  void settings_changed();
  void whole_picture_requested();

 private:
  void show_settings();

  PredictionSettings settings_;
  QSlider* opacity_;
  QLabel* opacity_value_;
  QLabel* least_name_;
  QSlider* least_;
  QLabel* least_value_;
  QCheckBox* only_;
  QToolButton* all_;
  QToolButton* region_;
};

}  // namespace orderscope
