// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "app/gui/attribution_checks.h"
#include "app/gui/attribution_detail.h"
#include "app/gui/attribution_grid.h"
#include "app/gui/attribution_options.h"
#include "app/gui/attribution_page.h"
#include "app/gui/inspection_engine.h"
#include "app/gui/session.h"
#include "core/analysis/method.h"
#include "widgets/map_grid.h"
#include "widgets/map_link.h"
#include "widgets/map_tile.h"
#include "widgets/result_area.h"
#include "widgets/score_list.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

constexpr int kPatience = 120000;  // milliseconds; the work takes a few seconds on an idle core

const fs::path kSmall = fs::path(ORDERSCOPE_GOLDEN_DIR) / "small";
const fs::path kPhoto = fs::path(ORDERSCOPE_SOURCE_DIR) / "resources" / "samples" / "chelsea.png";

class AttributionTest : public ::testing::Test {
 protected:
  AttributionTest() : session(make_core_engine(std::make_shared<ModelCache>())), page(session) {
    page.resize(1100, 700);
    page.show();
    page.activate();
    set([](AttributionSettings& s) { s.methods = {"gradcam", "layercam", "eigencam"}; });
  }

  void open(const std::string& model) { session.add_files({kSmall / model / "official.pth", kPhoto}); }

  bool idle() {
    return QTest::qWaitFor([&] { return page.work().idle() && !session.busy() && session.result() && session.view(); },
                           kPatience);
  }

  void set(const std::function<void(AttributionSettings&)>& edit) {
    AttributionSettings settings = page.settings();
    edit(settings);
    page.set_settings(settings);
  }

  const PanelGrid& grid() const { return page.grid()->grid(); }
  std::shared_ptr<const Map> map_at(const AttributionKey& key) { return shown_map(page.work().cell(key)); }
  std::string tap(const std::string& layer) const { return tap_named(*session.model(), layer); }

  /// The map of the core, asked directly.
  Map of_the_core(const std::string& method, const std::string& layer, AttributionTarget target) {
    const AttributionRun run(session.model(), session.result()->input);
    const std::vector<AttributionRequest> requests{{method, layer, {}}};
    const auto results = run.maps(requests, target);
    EXPECT_TRUE(results && (*results)[0]) << method;
    return results && (*results)[0] ? (*results)[0]->maps.back().map : Map();
  }

  Session session;
  AttributionPage page;
};

TEST_F(AttributionTest, ShowsAColumnAMethodAndARowALayerWithTheMapsOfTheCore) {
  open("hornet_7x7");
  ASSERT_TRUE(idle());
  ASSERT_EQ(grid().columns.size(), 3U);
  ASSERT_EQ(grid().rows.size(), 4U) << "the usual layer is the last stage's, which is there already";
  EXPECT_FALSE(page.whole_network()->isVisibleTo(&page)) << "every method has a layer";
  const int best = session.result()->scores.front().index;
  for (const std::string method : {"gradcam", "layercam", "eigencam"})
    for (const std::string layer : {"stage.2", "stage.4"}) {
      const auto shown = map_at({method, tap(layer)});
      ASSERT_NE(shown, nullptr) << method << layer;
      const Map expected = of_the_core(method, tap(layer), {best, {}});
      ASSERT_EQ(shown->values.size(), expected.values.size());
      float largest = 0, off = 0;
      for (std::size_t i = 0; i < expected.values.size(); ++i) {
        largest = std::max(largest, std::abs(expected.values[i]));
        off = std::max(off, std::abs(expected.values[i] - shown->values[i]));
      }
      // The same sums in float32, in another order of threads at most.
      EXPECT_LE(off, 1e-5F * largest) << method << layer;
      EXPECT_EQ(shown->provenance.layer, tap(layer));
      EXPECT_FALSE(shown->provenance.model_sha256.empty());
    }
}

