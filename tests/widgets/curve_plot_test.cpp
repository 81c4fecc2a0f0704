// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/curve_plot.h"

#include <gtest/gtest.h>

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
