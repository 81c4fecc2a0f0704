// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QString>
#include <QWidget>
#include <vector>

class QCustomPlot;

namespace orderscope {

struct StackedPart {
  QString name;
  QColor color;
  double value = 0;  ///< not negative
};

struct StackedColumn {
  QString name;
  int group = 0;                   ///< neighbours of another group stand a little apart
  std::vector<StackedPart> parts;  ///< from below, of the same colours in every column; empty: nothing to show there
};

/// Columns of parts that add up to 1, one of them the current one. Click, or the left and right arrow keys, to choose
/// another. The parts under the mouse are listed in the tool tip.
class StackedPlot : public QWidget {
  Q_OBJECT

 public:
  explicit StackedPlot(QWidget* parent = nullptr);

  void set_columns(std::vector<StackedColumn> columns, const QString& y_label);
  const std::vector<StackedColumn>& columns() const { return columns_; }
  void set_current(int column);  ///< -1: none
  int current() const { return current_; }
  int column_at(QPointF point) const;  ///< of this widget; -1: none
  QPointF column_center(int column) const;
  QCustomPlot* plot() const { return plot_; }
  QSize sizeHint() const override;

 Q_SIGNALS:
  void column_chosen(int column);

 protected:
  void changeEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  void rebuild();
  void read_out(int column);
  double place_of(int column) const;  ///< on the x axis

  QCustomPlot* plot_;
  std::vector<StackedColumn> columns_;
  QString y_label_;
  int current_ = -1;
};

}  // namespace orderscope
