// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <functional>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "widgets/figure/panel_grid.h"
#include "widgets/figure/scale_choice.h"

class QMenu;

namespace orderscope {

class ColorBar;
class MapLink;
class MapTile;

/// Colour maps, interpolation and contour lines to choose from; `chosen` gets the style with the change.
QMenu* make_style_menu(const MapStyle& style, QWidget* parent, std::function<void(const MapStyle&)> chosen);

/// Rows of map tiles with titles and colour bars under one linked cross hair and zoom. A click chooses a tile and pins
/// the cross hair, another click on the same tile or Escape lets it go. With the keyboard focus the arrow keys move
/// the cross hair cell by cell, with Ctrl they choose the next tile, with Shift they move a zoomed view; + − 0 zoom,
/// Ctrl+C copies the chosen tile as a picture, Ctrl+Shift+C as numbers.
class MapGrid : public QWidget {
  Q_OBJECT

 public:
  explicit MapGrid(QWidget* parent = nullptr);

  void set_grid(PanelGrid grid);
  void set_style(const MapStyle& style);
  /// Positions here are fractions of the grid's frame.
  void set_cursor(std::optional<QPointF> position);
  void release_cursor();  ///< back to the pinned position or away

  /// Shares cross hair and zoom with other grids; the link must outlive this one.
  void set_link(MapLink* link);
  MapLink* link() const { return link_; }

  /// Ranges set by hand; they stay when another grid is set, and are part of grid().
  void set_choices(const ScaleChoices& choices);
  const ScaleChoices& choices() const { return choices_; }

  /// What is shown, with the ranges set by hand.
  const PanelGrid& grid() const { return shown_; }
  const std::vector<MapTile*>& tiles() const { return tiles_; }
  const std::vector<ColorBar*>& bars() const { return bars_; }
  std::optional<QPointF> cursor_position() const;
  int chosen() const { return chosen_; }  ///< index of a tile, row by row; -1: none
  void choose(int tile);
  /// Tile `left` shows `right` beyond a divider that can be dragged; right < 0 ends it. All dividers move together.
  void set_swipe(int left, int right);
  /// The same with a map that has no tile of its own, drawn in the colours of the tile.
  void set_swipe(int left, MapPanel right);
  void clear_swipes();
  void set_divider(double position);  ///< fraction of the pictures' width

  /// What stands under a tile or a bar in its menu; the caller owns it.
  QMenu* make_menu(int tile);

  void set_smallest_tile(double side);
  void set_largest_tile(double side);
  /// Where the height is too little for tiles of this side the grid asks for more, for its place to be scrolled.
  void set_comfortable_tile(double side);
  void set_title_width(double width);  ///< left of the tiles; 0: no titles
  /// At this height a greater width would leave the tiles as they are.
  double useful_width(double height) const;
  QSize minimumSizeHint() const override;
  int heightForWidth(int width) const override;

 Q_SIGNALS:
  /// Of all tiles: nothing when the mouse left and nothing is pinned.
  void cursor_moved(std::optional<QPointF> position);
  void tile_chosen(int tile);     ///< by mouse or keyboard; -1: none any more
  void tile_activated(int tile);  ///< Return
  /// Before the menu of a tile shows: the page may add to it.
  void menu_opening(int tile, QMenu* menu);
  void style_chosen(const MapStyle& style);  ///< in the menu; the grid shows it already
  void choices_changed();
  void divider_moved(double position);

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  bool event(QEvent* event) override;

 private:
  PanelMetrics metrics() const;
  double tile_for(QSizeF area) const;
  void rebuild();
  void fill();
  void show_swipes();
  void place();
  void paint_columns(QPainter& painter) const;
  void paint_titles(QPainter& painter) const;
  MapTile* make_tile(int index);
  ColorBar* make_bar(int index);
  void click_tile(int index, QPointF position);
  void take_range(int bar, std::optional<ScaleChoice> choice);
  void take_style(const MapStyle& style);
  void show_values_on_bars();
  void show_menu(int tile, QPoint global);
  void add_swipe_menu(QMenu& menu, int tile);
  bool move_cursor(QPoint step);
  bool move_view(QPoint step);
  static bool overrides_shortcut(const QKeyEvent& event);
  int tile_under_keys() const;  ///< the chosen one, else the first with a map; -1: none
  const PanelGroup* group(int bar) const;

  PanelGrid grid_;   ///< as it was set
  PanelGrid shown_;  ///< with the ranges set by hand
  PanelLayout layout_;
  std::vector<MapTile*> tiles_;
  std::vector<ColorBar*> bars_;
  ScaleChoices choices_;
  MapLink* link_;
  int chosen_ = -1;
  std::map<int, std::variant<int, MapPanel>> swipes_;  ///< tile by tile, what its divider uncovers
  int under_mouse_ = -1;
  double smallest_tile_ = 88;
  double comfortable_tile_ = 0;
  double largest_tile_ = 420;
  double title_width_ = 100;
};

}  // namespace orderscope
