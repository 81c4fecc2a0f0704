// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QApplication>
#include <QClipboard>
#include <QMenu>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QTest>
#include <cmath>

#include "tests/widgets/map_figures.h"
#include "widgets/color_bar.h"
#include "widgets/figure/contours.h"
#include "widgets/map_copy.h"
#include "widgets/map_grid.h"
#include "widgets/map_link.h"
#include "widgets/map_tile.h"

namespace orderscope {
namespace {

using test::panel_of;
using test::two_tiles;
using test::wide_map;

int channel_distance(QRgb a, QRgb b) {
  return std::max({std::abs(qRed(a) - qRed(b)), std::abs(qGreen(a) - qGreen(b)), std::abs(qBlue(a) - qBlue(b))});
}

TEST(RegionImage, AgreesWithTheWholePictureAndIsTransparentBeyondTheMap) {
  const auto map = wide_map();
  const ColorScale scale = scale_for(*map);
  const QImage whole = color_image(*map, scale, {80, 40}, true);
  const QImage part = color_region(*map, scale, {0.25, 0.5, 0.5, 0.25}, {40, 10}, true);
  for (int y = 0; y < 10; ++y)
    for (int x = 0; x < 40; ++x)
      // The table of colours has 2048 entries: half an entry is less than one step of a channel.
      ASSERT_LE(channel_distance(part.pixel(x, y), whole.pixel(x + 20, y + 20)), 1) << x << ", " << y;
  const QImage beyond = color_region(*map, scale, {-0.5, 0, 2, 1}, {8, 4}, false);
  EXPECT_EQ(qAlpha(beyond.pixel(0, 0)), 0);
  EXPECT_EQ(beyond.pixel(2, 0), to_qrgb(scale(0)));
  EXPECT_EQ(beyond.pixel(5, 3), to_qrgb(scale(13)));
  EXPECT_EQ(qAlpha(beyond.pixel(7, 3)), 0);
}

TEST(RegionImage, ShowsWhatHasNoValueAndAScaleOfNoExtent) {
  Map map = *wide_map();
  map.values[0] = NAN;
  map.values[7] = INFINITY;
  const ColorScale scale{Colormap::Viridis, 0, 13};
  const QImage image = color_region(map, scale, {0, 0, 1, 1}, {40, 20}, true);
  EXPECT_EQ(image.pixel(0, 0), to_qrgb(missing_color(Colormap::Viridis)));
  EXPECT_EQ(image.pixel(39, 19), to_qrgb(color(Colormap::Viridis, 1)));
  const ColorScale flat{Colormap::Diverging, 2, 2};
  EXPECT_EQ(color_region(map, flat, {0, 0, 1, 1}, {4, 2}, true).pixel(1, 1), to_qrgb(flat(2)));
}

Map cone(int side) {
  Map map;
  map.height = map.width = side;
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x)
      map.values.push_back(static_cast<float>(std::hypot((x + 0.5) / side - 0.5, (y + 0.5) / side - 0.5)));
  return map;
}

TEST(Contours, OfAConeIsOneClosedCircle) {
  const auto lines = contour_lines(cone(64), 0.3F);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].front(), lines[0].back());
  // The cone is curved across a cell of 1/64: the chord lies within a quarter of a cell of it.
  for (const QPointF& point : lines[0]) EXPECT_NEAR(std::hypot(point.x() - 0.5, point.y() - 0.5), 0.3, 1.0 / 256);
}

TEST(Contours, OpenLinesEndAtTheRimAndSaddlesAndHolesAreSurvived) {
  Map ramp = *wide_map();
  const auto lines = contour_lines(ramp, 6);
  ASSERT_EQ(lines.size(), 1U) << "between the two rows, from the left rim to the right";
  const double ends[] = {lines[0].front().x(), lines[0].back().x()};
  EXPECT_EQ(std::min(ends[0], ends[1]), 0);
  EXPECT_EQ(std::max(ends[0], ends[1]), 1);
  Map saddle;
  saddle.height = saddle.width = 2;
  saddle.values = {1, 0, 0, 1};
  EXPECT_EQ(contour_lines(saddle, 0.4F).size(), 2U);
  ramp.values.assign(8, NAN);
  EXPECT_TRUE(contour_lines(ramp, 6).empty());
  EXPECT_TRUE(contour_lines({}, 6).empty());
}

