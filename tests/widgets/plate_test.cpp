// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/plate.h"

#include <gtest/gtest.h>

#include <QFile>
#include <QImage>
#include <QTemporaryDir>

#include "core/image/overlay.h"

namespace orderscope {
namespace {

Plate small_plate() {
  auto map = std::make_shared<Map>();
  map->height = 2;
  map->width = 2;
  map->values = {0, 1, 2, 3};
  PanelGroup group;
  group.title = QStringLiteral("gate");
  group.panels.resize(3);
  for (MapPanel& panel : group.panels) {
    panel.map = map;
    panel.scale = scale_for(*map);
    panel.label = QStringLiteral("order 1");
  }
  group.bar = group.panels[0].scale;
  Plate plate;
  plate.grid.rows = {{group}, {group}};
  plate.title = QStringLiteral("stages.2.3");
  plate.footnotes = {QStringLiteral("What was computed, on which files.")};
  return plate;
}

TEST(PanelLayout, FillsTheAreaWithSquareTilesOfOneSize) {
  const Plate plate = small_plate();
  const PanelMetrics metrics{.title = 50, .bar = 40, .caption = 10, .gap = 5};
  const double tile = fitting_tile(plate.grid, metrics, {405, 1000});
  EXPECT_DOUBLE_EQ(tile, (405.0 - 50 - 40 - 3 * 5) / 3);
  const PanelLayout layout = layout_panels(plate.grid, metrics, tile);
  EXPECT_DOUBLE_EQ(layout.size.width(), 405);
  EXPECT_DOUBLE_EQ(layout.size.height(), 2 * (tile + 10) + 5);
  EXPECT_DOUBLE_EQ(layout.rows[1][0].tiles[0].top(), tile + 10 + 5);
  EXPECT_DOUBLE_EQ(fitting_tile(plate.grid, metrics, {4000, 225}), 100) << "limited by the height";
}

TEST(Plate, PdfHoldsTextAsTextAndOnePageOfThePlatesSize) {
  QTemporaryDir folder;
  const QString path = folder.filePath(QStringLiteral("plate.pdf"));
  ASSERT_TRUE(write_plate_pdf(small_plate(), path));
  QFile file(path);
  ASSERT_TRUE(file.open(QIODevice::ReadOnly));
  const QByteArray content = file.readAll();
  EXPECT_TRUE(content.startsWith("%PDF"));
  EXPECT_TRUE(content.contains("/Font")) << "drawn as outlines there would be no font";
  EXPECT_EQ(content.count("/Type /Page\n"), 1);
}

TEST(Plate, PngHasTheAskedResolution) {
  QTemporaryDir folder;
  const QString path = folder.filePath(QStringLiteral("plate.png"));
  const Plate plate = small_plate();
  ASSERT_TRUE(write_plate_png(plate, path, 300));
  const QImage image(path);
  EXPECT_NEAR(image.width(), 180 / 25.4 * 300, 1) << "180 mm at 300 dpi, rounded to a pixel";
  EXPECT_NEAR(image.dotsPerMeterX() * 0.0254, 300, 0.1);
}

TEST(Plate, ReportsAFolderThatDoesNotExist) {
  const auto written = write_plate_pdf(small_plate(), QStringLiteral("/nonexistent/plate.pdf"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, Error::Kind::FileAccess);
  EXPECT_EQ(written.error().subject, "/nonexistent/plate.pdf");
}

}  // namespace
}  // namespace orderscope
