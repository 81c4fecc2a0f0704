// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QSizeF>
#include <QString>
#include <QStringList>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "widgets/figure/plate_panels.h"

class QCPPainter;

namespace orderscope {

/// A figure for print, on white: panels with letters, titles, captions and colour bars, and lines of text around them.
struct Plate {
  QString title;          ///< one line above, bold
  QString subtitle;       ///< under the title
  QStringList footnotes;  ///< under the panels, wrapped: what was computed, on which files
  PanelGrid grid;         ///< the first panel, unless it is empty
  double grid_width = 1;  ///< as PlatePanel::width
  std::vector<PlatePanel> panels;
  double width_mm = 178;   ///< two columns of most journals
  double font_pt = 7;      ///< of titles of panels; captions are smaller, the plate's title larger in proportion
  bool letters = true;     ///< a, b, c …
  bool scale_bar = true;   ///< a length in pixels of the model's input on the first map of a grid
  nlohmann::json sources;  ///< where it comes from: goes into every file. An object, or null
};

/// All panels, the grid among them.
std::vector<PlatePanel> panels_of(const Plate& plate);

/// What a page has room for: maps are made smaller, to a limit, before a plate gets taller.
inline constexpr double kPageHeightMm = 240;

/// Size in points (1/72 inch) that paint_plate fills.
QSizeF plate_size(const Plate& plate);
double plate_height_mm(const Plate& plate);
/// "283 mm tall, more than a page (240 mm): leave panels out or make it wider"; empty where it fits.
QString page_warning(const Plate& plate);

/// Paints in points from (0, 0); scale the painter for other units. Text stays text and plots stay lines on a vector
/// device. A map is an image of the model's input's resolution, cells being whole pixels of it; nothing else is one.
void paint_plate(QCPPainter& painter, const Plate& plate);

enum class PlateFormat { Pdf, Svg, Png };

/// By the ending. Errors: InvalidInput for another one.
Result<PlateFormat> plate_format(const QString& path);

/// The file's bytes: the same for the same plate but for the date in a PDF (SOURCE_DATE_EPOCH in the environment sets
/// that). Provenance: PDF as XMP and attached JSON, SVG in <metadata>, PNG as text chunks. `dpi` is for PNG. Errors:
/// InvalidInput where the picture would be too large.
Result<QByteArray> plate_bytes(const Plate& plate, PlateFormat format, int dpi = 300);

/// Whole or not at all, in the format of the path's ending. Errors: FileAccess and those of plate_bytes.
Result<void> write_plate(const Plate& plate, const QString& path, int dpi = 300);

/// What the plate shows as numbers, beside it: a folder NAME.data with a .npy a map, a .csv a plot, matrix and table,
/// named by letter, and NAME.json, which lists them with their provenance. Errors: FileAccess.
Result<void> write_plate_data(const Plate& plate, const std::filesystem::path& figure);

/// Provenance of the plate and all its panels, as it goes into files: program, title, sources and a list of panels.
nlohmann::json plate_provenance(const Plate& plate);

/// Stored panels: everything that a panel shows, and back. Errors: Broken (names the field).
nlohmann::json to_json(const PlatePanel& panel);
Result<PlatePanel> plate_panel_from_json(const nlohmann::json& json);

}  // namespace orderscope
