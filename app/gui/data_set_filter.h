// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>

#include "app/gui/data_set_model.h"
#include "app/gui/data_set_settings.h"

class QComboBox;
class QDoubleSpinBox;
class QLineEdit;
class QToolButton;

namespace orderscope {

/// Which rows of a run are shown: words of the path, class, prediction, outcome, confidence, model.
class DataSetFilterBar : public QWidget {
  Q_OBJECT

 public:
  explicit DataSetFilterBar(QWidget* parent = nullptr);

  void show_settings(const DataSetSettings& settings, const OpenRun* run);
  void focus_text();

  QLineEdit* text() const { return text_; }
  QComboBox* outcome() const { return outcome_; }
  QComboBox* label() const { return label_; }
  QComboBox* model() const { return model_; }
  QComboBox* predicted() const { return predicted_; }

 Q_SIGNALS:
  /// Everything but run, order and charts of it counts.
  void filter_chosen(const DataSetSettings& settings);

 private:
  QComboBox* add_box(const QString& name, const QString& tool_tip);
  void choose();
  DataSetSettings chosen() const;

  DataSetSettings settings_;
  QTimer typing_;
  QLineEdit* text_;
  QComboBox* label_;
  QComboBox* predicted_;
  QComboBox* outcome_;
  QComboBox* model_;
  QDoubleSpinBox* least_;
  QDoubleSpinBox* most_;
  QToolButton* clear_;
};

/// The same settings without any condition on the rows.
DataSetSettings unfiltered(const DataSetSettings& settings);

}  // namespace orderscope
