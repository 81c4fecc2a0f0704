// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QComboBox>
#include <QTest>
#include <nlohmann/json.hpp>

#include "app/gui/compare_grid.h"
#include "app/gui/compare_page.h"
#include "app/gui/compare_work.h"
#include "app/gui/inspection_engine.h"
#include "app/gui/session.h"
#include "core/run/model_cache.h"
#include "widgets/map_grid.h"
#include "widgets/map_tile.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

constexpr int kPatience = 120'000;  // milliseconds; the work takes a few seconds on an idle core

class CompareDivide : public ::testing::Test {
 protected:
  CompareDivide() : session(make_core_engine(std::make_shared<ModelCache>())), page(session) {
    page.resize(1100, 700);
    page.show();
    page.activate();
    const fs::path small = fs::path(ORDERSCOPE_GOLDEN_DIR) / "small";
    session.add_files({small / "hornet_7x7" / "official.pth", small / "swin" / "official.pth",
                       small / "convnext" / "official.pth",
                       fs::path(ORDERSCOPE_SOURCE_DIR) / "resources" / "samples" / "chelsea.png"});
  }

  bool idle() {
    return QTest::qWaitFor([&] { return page.work().idle() && !session.busy() && page.work().columns().size() == 3; },
                           kPatience);
  }
  std::string path(std::size_t column) { return page.work().columns()[column].path.string(); }
  void set(const std::function<void(CompareSettings&)>& edit) {
    CompareSettings settings = page.settings();
    edit(settings);
    page.set_settings(settings);
  }
  /// The column whose map lies right of the divider of a tile in the first row; -1: it has none.
  int beyond(int column) const {
    const auto& tiles = page.grid()->tiles();
    const MapPanel* other = tiles[static_cast<std::size_t>(column)]->swipe();
    for (std::size_t i = 0; other && i < 3; ++i)
      if (tiles[i]->panel().map == other->map) return static_cast<int>(i);
    return -1;
  }

  Session session;
  ComparePage page;
};

TEST_F(CompareDivide, TakesTheFirstTwoModelsUnlessOthersAreChosen) {
  ASSERT_TRUE(idle());
  EXPECT_EQ(beyond(0), -1);
  EXPECT_FALSE(page.left_of_divider()->isVisible());
  set([](CompareSettings& s) { s.divide = true; });
  EXPECT_EQ(beyond(0), 1);
  EXPECT_TRUE(page.left_of_divider()->isVisible());
  EXPECT_EQ(page.left_of_divider()->count(), 3);
  EXPECT_EQ(page.right_of_divider()->currentIndex(), 1);

  page.right_of_divider()->setCurrentIndex(2);
  Q_EMIT page.right_of_divider()->activated(2);
  EXPECT_EQ(beyond(0), 2);
  EXPECT_EQ(beyond(1), -1);
  Q_EMIT page.left_of_divider()->activated(1);
  EXPECT_EQ(beyond(0), -1);
  EXPECT_EQ(beyond(1), 2);
  // The model of the other side: the two change places.
  Q_EMIT page.left_of_divider()->activated(2);
  EXPECT_EQ(beyond(2), 1);
  EXPECT_EQ(page.settings().divided, (ComparePair{path(2), path(1)}));
  // Rows further down have the same divider.
  EXPECT_NE(page.grid()->tiles()[3 + 2]->swipe(), nullptr);
}

TEST_F(CompareDivide, TheChoiceIsPartOfTheSessionAndOldSessionsHaveTheFirstTwo) {
  ASSERT_TRUE(idle());
  set([&](CompareSettings& s) {
    s.divide = true;
    s.divided = ComparePair{path(2), path(0)};
  });
  EXPECT_EQ(beyond(2), 0);
  const nlohmann::json state = page.state();
  EXPECT_EQ(state["divided"], nlohmann::json({path(2), path(0)}));
  set([](CompareSettings& s) { s = {}; });
  EXPECT_EQ(beyond(2), -1);
  page.restore(state);
  EXPECT_EQ(beyond(2), 0);

  nlohmann::json old = state;
  old.erase("divided");
  page.restore(old);
  EXPECT_EQ(beyond(0), 1);
  // By hand, or of models that are gone.
  for (const nlohmann::json& odd : {nlohmann::json(3), nlohmann::json({"a"}), nlohmann::json({"a", "b"}),
                                    nlohmann::json({path(1), path(1)}), nlohmann::json({path(1), 2})}) {
    old["divided"] = odd;
    page.restore(old);
    EXPECT_EQ(beyond(0), 1) << odd.dump();
  }
}

TEST_F(CompareDivide, AModelThatIsLeftOutGivesWayToTheFirstTwoAndComesBack) {
  ASSERT_TRUE(idle());
  set([&](CompareSettings& s) {
    s.divide = true;
    s.divided = ComparePair{path(1), path(2)};
  });
  EXPECT_EQ(beyond(1), 2);
  const std::string last = path(2);
  set([&](CompareSettings& s) { s.left_out = {last}; });
  EXPECT_EQ(divided_columns(page.work(), page.settings()), std::pair(0, 1));
  EXPECT_FALSE(page.left_of_divider()->isVisible()) << "there is nothing to choose of two";
  set([](CompareSettings& s) { s.left_out.clear(); });
  ASSERT_TRUE(idle());
  EXPECT_EQ(beyond(1), 2);
}

}  // namespace
}  // namespace orderscope
