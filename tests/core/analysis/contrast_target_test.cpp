// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/contrast_target.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/analysis/grad_cam.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

class ContrastTargetTest : public ::testing::Test {
 protected:
  Result<MethodsOutcome> explain(int index, std::optional<int> against) {
    Subject subject{model, test::golden_array("small/convnext/in64x64/input.npy").slice(0, 0, 1)};
    if (against) subject.target = contrast_target(*against);
    const MethodValues values = *check_values(grad_cam_method().descriptor, {{"layer", "stages.2.0"}});
    const std::vector<MethodRequest> requests{{&grad_cam_method(), values}};
    return run_methods(subject, requests, index);
  }

  std::shared_ptr<const Model> model = test::small_model("convnext");
};

TEST_F(ContrastTargetTest, GradCamOfADifferenceIsTheDifferenceOfTheMaps) {
  const auto both = explain(1, 2), first = explain(1, {}), second = explain(2, {});
  ASSERT_TRUE(both && first && second);
  EXPECT_EQ(both->target, "class 1 against class 2");
  const Map& map = both->results[0]->maps[0].map;
  const Map& a = first->results[0]->maps[0].map;
  const Map& b = second->results[0]->maps[0].map;
  EXPECT_EQ(map.provenance.parameters.at("target"), "class 1 against class 2");
  float largest = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i)
    largest = std::max({largest, std::abs(a.values[i]), std::abs(b.values[i])});
  ASSERT_GT(largest, 0);
  // Linear in the gradient; one backward pass against two, in float32.
  for (std::size_t i = 0; i < a.values.size(); ++i)
    EXPECT_NEAR(map.values[i], a.values[i] - b.values[i], 1e-4F * largest);
}

TEST_F(ContrastTargetTest, RefusesAClassAgainstItselfAndClassesThatThereAreNot) {
  for (const auto& [index, against] : {std::pair(1, 1), std::pair(1, 100000), std::pair(1, -1)}) {
    const auto outcome = explain(index, against);
    ASSERT_FALSE(outcome) << index << " against " << against;
    EXPECT_EQ(outcome.error().kind, Error::Kind::InvalidInput);
  }
}

}  // namespace
}  // namespace orderscope
