// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map_tile.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>

#include "tests/widgets/map_figures.h"
#include "widgets/map_grid.h"

namespace orderscope {
namespace {

using test::panel_of;
using test::two_tiles;
using test::wide_map;

TEST(MapTile, GivesTheValueOfTheCellUnderAPositionInANonSquareMap) {
  MapTile tile;
  tile.set_panel(panel_of(wide_map()), {}, {});
  EXPECT_EQ(tile.value_at({0.0, 0.0}), 0.0F);
  EXPECT_EQ(tile.value_at({0.30, 0.2}), 1.0F);
  EXPECT_EQ(tile.value_at({0.30, 0.8}), 11.0F);
  EXPECT_EQ(tile.value_at({1.0, 1.0}), 13.0F);
  EXPECT_FALSE(tile.value_at({1.01, 0.5}).has_value());
}

TEST(MapTile, KeepsTheProportionsOfANonSquareMapAndFindsPositionsInIt) {
  MapTile tile;
  tile.resize(200, 200 + MapTile::caption_height(tile.font()));
  tile.set_panel(panel_of(wide_map()), {}, {});
  EXPECT_EQ(tile.picture_rect(), QRectF(0, 50, 200, 100));
  EXPECT_EQ(tile.position_at({50, 100}), QPointF(0.25, 0.5));
  EXPECT_FALSE(tile.position_at({50, 40}).has_value());
}

TEST(MapTile, EmitsWhereTheMouseIs) {
  MapTile tile;
  tile.resize(200, 200 + MapTile::caption_height(tile.font()));
  tile.set_panel(panel_of(wide_map()), {}, {});
  std::optional<QPointF> clicked;
  QObject::connect(&tile, &MapTile::clicked, [&](QPointF position) { clicked = position; });
  QTest::mouseClick(&tile, Qt::LeftButton, {}, QPoint(150, 125));
  ASSERT_TRUE(clicked.has_value());
  EXPECT_EQ(*clicked, QPointF(0.75, 0.75));
  clicked.reset();
  QTest::mouseClick(&tile, Qt::LeftButton, {}, QPoint(150, 10));
  EXPECT_FALSE(clicked.has_value()) << "beside the picture there is nothing to click";
}

TEST(MapTile, PaintsFlatCellsInTheColoursOfTheScale) {
  MapTile tile;
  tile.resize(80, 80 + MapTile::caption_height(tile.font()));
  const MapPanel panel = panel_of(wide_map());
  tile.set_panel(panel, {}, {.opacity = 1, .interpolate = false});
  const QImage image = tile.grab().toImage();
  const qreal ratio = tile.devicePixelRatioF();
  const auto pixel = [&](double x, double y) {
    return image.pixel(static_cast<int>(x * ratio), static_cast<int>(y * ratio));
  };
  // The picture is 80 x 40, from y = 20 on; a cell is 20 x 20.
  EXPECT_EQ(pixel(10, 30), to_qrgb(panel.scale(0)));
  EXPECT_EQ(pixel(70, 50), to_qrgb(panel.scale(13)));
  EXPECT_EQ(pixel(30, 50), to_qrgb(panel.scale(11)));
}

TEST(MapGrid, LinksTheCursorOfAllTilesAndPinsItOnAClick) {
  MapGrid grid;
  grid.resize(600, 260);
  grid.set_grid(two_tiles());
  ASSERT_EQ(grid.tiles().size(), 2U);
  MapTile* first = grid.tiles()[0];
  MapTile* second = grid.tiles()[1];
  Q_EMIT first->hovered({0.25, 0.75});
  EXPECT_EQ(second->cursor_position(), QPointF(0.25, 0.75));
  Q_EMIT first->left();
  EXPECT_FALSE(second->cursor_position().has_value());

  Q_EMIT second->clicked({0.5, 0.5});
  Q_EMIT first->hovered({0.1, 0.1});
  Q_EMIT first->left();
  EXPECT_EQ(first->cursor_position(), QPointF(0.5, 0.5));
  QTest::keyClick(&grid, Qt::Key_Escape);
  EXPECT_FALSE(first->cursor_position().has_value());
}

TEST(MapGrid, MovesTheCursorCellByCellWithTheArrowKeys) {
  MapGrid grid;
  grid.resize(600, 260);
  grid.set_grid(two_tiles());
  grid.set_cursor(QPointF(0.375, 0.25));
  QTest::keyClick(&grid, Qt::Key_Right);
  EXPECT_EQ(grid.cursor_position(), QPointF(0.625, 0.25));
  QTest::keyClick(&grid, Qt::Key_Up);
  EXPECT_EQ(grid.cursor_position(), QPointF(0.625, 0.25)) << "the first row is the end";
}

}  // namespace
}  // namespace orderscope
