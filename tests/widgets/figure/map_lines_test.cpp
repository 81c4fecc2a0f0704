// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "widgets/figure/map_render.h"
#include "widgets/figure/plate.h"

namespace orderscope {
namespace {

QPolygonF square(double low, double high) {
  return QPolygonF{{low, low}, {high, low}, {high, high}, {low, high}, {low, low}};
}

TEST(MapLines, AreDrawnWhereTheyLieInTheMap) {
  Map map;
  map.width = map.height = 4;
  map.values.assign(16, 0);
  const std::vector<QPolygonF> no_contours;
  const std::vector<MapLine> lines{{square(0.25, 0.75), {}}};
  const QImage no_colors;
  MapScene scene{&map, no_colors, {}, Frame(), {}, Frame(), {}, no_contours, &lines};
  const QRectF whole(0, 0, 1, 1);
  const QImage with = render_scene(scene, whole, {80, 80});
  scene.lines = nullptr;
  const QImage without = render_scene(scene, whole, {80, 80});
  EXPECT_NE(with.pixel(20, 40), without.pixel(20, 40)) << "a quarter of the width";
  EXPECT_EQ(with.pixel(40, 40), without.pixel(40, 40));
  // Zoomed to its upper left quarter, the same line lies in the middle.
  scene.lines = &lines;
  const QImage close = render_scene(scene, QRectF(0, 0, 0.5, 0.5), {80, 80});
  EXPECT_GT(qGray(close.pixel(40, 60)), qGray(close.pixel(60, 60)));
}

TEST(MapLines, LabelsDoNotLieOnEachOther) {
  const std::vector<MapLine> lines{
      {square(0.45, 0.55), "20 %"}, {square(0.2, 0.8), "30 %"}, {square(0.19, 0.81), "50 %"}, {square(0, 1), "99 %"}};
  QTransform larger;
  larger.scale(200, 200);
  const auto places = label_places(
      lines, [&](const QPolygonF& points) { return larger.map(points); },
      [](const QString&) { return QSizeF(30, 12); });
  ASSERT_EQ(places.size(), 4U);
  EXPECT_TRUE(places[3]) << "the outermost comes first";
  EXPECT_TRUE(places[2]);
  EXPECT_FALSE(places[1]) << "lies under the one around it";
  EXPECT_FALSE(places[0]) << "has no room";
}

TEST(MapLines, AreKeptWithAStoredPanel) {
  auto map = std::make_shared<Map>();
  map->width = map->height = 2;
  map->values = {0, 1, 2, 3};
  PanelGrid grid;
  MapPanel panel;
  panel.map = map;
  panel.scale = {Colormap::Viridis, 0, 3};
  panel.lines = {{square(0.1, 0.9), "50 %"}, {square(0.3, 0.4), {}}};
  PanelGroup group;
  group.bar = panel.scale;
  group.panels = {panel};
  grid.rows = {{group}};
  const auto read = plate_panel_from_json(to_json(PlatePanel{"maps", 1, grid, {}}));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(std::get<PanelGrid>(read->content).rows[0][0].panels[0].lines, panel.lines);
}

}  // namespace
}  // namespace orderscope
