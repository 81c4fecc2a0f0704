// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/matrix_view.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>
#include <cmath>

namespace orderscope {
namespace {

Matrix two_by_three() {
  Matrix matrix;
  matrix.name = "cka";
  matrix.rows = {"stages.0.0", "stages.1.0"};
  matrix.columns = {"layers.0.blocks.0", "layers.0.blocks.1", "layers.1.blocks.0"};
  matrix.values = {1, 0.5, 0, 0.25, NAN, 0.75};
  return matrix;
}

class MatrixViewTest : public ::testing::Test {
 protected:
  MatrixViewTest() {
    view.resize(260, 200);
    view.set_matrix(two_by_three(), {QStringLiteral("hornet"), Qt::blue, {0, 1}},
                    {QStringLiteral("swin"), Qt::green, {0, 0, 1}}, {Colormap::Magma, 0, 1});
  }

  MatrixView view;
};

TEST_F(MatrixViewTest, PaintsEachCellInItsColour) {
  const QImage image = view.grab().toImage();
  const qreal ratio = view.devicePixelRatioF();
  const auto at = [&](int row, int column) {
    return image.pixel((view.cell_rect(row, column).center() * ratio).toPoint());
  };
  const ColorScale scale{Colormap::Magma, 0, 1};
  EXPECT_EQ(at(0, 0), to_qrgb(scale(1)));
  EXPECT_EQ(at(1, 2), to_qrgb(scale(0.75F)));
  EXPECT_EQ(at(1, 1), to_qrgb(missing_color(Colormap::Magma)));
}

TEST_F(MatrixViewTest, OpensTheCellThatIsClickedOrChosenByKeys) {
  QSignalSpy opened(&view, &MatrixView::cell_opened);
  QTest::mouseClick(&view, Qt::LeftButton, {}, view.cell_rect(1, 2).center().toPoint());
  ASSERT_EQ(opened.count(), 1);
  EXPECT_EQ(opened[0][0].toInt(), 1);
  EXPECT_EQ(opened[0][1].toInt(), 2);
  QTest::keyClick(&view, Qt::Key_Up);
  QTest::keyClick(&view, Qt::Key_Left);
  QTest::keyClick(&view, Qt::Key_Return);
  ASSERT_EQ(opened.count(), 2);
  EXPECT_EQ(opened[1][0].toInt(), 0);
  EXPECT_EQ(opened[1][1].toInt(), 1);
  EXPECT_TRUE(view.accessibleDescription().contains(QStringLiteral("0.5")));
  QTest::mouseClick(&view, Qt::LeftButton, {}, QPoint(259, 199));
  EXPECT_EQ(opened.count(), 2) << "beside the cells there is nothing to open";
}

TEST(MatrixView, IsNothingWithoutAMatrix) {
  MatrixView view;
  view.resize(200, 200);
  QTest::keyClick(&view, Qt::Key_Down);
  EXPECT_FALSE(view.grab().isNull());
  EXPECT_EQ(view.heightForWidth(200), 0);
}

}  // namespace
}  // namespace orderscope
