// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/order_decomposition.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/checkpoint/safetensors.h"
#include "core/models/backbone.h"
#include "core/models/mixer.h"
#include "tests/formula.h"
#include "tests/golden.h"
#include "tests/small_models.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

using testing::HasSubstr;

at::Tensor values_of(const Map& map) { return at::tensor(map.values).view({map.height, map.width}); }

at::Tensor values_of(const std::vector<Map>& maps) {
  std::vector<at::Tensor> all;
  for (const Map& map : maps) all.push_back(values_of(map));
  return at::stack(all);
}

std::vector<BlockDecomposition> decompose(const Model& model, const at::Tensor& input, DecompositionSettings settings,
                                          const std::string& pattern = "*", int class_index = 3,
                                          const TraceOptions& options = {}, std::int64_t n = 0) {
  std::vector<std::string> warnings;
  const auto blocks = decomposable_blocks(model, pattern, settings.by, warnings).value();
  auto trace = Trace::forward(model.backbone, input, decomposition_probes(model, blocks, true), options).value();
  EXPECT_TRUE(trace.backward({class_index}));
  std::vector<BlockDecomposition> all;
  const auto use = [&](BlockDecomposition& block) -> Result<void> {
    all.push_back(std::move(block));
    return {};
  };
  const auto done = decompose_orders(trace, 0, model, blocks, settings, use, true, {}, n);
  EXPECT_TRUE(done) << done.error().message();
  return all;
}

/// 1e-4 of the list's largest value, as the fixture's manifest says.
void expect_list(const std::vector<double>& ours, const nlohmann::json& golden, const std::string& what) {
  const auto expected = golden.get<std::vector<double>>();
  ASSERT_EQ(ours.size(), expected.size()) << what;
  double largest = 0;
  for (const double v : expected) largest = std::max(largest, std::abs(v));
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_NEAR(ours[i], expected[i], 1e-4 * largest) << what << " " << i;
}

void expect_array(const at::Tensor& ours, const std::string& file) {
  if (!std::filesystem::exists(test::golden(file))) return;
  const at::Tensor expected = test::golden_array(file);
  // 2e-5 of the largest value, as the fixture's manifest says: 20 times the noise of float32.
  EXPECT_LT(test::max_abs_difference(ours, expected), 2e-5 * expected.abs().max().item<double>()) << file;
}

class GoldenOrders : public testing::TestWithParam<const char*> {};

