// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/analysis/order_flow.h"
#include "core/models/backbone.h"
#include "core/run/batch_export.h"
#include "core/run/batch_report.h"
#include "core/run/batch_store.h"
#include "core/run/model_input.h"
#include "tests/core/run/batch_set.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

using testing::HasSubstr;

struct BatchRunTest : testing::Test {
  BatchRunTest() {
    test::write_striped_set(folder / "photos", 5, 48, 3);
    std::ofstream(folder / "photos/01_Vertical/broken.jpg") << "no picture";
  }
  BatchConfig config() const { return test::small_batch(folder / "photos"); }
  test::StoreContent run(const std::string& name, const BatchConfig& how) const {
    const auto outcome = run_batch(folder / name, how);
    EXPECT_TRUE(outcome) << outcome.error().message();
    return test::content_of(folder / name);
  }

  test::TemporaryFolder folder;
};

TEST_F(BatchRunTest, KeepsWhatTheModelSays) {
  const test::StoreContent content = run("run", config());
  ASSERT_EQ(content.entries.size(), 16u);
  const auto model = test::small_model("hornet_7x7");
  Preprocessing how = model->preprocessing;
  how.size = 64;
  for (const auto& [key, entry] : content.entries) {
    if (key.first.ends_with("broken.jpg")) {
      EXPECT_FALSE(entry.row.predicted);
      EXPECT_THAT(entry.row.note, testing::Not(testing::IsEmpty()));
      EXPECT_EQ(entry.row.label, 1);
      continue;
    }
    const auto input = read_image_input(key.first, how, ExifOrientation::Apply);
    ASSERT_TRUE(input);
    const at::Tensor p = at::softmax(model->backbone->forward(input->images)[0].to(at::kDouble), 0);
    EXPECT_EQ(entry.row.predicted, p.argmax().item<std::int64_t>());
    // Another batch size, so other blocking of the same float32 sums.
    EXPECT_NEAR(entry.row.confidence, p.max().item<double>(), 1e-5);
    EXPECT_NEAR(entry.row.loss, -std::log(p[*entry.row.label].item<double>()), 1e-4);
    EXPECT_EQ(entry.row.sha256, input->sha256);
    EXPECT_EQ(entry.row.width, 48);
  }
}

TEST_F(BatchRunTest, SummariesAreThoseOfOrderFlow) {
  BatchConfig how = config();
  how.methods = {{"order-flow", {}}};
  const test::StoreContent content = run("run", how);
  int compared = 0;
  for (const auto& [key, entry] : content.entries) {
    for (const auto& [name, value] : entry.figures) {
      if (!name.starts_with("order-flow.")) continue;
      const auto own = entry.figures.find(name.substr(11));
      if (own == entry.figures.end() || std::isnan(own->second)) continue;
      const std::string kind = name.substr(name.rfind('.') + 1);
      // Entropies of gates as a whole share a name's end with spatial ones, but not the whole name.
      const double size = kind == "contribution" ? std::max(1.0F, std::abs(value)) : std::abs(value);
      EXPECT_NEAR(own->second, value, 2e-5 * size) << name;
      ++compared;
    }
  }
  EXPECT_GT(compared, 15 * 30);
}

TEST_F(BatchRunTest, ABatchOfSixteenGivesTheNumbersOfSixteenSingleRuns) {
  BatchConfig many = config(), single = config();
  many.batch = many.chunk = 16;
  single.batch = single.chunk = 1;
  many.ablate = single.ablate = {"network"};
  // float32 sums over some thousand values in another order differ by a few 1e-6.
  test::expect_same(run("many", many), run("single", single), 5e-5);
}

TEST_F(BatchRunTest, TheSameRunTwiceGivesTheSameStore) {
  BatchConfig how = config();
  how.maps = {"orders", "cam", "contribution"};
  how.methods = {{"gradcam", {{"layer", "stages.2.0"}}}, {"gradcam", {}}};
  const test::StoreContent first = run("first", how), second = run("second", how);
  test::expect_same(first, second, 0);
  for (const auto& [key, entry] : first.entries) {
    if (!entry.row.predicted) continue;
    EXPECT_TRUE(entry.figures.contains("gradcam.2.stages.3.0.area")) << key.first;
    EXPECT_TRUE(entry.maps.contains("stages.2.0.gnconv.gate.4"));
    EXPECT_TRUE(entry.maps.contains("stages.2.0.gnconv.gate.4.contribution"));
    EXPECT_EQ(entry.maps.at("cam").values, second.entries.at(key).maps.at("cam").values);
    // The map's statistics are those of its values before they became float16, whose step is 2^-11.
    const float high = *std::max_element(entry.maps.at("cam").values.begin(), entry.maps.at("cam").values.end());
    EXPECT_NEAR(high, entry.figures.at("cam.high"), 1e-3 * std::abs(high) + 1e-6);
  }
}

