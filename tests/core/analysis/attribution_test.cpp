// SPDX-License-Identifier: GPL-3.0-or-later
// Maps that run passes of their own: FullGrad, integrated gradients, SmoothGrad, occlusion, Order-CAM.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/analysis/input_gradients.h"
#include "core/analysis/method.h"
#include "core/models/backbone.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

using testing::HasSubstr;

at::Tensor tensor_of(const Map& map) { return at::tensor(map.values).view({map.height, map.width}); }

Result<MethodResult> run_method(const Subject& subject, const std::string& id,
                                const std::map<std::string, std::string>& given, int class_index) {
  const Method* method = find_method(id);
  TRY(const MethodValues values, check_values(method->descriptor, given));
  const MethodRequest request{method, values};
  TRY(MethodsOutcome outcome, run_methods(subject, {&request, 1}, class_index));
  return std::move(outcome.results[0]);
}

double number(const MethodResult& result, const std::string& name) {
  for (const Number& n : result.numbers)
    if (n.name == name) return n.value;
  throw std::runtime_error("no number " + name);
}

class Attribution : public testing::TestWithParam<std::pair<std::string, std::string>> {
 protected:
  Subject subject{
      test::small_model(GetParam().first),
      test::golden_array("small/" + GetParam().first + "/" + GetParam().second + "/input.npy").slice(0, 0, 1)};
  double logit(int c) const {
    const at::NoGradGuard no_grad;
    return subject.model->backbone->forward(subject.image)[0][c].item<double>();
  }
};

TEST_P(Attribution, FullGradsTermsAddUpToTheLogit) {
  for (const int c : {1, 7}) {
    const auto result = run_method(subject, "fullgrad", {}, c);
    ASSERT_TRUE(result) << result.error().message();
    const double from_input = number(*result, "fullgrad.input"), from_steps = number(*result, "fullgrad.steps");
    // Every step's bias is a difference of two float32 results of size 1 to 10, multiplied with its gradient.
    EXPECT_NEAR(from_input + from_steps + number(*result, "fullgrad.head"), logit(c), 2e-4);
    EXPECT_NEAR(number(*result, "fullgrad.gap"), 0, 2e-4);
    // The map holds what has a place. Enlarging keeps sums where sides are whole multiples.
    const at::Tensor map = tensor_of(result->maps[0].map);
    EXPECT_EQ(map.size(0), subject.image.size(2));
    if (subject.image.size(2) == 64) {
      EXPECT_NEAR(map.sum(at::kDouble).item<double>(), from_input + from_steps, 2e-4);
    }
  }
  const auto magnitudes = run_method(subject, "fullgrad", {{"aggregation", "paper"}}, 1);
  ASSERT_TRUE(magnitudes);
  EXPECT_GE(tensor_of(magnitudes->maps[0].map).min().item<float>(), 0);
}

TEST_P(Attribution, IntegratedGradientsAddUpToTheChangeOfTheLogit) {
  const auto result = run_method(subject, "integrated-gradients", {{"baseline", "blur"}, {"path-steps", "256"}}, 2);
  ASSERT_TRUE(result) << result.error().message();
  const double difference = number(*result, "completeness.difference");
  // Gauss-Legendre quadrature converges geometrically once it resolves the LayerNorms' variances along the path: 64
  // points leave 1e-2 here, 256 leave float32 rounding.
  EXPECT_NEAR(number(*result, "completeness.sum"), difference, 1e-3 * std::max(1.0, std::abs(difference)));
  EXPECT_NEAR(tensor_of(result->maps[0].map).sum(at::kDouble).item<double>(), number(*result, "completeness.sum"),
              1e-4);  // float32 sums of 4000 values
}

TEST_P(Attribution, SmoothGradWithoutNoiseIsTheGradient) {
  const auto result = run_method(subject, "smoothgrad", {{"samples", "2"}, {"noise", "0"}}, 4);
  ASSERT_TRUE(result) << result.error().message();
  auto trace = Trace::forward(subject.model->backbone, subject.image, {Probe::record_gradient("input")});
  ASSERT_TRUE(trace && trace->backward({4}));
  const at::Tensor gradient = trace->gradient_result(0, "input")[0].sum(0);
  // A batch of two sums in another order than one image.
  EXPECT_LT(test::max_abs_difference(tensor_of(result->maps[0].map), gradient),
            1e-4 * gradient.abs().max().item<double>());
}

TEST_P(Attribution, SmoothGradDependsOnItsSeedAlone) {
  const auto run = [&](const char* seed) {
    return run_method(subject, "smoothgrad", {{"samples", "2"}, {"seed", seed}}, 4)->maps[0].map.values;
  };
  const auto first = run("1");
  EXPECT_EQ(first, run("1"));
  EXPECT_NE(first, run("2"));
}

