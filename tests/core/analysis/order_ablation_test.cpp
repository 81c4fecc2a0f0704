// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/order_ablation.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/analysis/order_mixer.h"
#include "core/models/backbone.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A batch sums its products in another order than a single image; logits are of the order of 1.
constexpr double kNoise = 2e-5;

struct OrderAblation : testing::Test {
  std::shared_ptr<const Model> model = test::small_model("hornet_7x7");  // depths 1,1,2,1, orders 2..5
  at::Tensor input = test::golden_array("small/hornet_7x7/in64x64/input.npy");

  Trace traced() const { return std::move(*Trace::forward(model->backbone, input, {})); }

  /// Logits of a whole forward in which `replace` acts on each tap.
  at::Tensor full_run(const std::vector<std::string>& taps,
                      const std::function<at::Tensor(const at::Tensor&)>& replace) const {
    TraceOptions options;
    for (const std::string& tap : taps) options.edits.push_back({tap, replace});
    return Trace::forward(model->backbone, input, {}, options)->logits();
  }

  at::Tensor edited(const OrderEdit& edit, const Gates& other = {}) const {
    const auto edits = order_edits(*model, edit, other);
    EXPECT_TRUE(edits) << edits.error().message();
    const auto logits = traced().rerun({*edits});
    EXPECT_TRUE(logits) << logits.error().message();
    return *logits;
  }
};

TEST_F(OrderAblation, EachModeDoesWhatItSays) {
  const std::vector<std::string> taps{"stages.2.0.gnconv.gate.3", "stages.2.1.gnconv.gate.3"};
  const auto zero = full_run(taps, [](const at::Tensor& x) { return x * 0; });
  EXPECT_LT(test::max_abs_difference(edited({"stages.2.*", 3}), zero), kNoise);
  EXPECT_LT(test::max_abs_difference(edited({"stages.2", 3}), zero), kNoise);
  EXPECT_LT(test::max_abs_difference(edited({"stages.2", 3, GateReplacement::Scale, -1.5}),
                                     full_run(taps, [](const at::Tensor& x) { return x * -1.5; })),
            kNoise);
  EXPECT_LT(test::max_abs_difference(edited({"stages.2", 3, GateReplacement::Mean}),
                                     full_run(taps,
                                              [](const at::Tensor& x) {
                                                return x.mean({2, 3}, true) + 0 * x;
                                              })),
            kNoise);
}

TEST_F(OrderAblation, ScalingByOneChangesNothing) {
  EXPECT_LT(test::max_abs_difference(edited({"*", 0, GateReplacement::Scale, 1}), traced().logits()), kNoise);
}

TEST_F(OrderAblation, SwapsWithTheGatesOfAnotherImage) {
  const at::Tensor flipped = input.flip(2).contiguous();
  const auto gates = record_gates(*model, flipped);
  ASSERT_TRUE(gates);
  EXPECT_EQ(gates->size(), 2U + 3 + 2 * 4 + 5);
  const std::string tap = "stages.1.0.gnconv.gate.2";
  const auto other = Trace::forward(model->backbone, flipped, {Probe::record(tap)});
  const at::Tensor expected = full_run({tap}, [&](const at::Tensor&) { return other->result(0, tap); });
  EXPECT_LT(test::max_abs_difference(edited({"stages.1.0", 2, GateReplacement::Swap}, *gates), expected), kNoise);
  // Its own gates change nothing.
  EXPECT_LT(test::max_abs_difference(edited({"*", 0, GateReplacement::Swap}, *record_gates(*model, input)),
                                     traced().logits()),
            kNoise);
}

TEST_F(OrderAblation, GatesOfAnotherSizeAreAnError) {
  const auto gates = record_gates(*model, test::golden_array("small/hornet_7x7/in72x104/input.npy"));
  ASSERT_TRUE(gates);
  const auto edits = order_edits(*model, {"*", 1, GateReplacement::Swap}, *gates);
  ASSERT_TRUE(edits);
  const auto logits = traced().rerun({*edits});
  ASSERT_FALSE(logits);
  EXPECT_THAT(logits.error().message(), HasSubstr("another size"));
}

