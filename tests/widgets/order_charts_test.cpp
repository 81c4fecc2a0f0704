// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>
#include <limits>

#include "widgets/figure/custom_plot.h"
#include "widgets/stacked_plot.h"
#include "widgets/waterfall.h"

namespace orderscope {
namespace {

std::vector<StackedColumn> two_columns() {
  return {{QStringLiteral("stages.0.0"),
           0,
           {{QStringLiteral("order 1"), Qt::red, 0.25}, {QStringLiteral("order 2"), Qt::blue, 0.75}}},
          {QStringLiteral("stages.1.0"), 1, {{QStringLiteral("order 1"), Qt::red, 1.0}}}};
}

TEST(Waterfall, EveryBarBeginsWhereTheLastOneEnded) {
  Waterfall chart;
  chart.resize(400, 120);
  chart.set_bars({{QStringLiteral("a"), 2},
                  {QStringLiteral("b"), -3},
                  {QStringLiteral("c"), 0.5},
                  {QStringLiteral("sum"), -0.5, true}},
                 QStringLiteral("logit"));
  EXPECT_EQ(chart.span(1), (std::pair<double, double>(2, -1)));
  EXPECT_EQ(chart.span(2), (std::pair<double, double>(-1, -0.5)));
  EXPECT_EQ(chart.span(3), (std::pair<double, double>(0, -0.5)));
  EXPECT_NEAR(chart.bar_rect(0).right(), chart.bar_rect(1).right(), 1e-9);
  EXPECT_NEAR(chart.bar_rect(1).left(), chart.bar_rect(2).left(), 1e-9);
  EXPECT_TRUE(chart.accessibleDescription().contains(QStringLiteral("sum")));
  EXPECT_FALSE(chart.grab().isNull());
}

TEST(Waterfall, HoldsNothingZerosAndNan) {
  Waterfall chart;
  chart.resize(200, 40);
  EXPECT_FALSE(chart.grab().isNull());
  chart.set_bars({{QStringLiteral("a"), 0}, {QStringLiteral("b"), std::numeric_limits<double>::quiet_NaN()}}, {});
  EXPECT_FALSE(chart.grab().isNull());
}

TEST(StackedPlot, PartsStandOnEachOther) {
  StackedPlot plot;
  plot.resize(300, 160);
  plot.set_columns(two_columns(), QStringLiteral("share"));
  ASSERT_EQ(plot.plot()->plottableCount(), 2);
  const auto* second = qobject_cast<QCPBars*>(plot.plot()->plottable(1));
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->barBelow(), plot.plot()->plottable(0));
  plot.set_columns({}, {});
  EXPECT_EQ(plot.plot()->plottableCount(), 0);
  EXPECT_FALSE(plot.grab().isNull());
}

TEST(StackedPlot, AClickAndTheArrowKeysChooseAColumn) {
  StackedPlot plot;
  plot.resize(300, 160);
  plot.set_columns(two_columns(), QStringLiteral("share"));
  plot.set_current(0);
  plot.show();
  plot.plot()->replot();
  QSignalSpy chosen(&plot, &StackedPlot::column_chosen);
  EXPECT_EQ(plot.column_at(plot.column_center(1)), 1);
  QTest::mouseClick(plot.plot(), Qt::LeftButton, {}, plot.plot()->mapFrom(&plot, plot.column_center(1).toPoint()));
  ASSERT_EQ(chosen.count(), 1);
  EXPECT_EQ(chosen[0][0].toInt(), 1);
  QTest::keyClick(&plot, Qt::Key_Right);
  ASSERT_EQ(chosen.count(), 2);
  QTest::keyClick(&plot, Qt::Key_Left);
  EXPECT_EQ(chosen.count(), 2) << "there is none before the first";
}

}  // namespace
}  // namespace orderscope
