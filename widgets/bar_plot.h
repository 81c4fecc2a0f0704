// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QString>
#include <QStringList>
#include <QWidget>
#include <optional>
#include <vector>

class QCustomPlot;

namespace orderscope {

/// One colour of a bar plot: a value a bar, lying on the series before it.
struct BarSeries {
  QString name;
  QColor color;
  std::vector<double> values;
};

/// Upright bars over one pair of axes, in the window's colours. Click one, or move with the arrow keys and press
/// Return, to choose it. What a bar stands for is in the tool tip; names stand under the bars where they have room.
class BarPlot : public QWidget {
  Q_OBJECT

 public:
  explicit BarPlot(QWidget* parent = nullptr);

  /// `names`: of the bars. `high` > 0 fixes the y axis. `numbers`: the places of the bars are numbers, from `from` to
  /// `to`, which the x axis counts instead of names.
  struct Axes {
    QString x_label, y_label;
    double high = 0;
    std::optional<std::pair<double, double>> numbers;
  };
  void set_bars(std::vector<BarSeries> series, QStringList names, const Axes& axes);
  void set_marked(std::optional<int> bar);  ///< framed: what the plot is narrowed to
  const std::vector<BarSeries>& series() const { return series_; }
  const QStringList& names() const { return names_; }
  int bar_at(QPointF point) const;  ///< -1: none
  QPointF bar_center(int bar) const;
  QCustomPlot* plot() const { return plot_; }
  QSize sizeHint() const override;

 Q_SIGNALS:
  void bar_chosen(int bar);

 protected:
  void changeEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  void rebuild();
  QString text_of(int bar) const;
  double place_of(int bar) const;  ///< on the x axis
  double spacing() const;

  QCustomPlot* plot_;
  std::vector<BarSeries> series_;
  QStringList names_;
  Axes axes_;
  std::optional<int> marked_;
  int current_ = -1;  ///< of the keyboard
};

}  // namespace orderscope
