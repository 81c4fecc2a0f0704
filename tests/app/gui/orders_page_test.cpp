// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/orders_page.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QLabel>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QSlider>
#include <QTest>
#include <QToolButton>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/gui/orders_channels.h"
#include "app/gui/orders_lens.h"
#include "app/gui/orders_mixer.h"
#include "app/gui/orders_profile.h"
#include "app/gui/orders_terms.h"
#include "app/gui/orders_work.h"
#include "app/gui/session.h"
#include "widgets/map_grid.h"
#include "widgets/map_tile.h"
#include "widgets/result_area.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

constexpr int kPatience = 120000;  // milliseconds; the work takes about a second on an idle core

const fs::path kResources = fs::path(ORDERSCOPE_SOURCE_DIR) / "resources";
const fs::path kPhoto = kResources / "samples" / "chelsea.png";

class OrdersPageTest : public ::testing::Test {
 protected:
  OrdersPageTest() : session(make_core_engine(std::make_shared<ModelCache>())), page(session) {
    page.resize(1100, 700);
    page.show();
  }

  void open(const fs::path& model = kResources / "models" / "hornet-7x7.safetensors") {
    session.add_files({model, kPhoto});
  }

  bool terms_ready() {
    return QTest::qWaitFor([&] { return page.work().terms() != nullptr && page.work().idle(); }, kPatience);
  }

  void set(const std::function<void(OrdersDetail&)>& edit) {
    OrdersDetail detail = page.detail();
    edit(detail);
    page.set_detail(detail);
  }

  float probability_before() const {
    for (const ClassScore& score : session.result()->scores)
      if (score.index == session.view()->class_index) return score.probability;
    return -1;
  }

  Session session;
  OrdersPage page;
};

TEST_F(OrdersPageTest, TakesTheChosenBlockApart) {
  open();
  ASSERT_TRUE(terms_ready()) << page.work().terms_problem().toStdString();
  const auto terms = page.work().terms();
  const BlockInfo block = session.model()->blocks[static_cast<std::size_t>(session.block())];
  EXPECT_EQ(terms->block, block.name);
  ASSERT_EQ(terms->terms.size(), static_cast<std::size_t>(block.order) + 2);
  EXPECT_TRUE(page.terms()->area()->message().isEmpty());
  EXPECT_EQ(page.terms()->grid()->tiles().size(), 2 * terms->terms.size() + 2);
  for (const MapTile* tile : page.terms()->grid()->tiles()) {
    const auto value = tile->value_at({0.4, 0.6});
    ASSERT_TRUE(value) << tile->panel().name.toStdString();
    EXPECT_TRUE(std::isfinite(*value));
  }
  const auto& bars = page.terms()->bars()->bars();
  // The last part ends where the total does: float32 rounding of terms that cancel.
  EXPECT_NEAR(page.terms()->bars()->span(bars.size() - 2).second, bars.back().value,
              1e-3 * (1 + std::abs(bars.back().value)));

  session.select_block(0);
  EXPECT_EQ(page.work().terms(), nullptr) << "those of another block do not stand under this one's name";
  ASSERT_TRUE(terms_ready());
  EXPECT_EQ(page.work().terms()->block, session.model()->blocks[0].name);
  const int other = session.result()->scores[1].index;
  session.explain(other);
  ASSERT_TRUE(
      QTest::qWaitFor([&] { return page.work().terms() && page.work().terms()->class_index == other; }, kPatience));
}

TEST_F(OrdersPageTest, AddsTermsUpOneAfterTheOther) {
  open();
  ASSERT_TRUE(terms_ready());
  QSlider* slider = page.terms()->slider();
  const int count = static_cast<int>(page.work().terms()->terms.size());
  EXPECT_EQ(slider->maximum(), count);
  EXPECT_EQ(slider->value(), count) << "all of them, unless asked";
  QSignalSpy changed(&page, &Page::state_changed);
  slider->setValue(2);
  EXPECT_EQ(page.detail().terms, 2);
  EXPECT_EQ(changed.count(), 1);
  const auto shown = page.terms()->grid()->grid().rows[2][0].panels[0].map;
  EXPECT_EQ(shown.get(), &page.work().terms()->terms[1].partial);
  EXPECT_TRUE(page.terms()->bars()->bars()[2].faint);
  slider->setValue(count);
  EXPECT_EQ(page.detail().terms, 0);
}

