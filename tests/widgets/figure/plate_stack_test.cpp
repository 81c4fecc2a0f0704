// SPDX-License-Identifier: GPL-3.0-or-later
// Panels beside a tall one lie under each other.
#include <gtest/gtest.h>

#include "tests/widgets/figure/sample_plate.h"

namespace orderscope {
namespace {

/// Maps in `rows` rows on three fifths of the width, and `plots` plots for the rest of it.
Plate tall_maps(int rows, int plots) {
  Plate plate;
  plate.grid.photo = test::photo(112);
  for (int row = 0; row < rows; ++row) plate.grid.rows.push_back({test::wave_group(QStringLiteral("stage"), 3, true)});
  plate.grid_width = 0.6;
  for (int i = 0; i < plots; ++i) {
    PlotPanel plot;
    plot.lines = {{QStringLiteral("line"), {0, 1, 2}, {0, 1, 0.5}}};
    plate.panels.push_back({QStringLiteral("plot"), 0.4, plot, {}});
  }
  return plate;
}

TEST(PlateStack, PlotsTakeTheRoomBesideTallMaps) {
  const double alone = plate_height_mm(tall_maps(4, 1));
  EXPECT_EQ(plate_height_mm(tall_maps(4, 2)), alone);
  EXPECT_EQ(plate_height_mm(tall_maps(4, 3)), alone);
  EXPECT_GT(plate_height_mm(tall_maps(4, 5)), alone + 10) << "the fifth one has no room there";
}

TEST(PlateStack, ALineBeginsWhereMapsAreLow) {
  const double one = plate_height_mm(tall_maps(1, 1));
  EXPECT_GT(plate_height_mm(tall_maps(1, 2)), one + 10);
}

TEST(PlateStack, LettersGoOnFromTheMapsToThePlots) {
  const auto made = plate_bytes(tall_maps(4, 2), PlateFormat::Svg);
  ASSERT_TRUE(made) << made.error().message();
  const QString svg = QString::fromUtf8(*made);
  for (const char* letter : {"a", "b", "c", "d", "e", "f"})
    EXPECT_EQ(svg.count(QStringLiteral(">%1</text>").arg(letter)), 1) << letter;
}

}  // namespace
}  // namespace orderscope
