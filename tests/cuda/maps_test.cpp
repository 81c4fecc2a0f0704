// SPDX-License-Identifier: GPL-3.0-or-later
// Maps, receptive fields and predictions of a CUDA device against those of the CPU.
#include "core/analysis/detect.h"
#include "core/analysis/erf.h"
#include "core/analysis/grad_cam.h"
#include "core/analysis/method.h"
#include "core/analysis/order_contribution.h"
#include "core/analysis/order_maps.h"
#include "core/analysis/segment.h"
#include "core/checkpoint/npy.h"
#include "core/models/backbone.h"
#include "core/models/dense/nms.h"
#include "core/models/dense/roi_align.h"
#include "core/trace/trace.h"
#include "tests/cuda/cuda_test.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

using test::relative_difference;

class CudaMaps : public test::CudaTest {};

at::Tensor values_of(const Map& map) { return at::tensor(map.values).view({map.height, map.width}); }

TEST_F(CudaMaps, EveryMethodGivesTheMapsOfTheCpu) {
  for (const std::string name : {"hornet_7x7", "hornet_gf", "swin", "convnext"}) {
    const std::string file = "small/" + name + "/official.pth";
    const auto on_cpu = test::golden_model(file, "cpu"), on_cuda = test::golden_model(file, "cuda");
    const at::Tensor image = test::golden_array("small/" + name + "/in64x64/input.npy");
    std::vector<MethodRequest> requests;
    for (const Method* method : all_methods()) {
      const bool fits = !method->descriptor.needs_gnconv || name.starts_with("hornet");
      const auto values = check_values(method->descriptor, {});
      if (fits && values) requests.push_back({method, *values});
    }
    ASSERT_GE(requests.size(), 10U);
    const auto expected = run_methods({on_cpu, image}, requests, 3);
    const auto found = run_methods({on_cuda, image.to(test::cuda_device())}, requests, 3);
    ASSERT_TRUE(expected) << expected.error().message();
    ASSERT_TRUE(found) << found.error().message();
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const std::string id = name + " " + requests[i].method->descriptor.id;
      const auto &a = expected->results[i], &b = found->results[i];
      ASSERT_EQ(a.has_value(), b.has_value()) << id << ": " << (b ? a.error().message() : b.error().message());
      if (!a) continue;
      ASSERT_EQ(a->maps.size(), b->maps.size()) << id;
      // Rules that divide by sums near zero or pick channels by rank magnify what is 1e-6 in the activations.
      for (std::size_t m = 0; m < a->maps.size(); ++m)
        EXPECT_LT(relative_difference(values_of(b->maps[m].map), values_of(a->maps[m].map)), 2e-2)
            << id << " " << a->maps[m].name;
    }
  }
}

TEST_F(CudaMaps, ResultsComeHomeInOneTransfer) {
  const auto model = test::golden_model("small/hornet_7x7/official.pth", "cuda");
  const at::Tensor image = test::golden_array("small/hornet_7x7/in64x64/input.npy").to(test::cuda_device());
  auto trace = Trace::forward(model->backbone, image, {order_maps_probe(), order_contribution_probe()});
  ASSERT_TRUE(trace);
  ASSERT_TRUE(trace->backward({3}));
  const at::Tensor map = trace->result(0, "stages.2.1.gnconv.gate.2").cpu();
  const at::Tensor contribution = trace->gradient_result(1, "stages.2.1.gnconv.gate.2").cpu();
  ASSERT_TRUE(trace->move_results_to_cpu());
  EXPECT_TRUE(trace->result(0, "stages.2.1.gnconv.gate.2").is_cpu());
  EXPECT_TRUE(at::equal(trace->result(0, "stages.2.1.gnconv.gate.2"), map));
  EXPECT_TRUE(at::equal(trace->gradient_result(1, "stages.2.1.gnconv.gate.2"), contribution));
}

