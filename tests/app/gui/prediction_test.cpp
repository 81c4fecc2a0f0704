// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QApplication>
#include <QLabel>
#include <QListView>
#include <QMouseEvent>
#include <QTest>
#include <QToolButton>
#include <algorithm>
#include <cmath>

#include "app/gui/attribution_checks.h"
#include "app/gui/attribution_page.h"
#include "app/gui/inspector.h"
#include "app/gui/main_window.h"
#include "app/gui/orders_mixer.h"
#include "app/gui/orders_page.h"
#include "app/gui/orders_work.h"
#include "app/gui/prediction_controls.h"
#include "app/gui/prediction_image.h"
#include "app/gui/session.h"
#include "core/run/model_cache.h"
#include "widgets/banner.h"
#include "widgets/input_view.h"
#include "widgets/map_grid.h"
#include "widgets/result_area.h"
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

TEST_F(PredictionTest, TheMixerSaysThatItIsForClassifiers) {
  open("upernet_small_gf");
  const MixerSection* mixer = window.orders_page()->mixer();
  EXPECT_TRUE(mixer->sliders().empty());
  EXPECT_FALSE(mixer->isHidden());
  EXPECT_TRUE(mixer->change()->text().contains(QStringLiteral("classifiers only")));
}

TEST_F(PredictionTest, OrdersComeBackAfterAnotherPageTookTheMemory) {
  open("maskrcnn_small");
  OrdersWork& work = window.orders_page()->work();
  window.show_page(QStringLiteral("orders"));
  const auto ready = [&] { return QTest::qWaitFor([&] { return work.terms() != nullptr && work.idle(); }, kPatience); };
  ASSERT_TRUE(ready());
  const auto before = work.terms();
  window.show_page(QStringLiteral("compare"));
  EXPECT_EQ(work.terms(), before) << "what is shown stays";
  window.show_page(QStringLiteral("orders"));
  EXPECT_TRUE(work.idle()) << "and is not computed again";
  window.session().select_block(0);
  ASSERT_TRUE(ready());
  EXPECT_NE(work.terms(), before);
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
  PredictionLook look;
  const QImage all = prediction_image(*result->prediction, *result->model, look);
  EXPECT_EQ(all.width(), result->input.pixels.width);
  look.only_chosen = true;
  look.explained = 0;
  EXPECT_NE(all, prediction_image(*result->prediction, *result->model, look));
  // A drag over a box explains it.
  const Box& box = found[2].box;
  const CropBox& crop = result->input.crop;
  Q_EMIT window.inspector()->input()->part_chosen(
      QRectF(QPointF(double(box[0]) / crop.width, double(box[1]) / crop.height),
             QPointF(double(box[2]) / crop.width, double(box[3]) / crop.height)));
  ASSERT_TRUE(idle());
  EXPECT_EQ(window.session().chosen_class(), 2);
  // Its outline lies in the maps.
  const auto lines = window.orders_page()->grid()->grid().rows.back().front().panels.front().lines;
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NEAR(lines.front().points.boundingRect().left(), double(box[0]) / crop.width, 1e-6) << "float32 boxes";
}

