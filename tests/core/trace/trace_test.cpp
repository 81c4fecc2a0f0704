// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/trace/trace.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/models/backbone.h"
#include "core/trace/glob.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct TraceTest : testing::Test {
  std::shared_ptr<const Model> model = test::small_model("hornet_7x7");
  at::Tensor input = test::golden_array("small/hornet_7x7/in64x64/input.npy");
  at::Tensor logits = test::golden_array("small/hornet_7x7/in64x64/logits.npy");
};

const std::string kGate = "stages.2.1.gnconv.gate.2";

TEST_F(TraceTest, RecordsWhatMatchesInTheOrderOfTheNetwork) {
  const auto trace = Trace::forward(model->backbone, input, {Probe::record("stages.2.1.gnconv.gate.*")});
  ASSERT_TRUE(trace);
  EXPECT_THAT(trace->taps_of(0), ElementsAre("stages.2.1.gnconv.gate.1", "stages.2.1.gnconv.gate.2",
                                             "stages.2.1.gnconv.gate.3", "stages.2.1.gnconv.gate.4"));
  EXPECT_FALSE(trace->logits().requires_grad());
}

TEST_F(TraceTest, HoldsActivationsChannelsLast) {
  const auto trace = Trace::forward(model->backbone, input, {Probe::record("stages.2.1,downsample_layers.1")});
  ASSERT_TRUE(trace);
  for (const std::string& tap : trace->taps_of(0))
    EXPECT_TRUE(trace->result(0, tap).is_contiguous(at::MemoryFormat::ChannelsLast)) << tap;
}

TEST_F(TraceTest, GradientsNeverReachTheWeights) {
  auto trace = Trace::forward(model->backbone, input, {Probe::record_gradient("input")});
  ASSERT_TRUE(trace);
  ASSERT_TRUE(trace->backward({1}));
  for (const at::Tensor& parameter : model->backbone->parameters()) {
    EXPECT_FALSE(parameter.requires_grad());
    EXPECT_FALSE(parameter.grad().defined());
  }
}

TEST_F(TraceTest, BackwardServesOneClassAfterTheOther) {
  auto both = Trace::forward(model->backbone, input, {Probe::record_gradient(kGate)});
  auto second = Trace::forward(model->backbone, input, {Probe::record_gradient(kGate)});
  ASSERT_TRUE(both && second);
  ASSERT_TRUE(both->backward({1}));
  const at::Tensor first = both->gradient_result(0, kGate).clone();
  ASSERT_TRUE(both->backward({7}));
  ASSERT_TRUE(second->backward({7}));
  EXPECT_TRUE(at::equal(both->gradient_result(0, kGate), second->gradient_result(0, kGate)));
  EXPECT_FALSE(at::equal(both->gradient_result(0, kGate), first));
}

TEST_F(TraceTest, OneClassForEachImageOfABatch) {
  const at::Tensor batch = at::cat({input, input.flip(3)});
  auto trace = Trace::forward(model->backbone, batch, {Probe::record_gradient(kGate)});
  auto single = Trace::forward(model->backbone, input, {Probe::record_gradient(kGate)});
  ASSERT_TRUE(trace && single);
  ASSERT_TRUE(trace->backward({3, 5}));
  ASSERT_TRUE(single->backward({3}));
  const at::Tensor expected = single->gradient_result(0, kGate);
  // Another batch size may choose another order of summation.
  EXPECT_LT(test::max_abs_difference(trace->gradient_result(0, kGate).narrow(0, 0, 1), expected),
            1e-5 * expected.abs().max().item<double>());
}

TEST_F(TraceTest, AnUnknownClassIsAnErrorThatNamesTheRange) {
  auto trace = Trace::forward(model->backbone, input, {Probe::record_gradient(kGate)});
  ASSERT_TRUE(trace);
  const auto done = trace->backward({10});
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message(), HasSubstr("0 to 9"));
}