TEST_F(CudaMaps, ReceptiveFieldsAreThoseOfTheCpuOneByOneAndInBatches) {
  const auto on_cpu = test::golden_model("small/hornet_7x7/official.pth", "cpu");
  const auto on_cuda = test::golden_model("small/hornet_7x7/official.pth", "cuda");
  const auto noise = [](const at::Device& device) {
    return TensorSource{5, [device](std::int64_t index) -> Result<at::Tensor> {
                          at::manual_seed(static_cast<std::uint64_t>(index));
                          return at::randn({1, 3, 96, 96}).to(device);
                        }};
  };
  ErfOptions options;
  options.count = 5;
  options.bootstrap = 20;
  options.by_order = true;
  const auto expected = effective_receptive_field(on_cpu->backbone, noise(at::kCPU), options);
  ASSERT_TRUE(expected) << expected.error().message();
  for (const std::int64_t batch : {1, 3}) {
    options.batch = batch;
    const auto found = effective_receptive_field(on_cuda->backbone, noise(test::cuda_device()), options);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->images, expected->images);
    ASSERT_EQ(found->fields.size(), expected->fields.size());
    for (std::size_t f = 0; f < found->fields.size(); ++f)
      EXPECT_LT(relative_difference(values_of(found->fields[f].mean), values_of(expected->fields[f].mean)), 1e-4);
  }
}

TEST_F(CudaMaps, SegmentsAndDetectsAsTheCpuDoes) {
  const std::string segmenter = "dense/upernet_small_gf/checkpoint.pth";
  if (std::filesystem::exists(test::golden(segmenter))) {
    const at::Tensor image = at::randn({1, 3, 96, 128});
    SegmentOptions options;
    options.test = {true, 64, 43};
    const auto expected = segment(*test::golden_model(segmenter, "cpu"), image, options);
    const auto found = segment(*test::golden_model(segmenter, "cuda"), image.to(test::cuda_device()), options);
    ASSERT_TRUE(expected) << expected.error().message();
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_LT(relative_difference(*found, *expected), 1e-4);
  }
  const std::string detector = "dense/maskrcnn_small/checkpoint.pth";
  ASSERT_TRUE(std::filesystem::exists(test::golden(detector)));
  const auto on_cpu = test::golden_model(detector, "cpu"), on_cuda = test::golden_model(detector, "cuda");
  const auto manifest = test::golden_json("dense/maskrcnn_small/manifest.json");
  DetectOptions options;
  options.settings = *read_detection_settings(test::golden("dense/maskrcnn_small/manifest.json"));
  const auto size = [&](const char* key) {
    return PixelSize{manifest.at("image").at(key)[0], manifest.at("image").at(key)[1]};
  };
  const DetectionFrame frame{size("img_shape"), size("original")};
  const at::Tensor image = *read_npy(test::golden("dense/maskrcnn_small/input.npy"));
  const auto expected = detect(*on_cpu, image, frame, options);
  const auto found = detect(*on_cuda, image.to(test::cuda_device()), frame, options);
  ASSERT_TRUE(expected) << expected.error().message();
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_EQ(found->found.size(), expected->found.size());
  ASSERT_FALSE(expected->found.empty());
  for (std::size_t i = 0; i < found->found.size(); ++i) {
    EXPECT_EQ(found->found[i].label, expected->found[i].label) << i;
    EXPECT_NEAR(found->found[i].score, expected->found[i].score, 1e-4) << i;
    for (int side = 0; side < 4; ++side)
      EXPECT_NEAR(found->found[i].box[side], expected->found[i].box[side], 0.05) << i;
  }
}

TEST_F(CudaMaps, RoiAlignAndNmsAreThoseOfTheCpu) {
  at::manual_seed(17);
  const at::Tensor features = at::randn({2, 20, 30, 8});
  const at::Tensor corners = at::rand({60, 2}) * at::tensor({100.0F, 60.0F}), sides = at::rand({60, 2}) * 40;
  const at::Tensor boxes = at::cat({corners, corners + sides}, 1), scores = at::rand({60});
  const at::Tensor rois = at::cat({at::randint(2, {60, 1}).to(at::kFloat), boxes}, 1);
  const RoiAlignOptions options{7, 0.25, 0, true};
  EXPECT_LT(relative_difference(roi_align(features.to(test::cuda_device()), rois.to(test::cuda_device()), options),
                                roi_align(features, rois, options)),
            1e-5);
  EXPECT_TRUE(at::equal(nms(boxes.to(test::cuda_device()), scores.to(test::cuda_device()), 0.3).cpu(),
                        nms(boxes, scores, 0.3)));
}

}  // namespace
}  // namespace orderscope