TEST_F(OrdersPageTest, TermsAndMapsShareOneCrossHair) {
  open();
  ASSERT_TRUE(terms_ready());
  Q_EMIT page.terms()->grid()->tiles()[1]->hovered({0.25, 0.5});
  const auto position = page.grid()->cursor_position();
  ASSERT_TRUE(position);
  // To the photo pixel and back in double.
  EXPECT_NEAR(position->x(), 0.25, 1e-9);
  EXPECT_NEAR(position->y(), 0.5, 1e-9);
}

TEST_F(OrdersPageTest, MixesOrdersAndTellsTheChange) {
  open();
  ASSERT_TRUE(terms_ready());
  EXPECT_EQ(page.work().mixed(), nullptr) << "the network as it is needs no mix";
  ASSERT_FALSE(page.mixer()->sliders().empty());
  // As a dragged slider: many values, and the last one wins.
  for (int value = 100; value >= 0; value -= 4) page.mixer()->sliders()[0]->setValue(value);
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.work().mixed() != nullptr && page.work().idle(); }, kPatience));
  EXPECT_EQ(page.detail().factors, std::vector<double>{0});

  // The same from the analysis itself, in one go.
  OrderInspection inspection(session.model(), session.result()->input);
  const auto expected =
      inspection.mix(mixer_factors(*session.model(), session.block(), MixScope::Block, page.detail().factors));
  ASSERT_TRUE(expected);
  const std::vector<ClassScore>& mixed = *page.work().mixed();
  for (const ClassScore& score : mixed) {
    const auto same = std::find_if(expected->begin(), expected->end(),
                                   [&](const ClassScore& other) { return other.index == score.index; });
    ASSERT_NE(same, expected->end());
    // Re-run from the same block of the same trace: float32 rounding.
    EXPECT_NEAR(score.probability, same->probability, 1e-5);
  }
  EXPECT_TRUE(page.mixer()->change()->text().contains(QStringLiteral("→")))
      << page.mixer()->change()->text().toStdString();
  EXPECT_TRUE(page.mixer()->change()->text().contains(QString::number(probability_before(), 'f', 3)));

  page.mixer()->reset_button()->click();
  EXPECT_TRUE(page.detail().factors.empty());
  EXPECT_EQ(page.mixer()->sliders()[0]->value(), 100);
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.work().idle(); }, kPatience));
  EXPECT_EQ(page.work().mixed(), nullptr);
}

TEST_F(OrdersPageTest, TheMixerReachesAStageOrTheNetwork) {
  open();
  ASSERT_TRUE(terms_ready());
  set([](OrdersDetail& d) {
    d.scope = MixScope::Network;
    d.factors = {0.5};
  });
  EXPECT_EQ(page.mixer()->scope()->currentIndex(), 2);
  EXPECT_EQ(static_cast<int>(page.mixer()->sliders().size()),
            highest_mixed_order(*session.model(), 0, MixScope::Network));
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.work().mixed() != nullptr && page.work().idle(); }, kPatience));
  const auto network = page.work().mixed();
  set([](OrdersDetail& d) { d.scope = MixScope::Block; });
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.work().mixed() != network && page.work().idle(); }, kPatience));
  EXPECT_NE(page.work().mixed()->front().logit, network->front().logit);
}

TEST_F(OrdersPageTest, TheDepthProfileGoesToABlock) {
  open();
  ASSERT_TRUE(terms_ready());
  StackedPlot* plot = page.profile()->plot();
  const auto blocks = session.model()->blocks.size();
  ASSERT_EQ(plot->columns().size(), blocks);
  EXPECT_EQ(plot->current(), session.block());
  Q_EMIT plot->column_chosen(1);
  EXPECT_EQ(session.block(), 1);
  EXPECT_EQ(plot->current(), 1);

  EXPECT_TRUE(page.work().shares().empty()) << "taking all blocks apart waits until somebody asks";
  set([](OrdersDetail& d) { d.profile = ProfileQuantity::Terms; });
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.work().shares().size() == blocks; }, kPatience))
      << page.work().shares_problem().toStdString();
  for (std::size_t i = 0; i < blocks; ++i) {
    double sum = 0;
    for (const StackedPart& part : plot->columns()[i].parts) sum += part.value;
    // Doubles that were divided by their own sum.
    EXPECT_NEAR(sum, 1, 1e-9);
  }
  set([](OrdersDetail& d) { d.profile = ProfileQuantity::Contributions; });
  EXPECT_FALSE(plot->columns().back().parts.empty());
}

