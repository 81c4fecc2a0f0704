// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/matrix_view.h"

#include <QFontMetricsF>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "widgets/figure/color_bar_painter.h"
#include "widgets/figure/format.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr double kLargestCell = 40;
constexpr double kBarWidth = 56;

double line_height(const QFont& font) { return QFontMetricsF(small_font(font)).height(); }

/// A dot and a title, the dot left of it.
void paint_title(QPainter& painter, const QRectF& area, const MatrixAxis& axis, const QPalette& palette) {
  const QFontMetricsF metrics(painter.font());
  const QString text = metrics.elidedText(axis.title, Qt::ElideMiddle, area.width() - 16);
  const double left = area.left();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(axis.color);
  painter.drawEllipse(QPointF(left + 5, area.center().y()), 4, 4);
  painter.setPen(palette.color(QPalette::Text));
  painter.drawText(area.adjusted(14, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, text);
}

}  // namespace

MatrixView::MatrixView(QWidget* parent) : QWidget(parent) {
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  describe();
}

void MatrixView::set_matrix(Matrix matrix, const MatrixAxis& rows, const MatrixAxis& columns, const ColorScale& scale) {
  matrix_ = std::move(matrix);
  rows_ = rows;
  columns_ = columns;
  scale_ = scale;
  hovered_.reset();
  chosen_.reset();
  describe();
  updateGeometry();
  update();
}

void MatrixView::clear() { set_matrix({}, {}, {}, {}); }

void MatrixView::set_chosen(std::optional<QPoint> cell) {
  if (cell == chosen_) return;
  chosen_ = cell;
  describe();
  update();
}

void MatrixView::describe() {
  setAccessibleName(matrix_.values.empty() ? tr("Matrix") : tr("%1 by %2").arg(rows_.title, columns_.title));
  const bool inside = chosen_ && chosen_->y() >= 0 && chosen_->x() >= 0 &&
                      static_cast<std::size_t>(chosen_->y()) < matrix_.rows.size() &&
                      static_cast<std::size_t>(chosen_->x()) < matrix_.columns.size();
  if (!inside) {
    setAccessibleDescription(tr("Arrow keys choose a cell, Return opens it"));
    return;
  }
  const auto row = static_cast<std::size_t>(chosen_->y()), column = static_cast<std::size_t>(chosen_->x());
  setAccessibleDescription(QStringLiteral("%1, %2: %3")
                               .arg(QString::fromStdString(matrix_.rows[row]),
                                    QString::fromStdString(matrix_.columns[column]),
                                    value_text(matrix_.at(row, column))));
}

QRectF MatrixView::area() const {
  if (matrix_.values.empty()) return {};
  const double line = line_height(font());
  const double left = line + 2 * kStep, top = 2 * line + kStep, bottom = line + kStep;
  const auto columns = static_cast<double>(matrix_.columns.size()), rows = static_cast<double>(matrix_.rows.size());
  const double cell =
      std::clamp(std::min((width() - left - kBarWidth) / columns, (height() - top - bottom) / rows), 2.0, kLargestCell);
  return {left, top, cell * columns, cell * rows};
}

QSize MatrixView::sizeHint() const { return {260, heightForWidth(260)}; }

int MatrixView::heightForWidth(int width) const {
  if (matrix_.values.empty()) return 0;
  const double line = line_height(font());
  const double cell = std::clamp((width - line - 2 * kStep - kBarWidth) / static_cast<double>(matrix_.columns.size()),
                                 2.0, kLargestCell);
  return static_cast<int>(std::ceil(cell * static_cast<double>(matrix_.rows.size()) + 3 * line + 2 * kStep));
}

QRectF MatrixView::cell_rect(int row, int column) const {
  const QRectF all = area();
  const double wide = all.width() / static_cast<double>(matrix_.columns.size());
  const double high = all.height() / static_cast<double>(matrix_.rows.size());
  return {all.left() + column * wide, all.top() + row * high, wide, high};
}

std::optional<QPoint> MatrixView::cell_at(QPointF point) const {
  const QRectF all = area();
  if (matrix_.values.empty() || !all.contains(point)) return std::nullopt;
  const auto columns = static_cast<int>(matrix_.columns.size()), rows = static_cast<int>(matrix_.rows.size());
  return QPoint(std::min(static_cast<int>((point.x() - all.left()) / all.width() * columns), columns - 1),
                std::min(static_cast<int>((point.y() - all.top()) / all.height() * rows), rows - 1));
}

void MatrixView::paintEvent(QPaintEvent*) {
  if (matrix_.values.empty()) return;
  QPainter painter(this);
  painter.setFont(small_font(font()));
  for (int row = 0; row < static_cast<int>(matrix_.rows.size()); ++row)
    for (int column = 0; column < static_cast<int>(matrix_.columns.size()); ++column) {
      const double value = matrix_.at(static_cast<std::size_t>(row), static_cast<std::size_t>(column));
      painter.fillRect(cell_rect(row, column), QColor(to_qrgb(scale_(static_cast<float>(value)))));
    }
  paint_axes(painter);
  const auto outline = [&](const std::optional<QPoint>& cell, const QColor& color, double width) {
    if (!cell) return;
    painter.setPen(QPen(color, width));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(cell_rect(cell->y(), cell->x()).adjusted(0.5, 0.5, -0.5, -0.5));
  };
  outline(hovered_, Qt::white, 1);
  outline(chosen_, palette().color(QPalette::Highlight), 2);
  paint_readout(painter);
  const QRectF all = area();
  paint_color_bar(painter, QRectF(all.right() + 2 * kStep, all.top(), kBarWidth - 2 * kStep, all.height()), 2 * kStep,
                  scale_, false, palette().color(QPalette::PlaceholderText), palette().color(QPalette::Mid));
}