TEST_F(BatchRunTest, StoppedAndGoneOnWithItEndsAsIfUndisturbed) {
  const test::StoreContent whole = run("whole", config());
  for (const std::int64_t expected : {6, 12}) {
    std::stop_source source;
    const JobContext job{source.get_token(), [&](const Progress& progress) {
                           if (progress.total == 16 && progress.done > 0) source.request_stop();
                         }};
    const auto outcome = run_batch(folder / "stopped", config(), {}, job);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Error::Kind::Cancelled) << outcome.error().message();
    EXPECT_THAT(outcome.error().message(), HasSubstr("batch resume"));
    EXPECT_EQ(BatchQuery::open(folder / "stopped")->counts()->done, expected);  // the chunk is finished first
  }
  const auto resumed = resume_batch(folder / "stopped");
  ASSERT_TRUE(resumed) << resumed.error().message();
  test::expect_same(whole, test::content_of(folder / "stopped"), 0);
}

TEST_F(BatchRunTest, OneWriterAndOneSetOfSettings) {
  ASSERT_TRUE(run_batch(folder / "run", config()));
  BatchConfig other = config();
  other.batch = 5;
  EXPECT_THAT(run_batch(folder / "run", other).error().message(), HasSubstr("other settings"));
  const auto lock = BatchLock::take(folder / "run");
  ASSERT_TRUE(lock);
  const auto refused = run_batch(folder / "run", config());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("is being written by process"));
  EXPECT_THAT(resume_batch(folder / "nowhere").error().message(), HasSubstr("no batch run"));
}

TEST_F(BatchRunTest, OfSomebodyElseItOpensNothingOutsideItsFolder) {
  // A run with its model and pictures inside its folder, and one whose pictures lie beside it.
  const std::filesystem::path own = folder / "own";
  std::filesystem::create_directories(own);
  std::filesystem::copy_file(test::small_checkpoint("hornet_7x7"), own / "model.pth");
  test::write_striped_set(own / "photos", 1, 48, 3);
  BatchConfig how = test::small_batch(own / "photos");
  how.models = {{own / "model.pth", {}}};
  ASSERT_TRUE(run_batch(own, how));
  EXPECT_TRUE(resume_batch(own, {}, 0, {}, PathScope::below({own})));
  const auto refused = [&](const BatchConfig& config, const std::string& name) {
    EXPECT_TRUE(run_batch(folder / name, config));
    const auto resumed = resume_batch(folder / name, {}, 0, {}, PathScope::below({folder / name}));
    return resumed ? std::string() : resumed.error().message();
  };
  EXPECT_THAT(refused(how, "beside"), HasSubstr("model.pth: lies outside the folder of the run"));
  std::filesystem::create_directories(folder / "pictures");
  std::filesystem::copy_file(own / "model.pth", folder / "pictures/model.pth");
  how.models = {{folder / "pictures/model.pth", {}}};
  EXPECT_THAT(refused(how, "pictures"),
              testing::AllOf(HasSubstr("lies outside the folder of the run"), HasSubstr("photos/")));

  // Its report has the charts, not the pictures.
  const auto query = BatchQuery::open(folder / "beside");
  ASSERT_TRUE(query);
  BatchReportOptions options;
  options.scope = PathScope::below({folder / "beside"});
  const auto confined = make_batch_report(*query, options), whole = make_batch_report(*query);
  ASSERT_TRUE(confined && whole);
  EXPECT_THAT(confined->warnings, testing::Contains(HasSubstr("model.pth: lies outside")));
  EXPECT_THAT(whole->warnings, testing::IsEmpty());
  const auto photos = [](const BatchReport& report) {
    return std::ranges::count(report.parts, true, &ReportPart::photo);
  };
  EXPECT_EQ(photos(*confined), 0);
  EXPECT_GT(photos(*whole), 0);
}

