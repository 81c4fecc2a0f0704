// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "app/gui/compare_settings.h"
#include "app/gui/compare_work.h"
#include "widgets/curve_plot.h"

class QComboBox;
class QSpinBox;

namespace orderscope {

class ResultArea;

/// What a polynomial of degree d leaves unexplained of each model's mixers: over the degree, all blocks together with
/// the spread between their quartiles, or over the depth at one degree.
std::vector<PlottedCurve> spectrum_curves(const std::vector<CompareColumn>& columns, bool by_depth, int degree);

class SpectrumSection : public QWidget {
  Q_OBJECT

 public:
  explicit SpectrumSection(CompareWork& work, QWidget* parent = nullptr);

  CurvePlot* plot() const { return plot_; }
  ResultArea* area() const { return area_; }
  void show_settings(const CompareSettings& settings);

 Q_SIGNALS:
  void settings_chosen(bool by_depth, int degree);

 private:
  void show_work();
  void choose();

  CompareWork& work_;
  CurvePlot* plot_;
  ResultArea* area_;
  QComboBox* axis_;
  QSpinBox* degree_;
};

}  // namespace orderscope