TEST_F(AttributionTest, MethodsWithoutALayerHaveARowOfTheirOwn) {
  set([](AttributionSettings& s) {
    s.methods = {"gradcam", "fullgrad", "smoothgrad"};
    s.layers = {"stage.3", "last"};
    s.options["smoothgrad"] = {{"samples", "2"}};
  });
  open("convnext");
  ASSERT_TRUE(idle());
  EXPECT_EQ(grid().rows.size(), 2U);
  EXPECT_EQ(grid().columns.size(), 1U);
  const PanelGrid& whole = page.whole_network()->grid();
  ASSERT_EQ(whole.columns.size(), 2U);
  for (const MapPanel& panel : whole.rows.front().front().panels)
    EXPECT_NE(panel.map, nullptr) << panel.note.toStdString();
  EXPECT_EQ(map_at({"smoothgrad", ""})->provenance.parameters.at("samples"), "2");
}

TEST_F(AttributionTest, MoreMethodsThanThePageIsWideAreWrappedAndPrintedInOneRow) {
  open("convnext");
  set([](AttributionSettings& s) {
    s.methods = {"gradcam",  "gradcam++", "layercam",     "hirescam",
                 "xgradcam", "eigencam",  "eigengradcam", "gradcam-elementwise"};
    s.layers = {"stage.3", "stage.4"};
  });
  ASSERT_TRUE(idle());
  page.resize(820, 640);
  const std::size_t methods = chosen_methods(page.settings()).size();
  ASSERT_GE(methods, 6U);
  const auto fits = [&] {
    return std::ranges::all_of(page.grid()->tiles(),
                               [&](const MapTile* tile) {
                                 return page.grid()->rect().contains(tile->geometry()) && tile->width() >= 64;
                               }) &&
           page.grid()->width() <= page.width();
  };
  EXPECT_TRUE(QTest::qWaitFor([&] { return page.grid()->grid().columns.empty() && fits(); }, kPatience));
  EXPECT_GT(page.grid()->grid().rows.size(), 2U) << "more rows than layers";
  EXPECT_EQ(page.grid()->tiles().size(), 2 * methods);
  EXPECT_EQ(page.figure().grid.rows.size(), 2U) << "a plate has a width of its own";
  EXPECT_EQ(page.figure().grid.columns.size(), methods);

  page.resize(2400, 900);
  EXPECT_TRUE(QTest::qWaitFor([&] { return page.grid()->grid().columns.size() == methods && fits(); }, kPatience));
}

TEST_F(AttributionTest, OptionsComeFromTheDescriptorAndMakeTheMapAnew) {
  set([](AttributionSettings& s) {
    s.methods = {"gradcam", "smoothgrad"};
    s.layers = {"last"};
    s.options["smoothgrad"] = {{"samples", "2"}};
    s.chosen_method = "smoothgrad";
  });
  open("convnext");
  ASSERT_TRUE(idle());
  const MethodDescriptor* method = find_descriptor("smoothgrad");
  for (const MethodParameter& option : method_options(*method)) {
    const auto* field = page.detail()->options()->findChild<QWidget*>(QString::fromStdString(option.name));
    ASSERT_NE(field, nullptr) << option.name;
    EXPECT_EQ(field->toolTip().toStdString(), option.help);
  }
  const auto before = map_at({"smoothgrad", ""});
  const auto untouched = map_at({"gradcam", tap("last")});
  auto* samples = page.detail()->options()->findChild<QDoubleSpinBox*>(QStringLiteral("samples"));
  ASSERT_NE(samples, nullptr);
  EXPECT_EQ(samples->value(), 2);
  samples->setValue(3);
  EXPECT_EQ(page.settings().options.at("smoothgrad").at("samples"), "3");
  ASSERT_TRUE(idle());
  EXPECT_NE(map_at({"smoothgrad", ""}), before);
  EXPECT_EQ(map_at({"gradcam", tap("last")}), untouched) << "nothing changed about it";
  samples->setValue(25);
  EXPECT_FALSE(page.settings().options.contains("smoothgrad")) << "a default is not kept";
  page.work().cancel();
}