TEST_F(PredictionTest, ADragOverASegmentationExplainsTheRegion) {
  open("upernet_small_gf");
  InputView* view = window.inspector()->input();
  const auto at = [&](double x, double y) {
    return QPoint(static_cast<int>(x * view->width()), static_cast<int>(y * view->height()));
  };
  QTest::mousePress(view, Qt::LeftButton, {}, at(0.25, 0.25));
  QTest::mouseMove(view, at(0.5, 0.5));
  QMouseEvent drag(QEvent::MouseMove, QPointF(at(0.5, 0.5)), view->mapToGlobal(QPointF(at(0.5, 0.5))), Qt::NoButton,
                   Qt::LeftButton, {});
  QApplication::sendEvent(view, &drag);
  QTest::mouseRelease(view, Qt::LeftButton, {}, at(0.5, 0.5));
  ASSERT_TRUE(idle());
  const auto region = window.session().chosen_region();
  ASSERT_TRUE(region.has_value());
  const Image& photo = window.session().result()->prediction->photo;
  // A pixel of the screen is that many of the photo.
  const double step = static_cast<double>(photo.width) / view->width();
  EXPECT_NEAR(static_cast<double>((*region)[0]), 0.25 * photo.width, 1 + step);
  EXPECT_NEAR(static_cast<double>((*region)[2]), 0.25 * photo.width, 1 + step);
  EXPECT_NE(window.session().view()->target.find("region"), std::string::npos);
  EXPECT_FALSE(window.inspector()->controls()->region_button()->isHidden());
  // It is in the session, and comes back from there.
  const SessionFile file = window.session_file();
  EXPECT_EQ(file.region, region);
  window.inspector()->controls()->region_button()->click();
  ASSERT_TRUE(idle());
  EXPECT_FALSE(window.session().chosen_region().has_value());
  EXPECT_EQ(window.session().view()->target.find("region 1"), std::string::npos);
}

TEST_F(PredictionTest, TheListIsALegendAndHidesClasses) {
  open("upernet_small_gf");
  Inspector& inspector = *window.inspector();
  const auto result = window.session().result();
  const QString name = QString::fromStdString(result->scores[1].name);
  QListView* list = inspector.scores()->view();
  const QImage before = inspector.grab().toImage();
  list->setCurrentIndex(list->model()->index(1, 0));
  QTest::keyClick(list, Qt::Key_Space);
  EXPECT_EQ(inspector.controls()->settings().hidden, std::set<std::string>{name.toStdString()});
  EXPECT_NE(inspector.grab().toImage(), before);
  EXPECT_EQ(window.session().view()->class_index, result->scores[0].index) << "nothing else is explained by it";
  EXPECT_EQ(list->currentIndex().row(), 1) << "the keyboard stays where it was";
  const QRect row = list->visualRect(list->model()->index(2, 0));
  QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, QPoint(8, row.center().y()));
  EXPECT_EQ(inspector.controls()->settings().hidden.size(), 2U);
  const SessionFile file = window.session_file();
  ASSERT_TRUE(file.pages.contains("prediction"));
  inspector.controls()->all_button()->click();
  EXPECT_TRUE(inspector.controls()->settings().hidden.empty());
  inspector.restore(file.pages.at("prediction"));
  EXPECT_EQ(inspector.controls()->settings().hidden.size(), 2U);
  inspector.controls()->set_settings({});
}

TEST_F(PredictionTest, AttributionGoesThroughTheLevels) {
  open("maskrcnn_small");
  window.show_page(QStringLiteral("attribution"));
  auto* page = dynamic_cast<AttributionPage*>(window.page());
  ASSERT_NE(page, nullptr);
  ASSERT_TRUE(QTest::qWaitFor([&] { return page->work().idle() && !page->grid()->grid().empty(); }, kPatience));
  QStringList rows;
  for (const auto& row : page->grid()->grid().rows) rows << row.front().title;
  for (const char* level : {"stage 1", "stage 4", "P2", "P5"})
    EXPECT_TRUE(rows.contains(QLatin1String(level))) << level;
  int reached = 0;
  for (const std::string level : {"0", "1", "2", "3"}) {
    const AttributionCell* cell = page->work().cell({"gradcam", "neck.fpn_convs." + level});
    ASSERT_NE(cell, nullptr);
    ASSERT_TRUE(cell->found) << cell->problem.toStdString();
    const auto& values = cell->found->maps.front().map.values;
    reached += std::ranges::any_of(values, [](float value) { return value != 0; }) ? 1 : 0;
  }
  EXPECT_EQ(reached, 1) << "a box of this detector is read from one level";
  EXPECT_TRUE(page->checks()->faithfulness()->message().contains(QStringLiteral("classifiers only")));
  EXPECT_TRUE(page->checks()->randomisation()->message().contains(QStringLiteral("classifiers only")));
}

}  // namespace
}  // namespace orderscope
