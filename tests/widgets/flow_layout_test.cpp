// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/flow_layout.h"

#include <gtest/gtest.h>

#include <QWidget>

#include "widgets/elided_label.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

constexpr int kGap = 2 * kStep, kWide = 100, kHigh = 20;

/// A title and four controls of 100 x 20 pixels.
class FlowLayoutTest : public ::testing::Test {
 protected:
  FlowLayoutTest() {
    layout->addWidget(title);
    for (QWidget*& control : controls) {
      control = new QWidget(&line);
      control->setFixedSize(kWide, kHigh);
      layout->addWidget(control);
    }
    title->set_text(QStringLiteral("Why?"));
  }
  void lay_out(int width) {
    line.resize(width, layout->heightForWidth(width));
    layout->setGeometry(line.rect());
  }

  QWidget line;
  FlowLayout* layout = new FlowLayout(&line);
  ElidedLabel* title = new ElidedLabel(QPalette::WindowText, &line);
  QWidget* controls[4];
};

TEST_F(FlowLayoutTest, IsOneLineWhereThereIsRoomAndTheTitleTakesTheRest) {
  lay_out(1000);
  EXPECT_EQ(line.height(), kHigh);
  EXPECT_EQ(title->x(), 0);
  EXPECT_EQ(controls[0]->x(), title->geometry().right() + 1 + kGap);
  EXPECT_EQ(controls[3]->geometry().right() + 1, 1000) << "controls stand at the right";
}

TEST_F(FlowLayoutTest, BreaksWhereThereIsNone) {
  const int for_two = title->sizeHint().width() + 2 * (kWide + kGap);
  lay_out(for_two + 10);
  EXPECT_EQ(line.height(), 2 * kHigh + kGap);
  for (const QWidget* control : controls) {
    EXPECT_EQ(control->width(), kWide) << "nothing is squeezed";
    EXPECT_TRUE(line.rect().contains(control->geometry()));
  }
  EXPECT_EQ(controls[1]->y(), 0);
  EXPECT_EQ(controls[2]->y(), kHigh + kGap);
  EXPECT_EQ(controls[3]->geometry().right(), controls[1]->geometry().right()) << "both lines end at the right";
}

TEST_F(FlowLayoutTest, WhatIsHiddenTakesNoRoomAndWithoutATitleLinesBeginAtTheLeft) {
  title->hide();
  controls[0]->hide();
  lay_out(2 * kWide + kGap);
  EXPECT_EQ(controls[1]->pos(), QPoint(0, 0));
  EXPECT_EQ(controls[3]->pos(), QPoint(0, kHigh + kGap));
  EXPECT_EQ(layout->minimumSize(), QSize(kWide, kHigh)) << "it never asks for more than its widest";
}

}  // namespace
}  // namespace orderscope
