// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map_tile.h"

#include <QEvent>
#include <QFontMetrics>
#include <algorithm>

#include "widgets/figure/format.h"
#include "widgets/figure/map_render.h"
#include "widgets/map_link.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

bool same_picture(const MapPanel& a, const MapPanel& b) {
  return a.map == b.map && a.colors.cacheKey() == b.colors.cacheKey() && a.scale == b.scale && a.frame == b.frame &&
         a.photo_frame == b.photo_frame && a.photo.cacheKey() == b.photo.cacheKey() && a.lines == b.lines;
}

}  // namespace

MapTile::MapTile(QWidget* parent) : QWidget(parent), link_(nullptr) {
  setMouseTracking(true);
  setCursor(Qt::CrossCursor);
  grabGesture(Qt::PinchGesture);
  set_link(new MapLink(this));
}

void MapTile::set_link(MapLink* link) {
  if (link == link_) return;
  if (link_) disconnect(link_, nullptr, this, nullptr);
  link_ = link;
  connect(link_, &MapLink::cursor_changed, this, qOverload<>(&QWidget::update));
  connect(link_, &MapLink::window_changed, this, qOverload<>(&QWidget::update));
  update();
}

void MapTile::set_panel(MapPanel panel, const QImage& photo, const MapStyle& style, const Frame& photo_frame) {
  const bool same = same_picture(panel, layers_[0].panel) && style == style_ && grid_frame_ == photo_frame &&
                    photo.cacheKey() == photo_.cacheKey();
  layers_[0].panel = std::move(panel);
  photo_ = photo;
  style_ = style;
  grid_frame_ = photo_frame;
  update_frames();
  if (!same) forget_pictures(true);
  const MapPanel& shown = layers_[0].panel;
  setAccessibleName(shown.name);
  setAccessibleDescription(shown.map ? range_text(range_of(*shown.map)) : shown.note);
  setToolTip(shown.empty() ? shown.note : QString());
  update();
}

void MapTile::set_style(const MapStyle& style) {
  if (style == style_) return;
  const bool same_lines = style.contours == style_.contours;
  MapStyle other = style;
  other.opacity = style_.opacity;
  const bool only_opacity = other == style_;
  style_ = style;
  if (only_opacity) {
    for (Layer& layer : layers_)
      if (layer.state == Layer::State::Current) layer.state = Layer::State::Outdated;
  } else {
    forget_pictures(!same_lines);
  }
  update();
}

void MapTile::set_chosen(bool chosen) {
  if (chosen == chosen_) return;
  chosen_ = chosen;
  update();
}

void MapTile::set_swipe(std::optional<MapPanel> other) {
  if (!other && !has_swipe_) return;
  const bool same = other && has_swipe_ && same_picture(*other, layers_[1].panel);
  has_swipe_ = other.has_value();
  if (!same) layers_[1] = {};
  if (other) layers_[1].panel = *std::move(other);
  update();
}

void MapTile::set_divider(double position) {
  position = std::clamp(position, 0.0, 1.0);
  if (position == divider_) return;
  divider_ = position;
  if (has_swipe_) update();
  Q_EMIT divider_moved(position);
}

void MapTile::forget_pictures(bool contours_too) {
  for (Layer& layer : layers_) {
    layer.state = Layer::State::Wrong;
    if (contours_too) layer.contours.reset();
  }
}

void MapTile::update_frames() {
  const MapPanel& panel = layers_[0].panel;
  frame_ = panel.frame.value_or(grid_frame_);
  if (panel.photo_frame)
    photo_frame_ = *panel.photo_frame;
  else
    photo_frame_ = panel.photo.isNull() ? grid_frame_ : frame_;
}

int MapTile::caption_height(const QFont& font) { return QFontMetrics(small_font(font)).height() + kStep; }

std::optional<QPointF> MapTile::cursor_position() const {
  if (!link_->cursor() || frame_.empty()) return std::nullopt;
  return to_qpoint(frame_.to_fraction(to_point(*link_->cursor())));
}

QRectF MapTile::picture_rect() const {
  const QRectF area(0, 0, width(), height() - caption_height(font()));
  // A frame in photo pixels has the photo's proportions; fractions alone have none, so the picture decides.
  QSizeF proportions(frame_.width(), frame_.height());
  const MapPanel& panel = layers_[0].panel;
  const QImage& photo = panel.photo.isNull() ? photo_ : panel.photo;
  if (frame_ == Frame()) {
    if (!photo.isNull())
      proportions = photo.size();
    else if (panel.map && !panel.map->empty())
      proportions = {panel.map->width * 1.0, panel.map->height * 1.0};
    else if (!panel.colors.isNull())
      proportions = panel.colors.size();
  }
  const QSizeF size = proportions.scaled(area.size(), Qt::KeepAspectRatio);
  return {area.left() + (area.width() - size.width()) / 2, area.top() + (area.height() - size.height()) / 2,
          size.width(), size.height()};
}

QRectF MapTile::visible() const {
  if (!link_->window()) return to_qrect(frame_);
  const QRectF rect = picture_rect();
  if (frame_ == Frame()) return *link_->window();  // fractions: as square as the picture is wide
  return to_qrect(to_frame(*link_->window()).grown_to(rect.width() / std::max(rect.height(), 1.0)));
}

QPointF MapTile::photo_at(QPointF point) const {
  const QRectF rect = picture_rect();
  const QRectF shown = visible();
  return {shown.left() + (point.x() - rect.left()) / rect.width() * shown.width(),
          shown.top() + (point.y() - rect.top()) / rect.height() * shown.height()};
}

std::optional<QPointF> MapTile::position_at(QPointF point) const {
  const QRectF rect = picture_rect();
  if (rect.isEmpty() || frame_.empty()) return std::nullopt;
  if (point.x() < rect.left() || point.y() < rect.top() || point.x() > rect.right() || point.y() > rect.bottom())
    return std::nullopt;
  const QPointF position = to_qpoint(frame_.to_fraction(to_point(photo_at(point))));
  if (position.x() < 0 || position.x() > 1 || position.y() < 0 || position.y() > 1) return std::nullopt;
  return position;
}

std::optional<float> MapTile::value_at(QPointF position) const {
  const MapPanel& panel = layers_[0].panel;
  if (!panel.map) return std::nullopt;
  const auto cell = map_cell(*panel.map, position);
  if (!cell) return std::nullopt;
  return panel.map->at(cell->y(), cell->x());
}

void MapTile::zoom(double factor, std::optional<QPointF> about) {
  const QRectF shown = visible();
  const QPointF middle = about ? to_qpoint(frame_.to_photo(to_point(*about))) : shown.center();
  link_->set_window(zoomed(shown, to_qrect(frame_), middle, factor));
}

QStringList MapTile::captions() const {
  const QString gap = QStringLiteral("   ");
  const MapPanel& panel = layers_[0].panel;
  if (!panel.map) return {panel.label};
  const Range range = range_of(*panel.map);
  // The range matters more than the number of channels where both do not fit.
  return {QStringList{panel.label, panel.detail, range_text(range)}.join(gap).replace(gap + gap, gap),
          panel.label + gap + range_text(range), panel.label + QStringLiteral("  ") + short_range_text(range),
          panel.label};
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

void MapTile::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) update();
  QWidget::changeEvent(event);
}

}  // namespace orderscope
