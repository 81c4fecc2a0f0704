// SPDX-License-Identifier: GPL-3.0-or-later
// Every method on pictures of NaN and of infinity: an error, a warning, or numbers; never an end of the program, and
// never a silent map of NaN.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "core/analysis/method.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

/// Settings with which the method runs on any network: defaults, and the last stage where a layer must be named.
std::map<std::string, std::string> settings_of(const Method& method, const Model& model) {
  std::map<std::string, std::string> settings;
  for (const MethodParameter& parameter : method.descriptor.parameters)
    if (parameter.default_value.empty() && parameter.type == MethodParameter::Type::Layer)
      settings[parameter.name] = model.architecture.family == Family::Swin ? "layers.3.blocks.0" : "stages.3.0";
  return settings;
}

bool finite(const MethodResult& result) {
  for (const NamedMap& named : result.maps)
    for (const float value : named.map.values)
      if (!std::isfinite(value)) return false;
  return true;
}

class SlowNotFinite : public testing::TestWithParam<std::string> {};

TEST_P(SlowNotFinite, EveryMethodSaysSo) {
  const auto model = test::small_model(GetParam());
  std::set<std::string> ran;
  const int side = model->architecture.image_size;
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    at::Tensor image = at::full({1, 3, side, side}, 0.5f);
    image.index_put_({0, 1, side / 2, side / 2}, bad);
    for (const Method* method : all_methods()) {
      SCOPED_TRACE(method->descriptor.id + (std::isnan(bad) ? " on NaN" : " on infinity"));
      const auto values = check_values(method->descriptor, settings_of(*method, *model));
      ASSERT_TRUE(values) << "a method that is not shown what is not finite: " << values.error().message();
      const std::vector<MethodRequest> requests{{method, *values}};
      const auto outcome = run_methods({model, image}, requests, 0);
      if (!outcome) {
        EXPECT_EQ(outcome.error().message().find('\n'), std::string::npos);
        continue;
      }
      ASSERT_EQ(outcome->results.size(), 1u);
      ran.insert(method->descriptor.id);
      const auto& result = outcome->results[0];
      if (!result) {
        EXPECT_FALSE(result.error().message().empty());
        EXPECT_EQ(result.error().message().find('\n'), std::string::npos);
      } else if (!finite(*result)) {
        const bool logits_say_it = !at::isfinite(outcome->logits).all().item<bool>();
        EXPECT_TRUE(logits_say_it || !result->warnings.empty()) << "a map of NaN without a word";
      }
    }
  }
  RecordProperty("methods", static_cast<int>(ran.size()));
  EXPECT_GE(ran.size(), 8u);
}

INSTANTIATE_TEST_SUITE_P(, SlowNotFinite, testing::Values("hornet_7x7", "swin", "convnext"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace orderscope
