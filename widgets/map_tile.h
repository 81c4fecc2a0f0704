// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPixmap>
#include <QPolygonF>
#include <QStringList>
#include <QWidget>
#include <array>
#include <optional>
#include <vector>

#include "widgets/figure/panel_grid.h"

namespace orderscope {

class MapLink;
struct MapScene;

/// One map over the photo and its caption. The wheel zooms about the mouse, a drag moves what is shown, two fingers do
/// both; cross hair and zoom are those of the link. Positions are fractions of the map: (0, 0) top left, (1, 1) bottom
/// right.
class MapTile : public QWidget {
  Q_OBJECT

 public:
  explicit MapTile(QWidget* parent = nullptr);

  /// Shares cross hair and zoom with others; without, the tile has a link of its own. The link must outlive the tile.
  void set_link(MapLink* link);
  MapLink* link() const { return link_; }

  void set_panel(MapPanel panel, const QImage& photo, const MapStyle& style, const Frame& photo_frame = {});
  void set_style(const MapStyle& style);
  void set_chosen(bool chosen);
  bool chosen() const { return chosen_; }

  /// A second map that shows right of a divider that the mouse drags; nothing takes it away.
  void set_swipe(std::optional<MapPanel> other);
  const MapPanel* swipe() const { return has_swipe_ ? &layers_[1].panel : nullptr; }
  double divider() const { return divider_; }  ///< fraction of the picture's width
  void set_divider(double position);

  /// The longest caption that fits, 0 being the full one; a grid takes the same for all tiles of a row.
  int fitting_caption() const;
  void set_caption(int index);

  const MapPanel& panel() const { return layers_[0].panel; }
  const MapStyle& style() const { return style_; }
  const Frame& frame() const { return frame_; }
  std::optional<QPointF> cursor_position() const;

  /// Where the picture lies in the widget: as wide as the tile or less, with the proportions of what the map covers.
  QRectF picture_rect() const;
  /// What the picture shows now, in photo pixels.
  QRectF visible() const;
  /// The fraction of the map under a point of the widget; nothing outside.
  std::optional<QPointF> position_at(QPointF point) const;
  /// The map's value at a position; nothing outside or without a map.
  std::optional<float> value_at(QPointF position) const;

  /// What the tile shows, without cross hair and frame, at least `least_side` pixels wide.
  QImage picture(int least_side = 0) const;

  /// Closer for factors above 1, about a fraction of the map; the middle of what is shown unless told otherwise.
  void zoom(double factor, std::optional<QPointF> about = std::nullopt);

  static int caption_height(const QFont& font);

 Q_SIGNALS:
  void hovered(QPointF position);
  void left();
  void clicked(QPointF position);
  void divider_moved(double position);
  void menu_requested(QPoint global);

 protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  /// A map with what was last rendered of it.
  struct Layer {
    MapPanel panel;
    std::optional<std::vector<QPolygonF>> contours{};
    QImage colors{};  ///< without the photo
    QPixmap picture{};
    QRectF window{};  ///< what of the photo both show
    enum class State {
      Wrong,     ///< other values or colours: not to be shown any more
      Outdated,  ///< right, but for its opacity
      Current
    } state = State::Wrong;
  };

  MapScene scene_of(Layer& layer) const;
  /// False if there was no time to render anew.
  bool prepare(Layer& layer, const QRectF& window, QSize pixels);
  void paint_layer(QPainter& painter, const QRectF& rect, const Layer& layer) const;
  void paint_empty(QPainter& painter, const QRectF& rect) const;
  void paint_cursor(QPainter& painter, const QRectF& rect) const;
  void paint_divider(QPainter& painter, const QRectF& rect) const;
  void paint_caption(QPainter& painter, const QRectF& rect) const;
  QStringList captions() const;
  QPointF photo_at(QPointF point) const;
  bool over_divider(QPointF point) const;
  void drag_to(QPointF point);
  void forget_pictures(bool contours_too);
  void update_frames();

  std::array<Layer, 2> layers_;  ///< the map, and what the divider uncovers
  bool has_swipe_ = false;
  QImage photo_;
  Frame photo_frame_;  ///< what of the photo photo_ shows
  Frame grid_frame_;
  Frame frame_;  ///< what of it the map covers
  MapStyle style_;
  MapLink* link_;
  double divider_ = 0.5;
  int caption_ = 0;
  bool chosen_ = false;
  bool under_mouse_ = false;
  enum class Drag { None, Press, Pan, Divider } drag_ = Drag::None;
  QPointF pressed_;
  QPointF last_;
};

}  // namespace orderscope
