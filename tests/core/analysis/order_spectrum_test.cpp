// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/order_spectrum.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/analysis/order_decomposition.h"
#include "core/models/backbone.h"
#include "core/models/mixer.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

at::Tensor input_of(const std::string& path) { return test::golden_array("small/" + path).slice(0, 0, 1); }

Trace run(const Model& model, const at::Tensor& input, std::vector<Probe> probes = {}) {
  return Trace::forward(model.backbone, input, std::move(probes)).value();
}

TEST(OrderSpectrum, OfADepthwiseConvolutionEndsAtDegreeOne) {
  const auto model = test::small_model("convnext");
  const Trace trace = run(*model, input_of("convnext/in72x104/input.npy"));
  for (const auto origin : {OrderOrigin::NormBias, OrderOrigin::SpatialMean}) {
    const auto spectra = order_spectra(trace, *model, "*", origin);
    ASSERT_TRUE(spectra);
    ASSERT_EQ(spectra->size(), model->blocks.size());
    for (const OrderSpectrum& s : *spectra) {
      EXPECT_EQ(s.degree, 1);
      EXPECT_EQ(s.origin, origin == OrderOrigin::NormBias ? OrderOrigin::Zero : origin);  // no norm before it
      EXPECT_EQ(s.energies.size(), 2U);
      EXPECT_GT(s.unexplained[0], 1e-3);
      for (int d = 1; d < OrderSpectrum::kDegrees; ++d) EXPECT_LT(s.unexplained[d], 1e-24) << s.module;
    }
  }
}

TEST(OrderSpectrum, OfADepthwiseGnConvEndsAtOrderPlusOneAndAgreesWithTheExactDecomposition) {
  const auto model = test::small_model("hornet_7x7");
  const at::Tensor input = input_of("hornet_7x7/in72x104/input.npy");
  std::vector<std::string> warnings;
  const auto blocks = decomposable_blocks(*model, "*", OrderTerms::Degree, warnings).value();
  const Trace trace = run(*model, input, decomposition_probes(*model, blocks, false));
  for (const auto origin : {OrderOrigin::Zero, OrderOrigin::NormBias, OrderOrigin::SpatialMean}) {
    const auto spectra = order_spectra(trace, *model, "*", origin).value();
    std::size_t at = 0;
    const auto check = [&](BlockDecomposition& exact) -> Result<void> {
      const OrderSpectrum& s = spectra[at++];
      EXPECT_EQ(s.block, exact.block);
      EXPECT_EQ(s.degree, exact.order + 1);
      EXPECT_LT(s.unexplained[exact.order + 1], 1e-20) << s.block;
      EXPECT_GT(s.unexplained[exact.order], 1e-9) << s.block;
      EXPECT_EQ(s.energies.size(), exact.energies.size());
      // The issue is agreement to 1e-3; the decomposition is float32, the spectrum float64.
      for (std::size_t d = 0; d < exact.energies.size(); ++d)
        EXPECT_NEAR(s.energies[d], exact.energies[d], 1e-3 * exact.energies[d]) << s.block << " degree " << d;

      // The unexplained shares by plain least squares on curves made of the exact terms.
      constexpr int kNodes = 24;
      const at::Tensor terms = exact.terms.flatten(1).to(at::kDouble);
      at::Tensor powers = at::empty({kNodes, terms.size(0)}, at::kDouble);
      for (int m = 0; m < kNodes; ++m) {
        const double t = (1 + std::cos(M_PI * (m + 0.5) / kNodes)) / 2;
        for (std::int64_t d = 0; d < terms.size(0); ++d) powers[m][d] = std::pow(t, d);
      }
      const at::Tensor curves = powers.matmul(terms);
      for (std::int64_t d = 0; d <= exact.order; ++d) {
        const at::Tensor low = powers.slice(1, 0, d + 1);
        const at::Tensor fitted = low.matmul(at::linalg_pinv(low)).matmul(curves);
        const double share = ((curves - fitted).square().sum() / curves.square().sum()).item<double>();
        EXPECT_NEAR(s.unexplained[d], share, 1e-3 * share + 1e-9) << s.block << " degree " << d;
      }
      return {};
    };
    ASSERT_TRUE(decompose_orders(trace, 0, *model, blocks, {OrderTerms::Degree, origin}, check, false));
  }
}

class Series : public testing::TestWithParam<std::tuple<const char*, const char*, const char*>> {};

TEST_P(Series, IsNeverExhaustedAndSaysSo) {
  const auto& [name, input, blocks] = GetParam();
  const auto model = test::small_model(name);
  const Trace trace = run(*model, input_of(std::string(name) + "/" + input));
  const auto spectra = order_spectra(trace, *model, blocks, OrderOrigin::NormBias);
  ASSERT_TRUE(spectra);
  for (const OrderSpectrum& s : *spectra) {
    EXPECT_FALSE(s.degree) << s.module;
    EXPECT_TRUE(s.energies.empty());
    EXPECT_GT(s.unexplained.back(), 1e-16) << s.module;
    for (int d = 1; d < OrderSpectrum::kDegrees; ++d) EXPECT_LE(s.unexplained[d], s.unexplained[d - 1]);
    if (s.unexplained.back() > 1e-3) {
      EXPECT_THAT(s.warnings, testing::ElementsAre(testing::HasSubstr("unexplained")));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, Series,
                         testing::Values(std::tuple{"swin", "in64x64/input.npy", "*"},
                                         std::tuple{"swin128", "in128x128/input.npy", "*"},
                                         std::tuple{"hornet_gf", "in96x80/input.npy", "stages.2.*,stages.3.*"}));

TEST(OrderSpectrum, OfNaNIsStated) {
  const auto model = test::small_model("hornet_7x7");
  at::Tensor input = input_of("hornet_7x7/in64x64/input.npy").clone();
  input[0][0][9][9] = std::numeric_limits<float>::quiet_NaN();
  const auto spectra = order_spectra(run(*model, input), *model, "stages.2.1", OrderOrigin::NormBias);
  ASSERT_TRUE(spectra);
  EXPECT_THAT((*spectra)[0].warnings, testing::ElementsAre(testing::HasSubstr("NaN")));
  const auto none = order_spectra(run(*model, input), *model, "layers.*", OrderOrigin::NormBias);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message(), testing::HasSubstr("layers.*"));
}

TEST(OrderSpectrum, IsAMethodForEveryFamily) {
  const Method* method = find_method("order-spectrum");
  ASSERT_NE(method, nullptr);
  const auto model = test::small_model("swin");
  const Subject subject{model, input_of("swin/in64x64/input.npy")};
  const std::vector<MethodRequest> requests{{method, check_values(method->descriptor, {}).value()}};
  const auto outcome = run_methods(subject, requests, std::nullopt);
  ASSERT_TRUE(outcome);
  ASSERT_TRUE(outcome->results[0]);
  EXPECT_EQ(outcome->results[0]->curves.size(), model->blocks.size());
  EXPECT_EQ(outcome->results[0]->numbers.size(), 4 * model->blocks.size());
}

}  // namespace
}  // namespace orderscope