TEST_F(OrderAblation, ASweepHasEveryOrderOfEveryUnit) {
  const auto names = [&](AblationScope scope, const OrderEdit& how) {
    std::vector<std::string> all;
    const auto sweep = order_sweep(*model, scope, how);
    EXPECT_TRUE(sweep);
    for (const AblatedOrder& one : *sweep) all.push_back(one.where + "/" + std::to_string(one.order));
    return all;
  };
  EXPECT_THAT(names(AblationScope::Network, {}),
              ElementsAre("network/1", "network/2", "network/3", "network/4", "network/5"));
  EXPECT_EQ(names(AblationScope::Stage, {}).size(), 2U + 3 + 4 + 5);
  EXPECT_EQ(names(AblationScope::Block, {}).size(), 2U + 3 + 2 * 4 + 5);
  EXPECT_THAT(names(AblationScope::Block, {"*", 4}), ElementsAre("stages.2.0/4", "stages.2.1/4", "stages.3.0/4"));
  const auto network = order_sweep(*model, AblationScope::Network, {"*", 4});
  ASSERT_TRUE(network);
  EXPECT_EQ(network->front().edits.size(), 3U);
}

TEST_F(OrderAblation, ASweepEqualsItsEditsOneByOne) {
  const auto sweep = order_sweep(*model, AblationScope::Block, {});
  ASSERT_TRUE(sweep);
  const Trace trace = traced();
  const auto effects = order_effects(trace, *sweep, 3, {}, 3);
  ASSERT_TRUE(effects) << effects.error().message();
  const at::Tensor before = at::softmax(trace.logits(), 1)[0];
  for (std::size_t i = 0; i < sweep->size(); ++i) {
    const OrderEffect& effect = (*effects)[i];
    const at::Tensor alone =
        full_run({effect.where + ".gnconv.gate." + std::to_string(effect.order)}, [](const auto& x) { return x * 0; });
    EXPECT_NEAR(effect.logit, alone[0][3].item<double>(), kNoise) << effect.where;
    EXPECT_NEAR(effect.logit_change, (alone - trace.logits())[0][3].item<double>(), kNoise);
    EXPECT_NEAR(effect.probability_change, (at::softmax(alone, 1)[0] - before)[3].item<double>(), kNoise);
  }
  const Matrix matrix = effect_matrix(*effects, &OrderEffect::logit_change, "logit_change");
  EXPECT_EQ(matrix.rows.size(), 5U);
  EXPECT_EQ(matrix.columns.size(), 5U);
  EXPECT_TRUE(std::isnan(matrix.at(0, 2)));  // stage 1 has orders 1 and 2
  EXPECT_EQ(matrix.at(4, 4), effects->back().logit_change);
}

TEST_F(OrderAblation, WorksOnGlobalLocalFilters) {
  const auto gf = test::small_model("hornet_gf");
  const auto trace = Trace::forward(gf->backbone, test::golden_array("small/hornet_gf/in72x104/input.npy"), {});
  ASSERT_TRUE(trace);
  const auto sweep = order_sweep(*gf, AblationScope::Stage, {});
  ASSERT_TRUE(sweep);
  const auto effects = order_effects(*trace, *sweep, 0);
  ASSERT_TRUE(effects) << effects.error().message();
  for (const OrderEffect& effect : *effects) EXPECT_NE(effect.logit_change, 0) << effect.where;
}

TEST_F(OrderAblation, ErrorsNameWhatThereIs) {
  const auto message = [&](const Model& of, const OrderEdit& edit) {
    const auto edits = order_edits(of, edit);
    return edits ? std::string("no error") : edits.error().message();
  };
  EXPECT_THAT(message(*model, {"stages.1.0", 4}), HasSubstr("stages.1.0: there is no order 4 (its orders are 1 to 3)"));
  EXPECT_THAT(message(*model, {"*", 6}), HasSubstr("highest order of these blocks is 5"));
  EXPECT_THAT(message(*model, {"*", -1}), HasSubstr("no order -1"));
  EXPECT_THAT(message(*model, {"stages.7.0", 1}), HasSubstr("nearest are stages."));
  EXPECT_THAT(message(*model, {"*", 1, GateReplacement::Swap}), HasSubstr("another image"));
  EXPECT_THAT(message(*model, {"*", 1, GateReplacement::Scale, std::numeric_limits<double>::infinity()}),
              HasSubstr("finite"));
  EXPECT_THAT(message(*test::small_model("convnext"), {}), HasSubstr("no gnConv"));
  EXPECT_THAT(message(*test::small_model("swin"), {}), HasSubstr("no gnConv"));
}