const Method& ramp_method() {
  static const MethodDescriptor descriptor{"test-ramp",
                                           "Ramp",
                                           "a plugin of the tests",
                                           {{"slope", MethodParameter::Type::Integer, "of the ramp", "1", {}, 1, 9}},
                                           false,
                                           false,
                                           "map"};
  static const Method method{descriptor, {}, [](const MethodCall& call, const JobContext&) -> Result<MethodResult> {
                               if (call.subject.model->architecture.family == Family::Swin)
                                 return fail(Error::Kind::InvalidInput, "has no ramp", call.subject.model->name);
                               Map map;
                               map.height = map.width = 4;
                               for (int i = 0; i < 16; ++i)
                                 map.values.push_back(static_cast<float>(i * call.values.integer("slope")));
                               map.values[3] = std::numeric_limits<float>::quiet_NaN();
                               MethodResult result;
                               result.warnings = warnings_about(map);
                               result.maps.push_back({"ramp", std::move(map)});
                               return result;
                             }};
  return method;
}

/// Registered for as long as the test program runs.
void add_plugin() {
  static const bool added =
      register_method(std::shared_ptr<const Method>(std::shared_ptr<void>(), &ramp_method())).has_value();
  ASSERT_TRUE(added);
}

TEST_F(AttributionTest, APluginsMethodIsInTheMenuWithItsOptionsAndItsNaNIsSaid) {
  add_plugin();
  open("convnext");
  ASSERT_TRUE(idle());
  Q_EMIT page.methods_button()->menu()->aboutToShow();
  QAction* entry = nullptr;
  for (QAction* action : page.methods_button()->menu()->actions())
    if (action->text() == QStringLiteral("Ramp")) entry = action;
  ASSERT_NE(entry, nullptr);
  entry->setChecked(true);
  set([](AttributionSettings& s) { s.chosen_method = "test-ramp"; });
  ASSERT_TRUE(idle());
  const auto map = map_at({"test-ramp", ""});
  ASSERT_NE(map, nullptr);
  EXPECT_EQ(map->at(1, 0), 4);
  EXPECT_TRUE(page.whole_network()->grid().rows[0][0].panels.back().label.contains(QStringLiteral("NaN")));
  EXPECT_TRUE(page.detail()->text().contains(QStringLiteral("NaN")));
  auto* slope = page.detail()->options()->findChild<QDoubleSpinBox*>(QStringLiteral("slope"));
  ASSERT_NE(slope, nullptr);
  EXPECT_EQ(slope->maximum(), 9);
  slope->setValue(2);
  ASSERT_TRUE(idle());
  EXPECT_EQ(map_at({"test-ramp", ""})->at(1, 0), 8);
  // The ranks of NaN mean nothing: the check says so where its curves would be.
  page.checks()->judge_chosen();
  ASSERT_TRUE(idle());
  EXPECT_TRUE(page.checks()->faithfulness()->message().contains(QStringLiteral("NaN")));
}

TEST_F(AttributionTest, AMethodThatFailsOnThisModelSaysSoInItsCellAndTheOthersGoOn) {
  add_plugin();
  set([](AttributionSettings& s) {
    s.methods = {"gradcam", "order-cam", "test-ramp"};
    s.layers = {"stage.4", "stages.9.9"};
  });
  open("swin");
  ASSERT_TRUE(idle());
  EXPECT_NE(map_at({"gradcam", tap("stage.4")}), nullptr);
  EXPECT_FALSE(page.work().cell({"order-cam", tap("stage.4")})->problem.isEmpty()) << "a Swin has no gnConv";
  EXPECT_TRUE(page.work().cell({"test-ramp", ""})->problem.contains(QStringLiteral("has no ramp")));
  EXPECT_FALSE(page.work().cell({"gradcam", "stages.9.9"})->problem.isEmpty()) << "there is no such layer";
  EXPECT_TRUE(page.whole_network()->grid().rows[0][0].panels[0].note.contains(QStringLiteral("has no ramp")));
}

