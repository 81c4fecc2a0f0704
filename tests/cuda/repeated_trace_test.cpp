// SPDX-License-Identifier: GPL-3.0-or-later
// Both passes as one CUDA graph: the same numbers as kernel by kernel, for every image.
#include "core/trace/repeated_trace.h"

#include "core/analysis/grad_cam.h"
#include "core/analysis/order_contribution.h"
#include "core/analysis/order_maps.h"
#include "core/cuda/graph.h"
#include "core/models/backbone.h"
#include "tests/cuda/cuda_test.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

using test::relative_difference;

class CudaGraphs : public test::CudaTest {};

std::vector<Probe> probes_of(const std::string& name) {
  std::vector<Probe> probes{grad_cam_probe("*")};
  if (name.starts_with("hornet")) probes.insert(probes.end(), {order_maps_probe(), order_contribution_probe()});
  return probes;
}

TEST_F(CudaGraphs, GiveTheNumbersOfATraceForEveryImage) {
  for (const std::string name : {"hornet_7x7", "hornet_gf", "swin", "convnext"}) {
    const auto model = test::golden_model("small/" + name + "/official.pth", "cuda");
    RepeatedTrace repeated(model->backbone, probes_of(name));
    for (int seed = 0; seed < 3; ++seed) {
      at::manual_seed(static_cast<std::uint64_t>(seed));
      const at::Tensor image = at::randn({1, 3, 64, 64}).to(test::cuda_device());
      const auto found = repeated.run(image);
      ASSERT_TRUE(found) << found.error().message();
      EXPECT_TRUE(repeated.recorded()) << name;

      auto trace = Trace::forward(model->backbone, image, probes_of(name));
      ASSERT_TRUE(trace);
      EXPECT_LT(relative_difference(found->logits, trace->logits()), 1e-5) << name;
      ASSERT_EQ(found->classes.size(), 1U);
      EXPECT_EQ(found->classes[0], trace->logits().argmax(1)[0].item<std::int64_t>());
      ASSERT_TRUE(trace->backward({found->classes[0]}));
      std::size_t compared = 0;
      for (std::size_t p = 0; p < probes_of(name).size(); ++p) {
        for (const auto& [tap, map] : found->forward[p]) {
          EXPECT_TRUE(map.is_cpu());
          // The products may run with other kernels; in float32 that shows in the last digits.
          EXPECT_LT(relative_difference(map, trace->result(p, tap)), 1e-5) << name << " " << tap;
          ++compared;
        }
        for (const auto& [tap, map] : found->backward[p]) {
          EXPECT_LT(relative_difference(map, trace->gradient_result(p, tap)), 1e-4) << name << " " << tap;
          ++compared;
        }
      }
      EXPECT_GE(compared, 5U) << name;
    }
  }
}

TEST_F(CudaGraphs, AnotherSizeIsRecordedAnew) {
  const auto model = test::golden_model("small/hornet_7x7/official.pth", "cuda");
  RepeatedTrace repeated(model->backbone, probes_of("hornet_7x7"));
  for (const std::int64_t side : {64, 96, 64}) {
    const at::Tensor image = at::randn({2, 3, side, side}).to(test::cuda_device());
    const auto found = repeated.run(image);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_TRUE(repeated.recorded());
    EXPECT_EQ(found->classes.size(), 2U);
    EXPECT_LT(relative_difference(found->logits, model->backbone->forward(image)), 1e-5);
  }
  EXPECT_FALSE(repeated.run(at::randn({1, 3, 8, 8}).to(test::cuda_device())));
}

TEST_F(CudaGraphs, APassThatWaitsForTheDeviceIsRefusedAndLeavesTheDeviceUsable) {
  const at::Tensor x = at::randn({4}).to(test::cuda_device());
  const auto refused =
      cuda::Graph::record(x, [](const at::Tensor& in) { return std::vector{in * in.sum().item<float>()}; });
  EXPECT_FALSE(refused);
  const auto works = cuda::Graph::record(x, [](const at::Tensor& in) { return std::vector{in * 2}; });
  ASSERT_TRUE(works) << works.error().message();
}

}  // namespace
}  // namespace orderscope
