// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QImage>
#include <QRectF>
#include <QString>
#include <QVariant>
#include <memory>
#include <optional>
#include <vector>

#include "core/image/frame.h"
#include "widgets/figure/map_image.h"

namespace orderscope {

/// One map with its colours and what is written under it.
struct MapPanel {
  std::shared_ptr<const Map> map;  ///< null while it is not there
  ColorScale scale;
  QImage colors;   ///< in place of a map: what is coloured already, a pixel a cell, e.g. principal components
  QString name;    ///< "gate 3": for the table under the cursor, tool tips and assistive technology
  QString label;   ///< "order 3": first in the caption
  QString detail;  ///< "128 ch"
  QString note;    ///< instead of the picture while there is none
  std::optional<double> progress;    ///< of what will be shown, 0 to 1
  std::optional<Frame> frame;        ///< where the map lies in its photo, if elsewhere than the grid's photo
  QImage photo;                      ///< if another than the grid's
  std::optional<Frame> photo_frame;  ///< what of the photo `photo` shows, if not the map's frame
  std::vector<MapLine> lines{};      ///< over the map, whatever the style says
  QVariant context;                  ///< the page's own, to know a tile again

  bool empty() const { return (!map || map->empty()) && colors.isNull(); }
};

/// Neighbouring panels of one quantity and the colour bar that explains them.
struct PanelGroup {
  QString title;     ///< "gate"
  QString subtitle;  ///< second line, smaller
  QString hint;      ///< tool tip: what the quantity is
  std::vector<MapPanel> panels;
  ColorScale bar;
  QColor color{};          ///< of a dot before the title; none if invalid
  bool by_order = false;   ///< panel i is of order i + 1
  bool relative = false;   ///< every panel has a range of its own: the bar says "max", not a number
  bool continued = false;  ///< the rest of the group before: it has that one's title and letter
};

/// What stands above a column of panels.
struct PanelColumn {
  QString title;     ///< "hornet-7x7-nano"
  QString detail{};  ///< behind it, smaller
  QString hint{};    ///< tool tip
  QColor color{};    ///< of the dot before the title; none if invalid
};

/// What a page shows and a plate prints: rows of groups, all over the same photo.
struct PanelGrid {
  QImage photo;
  Frame frame;  ///< where it lies in the file's picture; the unit square if nobody asks
  MapStyle style;
  std::vector<PanelColumn> columns;  ///< over the panels of the first group of each row; may be empty
  std::vector<std::vector<PanelGroup>> rows;

  bool empty() const { return rows.empty(); }
};

/// Distances of a panel grid, in the unit of whoever draws it.
struct PanelMetrics {
  double title = 0;    ///< width of the titles left of a group
  double bar = 0;      ///< width of a colour bar with its labels
  double caption = 0;  ///< height of the line under a panel
  double gap = 0;      ///< between panels and between rows
  double header = 0;   ///< height of the columns' titles, where there are any
};

struct GroupLayout {
  QRectF title;
  std::vector<QRectF> tiles;  ///< picture and caption
  QRectF bar;                 ///< as high as the pictures
};

struct PanelLayout {
  std::vector<QRectF> columns;
  std::vector<std::vector<GroupLayout>> rows;
  QSizeF size;
};

/// The side of the square pictures with which the grid fills `area`, at least 1.
double fitting_tile(const PanelGrid& grid, const PanelMetrics& metrics, QSizeF area);

PanelLayout layout_panels(const PanelGrid& grid, const PanelMetrics& metrics, double tile);

/// The same with at most `most` panels in a row, for places too narrow for all: groups go on in rows below, and titles
/// of columns are written under the panels. Unchanged where all rows are short enough.
PanelGrid wrapped(const PanelGrid& grid, std::size_t most);
/// As few rows as have room for tiles of this side; at least one panel in each.
PanelGrid wrapped(const PanelGrid& grid, const PanelMetrics& metrics, double width, double tile);

}  // namespace orderscope