TEST_F(TraceTest, AnEditReplacesWhatPasses) {
  const auto zeroed = [](const at::Tensor& x) { return at::zeros_like(x); };
  TraceOptions options;
  options.edits = {{kGate, zeroed}};
  const auto edited = Trace::forward(model->backbone, input, {Probe::record("stages.2.1.gnconv.state.2")}, options);
  ASSERT_TRUE(edited);
  EXPECT_EQ(edited->result(0, "stages.2.1.gnconv.state.2").abs().max().item<float>(), 0);
  EXPECT_GT(test::max_abs_difference(edited->logits(), logits), 1e-3);
}

TEST_F(TraceTest, ARerunEqualsAFullRunWithTheSameEdit) {
  const auto halved = [](const at::Tensor& x) { return x * 0.5; };
  const auto plain = Trace::forward(model->backbone, input, {});
  TraceOptions options;
  options.edits = {{kGate, halved}};
  const auto edited = Trace::forward(model->backbone, input, {}, options);
  ASSERT_TRUE(plain && edited);
  const auto again = plain->rerun({{{kGate, halved}}, {}, {{"stages.3.0.gnconv.gate.1", halved}}});
  ASSERT_TRUE(again) << again.error().message();
  ASSERT_EQ(again->sizes(), (std::vector<std::int64_t>{3, 10}));
  // Batched products may sum in another order than single ones.
  EXPECT_LT(test::max_abs_difference((*again)[0], edited->logits()[0]), 1e-5);
  EXPECT_LT(test::max_abs_difference((*again)[1], plain->logits()[0]), 1e-5);
  EXPECT_GT(test::max_abs_difference((*again)[2], plain->logits()[0]), 1e-4);
}

TEST_F(TraceTest, ARerunStartsAtTheFirstEditedStep) {
  int passes = 0;
  const auto count = [&](const at::Tensor& x) {
    ++passes;
    return x;
  };
  TraceOptions options;
  options.edits = {{"stages.0.0", count}, {"stages.3.0", count}};
  const auto trace = Trace::forward(model->backbone, input, {}, options);
  ASSERT_TRUE(trace);
  EXPECT_EQ(passes, 2);
  ASSERT_TRUE(trace->rerun({{{"stages.2.1", [](const at::Tensor& x) { return x; }}}}));
  EXPECT_EQ(passes, 3);
}

TEST_F(TraceTest, ARerunKeepsTheOrderOfTheVariantsInBatchesOfAnySize) {
  const auto plain = Trace::forward(model->backbone, input, {});
  ASSERT_TRUE(plain);
  std::vector<std::vector<Edit>> variants;
  for (const std::string tap : {"stages.3.0", "input", "stages.0.0", "stages.3.0.gnconv.gate.1", "norm"})
    for (const double factor : {0.5, 2.0})
      variants.push_back({{tap, [factor](const at::Tensor& x) { return x * factor; }}});
  variants.insert(variants.begin() + 3, std::vector<Edit>{});
  const auto whole = plain->rerun(variants);
  ASSERT_TRUE(whole) << whole.error().message();
  for (const std::int64_t batch : {1, 2, 100}) {
    const auto chunks = plain->rerun(variants, {}, batch);
    ASSERT_TRUE(chunks);
    // Batched products may sum in another order than single ones.
    EXPECT_LT(test::max_abs_difference(*chunks, *whole), 2e-5);
  }
  for (std::size_t v = 0; v < variants.size(); ++v) {
    TraceOptions options;
    options.edits = variants[v];
    const auto alone = Trace::forward(model->backbone, input, {}, options);
    ASSERT_TRUE(alone);
    EXPECT_LT(test::max_abs_difference((*whole)[static_cast<std::int64_t>(v)], alone->logits()[0]), 2e-5) << v;
  }
}

TEST_F(TraceTest, ARerunBatchesOnlyWhatBeginsInTheSameStep) {
  const auto plain = Trace::forward(model->backbone, input, {});
  ASSERT_TRUE(plain);
  std::vector<std::int64_t> last_stage;  // sizes of the batches that reach the last block
  const auto seen = [&](const at::Tensor& x) {
    last_stage.push_back(x.size(0));
    return x;
  };
  TraceOptions options;
  options.edits = {{"stages.3.0", seen}};
  const auto watched = Trace::forward(model->backbone, input, {}, options);
  ASSERT_TRUE(watched);
  last_stage.clear();
  const Edit early{"stages.0.0", [](const at::Tensor& x) { return x; }};
  const Edit late{"stages.2.0", [](const at::Tensor& x) { return x; }};
  ASSERT_TRUE(watched->rerun({{late}, {early}, {late}, {early}, {early}}, {}, 2));
  EXPECT_THAT(last_stage, ElementsAre(2, 1, 2));
}

