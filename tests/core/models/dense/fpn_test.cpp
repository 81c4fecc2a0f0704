// SPDX-License-Identifier: GPL-3.0-or-later
// HorFPN's neck against the official GNFPN. The files are in the complete reference data only.
#include "core/models/dense/fpn.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/npy.h"
#include "tests/shared_golden.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

FpnShape horfpn(std::optional<FilterSize> filter) {
  FpnShape shape;
  for (const int width : {8, 16, 32, 64}) {
    shape.laterals.push_back({width, 16, 1, true, false});
    GnModuleShape gn;
    gn.in = gn.dim = gn.out = 16;
    gn.filter = filter;
    shape.gn_outputs.push_back(gn);
  }
  return shape;
}

class GnFpn : public testing::TestWithParam<std::string> {};

TEST_P(GnFpn, EqualsTheOfficialCode) {
  const auto weights = test::golden_or_shared("dense/" + GetParam() + "/weights.pth");
  if (!weights) GTEST_SKIP() << "without the complete reference data";
  const auto folder = weights->parent_path();
  const auto checkpoint = read_checkpoint(*weights);
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();

  const at::NoGradGuard no_grad;
  Fpn fpn(horfpn(GetParam() == "gnfpn_gngf" ? std::optional(FilterSize{8, 5}) : std::nullopt));
  auto parameters = fpn.named_parameters();
  EXPECT_EQ(parameters.size(), checkpoint->state_dict.size());
  for (const NamedTensor& stored : checkpoint->state_dict) {
    at::Tensor* own = parameters.find(stored.name);
    ASSERT_TRUE(own) << stored.name;
    own->set_data(stored.tensor);
    own->set_requires_grad(false);
  }

  Activations at_hand;
  std::vector<std::string> levels;
  for (int i = 0; i < 4; ++i) {
    levels.push_back("norm" + std::to_string(i));
    at_hand.aside[levels.back()] =
        read_npy(folder / ("input_" + std::to_string(i) + ".npy"))->permute({0, 2, 3, 1}).contiguous();
  }
  for (const Step& step : fpn.steps("neck", levels)) at_hand = step.run(at_hand, nullptr);
  const auto names = fpn.outputs("neck");
  ASSERT_EQ(names.size(), 5u);
  for (int i = 0; i < 5; ++i) {
    const at::Tensor expected = *read_npy(folder / ("output_" + std::to_string(i) + ".npy"));
    const at::Tensor found = at_hand.aside.at(names[static_cast<std::size_t>(i)]).permute({0, 3, 1, 2});
    EXPECT_LT(test::max_abs_difference(found, expected), 2e-5 * std::max(1.0, expected.abs().max().item<double>()))
        << names[static_cast<std::size_t>(i)];
  }
}

INSTANTIATE_TEST_SUITE_P(, GnFpn, testing::Values("gnfpn_gnconv", "gnfpn_gngf"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace orderscope
