// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/field_run.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/analysis/erf.h"
#include "core/run/model_input.h"
#include "tests/dense_golden.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

const fs::path kSamples = fs::path(ORDERSCOPE_SOURCE_DIR) / "resources" / "samples";
const std::vector<fs::path> kPhotos{kSamples / "chelsea.png", kSamples / "coffee.png", kSamples / "dog.jpg"};
constexpr std::int64_t kBudget = 1 << 26;

FieldPlan small_plan(int size = 96) {
  FieldPlan plan;
  plan.size = size;
  plan.bootstrap = 40;
  return plan;
}

Result<FieldSnapshot> measure(const std::shared_ptr<const Model>& model, const FieldPlan& plan, bool control = false) {
  TRY(const auto run, FieldRun::start(model, std::make_shared<FieldPictures>(kPhotos), plan, control, kBudget));
  while (!run->done()) TRY_VOID(run->add_next());
  return run->look(true);
}

/// The same by the parts it stands on, as `orderscope-cli erf --size 96` puts them together.
Result<ErfReport> expected(const Model& model, const FieldPlan& plan) {
  ErfOptions options;
  TRY(options.protocol, erf_protocol(plan.protocol));
  options.bootstrap = plan.bootstrap;
  Preprocessing how = erf_preprocessing(options.protocol, model.preprocessing);
  how.size = plan.size;
  const TensorSource source{static_cast<std::int64_t>(kPhotos.size()), [how](std::int64_t i) -> Result<at::Tensor> {
                              TRY(const ModelInput input,
                                  read_image_input(kPhotos[static_cast<std::size_t>(i)], how, ExifOrientation::Apply));
                              return input.images;
                            }};
  return effective_receptive_field(model.backbone, source, options);
}

class FieldRunProtocols : public testing::TestWithParam<std::string> {};

TEST_P(FieldRunProtocols, MeasureWhatTheAnalysisMeasures) {
  const auto model = test::small_model("hornet_7x7");
  FieldPlan plan = small_plan();
  plan.protocol = GetParam();
  const auto found = measure(model, plan);
  const auto report = expected(*model, plan);
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(found->complete);
  EXPECT_EQ(found->used, 3);
  // The same passes over the same images in the same order: no tolerance.
  const MeasuredField& field = found->fields.at(0);
  const ErfField& wanted = report->fields.at(0);
  ASSERT_EQ(field.mean.values.size(), wanted.mean.values.size());
  EXPECT_EQ(field.mean.values, wanted.mean.values);
  for (std::size_t t = 0; t < kErfThresholds.size(); ++t) {
    EXPECT_EQ(field.ratios[t].value.has_value(), wanted.ratios[t].value.has_value());
    if (field.ratios[t].value) {
      EXPECT_EQ(field.ratios[t].value->ratio, wanted.ratios[t].value->ratio);
    }
    EXPECT_EQ(field.ratios[t].low, wanted.ratios[t].low);
  }
  EXPECT_EQ(field.profile.half_mass_radius, wanted.profile.half_mass_radius);
  EXPECT_FALSE(field.mean.provenance.image_sha256.empty());
  EXPECT_EQ(field.mean.provenance.model_sha256, model->sha256);
}

INSTANTIATE_TEST_SUITE_P(, FieldRunProtocols, testing::Values("replknet", "slak", "vmamba", "openerf"),
                         [](const auto& info) { return info.param; });

TEST(FieldRun, DecadesAreTheLogarithmAndEndAtTheLast) {
  const auto found = measure(test::small_model("convnext"), small_plan());
  ASSERT_TRUE(found) << found.error().message();
  const MeasuredField& field = found->fields.at(0);
  const float largest = range_of(field.mean).high;
  EXPECT_EQ(range_of(field.decades).high, 0);
  for (std::size_t i = 0; i < field.mean.values.size(); ++i) {
    const float value = field.mean.values[i];
    const float wanted = value > 0 ? std::max(std::log10(value / largest), kLeastDecade) : kLeastDecade;
    ASSERT_FLOAT_EQ(field.decades.values[i], wanted);
  }
}

