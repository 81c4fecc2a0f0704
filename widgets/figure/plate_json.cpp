// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "widgets/figure/plate.h"
#include "widgets/figure/plate_json_fields.h"

namespace orderscope {

using nlohmann::json;

json scale_json(const ColorScale& scale) {
  return {{"colormap", name_of(scale.colormap)}, {"low", scale.low}, {"high", scale.high}};
}

ColorScale scale_from(JsonFields& fields, const char* name, std::optional<Error>& error) {
  ColorScale scale;
  const json* object = fields.object(name);
  if (object == nullptr) return scale;
  JsonFields inner(*object, fields.place(name), error);
  const auto map = colormap_named(inner.text("colormap", "viridis", 64));
  if (!map) inner.refuse("colormap", "names no colour map");
  scale.colormap = map.value_or(Colormap::Viridis);
  constexpr double kLargest = 3e38;
  scale.low = static_cast<float>(inner.real("low", 0, -kLargest, kLargest));
  scale.high = static_cast<float>(inner.real("high", 1, -kLargest, kLargest));
  return scale;
}

/// The counterpart of Provenance::fields.
Provenance provenance_from(JsonFields& fields, const char* name, std::optional<Error>& error) {
  Provenance provenance;
  const json* object = fields.object(name);
  if (object == nullptr) return provenance;
  JsonFields inner(*object, fields.place(name), error);
  for (const auto& item : object->items()) {
    const std::string text = inner.text(item.key().c_str());
    const std::string prefix = "parameter.";
    if (item.key().starts_with(prefix)) provenance.parameters[item.key().substr(prefix.size())] = text;
    for (auto& [key, field] : {std::pair<const char*, std::string*>{"program", &provenance.program},
                               {"model_sha256", &provenance.model_sha256},
                               {"architecture", &provenance.architecture},
                               {"layer", &provenance.layer},
                               {"method", &provenance.method},
                               {"image_sha256", &provenance.image_sha256},
                               {"device", &provenance.device},
                               {"dtype", &provenance.dtype},
                               {"preprocessing", &provenance.preprocessing}})
      if (item.key() == key) *field = text;
  }
  return provenance;
}

json color_json(const QColor& color) { return color.isValid() ? json(color.name().toStdString()) : json(nullptr); }

QColor color_from(JsonFields& fields) {
  const QString name = qtext(fields, "color");
  const QColor color = name.isEmpty() ? QColor() : QColor(name);
  if (!name.isEmpty() && !color.isValid()) fields.refuse("color", "must be a colour like #4477aa");
  return color;
}

namespace {

json range_json(const std::optional<PlotRange>& range) {
  return range ? json{{"low", range->low}, {"high", range->high}} : json(nullptr);
}

std::optional<PlotRange> range_from(JsonFields& fields, const char* name, std::optional<Error>& error) {
  const json* object = fields.object(name);
  if (object == nullptr) return std::nullopt;
  JsonFields inner(*object, fields.place(name), error);
  constexpr double kLargest = 1e300;
  return PlotRange{inner.real("low", 0, -kLargest, kLargest), inner.real("high", 1, -kLargest, kLargest)};
}

std::vector<std::string> strings_from(JsonFields& fields, const char* name) {
  std::vector<std::string> texts;
  const json* list = fields.array(name);
  if (list == nullptr) return texts;
  for (const json& entry : *list) {
    if (!entry.is_string()) fields.refuse(name, "must be a list of texts");
    texts.push_back(entry.is_string() ? entry.get<std::string>() : std::string());
  }
  return texts;
}

json plot_json(const PlotPanel& plot) {
  json out{{"x_label", plot.x_label.toStdString()},
           {"y_label", plot.y_label.toStdString()},
           {"x_range", range_json(plot.x_range)},
           {"y_range", range_json(plot.y_range)},
           {"aspect", plot.aspect},
           {"lines", json::array()},
           {"bars", json::array()},
           {"categories", json::array()}};
  for (const QString& text : plot.categories) out["categories"].push_back(text.toStdString());
  for (const PlotLine& line : plot.lines)
    out["lines"].push_back({{"name", line.name.toStdString()},
                            {"x", packed(line.x)},
                            {"y", packed(line.y)},
                            {"low", packed(line.low)},
                            {"high", packed(line.high)},
                            {"color", color_json(line.color)},
                            {"dashed", line.dashed}});
  for (const PlotBars& bars : plot.bars)
    out["bars"].push_back(
        {{"name", bars.name.toStdString()}, {"values", packed(bars.values)}, {"color", color_json(bars.color)}});
  return out;
}

PlotPanel plot_from(JsonFields& fields, std::optional<Error>& error) {
  PlotPanel plot;
  plot.x_label = qtext(fields, "x_label");
  plot.y_label = qtext(fields, "y_label");
  plot.x_range = range_from(fields, "x_range", error);
  plot.y_range = range_from(fields, "y_range", error);
  plot.aspect = fields.real("aspect", plot.aspect, 0.1, 5);
  for (const std::string& text : strings_from(fields, "categories")) plot.categories << QString::fromStdString(text);
  each(fields, "lines", error, [&](JsonFields& entry) {
    PlotLine line{qtext(entry, "name"),           unpacked<double>(entry, "x"),    unpacked<double>(entry, "y"),
                  unpacked<double>(entry, "low"), unpacked<double>(entry, "high"), color_from(entry),
                  entry.flag("dashed", false)};
    const auto fits = [&](const std::vector<double>& values) {
      return values.empty() || values.size() == line.x.size();
    };
    if (line.y.size() != line.x.size() || !fits(line.low) || !fits(line.high))
      entry.refuse("y", "must be as many numbers as x");
    plot.lines.push_back(std::move(line));
  });
  each(fields, "bars", error, [&](JsonFields& entry) {
    plot.bars.push_back({qtext(entry, "name"), unpacked<double>(entry, "values"), color_from(entry)});
  });
  return plot;
}

json matrix_json(const MatrixPanel& panel) {
  return {{"name", panel.matrix.name},
          {"rows", panel.matrix.rows},
          {"columns", panel.matrix.columns},
          {"values", packed(panel.matrix.values)},
          {"unit", panel.matrix.unit},
          {"scale", scale_json(panel.scale)},
          {"row_title", panel.row_title.toStdString()},
          {"column_title", panel.column_title.toStdString()},
          {"write_values", panel.write_values}};
}

MatrixPanel matrix_from(JsonFields& fields, std::optional<Error>& error) {
  MatrixPanel panel;
  panel.matrix = {fields.text("name"), strings_from(fields, "rows"), strings_from(fields, "columns"),
                  unpacked<double>(fields, "values"), fields.text("unit")};
  if (panel.matrix.values.size() != panel.matrix.rows.size() * panel.matrix.columns.size())
    fields.refuse("values", "must be rows x columns numbers");
  panel.scale = scale_from(fields, "scale", error);
  panel.row_title = qtext(fields, "row_title");
  panel.column_title = qtext(fields, "column_title");
  panel.write_values = fields.flag("write_values", false);
  return panel;
}

json table_json(const TablePanel& panel) {
  json rows = json::array();
  for (const auto& row : panel.table.rows) {
    json cells = json::array();
    for (const Table::Cell& cell : row) {
      json entry{{"text", cell.text}};
      if (cell.value && std::isfinite(*cell.value)) entry["value"] = *cell.value;
      cells.push_back(std::move(entry));
    }
    rows.push_back({{"cells", std::move(cells)}});
  }
  return {{"columns", panel.table.columns}, {"rows", std::move(rows)}};
}

TablePanel table_from(JsonFields& fields, std::optional<Error>& error) {
  TablePanel panel;
  panel.table.columns = strings_from(fields, "columns");
  each(fields, "rows", error, [&](JsonFields& row) {
    auto& cells = panel.table.rows.emplace_back();
    each(row, "cells", error, [&](JsonFields& entry) {
      Table::Cell cell{entry.text("text"), std::nullopt};
      constexpr double kLargest = 1.7e308;
      if (entry.has("value")) cell.value = entry.real("value", 0, -kLargest, kLargest);
      cells.push_back(std::move(cell));
    });
  });
  return panel;
}

}  // namespace

json to_json(const PlatePanel& panel) {
  json out;
  if (const auto* grid = std::get_if<PanelGrid>(&panel.content)) out = {{"kind", "maps"}, {"maps", grid_json(*grid)}};
  if (const auto* plot = std::get_if<PlotPanel>(&panel.content)) out = {{"kind", "plot"}, {"plot", plot_json(*plot)}};
  if (const auto* matrix = std::get_if<MatrixPanel>(&panel.content))
    out = {{"kind", "matrix"}, {"matrix", matrix_json(*matrix)}};
  if (const auto* table = std::get_if<TablePanel>(&panel.content))
    out = {{"kind", "table"}, {"table", table_json(*table)}};
  out["title"] = panel.title.toStdString();
  out["width"] = panel.width;
  out["provenance"] = panel.provenance.fields();
  return out;
}

Result<PlatePanel> plate_panel_from_json(const json& object) {
  std::optional<Error> error;
  JsonFields fields(object, "content", error);
  PlatePanel panel;
  panel.title = qtext(fields, "title");
  panel.width = fields.real("width", 1, 0.1, 1);
  panel.provenance = provenance_from(fields, "provenance", error);
  const std::string kind = fields.text("kind");
  if (kind != "maps" && kind != "plot" && kind != "matrix" && kind != "table") {
    fields.refuse("kind", "must be one of maps, plot, matrix, table");
  } else if (const json* inside = fields.object(kind.c_str())) {
    JsonFields inner(*inside, fields.place(kind), error);
    if (kind == "maps") panel.content = grid_from(inner, error);
    if (kind == "plot") panel.content = plot_from(inner, error);
    if (kind == "matrix") panel.content = matrix_from(inner, error);
    if (kind == "table") panel.content = table_from(inner, error);
  } else {
    fields.refuse(kind, "is missing");
  }
  if (error) return fail(std::move(*error));
  return panel;
}

}  // namespace orderscope
