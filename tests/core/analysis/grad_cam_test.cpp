// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/grad_cam.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/models/backbone.h"
#include "core/trace/trace.h"
#include "tests/golden.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

class GradCam : public testing::TestWithParam<std::string> {};

TEST_P(GradCam, EqualsPytorchGradCam) {
  const std::string folder = "cam/" + GetParam() + "/";
  const auto manifest = test::golden_json(folder + "manifest.json");
  const std::string weights = manifest.at("weights");  // small/NAME/official.pth
  const auto model = test::small_model(weights.substr(6, weights.rfind('/') - 6));

  std::string layers;
  for (const auto& layer : manifest.at("layers"))
    layers += (layers.empty() ? "" : ",") + test::tap_name(layer, model->architecture.family);
  auto trace = Trace::forward(model->backbone, test::golden_array(folder + "input.npy"), {grad_cam_probe(layers)});
  ASSERT_TRUE(trace) << trace.error().message();
  ASSERT_TRUE(trace->backward({manifest.at("cls").get<std::int64_t>()}));

  for (const auto& layer : manifest.at("layers")) {
    const std::string name = layer;
    const auto map = grad_cam(*trace, 0, test::tap_name(name, model->architecture.family));
    ASSERT_TRUE(map) << map.error().message();
    EXPECT_TRUE(map->is_signed);
    const at::Tensor expected = test::golden_array(folder + name + "/GradCAM.raw.npy");
    // Float32 noise of forward and backward pass, measured by the makers of the reference data.
    EXPECT_LT(test::max_abs_difference(at::tensor(map->values).view({map->height, map->width}), expected),
              2e-5 * expected.abs().max().item<double>())
        << name;
  }
}

INSTANTIATE_TEST_SUITE_P(, GradCam,
                         testing::Values("hornet_7x7_64x64", "hornet_gf_64x64", "hornet_gf_96x64", "convnext_64x64",
                                         "swin_64x64"),
                         [](const auto& info) { return info.param; });

TEST(GradCamErrors, ALayerWithoutSpaceHasNoMap) {
  const auto model = test::small_model("hornet_7x7");
  const at::Tensor input = test::golden_array("small/hornet_7x7/in64x64/input.npy");
  auto trace = Trace::forward(model->backbone, input, {grad_cam_probe("norm,stages.3.0")});
  ASSERT_TRUE(trace);
  ASSERT_TRUE(trace->backward({0}));
  EXPECT_TRUE(grad_cam(*trace, 0, "stages.3.0"));
  EXPECT_FALSE(grad_cam(*trace, 0, "norm"));
  const auto missing = grad_cam(*trace, 0, "stages.7.0");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message(), testing::HasSubstr("stages.7.0"));
}

}  // namespace
}  // namespace orderscope
