// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/compared_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/run/dense_inspection.h"
#include "core/run/layer_similarity.h"
#include "tests/dense_golden.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

const fs::path kSamples = fs::path(ORDERSCOPE_SOURCE_DIR) / "resources" / "samples";

DecodedImage sample(const std::string& name) {
  auto decoded = decode_image(kSamples / name);
  EXPECT_TRUE(decoded);
  return *std::move(decoded);
}

std::shared_ptr<ComparedModel> compared(const std::string& model) {
  auto result = compare_photo(test::small_model(model), sample("chelsea.png"));
  EXPECT_TRUE(result) << result.error().message();
  return *result;
}

TEST(ComparedModel, GivesEnergyOfEveryBlockAndTheGradCamOfAnInspection) {
  for (const std::string name : {"hornet_7x7", "swin", "convnext"}) {
    const auto model = compared(name);
    ASSERT_EQ(model->energies().size(), model->model().blocks.size());
    for (const Map& map : model->energies()) {
      EXPECT_EQ(map.height, map.width) << name;
      for (const float value : map.values) ASSERT_GT(value, 0);
    }
    const auto cams = model->cams(1);
    ASSERT_TRUE(cams) << cams.error().message();
    const auto shared = std::shared_ptr<const Model>(model, &model->model());
    const auto inspection = Inspection::run(shared, model->input());
    ASSERT_TRUE(inspection);
    const auto view = (*inspection)->explain(1);
    ASSERT_TRUE(view);
    // The same sums over the same activations, from a trace with other probes: float32 rounding.
    for (std::size_t b = 0; b < cams->size(); ++b)
      for (std::size_t i = 0; i < (*cams)[b].values.size(); ++i)
        ASSERT_NEAR((*cams)[b].values[i], view->cams[b].values[i], 1e-5F * (1 + std::abs(view->cams[b].values[i])))
            << name;
    EXPECT_EQ(model->scores().front().index, (*inspection)->scores().front().index);
    EXPECT_FALSE(model->cams(100000));
  }
}

TEST(ComparedModel, SegmentersAndDetectorsAreComparedByTheirPredictions) {
  for (const std::string name : {"upernet_small_gf", "maskrcnn_small"}) {
    const auto model = test::dense_model(name + "/checkpoint.pth");
    const auto result = compare_photo(model, sample("chelsea.png"));
    ASSERT_TRUE(result) << result.error().message();
    ComparedModel& compared = **result;
    ASSERT_NE(compared.prediction(), nullptr);
    EXPECT_FALSE(compared.prediction()->empty());
    EXPECT_EQ(compared.energies().size(), model->blocks.size());
    const int number = compared.scores().front().index;
    const auto cams = compared.cams(number);
    ASSERT_TRUE(cams) << cams.error().message();
    const auto inspection = DenseInspection::run(model, sample("chelsea.png"));
    ASSERT_TRUE(inspection);
    const auto view = (*inspection)->explain(number);
    ASSERT_TRUE(view);
    // The same sums over the same activations, from a trace with other probes: float32 rounding.
    for (std::size_t b = 0; b < cams->size(); ++b) {
      double largest = 0;
      for (const float value : view->cams[b].values) largest = std::max(largest, std::abs(static_cast<double>(value)));
      for (std::size_t i = 0; i < (*cams)[b].values.size(); ++i)
        ASSERT_NEAR((*cams)[b].values[i], view->cams[b].values[i], 1e-4 * largest) << name;
    }
    const auto by_method = compared.method_maps("gradcam", last_blocks(*model), number);
    ASSERT_TRUE(by_method) << by_method.error().message();
    EXPECT_EQ(by_method->size(), last_blocks(*model).size());
    const auto input = preprocess(sample("chelsea.png"), model->preprocessing);
    ASSERT_TRUE(input);
    EXPECT_FALSE(ComparedModel::run(model, *input)) << "a photo is prepared otherwise for them";
  }
}

TEST(ComparedModel, AttentionFromAPixelIsAProbabilityAndOnlyASwinHasIt) {
  const auto swin = compared("swin");
  for (const int block : last_blocks(swin->model())) {
    const auto map = swin->attention(block, swin->input().pixels.width / 3, swin->input().pixels.height / 2);
    ASSERT_TRUE(map) << map.error().message();
    // A softmax in float32.
    EXPECT_NEAR(std::accumulate(map->values.begin(), map->values.end(), 0.0), 1, 1e-5);
  }
  EXPECT_FALSE(swin->attention(0, 100000, 0));
  EXPECT_FALSE(compared("convnext")->attention(0, 3, 3));
}

