// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map_tile.h"

#include <QEvent>
#include <QFontMetrics>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>

#include "widgets/figure/format.h"
#include "widgets/theme.h"

namespace orderscope {

MapTile::MapTile(QWidget* parent) : QWidget(parent) {
  setMouseTracking(true);
  setCursor(Qt::CrossCursor);
}

void MapTile::set_panel(MapPanel panel, const QImage& photo, const MapStyle& style) {
  panel_ = std::move(panel);
  photo_ = photo;
  style_ = style;
  cache_ = {};
  setAccessibleName(panel_.name);
  if (panel_.map) setAccessibleDescription(range_text(range_of(*panel_.map)));
  update();
}

void MapTile::set_style(const MapStyle& style) {
  if (style == style_) return;
  style_ = style;
  cache_ = {};
  update();
}

void MapTile::set_cursor(std::optional<QPointF> position) {
  if (position == cursor_) return;
  cursor_ = position;
  update();
}

void MapTile::set_chosen(bool chosen) {
  if (chosen == chosen_) return;
  chosen_ = chosen;
  update();
}

int MapTile::caption_height(const QFont& font) { return QFontMetrics(small_font(font)).height() + kStep; }

QRectF MapTile::picture_rect() const {
  const QRectF area(0, 0, width(), height() - caption_height(font()));
  QSizeF proportions = photo_.isNull() ? QSizeF(1, 1) : QSizeF(photo_.size());
  if (photo_.isNull() && panel_.map && !panel_.map->empty())
    proportions = {panel_.map->width * 1.0, panel_.map->height * 1.0};
  const QSizeF size = proportions.scaled(area.size(), Qt::KeepAspectRatio);
  return {area.left() + (area.width() - size.width()) / 2, area.top() + (area.height() - size.height()) / 2,
          size.width(), size.height()};
}

std::optional<QPointF> MapTile::position_at(QPointF point) const {
  const QRectF rect = picture_rect();
  if (rect.isEmpty()) return std::nullopt;
  const QPointF position((point.x() - rect.left()) / rect.width(), (point.y() - rect.top()) / rect.height());
  if (position.x() < 0 || position.x() > 1 || position.y() < 0 || position.y() > 1) return std::nullopt;
  return position;
}

std::optional<float> MapTile::value_at(QPointF position) const {
  if (!panel_.map) return std::nullopt;
  const auto cell = map_cell(*panel_.map, position);
  if (!cell) return std::nullopt;
  return panel_.map->at(cell->y(), cell->x());
}

void MapTile::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const QRectF rect = picture_rect();
  paint_picture(painter, rect);
  paint_cursor(painter, rect);
  const int line = chosen_ ? 2 : 1;
  painter.setPen(QPen(palette().color(chosen_ ? QPalette::Highlight : QPalette::Mid), line));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(rect.adjusted(line / 2.0, line / 2.0, -line / 2.0, -line / 2.0));
  paint_caption(painter, rect);
}

void MapTile::paint_picture(QPainter& painter, const QRectF& rect) {
  if (!panel_.map || panel_.map->empty()) {
    painter.fillRect(rect, palette().window());
    painter.setFont(small_font(font()));
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(rect.adjusted(kStep, kStep, -kStep, -kStep), Qt::AlignCenter | Qt::TextWordWrap, panel_.note);
    return;
  }
  const qreal ratio = devicePixelRatioF();
  const QSize pixels = (rect.size() * ratio).toSize();
  if (cache_.size() != pixels) {
    cache_ = QPixmap::fromImage(overlay_image(*panel_.map, panel_.scale, photo_, pixels, style_));
    cache_.setDevicePixelRatio(ratio);
  }
  painter.drawPixmap(rect.topLeft(), cache_);
}

void MapTile::paint_cursor(QPainter& painter, const QRectF& rect) const {
  if (!cursor_) return;
  const qreal x = rect.left() + cursor_->x() * rect.width();
  const qreal y = rect.top() + cursor_->y() * rect.height();
  // White on a dark edge shows on every colour of every map.
  for (const auto& [color, width] :
       {std::pair(QColor(0, 0, 0, 110), 3.0), std::pair(QColor(255, 255, 255, 230), 1.0)}) {
    painter.setPen(QPen(color, width));
    painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()));
    painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y));
  }
  const auto value = under_mouse_ ? value_at(*cursor_) : std::nullopt;
  if (!value) return;
  painter.setFont(value_font(small_font(font())));
  const QString text = column_text(*value);
  const QFontMetrics metrics(painter.font());
  QRectF box(0, 0, metrics.horizontalAdvance(text) + 2 * kStep, metrics.height() + 2);
  box.moveTopLeft({x + 6 + box.width() > rect.right() ? x - 6 - box.width() : x + 6,
                   y - 4 - box.height() < rect.top() ? y + 4 : y - 4 - box.height()});
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(QColor(16, 18, 22, 210));
  painter.drawRoundedRect(box, 3, 3);
  painter.setPen(Qt::white);
  painter.drawText(box, Qt::AlignCenter, text);
}

QStringList MapTile::captions() const {
  const QString gap = QStringLiteral("   ");
  if (!panel_.map) return {panel_.label};
  const Range range = range_of(*panel_.map);
  // The range matters more than the number of channels where both do not fit.
  return {QStringList{panel_.label, panel_.detail, range_text(range)}.join(gap).replace(gap + gap, gap),
          panel_.label + gap + range_text(range), panel_.label + QStringLiteral("  ") + short_range_text(range),
          panel_.label};
}

int MapTile::fitting_caption() const {
  const QFontMetrics metrics(value_font(small_font(font())));
  const QStringList all = captions();
  for (int i = 0; i + 1 < all.size(); ++i)
    if (metrics.horizontalAdvance(all[i]) <= picture_rect().width()) return i;
  return static_cast<int>(all.size()) - 1;
}

void MapTile::set_caption(int index) {
  caption_ = index;
  update();
}

void MapTile::paint_caption(QPainter& painter, const QRectF& rect) const {
  painter.setFont(value_font(small_font(font())));
  const QStringList all = captions();
  const QString text = all[std::min<qsizetype>(caption_, all.size() - 1)];
  painter.setPen(palette().color(chosen_ ? QPalette::Text : QPalette::PlaceholderText));
  painter.drawText(QRectF(rect.left(), rect.bottom(), rect.width(), caption_height(font())),
                   Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                   QFontMetrics(painter.font()).elidedText(text, Qt::ElideRight, static_cast<int>(rect.width())));
}

void MapTile::mouseMoveEvent(QMouseEvent* event) {
  const auto position = position_at(event->position());
  under_mouse_ = position.has_value();
  if (position)
    Q_EMIT hovered(*position);
  else
    Q_EMIT left();
}

void MapTile::mousePressEvent(QMouseEvent* event) {
  const auto position = position_at(event->position());
  if (event->button() == Qt::LeftButton && position) Q_EMIT clicked(*position);
  else QWidget::mousePressEvent(event);
}

void MapTile::leaveEvent(QEvent* event) {
  under_mouse_ = false;
  Q_EMIT left();
  update();
  QWidget::leaveEvent(event);
}

void MapTile::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) update();
  QWidget::changeEvent(event);
}

}  // namespace orderscope