TEST(Contours, LevelsDivideTheScaleAndMirrorASignedOne) {
  EXPECT_EQ(contour_levels({Colormap::Viridis, 0, 4}, 3), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(contour_levels(signed_scale(3), 2), (std::vector<float>{-2, -1, 1, 2}));
}

TEST(MapCopy, NumbersComeBackAsTheyWere) {
  Map map = *wide_map();
  map.values[1] = 0.1F;
  map.values[4] = -1.17549435e-38F;
  const QString text = map_as_tsv(map);
  const QStringList rows = text.split('\n', Qt::SkipEmptyParts);
  ASSERT_EQ(rows.size(), 2);
  for (int y = 0; y < 2; ++y) {
    const QStringList cells = rows[y].split('\t');
    ASSERT_EQ(cells.size(), 4);
    for (int x = 0; x < 4; ++x) EXPECT_EQ(cells[x].toFloat(), map.at(y, x));
  }
}

TEST(MapCopy, ControlCCopiesThePictureAndWithShiftTheNumbers) {
  MapGrid grid;
  grid.resize(600, 260);
  grid.set_grid(two_tiles());
  QTest::keyClick(&grid, Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_EQ(QGuiApplication::clipboard()->text(), map_as_tsv(*wide_map()));
  QTest::keyClick(&grid, Qt::Key_C, Qt::ControlModifier);
  EXPECT_GE(QGuiApplication::clipboard()->image().width(), 511) << "512, rounded to whole pixels";
}

TEST(ColorBar, ADragOfTheHighEndSetsTheRangeAndADoubleClickGivesItBack) {
  MapGrid grid;
  grid.resize(600, 260);
  grid.set_grid(two_tiles());
  ColorBar* bar = grid.bars()[0];
  const QPoint high = bar->handle(1).toPoint(), low = bar->handle(0).toPoint();
  const QPoint middle = (high + low) / 2;
  QTest::mousePress(bar, Qt::LeftButton, {}, high);
  QMouseEvent move(QEvent::MouseMove, middle, bar->mapToGlobal(middle), Qt::NoButton, Qt::LeftButton, {});
  QApplication::sendEvent(bar, &move);
  QTest::mouseRelease(bar, Qt::LeftButton, {}, middle);
  ASSERT_TRUE(bar->choice());
  // To a pixel of the bar, which is about 200 high.
  EXPECT_NEAR(bar->choice()->high, 6.5, 13.0 / 150);
  EXPECT_EQ(grid.grid().rows[0][0].panels[1].scale.high, static_cast<float>(bar->choice()->high));
  EXPECT_EQ(grid.grid().rows[0][0].bar.high, static_cast<float>(bar->choice()->high));
  grid.set_grid(two_tiles());
  EXPECT_TRUE(grid.bars()[0]->choice()) << "another result keeps the range";
  QTest::mouseDClick(bar, Qt::LeftButton, {}, middle);
  EXPECT_FALSE(bar->choice());
  EXPECT_EQ(grid.grid().rows[0][0].bar.high, 13);
  QTest::keyClick(bar, Qt::Key_Down);
  EXPECT_NEAR(bar->choice()->high, 13 * 0.98, 1e-9);
}

TEST(ScaleChoice, KeepsSignedScalesCentredAndReadsRelativeOnesAsFractions) {
  EXPECT_EQ(chosen_scale(signed_scale(4), {-1, 3}, false), signed_scale(3));
  EXPECT_EQ(chosen_scale(signed_scale(4), {-0.5, 0.5}, true), signed_scale(2));
  EXPECT_EQ(chosen_scale({Colormap::Magma, 1, 3}, {0.25, 0.5}, true), (ColorScale{Colormap::Magma, 1.5F, 2}));
}

TEST(MapTile, TheDividerShowsTheOtherMapToItsRight) {
  MapTile tile;
  tile.resize(200, 100 + MapTile::caption_height(tile.font()));
  auto flat = std::make_shared<Map>(*wide_map());
  flat->values.assign(8, 5);
  MapPanel left = panel_of(wide_map()), right = panel_of(flat);
  left.scale = right.scale = {Colormap::Viridis, 0, 13};
  tile.set_panel(left, {}, {.opacity = 1, .interpolate = false});
  tile.set_swipe(right);
  tile.set_divider(0.5);
  QTest::mousePress(&tile, Qt::LeftButton, {}, QPoint(100, 20));
  QMouseEvent move(QEvent::MouseMove, QPointF(60, 20), tile.mapToGlobal(QPointF(60, 20)), Qt::NoButton, Qt::LeftButton,
                   {});
  QApplication::sendEvent(&tile, &move);
  QTest::mouseRelease(&tile, Qt::LeftButton, {}, QPoint(60, 20));
  EXPECT_NEAR(tile.divider(), 0.3, 1e-9);
  const QImage image = tile.grab().toImage();
  const qreal ratio = tile.devicePixelRatioF();
  const auto pixel = [&](double x, double y) { return image.pixel((QPointF(x, y) * ratio).toPoint()); };
  EXPECT_EQ(pixel(20, 90), to_qrgb(left.scale(10)));
  EXPECT_EQ(pixel(180, 90), to_qrgb(left.scale(5)));
}

TEST(MapGrid, MenuChangesTheStyleAndSaysSo) {
  MapGrid grid;
  grid.resize(600, 260);
  grid.set_grid(two_tiles());
  QSignalSpy styles(&grid, &MapGrid::style_chosen);
  int opened = -1;
  QObject::connect(&grid, &MapGrid::menu_opening, [&](int tile, QMenu*) { opened = tile; });
  const std::unique_ptr<QMenu> menu(grid.make_menu(1));
  EXPECT_EQ(opened, 1);
  bool found = false;
  for (QAction* action : menu->findChildren<QAction*>())
    if (action->text() == QStringLiteral("magma")) {
      action->trigger();
      found = true;
    }
  EXPECT_TRUE(found);
  EXPECT_EQ(styles.count(), 1);
  EXPECT_EQ(grid.grid().style.colormap, Colormap::Magma);
}

TEST(MapGrid, AsksForHeightRatherThanForSmallTiles) {
  PanelGrid grid = two_tiles();
  while (grid.rows.size() < 4) grid.rows.push_back(grid.rows.front());
  MapGrid maps;
  maps.set_title_width(0);
  maps.set_smallest_tile(30);
  maps.set_grid(grid);
  maps.resize(600, 200);
  maps.show();
  EXPECT_LT(maps.tiles().front()->width(), 40) << "four rows in 200 pixels";
  maps.set_comfortable_tile(100);
  const int height = maps.heightForWidth(600);
  EXPECT_GE(height, 400);
  maps.resize(600, height);
  EXPECT_EQ(maps.tiles().front()->width(), 100);
  EXPECT_LT(maps.heightForWidth(200), height) << "not wider than there is room for, though";
}

TEST(MapGrid, PaintsColumnHeadsProgressAndNotesWithoutMaps) {
  PanelGrid content = two_tiles();
  content.columns = {{.title = QStringLiteral("hornet"), .color = Qt::blue}, {.title = QStringLiteral("swin")}};
  content.rows[0][0].panels[0].map = nullptr;
  content.rows[0][0].panels[0].progress = 0.5;
  content.rows[0][0].panels[0].note = QStringLiteral("computing");
  MapGrid grid;
  grid.resize(600, 260);
  grid.set_grid(content);
  EXPECT_FALSE(grid.grab().isNull());
  EXPECT_GT(grid.tiles()[0]->y(), 0) << "there is room for the heads";
}

}  // namespace
}  // namespace orderscope