TEST_F(TraceTest, RerunFromAStepEqualsAWholeTraceWithTheEdits) {
  const auto halved = [](const at::Tensor& x) { return x * 0.5; };
  const auto plain = Trace::forward(model->backbone, input, {});
  ASSERT_TRUE(plain);
  const std::vector<Probe> probes{Probe::record_gradient("stages.3.0"), Probe::record("*.gnconv.value")};
  TraceOptions options;
  options.edits = {{kGate, halved}};
  auto whole = Trace::forward(model->backbone, input, probes, options);
  auto part = plain->rerun_from(kGate, options.edits, probes);
  ASSERT_TRUE(whole && part);
  EXPECT_TRUE(at::equal(part->logits(), whole->logits()));
  ASSERT_TRUE(whole->backward({4}) && part->backward({4}));
  EXPECT_TRUE(at::equal(part->gradient_result(0, "stages.3.0"), whole->gradient_result(0, "stages.3.0")));
  EXPECT_THAT(part->taps_of(1), ElementsAre("stages.2.1.gnconv.value", "stages.3.0.gnconv.value"));

  // Where one edited trace ends another may begin.
  const auto both = part->rerun_from("stages.3.0", {{kGate, halved}, {"stages.3.0", halved}}, {});
  options.edits.push_back({"stages.3.0", halved});
  const auto expected = Trace::forward(model->backbone, input, {}, options);
  ASSERT_TRUE(both && expected);
  EXPECT_TRUE(at::equal(both->logits(), expected->logits()));
  const auto again = both->rerun({{}});
  ASSERT_TRUE(again);
  EXPECT_TRUE(at::equal(*again, both->logits()));
}

TEST_F(TraceTest, RerunFromTheInputRunsEverything) {
  const auto plain = Trace::forward(model->backbone, input, {});
  ASSERT_TRUE(plain);
  const auto flipped = plain->rerun_from("input", {{"input", [](const at::Tensor& x) { return x.flip(3); }}}, {});
  const auto expected = Trace::forward(model->backbone, input.flip(3), {});
  ASSERT_TRUE(flipped && expected);
  EXPECT_LT(test::max_abs_difference(flipped->logits(), expected->logits()), 1e-5);
  EXPECT_FALSE(plain->rerun_from("nowhere", {}, {}));
  EXPECT_FALSE(plain->rerun_from("input", {{"nowhere", [](const at::Tensor& x) { return x; }}}, {}));
}

TEST_F(TraceTest, ABlockWhoseOutputAloneIsEditedIsNotRunAgain) {
  int passes = 0;
  const auto count = [&](const at::Tensor& x) {
    ++passes;
    return x;
  };
  const auto halved = [](const at::Tensor& x) { return x * 0.5; };
  TraceOptions options;
  options.edits = {{"stages.2.1.gnconv.proj_in", count}};
  const auto trace = Trace::forward(model->backbone, input, {}, options);
  ASSERT_TRUE(trace);
  EXPECT_EQ(passes, 1);
  const auto again = trace->rerun({{{"stages.2.1", halved}}, {}, {{"stages.3.0.gnconv.gate.1", halved}}});
  ASSERT_TRUE(again);
  EXPECT_EQ(passes, 1);
  options.edits = {{"stages.2.1", halved}};
  const auto edited = Trace::forward(model->backbone, input, {}, options);
  ASSERT_TRUE(edited);
  // Batched products may sum in another order than single ones.
  EXPECT_LT(test::max_abs_difference((*again)[0], edited->logits()[0]), 1e-5);
  EXPECT_LT(test::max_abs_difference((*again)[1], trace->logits()[0]), 1e-5);
  // An edit inside the block, or one of the trace's own at its output, needs the block.
  ASSERT_TRUE(trace->rerun({{{"stages.2.1", halved}}, {{"stages.2.1.gnconv.value", halved}}}));
  EXPECT_EQ(passes, 2);
  const auto twice = edited->rerun({{{"stages.2.1", halved}}});
  ASSERT_TRUE(twice);
  options.edits = {{"stages.2.1", [](const at::Tensor& x) { return x * 0.25; }}};
  EXPECT_LT(test::max_abs_difference(*twice, Trace::forward(model->backbone, input, {}, options)->logits()), 1e-5);
}

