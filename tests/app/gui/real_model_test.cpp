// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QTest>
#include <cmath>
#include <numeric>

#include "app/gui/main_window.h"
#include "app/gui/orders_page.h"
#include "app/gui/orders_view.h"
#include "app/gui/session.h"
#include "widgets/banner.h"
#include "widgets/map_grid.h"
#include "widgets/map_tile.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

constexpr int kPatience = 60000;  // milliseconds; the work takes about one second on an idle core

const fs::path kGolden = ORDERSCOPE_GOLDEN_DIR;
const fs::path kPhoto = fs::path(ORDERSCOPE_SOURCE_DIR) / "resources" / "samples" / "chelsea.png";

bool wait_until_idle(MainWindow& window) {
  return QTest::qWaitFor([&] { return !window.session().busy(); }, kPatience);
}

TEST(RealModel, ShowsFourOrdersOfASmallHorNetOnAPhoto) {
  MainWindow window(make_core_engine(std::make_shared<ModelCache>()));
  window.show();
  window.add_files({kGolden / "small" / "hornet_7x7" / "official.pth", kPhoto});
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_FALSE(window.orders_page()->banner()->isVisible()) << window.orders_page()->banner()->text().toStdString();
  const auto result = window.session().result();
  ASSERT_NE(result, nullptr);
  ASSERT_NE(window.session().view(), nullptr);
  EXPECT_EQ(block_name(*result->model, window.session().block()), QStringLiteral("stages.2.1"));

  // Four orders in this stage: value, Grad-CAM, and four each of gate, state and contribution.
  const auto& tiles = window.orders_page()->grid()->tiles();
  ASSERT_EQ(tiles.size(), 14U);
  for (const MapTile* tile : tiles) {
    const auto value = tile->value_at({0.4, 0.6});
    ASSERT_TRUE(value.has_value()) << tile->panel().name.toStdString();
    EXPECT_TRUE(std::isfinite(*value));
  }
  for (const BlockOrderMaps& block : result->blocks) {
    const std::vector<double> shares = order_energy_shares(block);
    // Doubles that were divided by their own sum.
    EXPECT_NEAR(std::accumulate(shares.begin(), shares.end(), 0.0), 1.0, 1e-12);
  }
}

TEST(RealModel, ExplainsAnotherClassAfterACancelledOne) {
  MainWindow window(make_core_engine(std::make_shared<ModelCache>()));
  window.add_files({kGolden / "small" / "hornet_7x7" / "official.pth", kPhoto});
  ASSERT_TRUE(wait_until_idle(window));
  window.session().explain(1);
  window.session().explain(2);
  window.session().cancel();
  window.session().explain(4);
  ASSERT_TRUE(wait_until_idle(window));
  ASSERT_NE(window.session().view(), nullptr);
  EXPECT_EQ(window.session().view()->class_index, 4);
}

TEST(RealModel, ShowsABannerForADamagedCheckpointAndADamagedPicture) {
  for (const fs::path& entry :
       {kGolden / "bad" / "st_truncated.safetensors", kGolden / "bad" / "st_not_json.safetensors"}) {
    MainWindow window(make_core_engine(std::make_shared<ModelCache>()));
    window.show();
    window.add_files({entry, kPhoto});
    ASSERT_TRUE(wait_until_idle(window));
    EXPECT_TRUE(window.orders_page()->banner()->isVisible());
    EXPECT_THAT(window.orders_page()->banner()->text().toStdString(), ::testing::HasSubstr(entry.filename().string()));
  }
}

}  // namespace
}  // namespace orderscope