TEST_F(AttributionTest, ClassesAreSearchedAndTheChosenOneIsExplained) {
  open("hornet_7x7");
  ASSERT_TRUE(idle());
  ScoreList* list = page.classes();
  const int all = list->view()->model()->rowCount();
  EXPECT_EQ(all, static_cast<int>(session.result()->scores.size()));
  const ClassScore wanted = session.result()->scores[2];
  list->search_field()->setText(QString::fromStdString(wanted.name));
  const int found = list->view()->model()->rowCount();
  EXPECT_GE(found, 1);
  EXPECT_LT(found, all);
  list->search_field()->setText(QString::number(wanted.index));
  EXPECT_GE(list->view()->model()->rowCount(), 1) << "by number too";
  Q_EMIT list->class_chosen(wanted.index);
  ASSERT_TRUE(idle());
  EXPECT_EQ(page.work().target().class_index, wanted.index);
  const auto map = map_at({"gradcam", tap("stage.4")});
  ASSERT_NE(map, nullptr);
  EXPECT_EQ(map->provenance.parameters.at("class"), std::to_string(wanted.index));
}

TEST_F(AttributionTest, OneClassAgainstAnotherIsTheDifferenceOfTheirMaps) {
  set([](AttributionSettings& s) { s.methods = {"gradcam", "fullgrad"}; });
  open("hornet_7x7");
  ASSERT_TRUE(idle());
  const auto& scores = session.result()->scores;
  Q_EMIT page.against()->class_chosen(scores[1].index);
  ASSERT_TRUE(idle());
  ASSERT_EQ(page.work().target().against, scores[1].index);
  const std::string layer = tap("stage.3");
  const auto shown = map_at({"gradcam", layer});
  ASSERT_NE(shown, nullptr);
  const Map first = of_the_core("gradcam", layer, {scores[0].index, {}});
  const Map second = of_the_core("gradcam", layer, {scores[1].index, {}});
  float largest = 0;
  for (std::size_t i = 0; i < first.values.size(); ++i)
    largest = std::max({largest, std::abs(first.values[i]), std::abs(second.values[i])});
  // Grad-CAM is linear in the gradient; two backward passes against one, in float32.
  for (std::size_t i = 0; i < first.values.size(); ++i)
    EXPECT_NEAR(shown->values[i], first.values[i] - second.values[i], 1e-4F * largest);
  EXPECT_TRUE(page.work().cell({"fullgrad", ""})->problem.contains(QStringLiteral("against")));
}

TEST_F(AttributionTest, JudgesSeveralMethodsAndTheWeightsOfOne) {
  set([](AttributionSettings& s) {
    s.methods = {"gradcam", "layercam"};
    s.layers = {"stage.4"};
  });
  open("convnext");
  ASSERT_TRUE(idle());
  EXPECT_FALSE(page.checks()->faithfulness()->message().isEmpty()) << "nothing is judged unasked";
  page.checks()->judge_all();
  page.checks()->randomise();
  ASSERT_TRUE(idle());
  ASSERT_EQ(page.checks()->curves()->curves().size(), 2U);
  const PlottedCurve& deletion = page.checks()->curves()->curves()[0];
  EXPECT_EQ(deletion.x.front(), 0);
  // The untouched image: the probability that the scores have, in another batch.
  EXPECT_NEAR(deletion.y.front(), session.result()->scores.front().probability, 1e-4);
  set([](AttributionSettings& s) { s.curve = "road"; });
  EXPECT_EQ(page.checks()->curves()->curves().size(), 4U) << "the most and the least important first";
  ASSERT_EQ(page.checks()->ranks()->curves().size(), 2U);
  EXPECT_EQ(page.checks()->ranks()->curves()[0].y.front(), 1) << "with no weight shuffled the map is itself";
  EXPECT_TRUE(grid().rows[0][0].panels[0].detail.contains(QStringLiteral("del")));
  const Plate plate = page.figure();
  EXPECT_EQ(plate.panels.size(), 2U);
  EXPECT_FALSE(page.figure_panels().empty());
}