TEST_P(Attribution, OcclusionIsTheFallOfTheLogit) {
  // One window for the whole image where it is square; else three that overlap.
  const std::int64_t height = subject.image.size(2), width = subject.image.size(3);
  const std::string side = std::to_string(std::min(height, width));
  const auto result = run_method(subject, "occlusion", {{"window", side}, {"stride", "16"}, {"baseline", "mean"}}, 3);
  ASSERT_TRUE(result) << result.error().message();
  const at::NoGradGuard no_grad;
  at::Tensor occluded = subject.image.clone();
  occluded.narrow(2, 0, std::min(height, width)).narrow(3, 0, std::min(height, width)).zero_();
  const double fall = logit(3) - subject.model->backbone->forward(occluded)[0][3].item<double>();
  // The first column is covered by the first window only; another batch size, another order of sums.
  EXPECT_NEAR(result->maps[0].map.at(0, 0), fall, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(, Attribution,
                         testing::Values(std::pair{"hornet_7x7", "in72x104"}, std::pair{"hornet_7x7", "in64x64"},
                                         std::pair{"hornet_gf", "in64x64"}, std::pair{"convnext", "in64x64"},
                                         std::pair{"swin", "in64x64"}),
                         [](const auto& info) { return info.param.first + "_" + info.param.second; });

TEST(Occlusion, WindowsThatDoNotFitOrLeaveGapsAreErrors) {
  const Subject subject{test::small_model("hornet_7x7"), test::golden_array("small/hornet_7x7/in64x64/input.npy")};
  EXPECT_FALSE(run_method(subject, "occlusion", {{"window", "65"}}, 0));
  EXPECT_FALSE(run_method(subject, "occlusion", {{"window", "8"}, {"stride", "9"}}, 0));
}

TEST(IntegratedGradients, AGapIsWarnedOf) {
  const Subject subject{test::small_model("hornet_gf"), test::golden_array("small/hornet_gf/in64x64/input.npy")};
  const auto result = run_method(subject, "integrated-gradients", {{"baseline", "black"}, {"path-steps", "1"}}, 2);
  ASSERT_TRUE(result);
  const double gap = number(*result, "completeness.gap"), difference = number(*result, "completeness.difference");
  ASSERT_GT(std::abs(gap), 0.05 * std::abs(difference));
  EXPECT_THAT(result->warnings, testing::ElementsAre(HasSubstr("path-steps")));
}

TEST(GaussLegendre, IntegratesPolynomialsOfTwiceItsDegreeExactly) {
  for (const int count : {1, 2, 5, 50}) {
    const auto [nodes, weights] = gauss_legendre(count);
    for (const int degree : {0, 1, 2 * count - 1}) {
      double sum = 0;
      for (int i = 0; i < count; ++i) sum += weights[i] * std::pow(nodes[i], degree);
      EXPECT_NEAR(sum, 1.0 / (degree + 1), 1e-13);  // float64 rounding of the nodes
    }
  }
}

class OrderCam : public testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(OrderCam, AddsUpToTheMapOfTheGnConvsOutput) {
  const auto& [name, size] = GetParam();
  const Subject subject{test::small_model(name), test::golden_array("small/" + name + "/" + size + "/input.npy")};
  for (const char* rule : {"gradcam", "hirescam"}) {
    for (const char* block : {"stages.0.0", "stages.2.1"}) {
      const auto split = run_method(subject, "order-cam", {{"layer", block}, {"rule", rule}}, 4);
      ASSERT_TRUE(split) << split.error().message();
      const auto whole = run_method(subject, rule, {{"layer", std::string(block) + ".gnconv.proj_out"}}, 4);
      ASSERT_TRUE(whole);
      const at::Tensor expected = tensor_of(whole->maps[0].map);
      at::Tensor sum = at::zeros_like(expected);
      for (std::size_t i = 0; i + 1 < split->maps.size(); ++i) sum += tensor_of(split->maps[i].map);
      // Terms of both signs that are larger than their sum, in float32.
      const double bound = 1e-4 * std::max(1e-3, expected.abs().max().item<double>());
      EXPECT_LT(test::max_abs_difference(sum, expected), bound) << rule << " " << block;
      EXPECT_EQ(split->maps.back().name, std::string(block) + ".sum");
      EXPECT_LT(test::max_abs_difference(tensor_of(split->maps.back().map), expected), bound);
      // By degree 0 .. n+1, by gates the bias and one term a gate.
      const int order = block == std::string("stages.0.0") ? 2 : 4;
      const bool filter = name == "hornet_gf" && block == std::string("stages.2.1");
      EXPECT_EQ(split->maps.size(), static_cast<std::size_t>(filter ? order + 2 : order + 3));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, OrderCam,
                         testing::Values(std::pair{"hornet_7x7", "in72x104"}, std::pair{"hornet_gf", "in96x80"}),
                         [](const auto& info) { return info.param.first; });

TEST(OrderCamErrors, ModelsWithoutGnConvHaveNone) {
  const Subject subject{test::small_model("convnext"), test::golden_array("small/convnext/in64x64/input.npy")};
  const auto result = run_method(subject, "order-cam", {}, 0);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr("no gnConv"));
}

}  // namespace
}  // namespace orderscope
