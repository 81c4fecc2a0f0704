// SPDX-License-Identifier: GPL-3.0-or-later
#include <QBuffer>
#include <QImage>

#include "widgets/figure/plate_json_fields.h"

namespace orderscope {
namespace {

using nlohmann::json;

constexpr int kLargestSide = 16384;

json map_json(const Map& map) {
  return {{"height", map.height},    {"width", map.width}, {"values", packed(map.values)},
          {"signed", map.is_signed}, {"unit", map.unit},   {"provenance", map.provenance.fields()}};
}

std::shared_ptr<const Map> map_from(JsonFields& fields, const char* name, std::optional<Error>& error) {
  const json* object = fields.object(name);
  if (object == nullptr) return nullptr;
  JsonFields inner(*object, fields.place(name), error);
  auto map = std::make_shared<Map>();
  map->height = static_cast<int>(inner.integer("height", 0, 1, kLargestSide));
  map->width = static_cast<int>(inner.integer("width", 0, 1, kLargestSide));
  map->values = unpacked<float>(inner, "values");
  if (map->values.size() != static_cast<std::size_t>(map->height) * static_cast<std::size_t>(map->width))
    inner.refuse("values", "must be height x width numbers");
  map->is_signed = inner.flag("signed", false);
  map->unit = inner.text("unit");
  map->provenance = provenance_from(inner, "provenance", error);
  return map;
}

std::string png_text(const QImage& image) {
  QBuffer buffer;
  buffer.open(QIODevice::WriteOnly);
  image.save(&buffer, "PNG");
  return buffer.data().toBase64().toStdString();
}

QImage image_from(JsonFields& fields, const char* name) {
  const std::string text = fields.text(name, {}, 256u << 20);
  if (text.empty()) return {};
  const QImage image = QImage::fromData(QByteArray::fromBase64(QByteArray::fromStdString(text)), "PNG");
  if (image.isNull() || image.width() > kLargestSide || image.height() > kLargestSide)
    fields.refuse(name, "must be a PNG in base64");
  return image.convertToFormat(QImage::Format_RGB32);
}

json frame_json(const Frame& frame) {
  return {{"x", frame.x()}, {"y", frame.y()}, {"width", frame.width()}, {"height", frame.height()}};
}

std::optional<Frame> frame_from(JsonFields& fields, const char* name, std::optional<Error>& error) {
  const json* object = fields.object(name);
  if (object == nullptr) return std::nullopt;
  JsonFields inner(*object, fields.place(name), error);
  constexpr double kFar = 1e9, kSmall = 1e-9;
  return Frame(inner.real("x", 0, -kFar, kFar), inner.real("y", 0, -kFar, kFar), inner.real("width", 1, kSmall, kFar),
               inner.real("height", 1, kSmall, kFar));
}

std::optional<Colormap> colormap_from(JsonFields& fields, const char* name) {
  const std::string text = fields.text(name, {}, 64);
  const auto map = text.empty() ? std::nullopt : colormap_named(text);
  if (!text.empty() && !map) fields.refuse(name, "names no colour map");
  return map;
}

/// Photos that several panels share are kept once.
class PhotoList {
 public:
  int add(const QImage& photo) {
    for (std::size_t i = 0; i < photos_.size(); ++i)
      if (photos_[i].cacheKey() == photo.cacheKey()) return static_cast<int>(i);
    photos_.push_back(photo);
    return static_cast<int>(photos_.size()) - 1;
  }
  json list() const {
    json all = json::array();
    for (const QImage& photo : photos_) all.push_back({{"png", png_text(photo)}});
    return all;
  }