TEST_F(OrdersPageTest, LooksIntoTheChannelsOfTheChosenMap) {
  open();
  ASSERT_TRUE(terms_ready());
  EXPECT_TRUE(page.channels()->isHidden()) << "nothing is chosen";
  const auto& tiles = page.grid()->tiles();
  const auto gate = std::find_if(tiles.begin(), tiles.end(),
                                 [](const MapTile* tile) { return tile->panel().name == QStringLiteral("gate 2"); });
  ASSERT_NE(gate, tiles.end());
  Q_EMIT(*gate)->clicked({0.5, 0.5});
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.work().channels() != nullptr; }, kPatience))
      << page.work().channels_problem().toStdString();
  const auto channels = page.work().channels();
  const std::string block = session.model()->blocks[static_cast<std::size_t>(session.block())].name;
  EXPECT_EQ(channels->tap, block + ".gnconv.gate.2");
  EXPECT_FALSE(page.channels()->isHidden());
  ASSERT_FALSE(channels->shown.empty());
  for (std::size_t i = 1; i < channels->shown.size(); ++i)
    EXPECT_LE(channels->shown[i].energy, channels->shown[i - 1].energy);
  EXPECT_EQ(channels->shown[0].kernel.height, 7);
  EXPECT_FALSE(channels->shown[0].is_spectrum);
  EXPECT_EQ(page.channels()->maps()->tiles().size(), channels->shown.size());
  EXPECT_EQ(page.channels()->kernels()->tiles().size(), channels->shown.size());

  page.grid()->choose(-1);
  EXPECT_TRUE(page.channels()->isHidden());
}

TEST_F(OrdersPageTest, KeepsWhatWasChosen) {
  set([](OrdersDetail& d) {
    d.by_gates = true;
    d.terms = 2;
    d.scope = MixScope::Stage;
    d.factors = {1, 0.5};
    d.profile = ProfileQuantity::Contributions;
    d.side = false;
  });
  const nlohmann::json state = page.state();
  OrdersPage other(session);
  other.restore(state);
  EXPECT_EQ(other.detail(), page.detail());
  EXPECT_EQ(other.settings(), page.settings());
  other.restore({{"factors", "all"}, {"scope", 3}, {"terms", nullptr}});
  EXPECT_EQ(other.detail(), page.detail());
  open();
  ASSERT_TRUE(terms_ready());
  EXPECT_TRUE(page.work().terms()->by_gates);
  EXPECT_EQ(page.terms()->kind()->currentIndex(), 1);
}

TEST_F(OrdersPageTest, WithoutOrdersThereIsNothingToTakeApartOrToMix) {
  open(fs::path(ORDERSCOPE_GOLDEN_DIR) / "small" / "swin" / "official.pth");
  ASSERT_TRUE(QTest::qWaitFor([&] { return session.view() != nullptr && !session.busy(); }, kPatience));
  EXPECT_TRUE(page.terms()->isHidden());
  EXPECT_TRUE(page.mixer()->isHidden());
  EXPECT_TRUE(page.profile()->isHidden());
  EXPECT_TRUE(page.work().idle());
}

TEST_F(OrdersPageTest, ComputesNothingWhileNobodyLooksAndCancelsOnRequest) {
  page.hide();
  open();
  ASSERT_TRUE(QTest::qWaitFor([&] { return session.view() != nullptr && !session.busy(); }, kPatience));
  EXPECT_EQ(page.work().terms(), nullptr);
  EXPECT_TRUE(page.work().idle());
  page.show();
  page.work().cancel();
  EXPECT_TRUE(page.work().stopped());
  EXPECT_FALSE(page.terms()->area()->message().isEmpty());
  page.work().retry();
  EXPECT_TRUE(terms_ready());
}