TEST_F(BatchRunTest, AModelThatHasChangedIsRefused) {
  BatchConfig how = config();
  how.models = {{folder / "model.pth", {}}};
  std::filesystem::copy_file(test::small_checkpoint("hornet_7x7"), folder / "model.pth");
  ASSERT_TRUE(run_batch(folder / "run", how));
  std::filesystem::copy_file(test::small_checkpoint("hornet_gf"), folder / "model.pth",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(resume_batch(folder / "run").error().message(), HasSubstr("another file"));
}

TEST_F(BatchRunTest, ShardsTogetherAreTheRun) {
  const test::StoreContent whole = run("whole", config());
  EXPECT_THAT(merge_shards(folder / "parts").error().message(), HasSubstr("no shards"));
  std::int64_t images = 0;
  for (int i = 0; i < 3; ++i) {
    if (i == 2) {
      EXPECT_THAT(merge_shards(folder / "parts").error().message(), HasSubstr("missing"));
    }
    const auto outcome = run_batch(folder / "parts", config(), {i, 3});
    ASSERT_TRUE(outcome) << outcome.error().message();
    images += outcome->images;
  }
  EXPECT_EQ(images, 16);
  const auto merged = merge_shards(folder / "parts");
  ASSERT_TRUE(merged) << merged.error().message();
  EXPECT_EQ(merged->images, 16);
  EXPECT_EQ(merged->broken, 1);
  // Other images share a batch, see above.
  test::expect_same(whole, test::content_of(folder / "parts"), 5e-5);
  EXPECT_THAT(merge_shards(folder / "parts").error().message(), HasSubstr("a store already"));
}

TEST_F(BatchRunTest, ModelsAreCompared) {
  BatchConfig how = config();
  how.models.push_back({test::small_checkpoint("convnext"), {}});
  how.models.push_back({test::small_checkpoint("hornet_7x7"), {}});
  ASSERT_TRUE(run_batch(folder / "run", how));
  const auto query = BatchQuery::open(folder / "run");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->models()[2].name, "official (3)");
  const auto ids = *query->most_disagreeing(4);
  ASSERT_EQ(ids.size(), 12u);
  const auto rows = *query->rows(ids.data(), ids.size());
  for (std::size_t i = 0; i + 3 < rows.size(); i += 3) {
    EXPECT_EQ(rows[i].image, rows[i + 2].image);
    EXPECT_GE(std::pair(rows[i].predictions, rows[i].disagreement),
              std::pair(rows[i + 3].predictions, rows[i + 3].disagreement));
    EXPECT_GT(rows[i].disagreement, 0);
    EXPECT_EQ(rows[i].predicted, rows[i + 2].predicted);  // the same network twice
  }
  // A ConvNeXt has no orders, but a Grad-CAM.
  const auto figures = *query->figures(1);
  ASSERT_FALSE(figures.empty());
  EXPECT_EQ(figures.front().name, "cam.low");
}

TEST_F(BatchRunTest, EverythingThatCanBeAskedForIsThere) {
  BatchConfig how = config();
  how.images = {folder / "photos/00_Horizontal/0.png"};
  how.faithfulness = true;
  how.ablate = {"network", "stage"};
  how.methods = {{"order-cam", {}}, {"layers", {}}};
  const test::StoreContent content = run("run", how);
  ASSERT_EQ(content.entries.size(), 1u);
  const auto& entry = content.entries.begin()->second;
  EXPECT_FALSE(entry.row.label);
  EXPECT_EQ(entry.row.note, "");
  for (const char* name :
       {"stages.0.0.gate.1.energy", "stages.2.1.state.4.share", "stages.3.0.gate.5.contribution",
        "stages.1.0.gate.2.entropy", "stages.1.0.gate.2.scale", "cam.high", "cam.faithfulness.deletion.auc",
        "ablation.network.3.probability", "ablation.stages.2.4.predicted"})
    EXPECT_TRUE(entry.figures.contains(name)) << name;
  double shares = 0;
  for (int k = 1; k <= 4; ++k) shares += entry.figures.at("stages.2.0.gate." + std::to_string(k) + ".share");
  EXPECT_NEAR(shares, 1, 1e-6);  // four float32 shares
}

TEST_F(BatchRunTest, ForwardOnlyHasNoGradients) {
  BatchConfig how = config();
  how.gradients = false;
  const test::StoreContent content = run("run", how);
  const auto& figures = content.entries.begin()->second.figures;
  EXPECT_TRUE(figures.contains("stages.0.0.gate.1.energy"));
  EXPECT_FALSE(figures.contains("stages.0.0.gate.1.contribution"));
  EXPECT_FALSE(figures.contains("cam.high"));
}

}  // namespace
}  // namespace orderscope