TEST(ComparedModel, ColoursOfSeveralModelsAreAlignedWithTheFirst) {
  const auto a = compared("hornet_7x7"), b = compared("convnext");
  ComparedModel* const models[] = {a.get(), a.get(), b.get()};
  const int blocks[] = {1, 1, 1};
  const auto maps = pca_colors(models, blocks);
  ASSERT_TRUE(maps) << maps.error().message();
  ASSERT_EQ(maps->size(), 3U);
  EXPECT_EQ((*maps)[0].colors.rgb, (*maps)[1].colors.rgb);
  // The same scores turned by the identity, in float64.
  EXPECT_NEAR((*maps)[1].alignment, 1, 1e-9);
  EXPECT_LE((*maps)[2].alignment, 1);
}

TEST(ComparedModel, AnyMethodGivesAMapABlockOrOneOfTheInput) {
  const auto model = compared("hornet_7x7");
  const std::vector<int> blocks = last_blocks(model->model());
  const auto direct = model->cams(1);
  const auto through = model->method_maps("gradcam", blocks, 1);
  ASSERT_TRUE(direct && through) << through.error().message();
  ASSERT_EQ(through->size(), blocks.size());
  for (std::size_t i = 0; i < blocks.size(); ++i)
    EXPECT_EQ((*through)[i].height, (*direct)[static_cast<std::size_t>(blocks[i])].height);
  EXPECT_FALSE(model->method_maps("nothing", blocks, 1));
  for (const std::string& id : comparable_methods()) EXPECT_NE(id, "attention");
}

TEST(ComparedModel, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  JobContext job;
  job.stop = stop.get_token();
  const auto result = compare_photo(test::small_model("hornet_7x7"), sample("chelsea.png"), job);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Error::Kind::Cancelled);
}

TEST(ComparedModel, SpectraOfAllMixersFallWithTheDegreeAndAConvolutionIsLinear) {
  const auto spectra = compared("convnext")->spectra();
  ASSERT_TRUE(spectra) << spectra.error().message();
  for (const MixerSpectrum& spectrum : *spectra) {
    ASSERT_EQ(spectrum.unexplained.size(), 9U);
    EXPECT_EQ(spectrum.degree, 1);
    // Rounding of float64 sums.
    EXPECT_LT(spectrum.unexplained[1], 1e-20);
  }
  const auto of_hornet = compared("hornet_7x7")->spectra();
  ASSERT_TRUE(of_hornet);
  for (const MixerSpectrum& spectrum : *of_hornet)
    for (std::size_t d = 1; d < spectrum.unexplained.size(); ++d)
      EXPECT_LE(spectrum.unexplained[d], spectrum.unexplained[d - 1] + 1e-15);
}

TEST(LayerSimilarity, OfAModelWithItselfIsOneOnTheDiagonal) {
  const auto model = test::small_model("convnext");
  const std::vector<fs::path> pictures{kSamples / "chelsea.png", kSamples / "coffee.png", kSamples / "rocket.jpg",
                                       kSamples / "dog.jpg"};
  const auto found = layer_similarity(model, model, pictures);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->estimator, "unbiased");
  ASSERT_EQ(found->matrix.rows.size(), model->blocks.size());
  // HSIC of a matrix with itself over itself, in float64.
  for (std::size_t i = 0; i < model->blocks.size(); ++i) EXPECT_NEAR(found->matrix.at(i, i), 1, 1e-9);
  EXPECT_FALSE(layer_similarity(model, model, {pictures[0]}));
  const auto two = layer_similarity(model, model, {pictures[0], pictures[1]});
  ASSERT_TRUE(two);
  EXPECT_EQ(two->estimator, "biased");
  EXPECT_FALSE(layer_similarity(model, model, {pictures[0], "missing.png"}));
}

TEST(LayerSimilarity, TakesTheBlocksOfDetectorsToo) {
  const auto path = test::dense_golden("maskrcnn_small/checkpoint.pth");
  ASSERT_TRUE(path);
  const auto loaded = load_model(*path);
  ASSERT_TRUE(loaded) << loaded.error().message();
  auto detector = std::make_shared<Model>(**loaded);
  detector->preprocessing.size = 96;  // 800 as it is
  const auto found =
      layer_similarity(detector, test::small_model("convnext"), {kSamples / "coffee.png", kSamples / "dog.jpg"});
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->matrix.rows.size(), detector->blocks.size());
  for (const double value : found->matrix.values) EXPECT_TRUE(value >= 0 && value <= 1 + 1e-9) << value;
}

}  // namespace
}  // namespace orderscope
