// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QString>
#include <QWidget>
#include <vector>

class QCustomPlot;

namespace orderscope {

struct PlottedCurve {
  QString name;  ///< stands at the line's end
  QColor color;
  std::vector<double> x, y;
  std::vector<double> low{}, high{};  ///< a band around y; empty, or as many as x
  bool dashed = false;
};

/// Lines over one pair of axes, labelled directly, in the window's colours: no frame, a thin grid. The values at the
/// mouse stand under the plot.
class CurvePlot : public QWidget {
  Q_OBJECT

 public:
  explicit CurvePlot(QWidget* parent = nullptr);

  /// `low` < `high` fixes the y axis, else it fits the curves. `log_y` draws what is at or below 0 at the axis' end.
  void set_curves(const std::vector<PlottedCurve>& curves, const QString& x_label, const QString& y_label,
                  bool log_y = false, double low = 0, double high = 0);
  const std::vector<PlottedCurve>& curves() const { return curves_; }
  QCustomPlot* plot() const { return plot_; }
  QSize sizeHint() const override;

 protected:
  void changeEvent(QEvent* event) override;
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  void rebuild();
  void style_axes();
  void add_curve(const PlottedCurve& curve);
  void place_labels();
  void read_out(double x);

  QCustomPlot* plot_;
  std::vector<PlottedCurve> curves_;
  QString x_label_, y_label_;
  bool log_y_ = false;
  double low_ = 0, high_ = 0;
};

}  // namespace orderscope