TEST_F(OrderAblation, AnImageOfNaNIsAnError) {
  const auto trace = Trace::forward(model->backbone, at::full_like(input, NAN), {});
  ASSERT_TRUE(trace);
  const auto effects = order_effects(*trace, *order_sweep(*model, AblationScope::Network, {}), 0);
  ASSERT_FALSE(effects);
  EXPECT_THAT(effects.error().message(), HasSubstr("NaN"));
}

TEST_F(OrderAblation, IsAMethodThatGivesNumbers) {
  const Method& method = order_ablation_method();
  const auto values = check_values(method.descriptor, {{"per", "stage"}});
  ASSERT_TRUE(values);
  const std::vector<MethodRequest> requests{{&method, *values}};
  const auto outcome = run_methods({model, input}, requests, 2);
  ASSERT_TRUE(outcome);
  ASSERT_TRUE(outcome->results[0]) << outcome->results[0].error().message();
  const MethodResult& result = *outcome->results[0];
  EXPECT_EQ(result.numbers.size(), 2U * (2 + 3 + 4 + 5));
  EXPECT_EQ(result.numbers.front().name, "stages.0.order.1.logit_change");
  EXPECT_EQ(result.matrices.size(), 2U);
  EXPECT_EQ(find_method("order-ablation"), &method);
}

TEST_F(OrderAblation, TheMixerGivesWhatAWholeRunGives) {
  const Trace trace = traced();
  OrderMixer mixer(model, trace);
  const std::vector<OrderFactor> first{{"stages.0.0", 1, 0.5}, {"stages.2.1", 4, -2}};
  TraceOptions options;
  options.edits = {{"stages.0.0.gnconv.gate.1", [](const at::Tensor& x) { return x * 0.5; }},
                   {"stages.2.1.gnconv.gate.4", [](const at::Tensor& x) { return x * -2.0; }}};
  const at::Tensor expected = Trace::forward(model->backbone, input, {}, options)->logits();
  EXPECT_LT(test::max_abs_difference(*mixer.mix(first), expected), kNoise);
  EXPECT_LT(test::max_abs_difference(*mixer.mix(first), expected), kNoise);
  EXPECT_LT(test::max_abs_difference(*mixer.mix({}), trace.logits()), kNoise);
}

TEST_F(OrderAblation, TheMixerRerunsOnlyWhatFollowsTheChange) {
  const Trace trace = traced();
  OrderMixer mixer(model, trace);
  std::vector<std::string> steps;
  JobContext job;
  job.report = [&](const Progress& progress) { steps.emplace_back(progress.activity); };
  std::vector<OrderFactor> factors{{"stages.0.0", 1, 0.5}, {"stages.2.1", 4, -2}};
  ASSERT_TRUE(mixer.mix(factors, job));
  EXPECT_EQ(steps.front(), "stages.0.0");
  steps.clear();
  factors[1].factor = 3;
  const auto logits = mixer.mix(factors, job);
  ASSERT_TRUE(logits);
  EXPECT_EQ(steps.front(), "stages.2.1");
  steps.clear();
  ASSERT_TRUE(mixer.mix(factors, job));
  EXPECT_TRUE(steps.empty());
  // What was kept from the first call is still in force.
  OrderMixer fresh(model, trace);
  EXPECT_LT(test::max_abs_difference(*fresh.mix(factors), *logits), kNoise);
}

TEST_F(OrderAblation, TheMixerRefusesWhatThereIsNot) {
  const Trace trace = traced();
  OrderMixer mixer(model, trace);
  EXPECT_FALSE(mixer.mix(std::vector<OrderFactor>{{"stages.9.0", 1, 0}}));
  EXPECT_FALSE(mixer.mix(std::vector<OrderFactor>{{"stages.0.0", 3, 0}}));
  EXPECT_FALSE(mixer.mix(std::vector<OrderFactor>{{"stages.0.0", 0, 0}}));
  EXPECT_FALSE(mixer.mix(std::vector<OrderFactor>{{"stages.0.0", 1, NAN}}));
}

}  // namespace
}  // namespace orderscope
