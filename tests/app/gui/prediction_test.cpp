// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QTest>
#include <cmath>

#include "app/gui/inspector.h"
#include "app/gui/main_window.h"
#include "app/gui/orders_page.h"
#include "app/gui/prediction_image.h"
#include "app/gui/session.h"
#include "core/run/model_cache.h"
#include "widgets/banner.h"
#include "widgets/input_view.h"
#include "widgets/map_grid.h"
#include "widgets/score_list.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

constexpr int kPatience = 120000;  // milliseconds; the work takes a few seconds on an idle core
const fs::path kDense = fs::path(ORDERSCOPE_GOLDEN_DIR) / "dense";
const fs::path kPhoto = fs::path(ORDERSCOPE_SOURCE_DIR) / "resources" / "samples" / "chelsea.png";

class PredictionTest : public ::testing::Test {
 protected:
  PredictionTest() : window(make_core_engine(std::make_shared<ModelCache>())) { window.show(); }
  void open(const char* fixture) {
    window.add_files({kDense / fixture / "checkpoint.pth", kPhoto});
    ASSERT_TRUE(idle());
    ASSERT_NE(window.session().view(), nullptr) << window.orders_page()->banner()->text().toStdString();
  }
  bool idle() {
    return QTest::qWaitFor([&] { return !window.session().busy(); }, kPatience);
  }
  MainWindow window;
};

TEST_F(PredictionTest, AClickOnASegmentationExplainsTheClassThere) {
  open("upernet_small_gf");
  const auto result = window.session().result();
  ASSERT_NE(result->prediction, nullptr);
  EXPECT_FALSE(window.orders_page()->grid()->grid().empty());
  const int before = window.session().view()->class_index;
  EXPECT_EQ(before, result->scores.front().index);
  const auto& labels = result->prediction->labels;
  const int other = result->scores[1].index;
  const auto at = std::ranges::find(labels, other) - labels.begin();
  const int width = result->input.pixels.width, height = result->input.pixels.height;
  const QPointF position((static_cast<double>(at % width) + 0.5) / width,
                         (static_cast<double>(at / width) + 0.5) / height);
  EXPECT_EQ(predicted_at(*result->prediction, position), other);
  Q_EMIT window.inspector()->input()->clicked(position);
  ASSERT_TRUE(idle());
  EXPECT_EQ(window.session().view()->class_index, other);
  EXPECT_EQ(window.inspector()->scores()->chosen(), other);
}

TEST_F(PredictionTest, BoxesAreChosenByNumber) {
  open("maskrcnn_small");
  const auto result = window.session().result();
  const auto& found = result->prediction->detections.found;
  ASSERT_GT(found.size(), 1U);
  window.session().explain(1);
  ASSERT_TRUE(idle());
  EXPECT_EQ(window.session().view()->class_index, found[1].label);
  EXPECT_EQ(window.inspector()->scores()->chosen(), 1);
  const QImage all = prediction_image(*result->prediction, *result->model, 0.6);
  EXPECT_EQ(all.width(), result->input.pixels.width);
  EXPECT_NE(all, prediction_image(*result->prediction, *result->model, 0.6, 0));
}

}  // namespace
}  // namespace orderscope
