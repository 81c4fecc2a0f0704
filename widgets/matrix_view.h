// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QWidget>
#include <optional>

#include "core/analysis/values.h"
#include "widgets/figure/color_scale.h"

namespace orderscope {

/// One side of a matrix: what it is of, and where groups of its entries begin.
struct MatrixAxis {
  QString title;            ///< "hornet-7x7"
  QColor color;             ///< of the dot before it
  std::vector<int> groups;  ///< group of each entry, e.g. its stage from 0; lines and numbers stand between groups
};

/// A matrix as coloured cells; a click or Return opens one. The arrow keys move the chosen cell.
class MatrixView : public QWidget {
  Q_OBJECT

 public:
  explicit MatrixView(QWidget* parent = nullptr);

  void set_matrix(Matrix matrix, const MatrixAxis& rows, const MatrixAxis& columns, const ColorScale& scale);
  void clear();
  const Matrix& matrix() const { return matrix_; }
  const ColorScale& scale() const { return scale_; }
  void set_chosen(std::optional<QPoint> cell);  ///< (column, row)
  std::optional<QPoint> chosen() const { return chosen_; }

  QRectF cell_rect(int row, int column) const;
  QSize sizeHint() const override;
  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;

 Q_SIGNALS:
  void cell_opened(int row, int column);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QRectF area() const;
  std::optional<QPoint> cell_at(QPointF point) const;
  void paint_axes(QPainter& painter) const;
  void paint_readout(QPainter& painter) const;
  void describe();

  Matrix matrix_;
  MatrixAxis rows_, columns_;
  ColorScale scale_;
  std::optional<QPoint> hovered_, chosen_;
};

}  // namespace orderscope
