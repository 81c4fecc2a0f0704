// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/version.h"
#include "core/image/png.h"
#include "core/run/map_file.h"
#include "core/run/values_files.h"
#include "widgets/figure/plate.h"
#include "widgets/figure/plate_style.h"

namespace orderscope {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// "b_gate_3" from letter and name: fit for a file name everywhere.
std::string file_name(const QString& letter, const QString& name) {
  QString text = name.toLower();
  for (QChar& c : text)
    if (!(c.isLetterOrNumber() && c.unicode() < 128) && c != QChar('.') && c != QChar('-')) c = QChar('_');
  constexpr int kLongest = 80;
  return (letter + (text.isEmpty() ? QString() : QChar('_') + text.left(kLongest))).toStdString();
}

json fields_or_null(const Provenance& provenance) {
  json fields = json::object();
  for (const auto& [name, value] : provenance.fields())
    if (!value.empty()) fields[name] = value;
  return fields;
}

/// Walks the parts of a plate in the order of their letters.
class Parts {
 public:
  /// With a folder the numbers are written there; without, they are only listed.
  explicit Parts(fs::path folder = {}) : folder_(std::move(folder)) {}

  Result<json> list(const Plate& plate) {
    for (const PlatePanel& panel : panels_of(plate)) {
      if (const auto* grid = std::get_if<PanelGrid>(&panel.content)) {
        for (const auto& row : grid->rows)
          for (const PanelGroup& group : row) TRY_VOID(add_group(group));
        continue;
      }
      json entry{{"title", panel.title.toStdString()}, {"provenance", fields_or_null(panel.provenance)}};
      if (const auto* plot = std::get_if<PlotPanel>(&panel.content)) {
        entry["kind"] = "plot";
        entry["x"] = plot->x_label.toStdString();
        entry["y"] = plot->y_label.toStdString();
        TRY_VOID(
            add_text(entry, panel.title, plot->bars.empty() ? csv_text(curves_of(*plot)) : csv_text(table_of(*plot))));
      } else if (const auto* matrix = std::get_if<MatrixPanel>(&panel.content)) {
        entry["kind"] = "matrix";
        entry["unit"] = matrix->matrix.unit;
        entry["shape"] = {matrix->matrix.rows.size(), matrix->matrix.columns.size()};
        TRY_VOID(add_text(entry, panel.title, csv_text(matrix->matrix, "row")));
      } else if (const auto* table = std::get_if<TablePanel>(&panel.content)) {
        entry["kind"] = "table";
        TRY_VOID(add_text(entry, panel.title, csv_text(table->table)));
      }
    }
    return std::move(parts_);
  }

 private:
  Result<void> add_group(const PanelGroup& group) {
    const QString letter = panel_letter(letter_++);
    json maps = json::array();
    for (const MapPanel& panel : group.panels) {
      if (!panel.map && !panel.colors.isNull()) TRY_VOID(add_colors(letter, panel, maps));
      if (!panel.map) continue;
      const Map& map = *panel.map;
      const Range range = range_of(map), shown = range_of(panel.scale);
      json entry{{"name", panel.name.toStdString()},
                 {"shape", {map.height, map.width}},
                 {"range", {range.low, range.high}},
                 {"colour_range", {shown.low, shown.high}},
                 {"colour_map", name_of(panel.scale.colormap)},
                 {"unit", map.unit},
                 {"signed", map.is_signed},
                 {"provenance", fields_or_null(map.provenance)}};
      if (!folder_.empty()) {
        const std::string file = file_name(letter, panel.name.isEmpty() ? panel.label : panel.name) + ".npy";
        TRY_VOID(write_map_file(folder_ / file, map));
        entry["file"] = file;
      }
      maps.push_back(std::move(entry));
    }
    parts_.push_back({{"letter", letter.toStdString()},
                      {"kind", "maps"},
                      {"title", group.title.toStdString()},
                      {"maps", std::move(maps)}});
    return {};
  }

  /// What has no values, only colours.
  Result<void> add_colors(const QString& letter, const MapPanel& panel, json& maps) {
    json entry{{"name", panel.name.toStdString()}, {"shape", {panel.colors.height(), panel.colors.width()}}};
    if (!folder_.empty()) {
      const std::string file = file_name(letter, panel.name.isEmpty() ? panel.label : panel.name) + ".png";
      const QImage rgb = panel.colors.convertToFormat(QImage::Format_RGB888);
      Image image{rgb.width(), rgb.height(), {}};
      for (int y = 0; y < rgb.height(); ++y)
        image.rgb.insert(image.rgb.end(), rgb.constScanLine(y), rgb.constScanLine(y) + 3 * rgb.width());
      TRY_VOID(write_png(folder_ / file, image));
      entry["file"] = file;
    }
    maps.push_back(std::move(entry));
    return {};
  }

  Result<void> add_text(json entry, const QString& title, const std::string& csv) {
    const QString letter = panel_letter(letter_++);
    entry["letter"] = letter.toStdString();
    if (!folder_.empty()) {
      const std::string file = file_name(letter, title) + ".csv";
      TRY_VOID(write_file(folder_ / file, csv));
      entry["file"] = file;
    }
    parts_.push_back(std::move(entry));
    return {};
  }

  static std::vector<Curve> curves_of(const PlotPanel& plot) {
    std::vector<Curve> curves;
    for (const PlotLine& line : plot.lines)
      curves.push_back({line.name.toStdString(), plot.x_label.toStdString(), plot.y_label.toStdString(), line.x, line.y,
                        line.low, line.high});
    return curves;
  }

  static Table table_of(const PlotPanel& plot) {
    Table table;
    table.columns = {plot.x_label.isEmpty() ? std::string("category") : plot.x_label.toStdString()};
    std::size_t count = static_cast<std::size_t>(plot.categories.size());
    for (const PlotBars& bars : plot.bars) {
      table.columns.push_back(bars.name.toStdString());
      count = std::max(count, bars.values.size());
    }
    for (std::size_t i = 0; i < count; ++i) {
      const auto place = static_cast<qsizetype>(i);
      std::vector<Table::Cell> row{
          {(place < plot.categories.size() ? plot.categories[place] : QString::number(place)).toStdString(), {}}};
      for (const PlotBars& bars : plot.bars)
        row.push_back(i < bars.values.size() ? Table::Cell{{}, bars.values[i]} : Table::Cell{});
      table.rows.push_back(std::move(row));
    }
    return table;
  }

  fs::path folder_;
  json parts_ = json::array();
  int letter_ = 0;
};

json head(const Plate& plate, json parts) {
  json out{{"program", version_text()},
           {"title", plate.title.toStdString()},
           {"width_mm", plate.width_mm},
           {"panels", std::move(parts)}};
  if (!plate.sources.is_null()) out["sources"] = plate.sources;
  return out;
}

}  // namespace

json plate_provenance(const Plate& plate) {
  // Nothing is written, so nothing can fail.
  return head(plate, Parts().list(plate).value_or(json::array()));
}

Result<void> write_plate_data(const Plate& plate, const fs::path& figure) {
  const fs::path folder = fs::path(figure).replace_extension(".data");
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(Error::Kind::FileAccess, "the folder cannot be made: " + error.message(), folder.string());
  TRY(json parts, Parts(folder).list(plate));
  json out = head(plate, std::move(parts));
  out["folder"] = folder.filename().string();
  // Names from files may hold anything: broken UTF-8 is replaced.
  return write_file(fs::path(figure).replace_extension(".json"),
                    out.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

}  // namespace orderscope