TEST(TraceRerun, OutputsOfASwinAreTokens) {
  const auto model = test::small_model("swin");
  const at::Tensor input = test::golden_array("small/swin/in64x64/input.npy").slice(0, 0, 1);
  const auto halved = [](const at::Tensor& x) {
    EXPECT_EQ(x.dim(), 3);
    return x * 0.5;
  };
  const auto trace = Trace::forward(model->backbone, input, {});
  ASSERT_TRUE(trace);
  for (const char* tap : {"patch_embed", "layers.1.blocks.0", "layers.1.downsample", "layers.3.blocks.1", "norm"}) {
    TraceOptions options;
    options.edits = {{tap, halved}};
    const auto again = trace->rerun({{{tap, halved}}});
    const auto edited = Trace::forward(model->backbone, input, {}, options);
    ASSERT_TRUE(again && edited);
    EXPECT_LT(test::max_abs_difference(*again, edited->logits()), 1e-5) << tap;  // the same sums, as above
  }
}

TEST_F(TraceTest, EditsOfUnknownTapsOrWrongShapesAreErrors) {
  TraceOptions options;
  options.edits = {{"stages.9.0", [](const at::Tensor& x) { return x; }}};
  EXPECT_FALSE(Trace::forward(model->backbone, input, {}, options));
  options.edits = {{kGate, [](const at::Tensor& x) { return x.slice(1, 1); }}};
  const auto wrong = Trace::forward(model->backbone, input, {}, options);
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), HasSubstr(kGate));
}

TEST_F(TraceTest, WhatExceedsTheBudgetIsDroppedAndComputedAgain) {
  TraceOptions options;
  options.memory_budget = 1000;
  const auto trace = Trace::forward(model->backbone, input, {Probe::record(kGate)}, options);
  const auto whole = Trace::forward(model->backbone, input, {Probe::record(kGate)});
  ASSERT_TRUE(trace && whole);
  EXPECT_FALSE(trace->result(0, kGate).defined());
  EXPECT_THAT(trace->dropped(), ElementsAre(kGate));
  const auto again = trace->activation(kGate);
  ASSERT_TRUE(again);
  EXPECT_TRUE(at::equal(*again, whole->result(0, kGate)));
  EXPECT_FALSE(trace->activation("nowhere"));
}

TEST_F(TraceTest, StopsWhenAsked) {
  std::stop_source stop;
  JobContext job;
  job.stop = stop.get_token();
  auto trace = Trace::forward(model->backbone, input, {Probe::record_gradient("*")}, {}, job);
  ASSERT_TRUE(trace);
  stop.request_stop();
  const auto forward = Trace::forward(model->backbone, input, {}, {}, job);
  ASSERT_FALSE(forward);
  EXPECT_EQ(forward.error().kind, Error::Kind::Cancelled);
  const auto backward = trace->backward({0}, job);
  ASSERT_FALSE(backward);
  EXPECT_EQ(backward.error().kind, Error::Kind::Cancelled);
  EXPECT_TRUE(trace->taps_of(0).empty()) << "a cancelled pass must leave no half result";
  EXPECT_TRUE(trace->backward({0})) << "and the trace must still work";
}

TEST(Glob, MatchesNamesWithDots) {
  EXPECT_TRUE(glob_match("*", "stages.2.5.gnconv.gate.1"));
  EXPECT_TRUE(glob_match("stages.*.gate.?", "stages.2.5.gnconv.gate.1"));
  EXPECT_TRUE(glob_match("norm,logits", "logits"));
  EXPECT_FALSE(glob_match("stages.2", "stages.2.5"));
  EXPECT_FALSE(glob_match("", "stages"));
  EXPECT_TRUE(glob_match("*a*a*a*a*a*a*a*a*b", std::string(2000, 'a') + "b")) << "and not in exponential time";
}

}  // namespace
}  // namespace orderscope
