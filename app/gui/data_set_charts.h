// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <optional>
#include <vector>

#include "app/gui/data_set_settings.h"
#include "app/gui/data_set_work.h"
#include "widgets/curve_plot.h"
#include "widgets/figure/plate_panels.h"

class QComboBox;

namespace orderscope {

class BarPlot;
class ResultArea;

/// Charts of the rows that pass the filter, in one model: accuracy by class, confidence, orders by depth, accuracy
/// under order ablation. Bars narrow the filter.
class DataSetChartsView : public QWidget {
  Q_OBJECT

 public:
  explicit DataSetChartsView(DataSetWork& work, QWidget* parent = nullptr);

  void show_settings(const DataSetSettings& settings, int model);
  void show_waiting();
  BarPlot* classes() const { return classes_; }
  ResultArea* classes_area() const { return classes_area_; }
  BarPlot* confidence() const { return confidence_; }
  CurvePlot* depth() const { return depth_; }
  CurvePlot* ablation() const { return ablation_; }
  QComboBox* model() const { return model_; }
  QComboBox* quantity() const { return quantity_; }
  /// What is shown, for print.
  std::vector<PlatePanel> panels() const;

 Q_SIGNALS:
  void model_chosen(const QString& name);
  void quantity_chosen(DepthQuantity quantity);
  void class_chosen(const QString& name);  ///< "": any
  void confidence_chosen(double least, double most);

 private:
  void show_charts();
  QString why_empty() const;
  void show_classes(const DataSetCharts& charts);
  void show_confidence(const DataSetCharts& charts);
  void show_orders(const DataSetCharts& charts);

  DataSetWork& work_;
  DataSetSettings settings_;
  QComboBox* model_;
  QComboBox* quantity_;
  BarPlot* classes_;
  BarPlot* confidence_;
  CurvePlot* depth_;
  CurvePlot* ablation_;
  ResultArea* classes_area_;
  ResultArea* confidence_area_;
  ResultArea* depth_area_;
  ResultArea* ablation_area_;
  std::vector<std::string> class_names_;  ///< of the bars
};

}  // namespace orderscope
