// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/network_strip.h"

#include <QFontMetrics>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QStringList>
#include <QToolTip>
#include <algorithm>

#include "widgets/figure/color_scale.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr double kGap = 6;
constexpr double kStageGap = 20;
constexpr double kWidestColumn = 96;
constexpr double kNarrowestColumn = 6;

}  // namespace

NetworkStrip::NetworkStrip(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setAccessibleName(tr("Network"));
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

void NetworkStrip::set_blocks(std::vector<StripBlock> blocks) {
  blocks_ = std::move(blocks);
  hovered_ = -1;
  if (current_ >= block_count()) current_ = -1;
  update();
}

void NetworkStrip::set_current(int block) {
  current_ = block;
  if (block >= 0 && block < block_count())
    setAccessibleDescription(tr("Block %1").arg(blocks_[static_cast<std::size_t>(block)].name));
  update();
}

QColor NetworkStrip::order_color(int order, int highest) {
  const int entry = highest > 1 ? (order - 1) * 255 / (highest - 1) : 0;
  return QColor::fromRgb(to_qrgb(table_of(Colormap::Viridis)[static_cast<std::size_t>(std::clamp(entry, 0, 255))]));
}

int NetworkStrip::highest_order() const {
  std::size_t highest = 0;
  for (const StripBlock& block : blocks_) highest = std::max(highest, block.shares.size());
  return static_cast<int>(highest);
}

int NetworkStrip::label_height() const { return QFontMetrics(small_font(font())).height() + kStep; }

QSize NetworkStrip::sizeHint() const { return {600, 64 + label_height()}; }
QSize NetworkStrip::minimumSizeHint() const { return {160, 40 + label_height()}; }

QRectF NetworkStrip::block_rect(int block) const {
  const int stages = blocks_.empty() ? 1 : blocks_.back().stage + 1;
  const double gaps = (block_count() - stages) * kGap + (stages - 1) * kStageGap;
  const double column = std::clamp((width() - 4 - gaps) / std::max(block_count(), 1), kNarrowestColumn, kWidestColumn);
  double x = 2;
  for (int i = 0; i < block; ++i) {
    const bool same_stage =
        blocks_[static_cast<std::size_t>(i)].stage == blocks_[static_cast<std::size_t>(i) + 1].stage;
    x += column + (same_stage ? kGap : kStageGap);
  }
  return {x, 2, column, height() - label_height() - 4.0};
}

int NetworkStrip::block_at(QPointF point) const {
  for (int i = 0; i < block_count(); ++i)
    if (block_rect(i).adjusted(-kGap / 2, 0, kGap / 2, label_height()).contains(point)) return i;
  return -1;
}

void NetworkStrip::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setFont(small_font(font()));
  if (blocks_.empty()) {
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(rect().adjusted(2, 0, 0, -label_height()), Qt::AlignLeft | Qt::AlignVCenter,
                     tr("Open a model to see its blocks here"));
    return;
  }
  int stage = -1;
  for (int i = 0; i < block_count(); ++i) {
    paint_block(painter, i);
    const StripBlock& block = blocks_[static_cast<std::size_t>(i)];
    if (block.stage == stage) continue;
    stage = block.stage;
    const QRectF place = block_rect(i);
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(QRectF(place.left(), place.bottom() + 4, 120, label_height()), Qt::AlignLeft | Qt::AlignTop,
                     block.stage_name.isEmpty() ? tr("stage %1").arg(stage + 1) : block.stage_name);
  }
}

void NetworkStrip::paint_block(QPainter& painter, int index) const {
  const StripBlock& block = blocks_[static_cast<std::size_t>(index)];
  const QRectF rect = block_rect(index);
  painter.setRenderHint(QPainter::Antialiasing, false);
  if (block.shares.empty()) painter.fillRect(rect, palette().color(QPalette::Mid));
  double bottom = rect.bottom();
  const int highest = highest_order();
  for (std::size_t k = 0; k < block.shares.size(); ++k) {
    const double top = k + 1 == block.shares.size() ? rect.top() : bottom - block.shares[k] * rect.height();
    painter.fillRect(QRectF(QPointF(rect.left(), top), QPointF(rect.right(), bottom)),
                     order_color(static_cast<int>(k) + 1, highest));
    bottom = top;
  }
  painter.setRenderHint(QPainter::Antialiasing);
  if (index != current_ && index != hovered_) return;
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(palette().color(index == current_ ? QPalette::Highlight : QPalette::PlaceholderText),
                      index == current_ ? 2 : 1));
  painter.drawRect(rect.adjusted(-1, -1, 1, 1));
}

void NetworkStrip::mousePressEvent(QMouseEvent* event) {
  const int block = block_at(event->position());
  if (event->button() == Qt::LeftButton && block >= 0) Q_EMIT block_chosen(block);
}

void NetworkStrip::mouseMoveEvent(QMouseEvent* event) {
  const int block = block_at(event->position());
  if (block == hovered_) return;
  hovered_ = block;
  setCursor(block >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
  update();
}

void NetworkStrip::leaveEvent(QEvent*) {
  hovered_ = -1;
  update();
}

void NetworkStrip::keyPressEvent(QKeyEvent* event) {
  int block = current_;
  switch (event->key()) {
    case Qt::Key_Left: --block; break;
    case Qt::Key_Right: ++block; break;
    case Qt::Key_Home: block = 0; break;
    case Qt::Key_End: block = block_count() - 1; break;
    default: QWidget::keyPressEvent(event); return;
  }
  if (block >= 0 && block < block_count() && block != current_) Q_EMIT block_chosen(block);
}

bool NetworkStrip::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const int index = block_at(help->pos());
  if (index < 0) {
    QToolTip::hideText();
    return true;
  }
  const StripBlock& block = blocks_[static_cast<std::size_t>(index)];
  QStringList lines{block.name};
  for (std::size_t k = block.shares.size(); k > 0; --k)
    lines << tr("order %1: %2 %").arg(k).arg(100 * block.shares[k - 1], 0, 'f', 1);
  QToolTip::showText(help->globalPos(), lines.join('\n'), this);
  return true;
}

OrderLegend::OrderLegend(QWidget* parent) : QWidget(parent) { setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed); }

void OrderLegend::set_highest(int order) {
  highest_ = order;
  setAccessibleName(order > 0 ? tr("Colours of orders 1 to %1").arg(order) : QString());
  updateGeometry();
  update();
}

QSize OrderLegend::sizeHint() const {
  const QFontMetrics metrics(small_font(font()));
  return {highest_ > 0 ? metrics.horizontalAdvance(tr("order")) + 8 + highest_ * 26 : 0, metrics.height()};
}

void OrderLegend::paintEvent(QPaintEvent*) {
  if (highest_ == 0) return;
  QPainter painter(this);
  painter.setFont(small_font(font()));
  painter.setPen(palette().color(QPalette::PlaceholderText));
  painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter, tr("order"));
  int x = painter.fontMetrics().horizontalAdvance(tr("order")) + 8;
  for (int k = 1; k <= highest_; ++k, x += 26) {
    painter.fillRect(QRect(x, height() / 2 - 4, 8, 8), NetworkStrip::order_color(k, highest_));
    painter.drawText(QRect(x + 11, 0, 15, height()), Qt::AlignLeft | Qt::AlignVCenter, QString::number(k));
  }
}

}  // namespace orderscope
