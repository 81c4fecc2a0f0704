// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/elided_name.h"

#include <gtest/gtest.h>

#include <QFont>

namespace orderscope {
namespace {

TEST(ElidedName, LosesWordsBeforeNumbers) {
  const QFontMetricsF metrics{QFont()};
  const auto cut = [&](const char* text, const char* room) {
    return elided_name(QString::fromUtf8(text), metrics, metrics.horizontalAdvance(QString::fromUtf8(room)),
                       Qt::ElideRight)
        .toStdString();
  };
  EXPECT_EQ(cut("layers.2.blocks.5", "layers.2.blocks.5"), "layers.2.blocks.5");
  EXPECT_EQ(cut("layers.2.blocks.5", "layers.2.…5"), "layers.2.…5");
  EXPECT_EQ(cut("layers.2.blocks.5", "…2.…5"), "…2.…5");
  EXPECT_EQ(cut("layers.2.blocks.15", "layers.2.…15"), "layers.2.…15");
  EXPECT_EQ(cut("stages.3.1", "…3.1"), "…3.1");
}

TEST(ElidedName, CutsOtherTextAsIsSaid) {
  const QFontMetricsF metrics{QFont()};
  const QString text = QStringLiteral("a sentence without numbers");
  const double room = metrics.horizontalAdvance(QStringLiteral("a sentence…")) + 1;
  for (const Qt::TextElideMode mode : {Qt::ElideRight, Qt::ElideMiddle})
    EXPECT_EQ(elided_name(text, metrics, room, mode), metrics.elidedText(text, mode, room));
  EXPECT_LE(metrics.horizontalAdvance(elided_name(QStringLiteral("layers.2.blocks.5"), metrics,
                                                  metrics.horizontalAdvance(QStringLiteral("l.2")), Qt::ElideRight)),
            metrics.horizontalAdvance(QStringLiteral("l.2")) + 1);
}

}  // namespace
}  // namespace orderscope
