// SPDX-License-Identifier: GPL-3.0-or-later
#include <QElapsedTimer>
#include <QFontMetrics>
#include <QPainter>
#include <QTimer>
#include <algorithm>
#include <cmath>

#include "widgets/figure/elided_name.h"
#include "widgets/figure/format.h"
#include "widgets/figure/map_render.h"
#include "widgets/map_link.h"
#include "widgets/map_tile.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

/// How long all tiles together render anew in one turn of the event loop. Beyond it they stretch what they have and
/// catch up in the next turns, so that a zoom of many large tiles answers at once.
class TurnBudget {
 public:
  bool exhausted() {
    if (!running_) {
      running_ = true;
      clock_.start();
      QTimer::singleShot(0, [this] { running_ = false; });
    }
    return clock_.elapsed() >= kMilliseconds;
  }

 private:
  static constexpr int kMilliseconds = 20;
  QElapsedTimer clock_;
  bool running_ = false;
};

TurnBudget& turn_budget() {
  static TurnBudget budget;
  return budget;
}

}  // namespace

MapScene MapTile::scene_of(Layer& layer) const {
  static const std::vector<QPolygonF> no_lines;
  const MapPanel& panel = layer.panel;
  if (style_.contours > 0 && !layer.contours && panel.map)
    layer.contours = contours_of(*panel.map, panel.scale, style_);
  return {panel.map && !panel.map->empty() ? panel.map.get() : nullptr,
          panel.colors,
          panel.scale,
          panel.frame.value_or(grid_frame_),
          panel.photo.isNull() ? photo_ : panel.photo,
          panel.photo.isNull() && !panel.photo_frame ? grid_frame_ : panel.photo_frame.value_or(photo_frame_),
          style_,
          layer.contours ? *layer.contours : no_lines,
          &panel.lines};
}

QImage MapTile::picture(int least_side) const {
  const MapPanel& panel = layers_[0].panel;
  if (panel.empty()) return {};
  const QSizeF shown = picture_rect().size() * devicePixelRatioF();
  const double scale = std::max(1.0, least_side / std::max(shown.width(), 1.0));
  Layer copy{.panel = panel, .contours = layers_[0].contours};
  return render_scene(scene_of(copy), visible(), (shown * scale).toSize(), devicePixelRatioF() * scale);
}

bool MapTile::prepare(Layer& layer, const QRectF& window, QSize pixels) {
  const bool same_place = layer.window == window && layer.picture.size() == pixels;
  if (layer.state == Layer::State::Current && same_place) return true;
  // A stretched picture, or one of another opacity, is right for a moment; one of other values would be wrong.
  if (layer.state != Layer::State::Wrong && turn_budget().exhausted()) return false;
  const MapScene scene = scene_of(layer);
  if (layer.state == Layer::State::Wrong || !same_place) layer.colors = color_scene(scene, window, pixels);
  layer.picture = QPixmap::fromImage(render_scene(scene, window, pixels, devicePixelRatioF(), layer.colors));
  layer.picture.setDevicePixelRatio(devicePixelRatioF());
  layer.window = window;
  layer.state = Layer::State::Current;
  turn_budget().exhausted();
  return true;
}

void MapTile::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const QRectF rect = picture_rect();
  if (layers_[0].panel.empty()) {
    paint_empty(painter, rect);
  } else {
    const QRectF window = visible();
    const QSize pixels = (rect.size() * devicePixelRatioF()).toSize();
    bool complete = prepare(layers_[0], window, pixels);
    const bool divided = has_swipe_ && !layers_[1].panel.empty();
    if (divided) complete = prepare(layers_[1], window, pixels) && complete;
    if (!complete) QTimer::singleShot(0, this, qOverload<>(&QWidget::update));
    painter.save();
    painter.setClipRect(rect);
    painter.fillRect(rect, palette().color(QPalette::Window));
    paint_layer(painter, rect, layers_[0]);
    if (divided) {
      painter.setClipRect(QRectF(rect.left() + divider_ * rect.width(), rect.top(), rect.width(), rect.height()) &
                          rect);
      painter.fillRect(rect, palette().color(QPalette::Window));
      paint_layer(painter, rect, layers_[1]);
      painter.setClipRect(rect);
      paint_divider(painter, rect);
    }
    paint_cursor(painter, rect);
    painter.restore();
  }
  const int line = chosen_ ? 2 : 1;
  painter.setPen(QPen(palette().color(chosen_ ? QPalette::Highlight : QPalette::Mid), line));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(rect.adjusted(line / 2.0, line / 2.0, -line / 2.0, -line / 2.0));
  paint_caption(painter, rect);
}

void MapTile::paint_layer(QPainter& painter, const QRectF& rect, const Layer& layer) const {
  const QRectF window = visible();
  const QSize pixels = (rect.size() * devicePixelRatioF()).toSize();
  if (layer.window == window && layer.picture.size() == pixels) {
    painter.drawPixmap(rect.topLeft(), layer.picture);
    return;
  }
  // What was rendered, where it lies in what is to be seen now.
  const double x = rect.width() / window.width(), y = rect.height() / window.height();
  const QRectF target(rect.left() + (layer.window.left() - window.left()) * x,
                      rect.top() + (layer.window.top() - window.top()) * y, layer.window.width() * x,
                      layer.window.height() * y);
  painter.drawPixmap(target, layer.picture, QRectF(layer.picture.rect()));
}

