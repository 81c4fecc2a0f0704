// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/chart.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace orderscope {
namespace {

constexpr Rgb kRed{220, 20, 20};

std::int64_t pixels_like(const Image& image, Rgb color, int left = 0, int right = 1 << 30) {
  std::int64_t count = 0;
  for (int y = 0; y < image.height; ++y)
    for (int x = left; x < std::min(right, image.width); ++x) {
      const std::uint8_t* p = image.row(y) + 3 * x;
      count += std::abs(p[0] - color.r) + std::abs(p[1] - color.g) + std::abs(p[2] - color.b) < 40;
    }
  return count;
}

Chart falling_line() {
  Chart chart;
  chart.title = "loss";
  chart.x_label = "epoch";
  chart.y_label = "cross entropy";
  chart.lines = {{"train", {0, 1, 2, 3}, {4, 3, 2, 1}}};
  chart.lines[0].color = kRed;
  return chart;
}

TEST(Chart, DrawsALineFromTopLeftToBottomRight) {
  const auto image = draw_chart(falling_line());
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->width, 800);
  EXPECT_EQ(image->height, 500);
  const auto height_at = [&](int left, int right) {
    double sum = 0, count = 0;
    for (int y = 0; y < image->height; ++y)
      for (int x = left; x < right; ++x)
        if (image->row(y)[3 * x] > 150 && image->row(y)[3 * x + 1] < 90) sum += y, ++count;
    return count > 0 ? sum / count : -1;
  };
  const double early = height_at(100, 200), late = height_at(600, 700);
  ASSERT_GT(early, 0);
  EXPECT_GT(late, early + 100);
}

TEST(Chart, NanInterruptsALineAndBandsArePaler) {
  Chart chart = falling_line();
  chart.lines[0].x = {0, 1, 2, 3, 4};
  chart.lines[0].y = {1, 1, std::nan(""), 1, 1};
  const auto broken = draw_chart(chart);
  chart.lines[0].y = {1, 1, 1, 1, 1};
  const auto whole = draw_chart(chart);
  ASSERT_TRUE(broken && whole);
  EXPECT_EQ(pixels_like(*broken, kRed, 390, 430), 0);
  EXPECT_GT(pixels_like(*whole, kRed, 390, 430), 40);

  chart.lines[0].low = {0, 0, 0, 0, 0};
  chart.lines[0].high = {2, 2, 2, 2, 2};
  const auto banded = draw_chart(chart);
  ASSERT_TRUE(banded);
  const Rgb pale{249, 213, 213};  // 18 % of the red on white
  EXPECT_GT(pixels_like(*banded, pale), pixels_like(*whole, pale) + 10'000);
}

TEST(Chart, RefusesWhatCannotBeDrawn) {
  Chart chart = falling_line();
  chart.lines[0].y.pop_back();
  EXPECT_FALSE(draw_chart(chart));
  chart = falling_line();
  chart.lines[0].y = std::vector<double>(4, std::numeric_limits<double>::infinity());
  EXPECT_FALSE(draw_chart(chart));
  chart = falling_line();
  chart.width = 10;
  EXPECT_FALSE(draw_chart(chart));
  chart = falling_line();
  chart.y_range = ChartRange{1, 1};
  EXPECT_FALSE(draw_chart(chart));
  EXPECT_FALSE(draw_chart({}));
}

TEST(Chart, OneValueEverywhereStillHasAnAxis) {
  Chart chart = falling_line();
  chart.lines[0].x = {2};
  chart.lines[0].y = {5};
  const auto image = draw_chart(chart);
  ASSERT_TRUE(image);
  EXPECT_GT(pixels_like(*image, kRed), 0);
}

TEST(MatrixFigure, CellsHaveTheirColours) {
  MatrixFigure figure;
  figure.rows = {"cat", "dog"};
  figure.columns = {"a rather long name", "b", "c"};
  figure.values = {0, 0.5, 1, 1, 0, std::nan("")};
  figure.scale = {Colormap::Gray, 0, 1};
  figure.write_values = true;
  const auto image = draw_matrix(figure);
  ASSERT_TRUE(image) << image.error().message();
  // 64-pixel cells; letters cover little of them.
  EXPECT_GT(pixels_like(*image, {0, 0, 0}), 2 * 3000);
  EXPECT_GT(pixels_like(*image, missing_color(Colormap::Gray)), 3000);
  figure.values.pop_back();
  EXPECT_FALSE(draw_matrix(figure));
  EXPECT_FALSE(draw_matrix({}));
}

}  // namespace
}  // namespace orderscope