TEST_F(AttributionTest, AClickLooksAtAMapFromNearUnderOneCrossHair) {
  open("hornet_7x7");
  ASSERT_TRUE(idle());
  QSignalSpy changed(&page, &Page::state_changed);
  Q_EMIT page.grid()->tiles()[1]->clicked({0.25, 0.5});
  EXPECT_EQ(changed.count(), 1);
  EXPECT_EQ(page.settings().chosen_layer, "stage.1");
  EXPECT_EQ(page.settings().chosen_method, "layercam");
  EXPECT_TRUE(page.detail()->text().contains(QStringLiteral("max(G_c, 0)")));
  ASSERT_EQ(page.detail()->grid()->tiles().size(), 1U);
  const auto position = page.detail()->grid()->tiles()[0]->cursor_position();
  ASSERT_TRUE(position);
  EXPECT_NEAR(position->x(), 0.25, 1e-9);
  set([](AttributionSettings& s) { s.large = true; });
  ASSERT_FALSE(page.large()->tiles().empty());
  EXPECT_EQ(page.large()->tiles()[0]->panel().map, map_at({"layercam", tap("stage.1")}));
}

TEST_F(AttributionTest, DropsWhatIsNoLongerWantedAndStopsWhenAsked) {
  set([](AttributionSettings& s) {
    s.methods = {"gradcam", "occlusion"};
    s.layers = {"last"};
  });
  open("hornet_7x7");
  ASSERT_TRUE(QTest::qWaitFor(
      [&] { return page.work().progress() && page.work().progress()->keys.front().method == "occlusion"; }, kPatience));
  EXPECT_NE(map_at({"gradcam", tap("last")}), nullptr) << "the cheap one is there before";
  page.work().cancel();
  EXPECT_TRUE(page.work().idle());
  EXPECT_TRUE(page.work().stopped());
  EXPECT_EQ(map_at({"occlusion", ""}), nullptr);
  page.work().retry();
  set([](AttributionSettings& s) { s.methods = {"gradcam"}; });
  ASSERT_TRUE(idle());
  EXPECT_EQ(page.work().cell({"occlusion", ""}), nullptr);
}

TEST_F(AttributionTest, StateComesBackAndNonsenseChangesNothing) {
  set([](AttributionSettings& s) {
    s.methods = {"layercam", "occlusion"};
    s.layers = {"stage.2", "stages.2.1.gnconv.proj_out"};
    s.options["occlusion"] = {{"window", "32"}};
    s.against = "dog";
    s.scale = AttributionScale::Shared;
    s.style.colormap = Colormap::Magma;
    s.style.contours = 3;
    s.chosen_method = "occlusion";
    s.chosen_layer = "stage.2";
    s.curve = "road";
    s.large = true;
  });
  const AttributionSettings before = page.settings();
  const nlohmann::json state = page.state();
  page.set_settings({});
  page.restore(state);
  EXPECT_EQ(page.settings(), before);
  nlohmann::json nonsense = state;
  nonsense.update({{"scale", 7}, {"opacity", "much"}, {"methods", {1, 2}}, {"curve", "x"}, {"options", {{"a", 3}}}});
  page.restore(nonsense);
  EXPECT_EQ(page.settings().scale, before.scale);
  EXPECT_EQ(page.settings().methods, before.methods);
  EXPECT_EQ(page.settings().curve, before.curve);
  page.restore(nlohmann::json::array());
}

TEST_F(AttributionTest, SaysWhatToDoWhereThereIsNothing) {
  EXPECT_TRUE(grid().empty());
  EXPECT_TRUE(page.figure().grid.empty());
  bool said = false;
  for (const QLabel* label : page.findChildren<QLabel*>())
    said = said || label->text().contains(QStringLiteral("Drop a checkpoint"));
  EXPECT_TRUE(said);
}

}  // namespace
}  // namespace orderscope
