// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/precision.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/models/backbone.h"
#include "core/models/model.h"
#include "core/trace/trace.h"
#include "tests/golden.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

class BFloat16 : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string folder = "small/" + std::string(GetParam()) + "/";
    const auto manifest = test::golden_json(folder + "manifest.json");
    input = test::golden_array(folder + manifest.at("inputs").begin().key() + "/input.npy");
    exact = test::small_model(GetParam());
    LoadOptions options;
    options.precision = Precision::BFloat16;
    auto loaded = load_model(test::golden(folder + "official.pth"), options);
    ASSERT_TRUE(loaded) << loaded.error().message();
    rounded = *loaded;
  }

  std::shared_ptr<const Model> exact, rounded;
  at::Tensor input;
};

TEST_P(BFloat16, WeightsAreItAndWhatIsSeenIsFloat32) {
  EXPECT_EQ(rounded->precision, Precision::BFloat16);
  for (const at::Tensor& weight : rounded->backbone->parameters()) EXPECT_EQ(weight.scalar_type(), at::kBFloat16);
  const auto trace = Trace::forward(rounded->backbone, input, {Probe::record("*")});
  ASSERT_TRUE(trace) << trace.error().message();
  EXPECT_EQ(trace->logits().scalar_type(), at::kFloat);
  ASSERT_GT(trace->taps_of(0).size(), 4U);
  for (const std::string& tap : trace->taps_of(0)) EXPECT_EQ(trace->result(0, tap).scalar_type(), at::kFloat) << tap;
}

TEST_P(BFloat16, LogitsAndGradientsAreThoseOfFloat32UpToItsMantissa) {
  const std::string last = exact->backbone->last_block();
  const auto run = [&](const Model& model) {
    auto trace = Trace::forward(model.backbone, input, {Probe::record_gradient(last)});
    EXPECT_TRUE(trace) << trace.error().message();
    EXPECT_TRUE(trace->backward({1}));
    return std::pair(trace->logits(), trace->gradient_result(0, last));
  };
  const auto [logits, gradient] = run(*exact);
  const auto [near_logits, near_gradient] = run(*rounded);
  // 8 bits of mantissa are 0.4 % a value; through a dozen blocks errors of that size add up like a random walk.
  EXPECT_LT(relative_difference(near_logits, logits), 0.05);
  EXPECT_GT(relative_difference(near_logits, logits), 0) << "it was float32 after all";
  EXPECT_LT(relative_difference(near_gradient, gradient), 0.1);
}

TEST_P(BFloat16, EditsReplaceInFloat32) {
  const std::string last = rounded->backbone->last_block();
  TraceOptions options;
  options.edits.push_back({last, [](const at::Tensor& x) {
                             EXPECT_EQ(x.scalar_type(), at::kFloat);
                             return at::zeros_like(x);
                           }});
  const auto edited = Trace::forward(rounded->backbone, input, {Probe::record(last)}, options);
  ASSERT_TRUE(edited) << edited.error().message();
  EXPECT_EQ(edited->result(0, last).abs().max().item<float>(), 0);
}

INSTANTIATE_TEST_SUITE_P(Families, BFloat16, testing::Values("hornet_7x7", "hornet_gf", "swin", "convnext"));

TEST(Precision, HasNames) {
  EXPECT_EQ(precision_named("bfloat16"), Precision::BFloat16);
  EXPECT_EQ(precision_named("float32"), Precision::Float32);
  EXPECT_EQ(precision_named("half"), std::nullopt);
  EXPECT_EQ(to_string(Precision::BFloat16), "bfloat16");
  EXPECT_TRUE(has_bfloat16_units("cuda:1"));
}

TEST(Precision, SegmentersAndDetectorsStayInFloat32) {
  LoadOptions options;
  options.precision = Precision::BFloat16;
  const auto model = load_model(test::golden("dense/upernet_small_gf/checkpoint.pth"), options);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, Error::Kind::InvalidInput);
  EXPECT_NE(model.error().message().find("only classifiers"), std::string::npos) << model.error().message();
}

}  // namespace
}  // namespace orderscope
