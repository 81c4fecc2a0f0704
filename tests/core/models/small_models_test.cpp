// SPDX-License-Identifier: GPL-3.0-or-later
// Logits, taps and gradients of tiny models with weights against the official code.
#include "tests/small_models.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/models/backbone.h"
#include "core/trace/trace.h"
#include "tests/golden.h"

namespace orderscope {
namespace {

struct Case {
  std::string model, input;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.model << "/" << c.input; }

class SmallModels : public testing::TestWithParam<Case> {
 protected:
  std::string folder() const { return "small/" + GetParam().model + "/"; }
  nlohmann::json manifest() const { return test::golden_json(folder() + "manifest.json"); }
};

TEST_P(SmallModels, LogitsAndTapsEqualTheOfficialCode) {
  const auto model = test::small_model(GetParam().model);
  const auto fixture = manifest().at("inputs").at(GetParam().input);
  const std::string folder = this->folder() + GetParam().input + "/";
  auto trace = Trace::forward(model->backbone, test::golden_array(folder + "input.npy"), {Probe::record("*")});
  ASSERT_TRUE(trace) << trace.error().message();

  // About 20 times the float32 noise that the official code itself shows against float64.
  EXPECT_LT(test::max_abs_difference(trace->logits(), test::golden_array(folder + "logits.npy")),
            fixture.at("tolerance").at("logits_abs").get<double>());

  int compared = 0;
  for (const auto& [file, entry] : fixture.at("files").items()) {
    if (!file.starts_with("taps/")) continue;
    const std::string tap = test::tap_name(file.substr(5, file.size() - 9), model->architecture.family);
    const at::Tensor expected = test::golden_array(folder + file);
    const at::Tensor found = trace->result(0, tap);
    ASSERT_TRUE(found.defined()) << tap;
    EXPECT_EQ(found.sizes(), expected.sizes()) << tap;
    EXPECT_LT(test::max_abs_difference(found, expected), 2e-5 * std::max(1.0, expected.abs().max().item<double>()))
        << tap;
    ++compared;
  }
  EXPECT_GE(compared, 4);
}

TEST_P(SmallModels, GradientsEqualTheOfficialCode) {
  const auto model = test::small_model(GetParam().model);
  const auto whole = manifest();
  const auto fixture = whole.at("inputs").at(GetParam().input);
  const std::string folder = this->folder() + GetParam().input + "/";
  auto trace = Trace::forward(model->backbone, test::golden_array(folder + "input.npy"), {Probe::record_gradient("*")});
  ASSERT_TRUE(trace) << trace.error().message();
  const auto done = trace->backward({whole.at("grad_class").get<std::int64_t>()});
  ASSERT_TRUE(done) << done.error().message();

  // Backward passes add more rounding than forward ones, hence 5e-5 of the largest gradient instead of 2e-5.
  int compared = 0;
  for (const auto& [file, entry] : fixture.at("files").items()) {
    if (file != "grad_input.npy" && !file.starts_with("grads/")) continue;
    const std::string tap = file == "grad_input.npy"
                                ? "input"
                                : test::tap_name(file.substr(6, file.size() - 10), model->architecture.family);
    const at::Tensor expected = test::golden_array(folder + file);
    const at::Tensor found = trace->gradient_result(0, tap);
    ASSERT_TRUE(found.defined()) << tap;
    EXPECT_LT(test::max_abs_difference(found, expected), 5e-5 * expected.abs().max().item<double>()) << tap;
    ++compared;
  }
  EXPECT_GE(compared, 3);
  for (const auto& [name, stats] : fixture.at("grad_stats").items()) {
    const at::Tensor found = trace->gradient_result(0, test::tap_name(name, model->architecture.family));
    if (name == "norm" && !found.defined()) continue;
    ASSERT_TRUE(found.defined()) << name;
    const double largest = stats.at("absmax").get<double>();
    EXPECT_NEAR(found.abs().max().item<double>(), largest, 5e-5 * largest) << name;
    EXPECT_NEAR(at::linalg_vector_norm(found.to(at::kDouble)).item<double>(), stats.at("l2").get<double>(),
                5e-5 * stats.at("l2").get<double>() + 5e-5 * largest)
        << name;
  }
}

TEST_P(SmallModels, TapNamesAreWhatPassesBy) {
  const auto model = test::small_model(GetParam().model);
  struct Listing : Taps {
    std::vector<std::string> seen;
    bool wants(const std::string&) const override { return true; }
    at::Tensor tap(const std::string& name, at::Tensor x) override {
      seen.push_back(name);
      return x;
    }
  } listing;
  const at::NoGradGuard no_grad;
  model->backbone->forward(test::golden_array(folder() + GetParam().input + "/input.npy"), &listing);
  EXPECT_THAT(model->backbone->tap_names(), testing::UnorderedElementsAreArray(listing.seen));
}

INSTANTIATE_TEST_SUITE_P(, SmallModels,
                         testing::Values(Case{"hornet_7x7", "in64x64"}, Case{"hornet_7x7", "in72x104"},
                                         Case{"hornet_gf", "in64x64"}, Case{"hornet_gf", "in96x80"},
                                         Case{"hornet_gf", "in72x104"}, Case{"swin", "in64x64"},
                                         Case{"swin128", "in128x128"}, Case{"convnext", "in64x64"},
                                         Case{"convnext", "in72x104"}),
                         [](const auto& info) { return info.param.model + "_" + info.param.input; });

TEST(Backbone, RefusesSizesThatTheOfficialCodeDoesNotTake) {
  const auto swin = test::small_model("swin");
  const auto wrong = Trace::forward(swin->backbone, at::zeros({1, 3, 96, 96}), {});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), testing::AllOf(testing::HasSubstr("96 x 96"), testing::HasSubstr("64 x 64")));

  const auto hornet = test::small_model("hornet_7x7");
  EXPECT_FALSE(Trace::forward(hornet->backbone, at::zeros({1, 3, 24, 64}), {}));
  EXPECT_FALSE(Trace::forward(hornet->backbone, at::zeros({1, 1, 64, 64}), {}));
  EXPECT_FALSE(Trace::forward(hornet->backbone, at::zeros({3, 64, 64}), {}));
}

TEST(Backbone, ANetworkThatNoMemoryHoldsIsAnErrorOfOneLine) {
  Architecture a;
  a.family = Family::ConvNeXt;
  a.dims = {1 << 22};  // a layer of 280 TB, more than an address has bits for
  a.depths = {1};
  const auto made = make_backbone(a);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, Error::Kind::OutOfMemory);
  EXPECT_EQ(made.error().message(), "the network cannot be made: out of memory");
}

TEST(Backbone, RefusesArchitecturesThatContradictThemselves) {
  Architecture a;
  a.family = Family::HorNet;
  a.dims = {16, 32, 64, 100};
  a.depths = {1, 1, 1, 1};
  a.orders = {2, 3, 4, 5};
  a.filters.resize(4);
  const auto made = make_backbone(a);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message(), testing::HasSubstr("100"));
}

}  // namespace
}  // namespace orderscope