void MatrixView::paint_axes(QPainter& painter) const {
  const QRectF all = area();
  const double line = line_height(font());
  paint_title(painter, QRectF(all.left(), 0, all.width(), line), columns_, palette());
  painter.save();
  painter.translate(0, all.bottom());
  painter.rotate(-90);
  paint_title(painter, QRectF(0, 0, all.height(), line), rows_, palette());
  painter.restore();
  painter.setRenderHint(QPainter::Antialiasing, false);
  // Stages: a line where one ends, its number over the middle of the columns.
  const auto bounds = [](const std::vector<int>& groups) {
    std::vector<std::pair<int, int>> spans;
    for (int i = 0; i < static_cast<int>(groups.size()); ++i)
      if (spans.empty() || groups[static_cast<std::size_t>(i)] != groups[static_cast<std::size_t>(spans.back().first)])
        spans.emplace_back(i, i + 1);
      else
        spans.back().second = i + 1;
    return spans;
  };
  for (const auto& [first, last] : bounds(columns_.groups)) {
    const double left = cell_rect(0, first).left(), right = cell_rect(0, last - 1).right();
    if (first > 0) {
      painter.setPen(QPen(palette().color(QPalette::Base), 1));
      painter.drawLine(QPointF(left, all.top()), QPointF(left, all.bottom()));
    }
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(QRectF(left, line, right - left, line), Qt::AlignCenter | Qt::TextDontClip,
                     QString::number(columns_.groups[static_cast<std::size_t>(first)] + 1));
  }
  for (const auto& [first, last] : bounds(rows_.groups)) {
    const double top = cell_rect(first, 0).top();
    if (first == 0) continue;
    painter.setPen(QPen(palette().color(QPalette::Base), 1));
    painter.drawLine(QPointF(all.left(), top), QPointF(all.right(), top));
  }
}

void MatrixView::paint_readout(QPainter& painter) const {
  const auto cell = hovered_ ? hovered_ : chosen_;
  const QRectF all = area();
  const QRectF line(all.left(), all.bottom() + kStep / 2.0, width() - all.left(), line_height(font()) + 2);
  const QFontMetricsF metrics(painter.font());
  painter.setPen(palette().color(QPalette::PlaceholderText));
  if (!cell) {
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(tr("click a cell to see both layers"), Qt::ElideRight, line.width()));
    return;
  }
  const auto row = static_cast<std::size_t>(cell->y()), column = static_cast<std::size_t>(cell->x());
  const QString value = column_text(matrix_.at(row, column));
  painter.setPen(palette().color(QPalette::Text));
  painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, value);
  painter.setPen(palette().color(QPalette::PlaceholderText));
  const double left = metrics.horizontalAdvance(value) + 2 * kStep;
  const QString names = QStringLiteral("%1 × %2").arg(QString::fromStdString(matrix_.rows[row]),
                                                      QString::fromStdString(matrix_.columns[column]));
  painter.drawText(line.adjusted(left, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter,
                   metrics.elidedText(names, Qt::ElideRight, line.width() - left));
}

void MatrixView::mouseMoveEvent(QMouseEvent* event) {
  const auto cell = cell_at(event->position());
  setCursor(cell ? Qt::PointingHandCursor : Qt::ArrowCursor);
  if (cell == hovered_) return;
  hovered_ = cell;
  update();
}

void MatrixView::mousePressEvent(QMouseEvent* event) {
  const auto cell = cell_at(event->position());
  if (event->button() != Qt::LeftButton || !cell) {
    QWidget::mousePressEvent(event);
    return;
  }
  set_chosen(cell);
  Q_EMIT cell_opened(cell->y(), cell->x());
}

void MatrixView::leaveEvent(QEvent* event) {
  hovered_.reset();
  update();
  QWidget::leaveEvent(event);
}

void MatrixView::keyPressEvent(QKeyEvent* event) {
  if (matrix_.values.empty()) {
    QWidget::keyPressEvent(event);
    return;
  }
  QPoint step;
  switch (event->key()) {
    case Qt::Key_Left: step = {-1, 0}; break;
    case Qt::Key_Right: step = {1, 0}; break;
    case Qt::Key_Up: step = {0, -1}; break;
    case Qt::Key_Down: step = {0, 1}; break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (chosen_) Q_EMIT cell_opened(chosen_->y(), chosen_->x());
      return;
    default: QWidget::keyPressEvent(event); return;
  }
  const QPoint to = chosen_ ? *chosen_ + step : QPoint(0, 0);
  set_chosen(QPoint(std::clamp(to.x(), 0, static_cast<int>(matrix_.columns.size()) - 1),
                    std::clamp(to.y(), 0, static_cast<int>(matrix_.rows.size()) - 1)));
}

}  // namespace orderscope