void MapTile::paint_empty(QPainter& painter, const QRectF& rect) const {
  const MapPanel& panel = layers_[0].panel;
  painter.fillRect(rect, palette().window());
  painter.setFont(small_font(font()));
  painter.setPen(palette().color(QPalette::PlaceholderText));
  const QRectF area = rect.adjusted(2 * kStep, kStep, -2 * kStep, -kStep);
  // What is too long for the tile is read from its beginning; all of it is the tool tip.
  const bool fits = painter.boundingRect(area, Qt::TextWordWrap, panel.note).height() <= area.height();
  painter.setClipRect(area);
  painter.drawText(area, (fits ? Qt::AlignCenter : Qt::AlignTop | Qt::AlignHCenter) | Qt::TextWordWrap, panel.note);
  painter.setClipping(false);
  if (!panel.progress) return;
  const QRectF bar(rect.left(), rect.bottom() - 4, rect.width(), 3);
  painter.fillRect(bar, palette().color(QPalette::Mid));
  painter.fillRect(QRectF(bar.topLeft(), QSizeF(bar.width() * std::clamp(*panel.progress, 0.0, 1.0), bar.height())),
                   palette().color(QPalette::Highlight));
}

void MapTile::paint_cursor(QPainter& painter, const QRectF& rect) const {
  if (!link_->cursor()) return;
  const QRectF window = visible();
  const QPointF at = *link_->cursor();
  const qreal x = rect.left() + (at.x() - window.left()) / window.width() * rect.width();
  const qreal y = rect.top() + (at.y() - window.top()) / window.height() * rect.height();
  painter.setRenderHint(QPainter::Antialiasing, false);
  // White on a dark edge shows on every colour of every map.
  for (const auto& [color, width] :
       {std::pair(QColor(0, 0, 0, 110), 3.0), std::pair(QColor(255, 255, 255, 230), 1.0)}) {
    painter.setPen(QPen(color, width));
    painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()));
    painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y));
  }
  const auto value = under_mouse_ ? value_at(*cursor_position()) : std::nullopt;
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

void MapTile::paint_divider(QPainter& painter, const QRectF& rect) const {
  const qreal x = rect.left() + divider_ * rect.width();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(QColor(0, 0, 0, 120), 4));
  painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()));
  painter.setPen(QPen(Qt::white, 2));
  painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()));
  const QPointF grip(x, rect.center().y());
  painter.setPen(QPen(QColor(0, 0, 0, 120), 1));
  painter.setBrush(Qt::white);
  painter.drawRoundedRect(QRectF(grip.x() - 8, grip.y() - 11, 16, 22), 4, 4);
  painter.setPen(QPen(QColor(60, 62, 68), 1.5));
  for (const int side : {-1, 1})
    painter.drawPolyline(QPolygonF{{grip.x() + side * 2.5, grip.y() - 4.0},
                                   {grip.x() + side * 5.5, grip.y()},
                                   {grip.x() + side * 2.5, grip.y() + 4.0}});
  // Which side is which: the labels stand in the picture, as the caption has only one line.
  painter.setFont(small_font(font()));
  const QFontMetrics metrics(painter.font());
  for (const int side : {0, 1}) {
    const MapPanel& panel = layers_[static_cast<std::size_t>(side)].panel;
    const double room = (side == 0 ? x - rect.left() : rect.right() - x) - 4 * kStep;
    // Parts of names would not tell the sides apart.
    const auto fits = [&](const QString& text) {
      return !text.isEmpty() && metrics.horizontalAdvance(text) <= room - 2 * kStep;
    };
    const QString text = fits(panel.name) ? panel.name : panel.label;
    if (!fits(text)) continue;
    QRectF box(0, rect.top() + kStep, metrics.horizontalAdvance(text) + 2 * kStep, metrics.height() + 2);
    box.moveLeft(side == 0 ? x - 2 * kStep - box.width() : x + 2 * kStep);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(16, 18, 22, 190));
    painter.drawRoundedRect(box, 3, 3);
    painter.setPen(Qt::white);
    painter.drawText(box, Qt::AlignCenter, text);
  }
}

void MapTile::paint_caption(QPainter& painter, const QRectF& rect) const {
  painter.setFont(value_font(small_font(font())));
  const QFontMetrics metrics(painter.font());
  const QStringList all = captions();
  QString text = all[std::min<qsizetype>(caption_, all.size() - 1)];
  const QRectF line(rect.left(), rect.bottom(), rect.width(), caption_height(font()));
  // Under a cross hair what matters is the value there.
  const auto at = cursor_position();
  const auto value = at && !under_mouse_ ? value_at(*at) : std::nullopt;
  int room = static_cast<int>(rect.width());
  if (value) {
    const QString number = column_text(*value);
    painter.setPen(palette().color(QPalette::Text));
    painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter | Qt::TextSingleLine, number);
    room -= metrics.horizontalAdvance(number) + kStep;
    if (metrics.horizontalAdvance(text) > room) text = layers_[0].panel.label;
  }
  painter.setPen(palette().color(chosen_ ? QPalette::Text : QPalette::PlaceholderText));
  painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                   elided_name(text, metrics, room, Qt::ElideRight));
}

}  // namespace orderscope