 private:
  std::vector<QImage> photos_;
};

json map_panel_json(const MapPanel& panel, PhotoList& photos) {
  json entry{
      {"name", panel.name.toStdString()}, {"label", panel.label.toStdString()}, {"scale", scale_json(panel.scale)}};
  if (panel.map) entry["map"] = map_json(*panel.map);
  if (!panel.colors.isNull()) entry["colors"] = png_text(panel.colors);
  if (panel.frame) entry["frame"] = frame_json(*panel.frame);
  if (panel.photo_frame) entry["photo_frame"] = frame_json(*panel.photo_frame);
  if (!panel.photo.isNull()) entry["photo"] = photos.add(panel.photo);
  for (const MapLine& line : panel.lines) {
    std::vector<double> points;
    for (const QPointF& point : line.points) points.insert(points.end(), {point.x(), point.y()});
    entry["lines"].push_back({{"label", line.label.toStdString()}, {"points", packed(points)}});
  }
  return entry;
}

MapPanel map_panel_from(JsonFields& fields, const std::vector<QImage>& photos, std::optional<Error>& error) {
  MapPanel panel;
  panel.name = qtext(fields, "name");
  panel.label = qtext(fields, "label");
  panel.scale = scale_from(fields, "scale", error);
  panel.map = map_from(fields, "map", error);
  panel.colors = image_from(fields, "colors");
  panel.frame = frame_from(fields, "frame", error);
  panel.photo_frame = frame_from(fields, "photo_frame", error);
  const auto photo = fields.integer("photo", -1, 0, static_cast<std::int64_t>(photos.size()) - 1);
  if (photo >= 0) panel.photo = photos[static_cast<std::size_t>(photo)];
  each(fields, "lines", error, [&](JsonFields& entry) {
    MapLine& line = panel.lines.emplace_back();
    line.label = qtext(entry, "label");
    const std::vector<double> points = unpacked<double>(entry, "points");
    for (std::size_t i = 0; i + 1 < points.size(); i += 2) line.points << QPointF(points[i], points[i + 1]);
  });
  return panel;
}

}  // namespace

json grid_json(const PanelGrid& grid) {
  json out{{"opacity", grid.style.opacity},   {"interpolate", grid.style.interpolate},
           {"contours", grid.style.contours}, {"frame", frame_json(grid.frame)},
           {"columns", json::array()},        {"rows", json::array()}};
  if (grid.style.colormap) out["colormap"] = name_of(*grid.style.colormap);
  if (grid.style.signed_colormap) out["signed_colormap"] = name_of(*grid.style.signed_colormap);
  if (!grid.photo.isNull()) out["photo"] = png_text(grid.photo);
  for (const PanelColumn& column : grid.columns)
    out["columns"].push_back({{"title", column.title.toStdString()},
                              {"detail", column.detail.toStdString()},
                              {"color", column.color.isValid() ? column.color.name().toStdString() : std::string()}});
  PhotoList photos;
  for (const auto& row : grid.rows) {
    json groups = json::array();
    for (const PanelGroup& group : row) {
      json maps = json::array();
      for (const MapPanel& panel : group.panels) maps.push_back(map_panel_json(panel, photos));
      groups.push_back({{"title", group.title.toStdString()},
                        {"subtitle", group.subtitle.toStdString()},
                        {"bar", scale_json(group.bar)},
                        {"relative", group.relative},
                        {"maps", std::move(maps)}});
    }
    out["rows"].push_back({{"groups", std::move(groups)}});
  }
  out["photos"] = photos.list();
  return out;
}

PanelGrid grid_from(JsonFields& fields, std::optional<Error>& error) {
  PanelGrid grid;
  grid.style.opacity = fields.real("opacity", 1, 0, 1);
  grid.style.interpolate = fields.flag("interpolate", true);
  grid.style.contours = static_cast<int>(fields.integer("contours", 0, 0, 50));
  grid.style.colormap = colormap_from(fields, "colormap");
  grid.style.signed_colormap = colormap_from(fields, "signed_colormap");
  grid.frame = frame_from(fields, "frame", error).value_or(Frame());
  grid.photo = image_from(fields, "photo");
  each(fields, "columns", error, [&](JsonFields& entry) {
    grid.columns.push_back({qtext(entry, "title"), qtext(entry, "detail"), {}, color_from(entry)});
  });
  std::vector<QImage> photos;
  each(fields, "photos", error, [&](JsonFields& entry) { photos.push_back(image_from(entry, "png")); });
  each(fields, "rows", error, [&](JsonFields& row) {
    auto& groups = grid.rows.emplace_back();
    each(row, "groups", error, [&](JsonFields& entry) {
      PanelGroup& group = groups.emplace_back();
      group.title = qtext(entry, "title");
      group.subtitle = qtext(entry, "subtitle");
      group.bar = scale_from(entry, "bar", error);
      group.relative = entry.flag("relative", false);
      each(entry, "maps", error,
           [&](JsonFields& tile) { group.panels.push_back(map_panel_from(tile, photos, error)); });
    });
  });
  return grid;
}

}  // namespace orderscope