TEST(FieldRun, TakesStagesAndTapsAndSaysWhatThereIsNot) {
  const auto model = test::small_model("convnext");
  FieldPlan plan = small_plan(64);
  plan.layer = "stage 2";
  const auto second = measure(model, plan);
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_TRUE(second->layer.starts_with("stages.1.")) << second->layer;
  plan.layer = "stages.0.0";
  EXPECT_EQ(measure(model, plan)->layer, "stages.0.0");
  for (const char* wrong : {"stage 9", "stage 0", "stage x", "nowhere"}) {
    plan.layer = wrong;
    const auto refused = measure(model, plan);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().kind, Error::Kind::InvalidInput);
  }
}

TEST(FieldRun, LevelsOfASegmenterAreMeasuredAndThoseOfItsHeadHaveNoRandomWeights) {
  const auto model = test::dense_model("upernet_small_gf/checkpoint.pth");
  FieldPlan plan = small_plan();
  for (const char* layer : {"norm1", "decode_head.fpn_bottleneck"}) {
    plan.layer = layer;
    const auto found = measure(model, plan);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->layer, layer);
  }
  const auto control = measure(model, plan, true);
  ASSERT_FALSE(control);
  EXPECT_EQ(control.error().kind, Error::Kind::Unsupported);
  plan.layer = "norm1";
  const auto level = measure(model, plan, true);
  EXPECT_TRUE(level) << level.error().message();
}

TEST(FieldRun, OrdersAreThoseOfGnConvsOnly) {
  FieldPlan plan = small_plan(64);
  plan.by_order = true;
  plan.count = 1;
  const auto hornet = measure(test::small_model("hornet_7x7"), plan);
  ASSERT_TRUE(hornet) << hornet.error().message();
  EXPECT_EQ(hornet->fields.size(), 7U);  // the ordinary one, no gate, orders 1 to 5
  const auto convnext = measure(test::small_model("convnext"), plan);
  ASSERT_TRUE(convnext) << "a model without gnConvs has the ordinary field";
  EXPECT_EQ(convnext->fields.size(), 1U);
}

TEST(FieldRun, RandomWeightsAreDrawnFromTheSeed) {
  const auto model = test::small_model("convnext");
  FieldPlan plan = small_plan(64);
  plan.control_layer_scale = 1;
  const auto a = measure(model, plan, true), b = measure(model, plan, true);
  plan.seed = 1;
  const auto c = measure(model, plan, true);
  ASSERT_TRUE(a && b && c);
  EXPECT_EQ(a->fields[0].mean.values, b->fields[0].mean.values);
  EXPECT_NE(a->fields[0].mean.values, c->fields[0].mean.values);
  EXPECT_TRUE(a->fields[0].mean.provenance.model_sha256.empty()) << "these are not the file's weights";
}

TEST(FieldRun, FolderIsWhatItsPicturesAre) {
  const auto pictures = FieldPictures::open(kSamples);
  ASSERT_TRUE(pictures) << pictures.error().message();
  EXPECT_GT((*pictures)->size(), 5);
  EXPECT_FALSE(FieldPictures::open(kSamples / "nowhere"));
}

TEST(FieldRun, CostGrowsWithTheAreaOfTheImages) {
  const auto model = test::small_model("convnext");
  FieldPlan plan = small_plan(model->preprocessing.size);
  const double once = field_cost(*model, plan, 1, false);
  EXPECT_DOUBLE_EQ(once, 3.0 * static_cast<double>(model->macs));
  plan.size *= 2;
  EXPECT_DOUBLE_EQ(field_cost(*model, plan, 5, false), 20 * once);
}

}  // namespace
}  // namespace orderscope