TEST_F(OrdersPageTest, TheLensDividesTwoOrdersOnOneScale) {
  open();
  ASSERT_TRUE(terms_ready());
  LensSection& lens = *page.lens();
  ASSERT_FALSE(lens.isHidden());
  const int highest = session.result()->blocks[static_cast<std::size_t>(session.block())].order;
  EXPECT_EQ(lens.left()->count(), highest);
  EXPECT_EQ(lens.right()->currentIndex(), highest - 1) << "the highest, unless asked";
  set([](OrdersDetail& d) {
    d.lens_quantity = LensQuantity::Gate;
    d.lens_left = 2;
    d.lens_right = 1;
  });
  const MapTile& tile = *lens.grid()->tiles().front();
  ASSERT_NE(tile.swipe(), nullptr);
  const PanelGroup& gates = page.grid()->grid().rows[1][0];
  EXPECT_EQ(tile.panel().map.get(), gates.panels[1].map.get());
  EXPECT_EQ(tile.swipe()->map.get(), gates.panels[0].map.get());
  EXPECT_EQ(tile.panel().scale.low, tile.swipe()->scale.low);
  EXPECT_EQ(tile.panel().scale.high, tile.swipe()->scale.high);

  // A drag of the divider is part of the state, and of what is taken back.
  QTest::mousePress(lens.grid()->tiles().front(), Qt::LeftButton, {}, tile.picture_rect().center().toPoint());
  QMouseEvent move(QEvent::MouseMove, tile.picture_rect().center() + QPointF(tile.picture_rect().width() / 4, 0),
                   QPointF(), Qt::NoButton, Qt::LeftButton, {});
  QCoreApplication::sendEvent(lens.grid()->tiles().front(), &move);
  EXPECT_NEAR(page.detail().lens_divider, 0.75, 0.02);  // a pixel of the picture
  const nlohmann::json state = page.state();
  set([](OrdersDetail& d) { d = {}; });
  EXPECT_DOUBLE_EQ(tile.divider(), 0.5);
  page.restore(state);
  EXPECT_NEAR(tile.divider(), 0.75, 0.02);
  EXPECT_EQ(page.detail().lens_left, 2);
  set([](OrdersDetail& d) { d.lens = false; });
  EXPECT_TRUE(lens.isHidden());
}

TEST_F(OrdersPageTest, TheFigureHoldsTheSectionsThatAreShown) {
  open();
  ASSERT_TRUE(terms_ready());
  set([](OrdersDetail& d) { d.factors = {0.5}; });
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.work().mixed() && page.work().idle(); }, kPatience));
  const auto count = [](const Plate& plate, auto kind) {
    return std::ranges::count_if(
        plate.panels, [&](const PlatePanel& panel) { return std::holds_alternative<decltype(kind)>(panel.content); });
  };
  const Plate plate = page.figure();
  EXPECT_FALSE(plate.grid.empty());
  EXPECT_EQ(count(plate, PanelGrid{}), 1) << "the maps of the terms";
  EXPECT_EQ(count(plate, PlotPanel{}), 2) << "their contributions and the depth profile";
  EXPECT_EQ(count(plate, TablePanel{}), 1) << "what the mix does to the scores";
  const auto plans = page.figure_panels();
  ASSERT_EQ(plans.size(), 5U);
  EXPECT_EQ(plans[0].view, "orders");
  for (std::size_t i = 1; i < plans.size(); ++i) EXPECT_TRUE(plate_panel_from_json(plans[i].content)) << i;
  // The bars are those of the page: they end at the block's total.
  const auto contributions = std::ranges::find_if(
      plate.panels, [](const PlatePanel& panel) { return std::holds_alternative<PlotPanel>(panel.content); });
  const auto& bars = std::get<PlotPanel>(contributions->content).bars;
  EXPECT_EQ(bars.back().values.back(), page.terms()->bars()->bars().back().value);

  set([](OrdersDetail& d) { d.side = false; });
  EXPECT_EQ(page.figure().panels.size(), 2U);
}

}  // namespace
}  // namespace orderscope
