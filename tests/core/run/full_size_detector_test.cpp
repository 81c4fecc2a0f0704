// SPDX-License-Identifier: GPL-3.0-or-later
// HorNet-T 7x7 Cascade Mask R-CNN at its official size, with weights from a formula, on a photo.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>

#include "core/analysis/detect.h"
#include "core/models/dense/dense_network.h"
#include "core/run/dense_input.h"
#include "tests/formula.h"
#include "tests/official_detector.h"

namespace orderscope {
namespace {

double peak_gigabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / (1 << 20);
}

TEST(SlowFullSizeDetector, RunsOnAPhotoWithin6Gigabytes) {
  Model model;
  model.architecture = test::hornet_architecture(64, false, {2, 3, 18, 2}, 80);
  model.architecture.levels = {0, 1, 2, 3};
  model.dense = test::official_cascade(model.architecture.dims);
  model.dense_preprocessing = {.long_side = 1333, .short_side = 800, .multiple = 32};
  auto network = make_dense_network(model.architecture, *model.dense);
  ASSERT_TRUE(network) << network.error().message();
  test::fill_by_formula(**network);
  (*network)->eval();
  model.backbone = *network;
  std::int64_t parameters = 0;
  for (const auto& p : model.backbone->named_parameters())
    if (p.key().find("running_") == std::string::npos) parameters += p.value().numel();
  EXPECT_EQ(parameters, 79'883'634);  // of the official config, instantiated with mmdetection

  const auto input = read_dense_image(std::string(ORDERSCOPE_SOURCE_DIR) + "/resources/samples/coffee.png",
                                      model.dense_preprocessing, ExifOrientation::Apply);
  ASSERT_TRUE(input) << input.error().message();
  EXPECT_GE(input->padded[0] * input->padded[1], 800 * 1184);
  // Random weights score all classes alike: without a threshold the largest number of boxes and masks is reached.
  DetectOptions options;
  options.settings.emplace().rcnn.score_thr = 0;
  const auto start = std::chrono::steady_clock::now();
  const auto found =
      detect(model, input->input.images,
             {{input->resized[0], input->resized[1]}, {input->original[0], input->original[1]}}, options);
  ASSERT_TRUE(found) << found.error().message();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(found->found.size(), 100u);
  std::printf("%lld x %lld: %d proposals, %zu detections, %.1f s, peak %.2f GiB\n",
              static_cast<long long>(input->padded[0]), static_cast<long long>(input->padded[1]), found->proposals,
              found->found.size(), took.count(), peak_gigabytes());
  EXPECT_LT(peak_gigabytes(), 6 / 1.073741824);
}

}  // namespace
}  // namespace orderscope
