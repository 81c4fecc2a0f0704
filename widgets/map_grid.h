// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <optional>
#include <vector>

#include "widgets/figure/panel_grid.h"

class QLabel;

namespace orderscope {

class ColorBar;
class MapTile;

/// Rows of map tiles with titles and colour bars under one linked cross hair. A click pins the cross hair, another
/// click on the same tile or Escape lets it go; with the keyboard focus the arrow keys move it cell by cell.
class MapGrid : public QWidget {
  Q_OBJECT

 public:
  explicit MapGrid(QWidget* parent = nullptr);

  void set_grid(PanelGrid grid);
  void set_style(const MapStyle& style);
  void set_cursor(std::optional<QPointF> position);
  void release_cursor() { set_cursor(pinned_); }  ///< back to the pinned position or away

  const PanelGrid& grid() const { return grid_; }
  const std::vector<MapTile*>& tiles() const { return tiles_; }
  std::optional<QPointF> cursor_position() const { return cursor_; }
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  /// Of all tiles: nothing when the mouse left and nothing is pinned.
  void cursor_moved(std::optional<QPointF> position);

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  bool event(QEvent* event) override;

 private:
  PanelMetrics metrics() const;
  void rebuild();
  void place();
  void click_tile(int index, QPointF position);
  void unpin();

  PanelGrid grid_;
  PanelLayout layout_;
  std::vector<MapTile*> tiles_;
  std::vector<ColorBar*> bars_;
  std::optional<QPointF> cursor_;
  std::optional<QPointF> pinned_;
  int chosen_ = -1;
};

}  // namespace orderscope