TEST_P(GoldenOrders, EqualTheReferenceInFloat64) {
  const std::string fixture = std::string("orders/") + GetParam() + "/";
  const auto manifest = test::golden_json(fixture + "manifest.json");
  const auto model = test::small_model(GetParam());
  const at::Tensor input = test::golden_array(manifest["input"]);
  const int class_index = manifest["class"];

  for (const auto& block : decompose(*model, input, {OrderTerms::Gates}, "*", class_index)) {
    const auto& golden = manifest["blocks"][block.block];
    EXPECT_EQ(block.order, golden["order"]);
    expect_list(block.energies, golden["by_gates_energy"], block.block + " gates energy");
    expect_list(block.contributions, golden["by_gates_contribution"], block.block + " gates contribution");
    EXPECT_NEAR(block.sum_contribution, golden["sum_contribution"], 1e-4);
    expect_array(block.terms, fixture + block.block + ".by_gates.npy");
    expect_array(values_of(block.contribution), fixture + block.block + ".by_gates_map.npy");
  }
  for (const auto& [origin, suffix] : {std::pair{OrderOrigin::Zero, "zero"},
                                       {OrderOrigin::NormBias, "norm_bias"},
                                       {OrderOrigin::SpatialMean, "spatial_mean"}}) {
    for (const auto& block : decompose(*model, input, {OrderTerms::Degree, origin}, "*", class_index)) {
      const auto& golden = manifest["blocks"][block.block];
      expect_list(block.energies, golden[std::string("by_degree_energy_") + suffix], block.block + " " + suffix);
      expect_list(block.contributions, golden[std::string("by_degree_contribution_") + suffix],
                  block.block + " contribution " + suffix);
      if (origin != OrderOrigin::NormBias) continue;
      expect_array(block.terms, fixture + block.block + ".by_degree.npy");
      expect_array(values_of(block.contribution), fixture + block.block + ".by_degree_map.npy");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, GoldenOrders, testing::Values("hornet_7x7", "hornet_gf"));

struct Sum {
  const char* model;
  const char* input;
  OrderTerms by;
};
void PrintTo(const Sum& s, std::ostream* out) { *out << s.model << " " << s.input << " by " << to_string(s.by); }

class OrderTermsAddUp : public testing::TestWithParam<Sum> {};

TEST_P(OrderTermsAddUp, ToTheOutputAndToItsContribution) {
  const auto model = test::small_model(GetParam().model);
  const at::Tensor input = test::golden_array(std::string("small/") + GetParam().model + "/" + GetParam().input);
  for (const auto origin : {OrderOrigin::Zero, OrderOrigin::NormBias, OrderOrigin::SpatialMean}) {
    for (const auto& block : decompose(*model, input.slice(0, 0, 1), {GetParam().by, origin})) {
      // Terms may exceed what they add up to by an order of magnitude: float32 leaves 1e-6 of the largest term.
      EXPECT_LT(block.largest_defect, 2e-5) << block.block;
      double sum = 0, largest = 0, shares = 0;
      for (std::size_t i = 0; i < block.contributions.size(); ++i) {
        sum += block.contributions[i];
        largest = std::max(largest, std::abs(block.contributions[i]));
        shares += block.shares[i];
        EXPECT_NEAR(values_of(block.contribution[i]).sum(at::kDouble).item<double>(), block.contributions[i],
                    1e-5 * (1 + largest));
        EXPECT_NEAR(values_of(block.energy[i]).mean(at::kDouble).item<double>(), block.energies[i],
                    1e-5 * block.energies[i]);
      }
      EXPECT_NEAR(sum, block.sum_contribution, 2e-5 * (1 + largest)) << block.block;
      EXPECT_NEAR(shares, 1, 1e-9);
      const int highest = block.settings.by == OrderTerms::Degree ? block.order + 1 : block.order;
      EXPECT_EQ(*std::max_element(block.powers.begin(), block.powers.end()), highest);
      const at::Tensor mean_order = values_of(block.mean_order);
      EXPECT_GE(mean_order.min().item<float>(), 0);
      EXPECT_LE(mean_order.max().item<float>(), static_cast<float>(highest) * 1.00001F);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, OrderTermsAddUp,
                         testing::Values(Sum{"hornet_7x7", "in64x64/input.npy", OrderTerms::Degree},
                                         Sum{"hornet_7x7", "in72x104/input.npy", OrderTerms::Degree},
                                         Sum{"hornet_7x7", "in72x104/input.npy", OrderTerms::Gates},
                                         Sum{"hornet_gf", "in96x80/input.npy", OrderTerms::Degree},
                                         Sum{"hornet_gf", "in72x104/input.npy", OrderTerms::Gates}));

/// gnconv(o + t delta) = sum_d t^d out^d, with the gnConv itself in float64.
void expect_scaling_law(const Model& model, const at::Tensor& input) {
  for (const auto& block : decompose(model, input, {OrderTerms::Degree, OrderOrigin::NormBias}, "*", 0)) {
    const auto info = std::find_if(model.blocks.begin(), model.blocks.end(),
                                   [&](const BlockInfo& b) { return b.name == block.block; });
    const Mixer mixer = make_mixer(model, *info).value();
    const auto trace = Trace::forward(model.backbone, input, {}).value();
    const at::Tensor x = mixer.prepare(trace.activation(mixer.input_tap).value());
    const at::Tensor o = mixer.norm_bias.view({1, 1, 1, -1});
    for (const double t : {0.0, 0.4, 1.0, 1.7}) {
      at::Tensor sum = at::zeros(block.terms[0].sizes(), at::kDouble);
      for (std::int64_t d = 0; d < block.terms.size(0); ++d) sum += std::pow(t, d) * block.terms[d].to(at::kDouble);
      const at::Tensor expected = mixer.run(o + t * (x - o))[0].permute({2, 0, 1});
      // The terms are float32's: 1e-6 of the largest of them, grown by t^d.
      double scale = 0;
      for (std::int64_t d = 0; d < block.terms.size(0); ++d)
        scale = std::max(scale, std::pow(t, d) * block.terms[d].abs().max().item<double>());
      EXPECT_LT(test::max_abs_difference(sum, expected), 1e-5 * scale) << block.block << " t " << t;
    }
  }
}

TEST(OrderDecomposition, ObeysTheScalingLaw) {
  const auto model = test::small_model("hornet_7x7");
  expect_scaling_law(*model, test::golden_array("small/hornet_7x7/in72x104/input.npy"));
}

TEST(OrderDecomposition, HoldsForOtherKernelsOrdersAndSizes) {
  Architecture architecture = test::hornet_architecture(16, false, {1, 1, 1, 1}, 4);
  architecture.kernel_size = 5;
  architecture.orders = {1, 4, 2, 3};
  const test::TemporaryFolder folder;
  const auto backbone = test::formula_backbone(architecture);
  StateDict tensors;
  for (const auto& item : backbone->named_parameters()) tensors.push_back({item.key(), item.value()});
  ASSERT_TRUE(write_safetensors(folder / "model.safetensors", tensors));
  const auto model = load_model(folder / "model.safetensors");
  ASSERT_TRUE(model) << model.error().message();
  ASSERT_EQ((*model)->architecture.kernel_size, 5);
  expect_scaling_law(**model, test::formula_input(72, 40));
  for (const auto& block : decompose(**model, test::formula_input(72, 40), {OrderTerms::Gates}, "*", 1))
    EXPECT_LT(block.largest_defect, 2e-5) << block.block;
}

TEST(OrderDecomposition, OfAnImageInABatchIsThatOfTheImageAlone) {
  const auto model = test::small_model("hornet_7x7");
  const at::Tensor one = test::golden_array("small/hornet_7x7/in64x64/input.npy").slice(0, 0, 1);
  const at::Tensor batch = at::cat({one.flip(3), one});
  const auto alone = decompose(*model, one, {}, "stages.2.*");
  const auto second = decompose(*model, batch, {}, "stages.2.*", 3, {}, 1);
  ASSERT_EQ(alone.size(), second.size());
  for (std::size_t b = 0; b < alone.size(); ++b) {
    // Matrix products of another height may sum in another order.
    EXPECT_LT(test::max_abs_difference(alone[b].terms, second[b].terms),
              1e-5 * alone[b].terms.abs().max().item<double>());
    EXPECT_NEAR(alone[b].sum_contribution, second[b].sum_contribution, 1e-4);
  }
}

TEST(OrderDecomposition, ComputesAgainWhatTheTraceHadNoRoomFor) {
  const auto model = test::small_model("hornet_7x7");
  const at::Tensor input = test::golden_array("small/hornet_7x7/in64x64/input.npy").slice(0, 0, 1);
  TraceOptions nothing_kept;
  nothing_kept.memory_budget = 0;
  const auto kept = decompose(*model, input, {}, "stages.1.0");
  const auto again = decompose(*model, input, {}, "stages.1.0", 3, nothing_kept);
  EXPECT_LT(test::max_abs_difference(kept[0].terms, again[0].terms), 1e-6);
}

TEST(OrderDecomposition, SaysWhichBlocksItCannotTakeApart) {
  const auto model = test::small_model("hornet_gf");
  std::vector<std::string> warnings;
  const auto some = decomposable_blocks(*model, "*", OrderTerms::Degree, warnings);
  ASSERT_TRUE(some);
  EXPECT_EQ(some->size(), 2U);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_THAT(warnings[0], testing::AllOf(HasSubstr("stages.2.0, stages.2.1, stages.3.0"), HasSubstr("gates")));

  const auto none = decomposable_blocks(*model, "stages.2.*", OrderTerms::Degree, warnings);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message(), testing::AllOf(HasSubstr("stages.2.*"), HasSubstr("gates")));
  const auto unknown = decomposable_blocks(*model, "stage.2.1", OrderTerms::Gates, warnings);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message(), HasSubstr("stages.2.1"));
  const auto swin = decomposable_blocks(*test::small_model("swin"), "*", OrderTerms::Gates, warnings);
  ASSERT_FALSE(swin);
  EXPECT_THAT(swin.error().message(), HasSubstr("no gnConv"));
}

TEST(OrderDecomposition, StatesThatActivationsAreNaN) {
  const auto model = test::small_model("hornet_7x7");
  at::Tensor input = test::golden_array("small/hornet_7x7/in64x64/input.npy").slice(0, 0, 1).clone();
  input[0][1][20][30] = std::numeric_limits<float>::quiet_NaN();
  const auto blocks = decompose(*model, input, {}, "stages.3.0");
  ASSERT_EQ(blocks[0].warnings.size(), 1U);
  EXPECT_THAT(blocks[0].warnings[0], HasSubstr("NaN"));
}

TEST(OrderDecomposition, IsAMethodThatGivesColumnsAndMatrices) {
  const auto model = test::small_model("hornet_gf");
  const Subject subject{model, test::golden_array("small/hornet_gf/in96x80/input.npy").slice(0, 0, 1)};
  const Method* method = find_method("order-decomposition");
  ASSERT_NE(method, nullptr);
  const auto values = check_values(method->descriptor, {{"decompose", "gates"}, {"block", "stages.2.1,stages.3.0"}});
  ASSERT_TRUE(values);
  const std::vector<MethodRequest> requests{{method, *values}};
  const auto outcome = run_methods(subject, requests, 3);
  ASSERT_TRUE(outcome);
  ASSERT_TRUE(outcome->results[0]) << outcome->results[0].error().message();
  const MethodResult& result = *outcome->results[0];
  const auto number = [&](const std::string& name) {
    for (const Number& n : result.numbers)
      if (n.name == name) return n.value;
    return std::numeric_limits<double>::quiet_NaN();
  };
  const auto golden = test::golden_json("orders/hornet_gf/manifest.json")["blocks"]["stages.2.1"];
  EXPECT_NEAR(number("stages.2.1.bias.contribution"), golden["by_gates_contribution"][0], 1e-4);
  EXPECT_NEAR(number("stages.2.1.gates.4.contribution"), golden["by_gates_contribution"][1], 1e-4);
  EXPECT_NEAR(number("stages.2.1.gates.1.contribution"), golden["by_gates_contribution"][4], 1e-4);
  ASSERT_EQ(result.matrices.size(), 3U);
  EXPECT_EQ(result.matrices[0].rows, (std::vector<std::string>{"stages.2.1", "stages.3.0"}));
  EXPECT_EQ(result.matrices[0].columns.size(), 6U);
  EXPECT_TRUE(std::isnan(result.matrices[0].at(0, 5)));  // the first has four gates only
  EXPECT_EQ(result.maps.size(), 5U + 1 + 6 + 1);

  const auto impossible = check_values(method->descriptor, {{"block", "stages.3.0"}});
  const std::vector<MethodRequest> refused{{method, *impossible}};
  const auto failed = run_methods(subject, refused, 3);
  ASSERT_TRUE(failed);
  ASSERT_FALSE(failed->results[0]);
  EXPECT_THAT(failed->results[0].error().message(), HasSubstr("gates"));
}

}  // namespace
}  // namespace orderscope
