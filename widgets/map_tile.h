// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPixmap>
#include <QStringList>
#include <QWidget>
#include <optional>

#include "widgets/figure/panel_grid.h"

namespace orderscope {

/// One map over the photo, its caption under it, and the cross hair that all tiles of a grid share. Positions are
/// fractions of the picture: (0, 0) top left, (1, 1) bottom right.
class MapTile : public QWidget {
  Q_OBJECT

 public:
  explicit MapTile(QWidget* parent = nullptr);

  void set_panel(MapPanel panel, const QImage& photo, const MapStyle& style);
  void set_style(const MapStyle& style);
  void set_cursor(std::optional<QPointF> position);
  void set_chosen(bool chosen);

  /// The longest caption that fits, 0 being the full one; a grid takes the same for all tiles of a row.
  int fitting_caption() const;
  void set_caption(int index);

  const MapPanel& panel() const { return panel_; }
  std::optional<QPointF> cursor_position() const { return cursor_; }

  /// Where the picture lies in the widget: as wide as the tile or less, with the photo's proportions.
  QRectF picture_rect() const;
  /// The fraction of the picture under a point of the widget; nothing outside.
  std::optional<QPointF> position_at(QPointF point) const;
  /// The map's value at a position; nothing outside or without a map.
  std::optional<float> value_at(QPointF position) const;

  static int caption_height(const QFont& font);

 Q_SIGNALS:
  void hovered(QPointF position);
  void left();
  void clicked(QPointF position);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  QStringList captions() const;
  void paint_picture(QPainter& painter, const QRectF& rect);
  void paint_cursor(QPainter& painter, const QRectF& rect) const;
  void paint_caption(QPainter& painter, const QRectF& rect) const;

  MapPanel panel_;
  QImage photo_;
  MapStyle style_;
  std::optional<QPointF> cursor_;
  int caption_ = 0;
  bool chosen_ = false;
  bool under_mouse_ = false;
  QPixmap cache_;  ///< the overlay at the size it was last painted
};

}  // namespace orderscope
