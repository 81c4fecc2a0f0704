// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/curve_plot.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "widgets/figure/custom_plot.h"

namespace orderscope {
namespace {

TEST(CurvePlot, DrawsALineABandAndANameForEachCurve) {
  CurvePlot plot;
  plot.resize(300, 220);
  plot.set_curves({{QStringLiteral("hornet"), Qt::blue, {0, 1, 2}, {1, 0.5, 0.2}},
                   {QStringLiteral("swin"), Qt::green, {0, 1, 2}, {1, 0.4, 0.2}, {1, 0.3, 0.1}, {1, 0.5, 0.3}}},
                  QStringLiteral("degree"), QStringLiteral("share"));
  EXPECT_EQ(plot.plot()->graphCount(), 4) << "two lines, and two that bound a band";
  ASSERT_EQ(plot.plot()->itemCount(), 2);
  const auto* first = qobject_cast<QCPItemText*>(plot.plot()->item(0));
  const auto* second = qobject_cast<QCPItemText*>(plot.plot()->item(1));
  EXPECT_NE(first->position->value(), second->position->value()) << "names at the same end stand apart";
  EXPECT_FALSE(plot.grab().isNull());
}

TEST(CurvePlot, NamesStayInsideTheAxisAndApartFromEachOther) {
  CurvePlot plot;
  plot.resize(300, 220);
  std::vector<PlottedCurve> curves;
  for (int i = 0; i < 6; ++i)  // three end at the top of the axis, three at its end below
    curves.push_back({QString::number(i), Qt::blue, {0, 1}, {0.5, i < 3 ? 1.0 : 1e-9}});
  plot.set_curves(curves, {}, {}, true, 1e-6, 1);
  std::vector<double> places;
  for (int i = 0; i < plot.plot()->itemCount(); ++i)
    places.push_back(qobject_cast<QCPItemText*>(plot.plot()->item(i))->position->value());
  ASSERT_EQ(places.size(), 6U);
  std::ranges::sort(places);
  EXPECT_GT(places.front(), 1e-6);
  EXPECT_LT(places.back(), 1);
  for (std::size_t i = 1; i < places.size(); ++i)
    EXPECT_GT(places[i] / places[i - 1], 1.5) << "six decades, 220 pixels";
}

TEST(CurvePlot, ALogAxisHoldsZeros) {
  CurvePlot plot;
  plot.resize(300, 220);
  plot.set_curves({{QStringLiteral("convnext"), Qt::red, {0, 1, 2}, {1, 0, 0}}}, {}, {}, true, 1e-12, 2);
  EXPECT_EQ(plot.plot()->graph(0)->data()->at(1)->value, 1e-12);
  plot.set_curves({}, {}, {});
  EXPECT_EQ(plot.plot()->graphCount(), 0);
}

}  // namespace
}  // namespace orderscope
