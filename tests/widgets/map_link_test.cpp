// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map_link.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include "tests/widgets/map_figures.h"
#include "widgets/map_grid.h"
#include "widgets/map_tile.h"

namespace orderscope {
namespace {

using test::panel_of;
using test::two_tiles;

std::shared_ptr<const Map> square_map(int side) {
  auto map = std::make_shared<Map>();
  map->height = map->width = side;
  for (int i = 0; i < side * side; ++i) map->values.push_back(static_cast<float>(i));
  return map;
}

void resize_picture(MapTile& tile, int side) { tile.resize(side, side + MapTile::caption_height(tile.font())); }

void turn_wheel(QWidget& widget, QPointF at, int delta) {
  QWheelEvent event(at, widget.mapToGlobal(at), {}, {0, delta}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
  QApplication::sendEvent(&widget, &event);
}

TEST(MapLink, ZoomKeepsThePointUnderTheCursorAndTheWholeIsTheEnd) {
  const QRectF whole(0, 0, 100, 100);
  const auto closer = zoomed(whole, whole, {30, 60}, 2);
  ASSERT_TRUE(closer);
  EXPECT_EQ(*closer, QRectF(15, 30, 50, 50));
  EXPECT_FALSE(zoomed(*closer, whole, {30, 60}, 0.4)) << "more than all is all";
  EXPECT_EQ(zoomed(whole, whole, {50, 50}, 1e9)->width(), 100.0 / 64) << "there is an end to zooming in";
  const auto corner = zoomed(QRectF(0, 0, 25, 25), whole, {25, 25}, 0.5);
  EXPECT_EQ(*corner, QRectF(0, 0, 50, 50)) << "nothing beyond the edge comes into view";
  EXPECT_EQ(panned(QRectF(0, 0, 20, 20), whole, {-500, 5}).center().x(), 0);
}

// A centre crop at 128 beside the whole photo at 224: the same place of the photo under both cross hairs, and the same
// part of it in both after a zoom.
TEST(MapLink, LinksTilesOfDifferentCropsAndResolutionsThroughThePhoto) {
  MapLink link;
  MapTile crop, whole;
  for (MapTile* tile : {&crop, &whole}) {
    tile->set_link(&link);
    resize_picture(*tile, 200);
  }
  crop.set_panel(panel_of(square_map(8)), {}, {}, Frame(20, 20, 160, 160));
  whole.set_panel(panel_of(square_map(14)), {}, {}, Frame(0, 0, 200, 200));
  QMouseEvent move(QEvent::MouseMove, QPointF(50, 100), crop.mapToGlobal(QPointF(50, 100)), Qt::NoButton, Qt::NoButton,
                   {});
  QApplication::sendEvent(&crop, &move);
  ASSERT_TRUE(link.cursor());
  EXPECT_EQ(*link.cursor(), QPointF(60, 100)) << "a quarter of 160 pixels behind the crop's left edge at 20";
  EXPECT_EQ(*whole.cursor_position(), QPointF(0.3, 0.5));
  EXPECT_EQ(*whole.value_at(*whole.cursor_position()), 7 * 14 + 4) << "30 % of 14 columns is the fifth";

  turn_wheel(crop, {50, 100}, 120);
  ASSERT_TRUE(link.window());
  EXPECT_EQ(crop.visible(), whole.visible());
  const auto there = crop.position_at({50, 100});
  ASSERT_TRUE(there);
  // Zoom and its inverse in double.
  EXPECT_NEAR(there->x(), 0.25, 1e-12) << "what was under the wheel still is";
  EXPECT_NEAR(there->y(), 0.5, 1e-12);
  turn_wheel(crop, {50, 100}, -1200);
  EXPECT_FALSE(link.window());
  EXPECT_EQ(whole.visible(), QRectF(0, 0, 200, 200));
}

TEST(MapLink, ADragMovesAZoomedViewAndChoosesNothing) {
  MapTile tile;
  resize_picture(tile, 200);
  tile.set_panel(panel_of(square_map(8)), {}, {}, Frame(0, 0, 200, 200));
  QSignalSpy clicks(&tile, &MapTile::clicked);
  tile.zoom(2, QPointF(0.5, 0.5));
  ASSERT_EQ(tile.visible(), QRectF(50, 50, 100, 100));
  QTest::mousePress(&tile, Qt::LeftButton, {}, QPoint(100, 100));
  for (const int x : {130, 160}) {
    QMouseEvent move(QEvent::MouseMove, QPointF(x, 100), tile.mapToGlobal(QPointF(x, 100)), Qt::NoButton,
                     Qt::LeftButton, {});
    QApplication::sendEvent(&tile, &move);
  }
  QTest::mouseRelease(&tile, Qt::LeftButton, {}, QPoint(160, 100));
  EXPECT_EQ(tile.visible(), QRectF(20, 50, 100, 100)) << "60 pixels of the tile are 30 of the photo";
  EXPECT_EQ(clicks.count(), 0);
  QTest::mouseDClick(&tile, Qt::LeftButton, {}, QPoint(100, 100));
  EXPECT_FALSE(tile.link()->window());
}

TEST(MapLink, LinksTwoGrids) {
  MapLink link;
  MapGrid first, second;
  for (MapGrid* grid : {&first, &second}) {
    grid->set_link(&link);
    grid->resize(600, 260);
    grid->set_grid(two_tiles());
  }
  first.set_cursor(QPointF(0.25, 0.75));
  EXPECT_EQ(second.cursor_position(), QPointF(0.25, 0.75));
  Q_EMIT first.tiles()[1]->clicked({0.5, 0.5});
  EXPECT_EQ(first.chosen(), 1);
  Q_EMIT second.tiles()[0]->left();
  EXPECT_EQ(second.cursor_position(), QPointF(0.5, 0.5)) << "pinned for both";
}

TEST(MapGrid, ZoomsWithPlusMinusAndNaughtAndMovesTheViewWithShift) {
  MapGrid grid;
  grid.resize(600, 260);
  grid.set_grid(two_tiles());
  QTest::keyClick(&grid, Qt::Key_Plus);
  ASSERT_TRUE(grid.link()->window());
  const QRectF before = grid.tiles()[1]->visible();
  QTest::keyClick(&grid, Qt::Key_Right, Qt::ShiftModifier);
  EXPECT_GT(grid.tiles()[1]->visible().left(), before.left());
  QTest::keyClick(&grid, Qt::Key_Minus);
  EXPECT_FALSE(grid.link()->window());
  QTest::keyClick(&grid, Qt::Key_Plus);
  QTest::keyClick(&grid, Qt::Key_0);
  EXPECT_FALSE(grid.link()->window());
}

TEST(MapGrid, ChoosesTilesWithControlAndArrows) {
  MapGrid grid;
  grid.resize(600, 260);
  grid.set_grid(two_tiles());
  QSignalSpy chosen(&grid, &MapGrid::tile_chosen);
  QTest::keyClick(&grid, Qt::Key_Right, Qt::ControlModifier);
  EXPECT_EQ(grid.chosen(), 0);
  QTest::keyClick(&grid, Qt::Key_Right, Qt::ControlModifier);
  QTest::keyClick(&grid, Qt::Key_Right, Qt::ControlModifier);
  EXPECT_EQ(grid.chosen(), 1);
  EXPECT_EQ(chosen.count(), 2);
  QTest::keyClick(&grid, Qt::Key_Escape);
  EXPECT_EQ(grid.chosen(), -1);
}

}  // namespace
}  // namespace orderscope
