// SPDX-License-Identifier: GPL-3.0-or-later
// Whole-image and sliding-window inference, regions and their scores.
#include "core/analysis/segment.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/analysis/cancellation.h"
#include "core/analysis/grad_cam.h"
#include "core/analysis/library_scaling.h"
#include "core/analysis/order_contribution.h"
#include "core/analysis/region_target.h"
#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/safetensors.h"
#include "core/models/backbone.h"
#include "tests/dense_golden.h"
#include "tests/small_models.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kSmall = "upernet_small_gf/";

TEST(Windows, AreThoseOfTheOfficialTest) {
  const SegmentationTest test{true, 64, 43};
  EXPECT_THAT(windows_of(96, 136, test),
              ElementsAre(Window{0, 0, 64, 64}, Window{0, 43, 64, 64}, Window{0, 72, 64, 64}, Window{32, 0, 64, 64},
                          Window{32, 43, 64, 64}, Window{32, 72, 64, 64}));
  EXPECT_THAT(windows_of(56, 84, test), ElementsAre(Window{0, 0, 56, 64}, Window{0, 20, 56, 64}));
  EXPECT_THAT(windows_of(64, 64, test), ElementsAre(Window{0, 0, 64, 64}));
  EXPECT_THAT(windows_of(30, 20, test), ElementsAre(Window{0, 0, 30, 20}));
  EXPECT_THAT(windows_of(96, 136, {false, 64, 43}), ElementsAre(Window{0, 0, 96, 136}));
}

class SlidingWindows : public testing::TestWithParam<std::string> {};

TEST_P(SlidingWindows, LogitsAndLabelsEqualTheOfficialTest) {
  const std::string fixture = GetParam();
  if (!test::dense_golden(fixture + "/checkpoint.pth")) GTEST_SKIP() << "not in this clone";
  const auto model = test::dense_model(fixture + "/checkpoint.pth");
  const auto slide = test::dense_manifest(fixture).at("inputs").at("slide");
  SegmentOptions options;
  options.test = {true, 64, 43};
  std::size_t windows = 0;
  options.on_window = [&](const Trace&, const Window&, std::size_t) -> Result<void> {
    ++windows;
    return {};
  };
  const auto logits = segment(*model, test::dense_array(fixture + "/slide/input.npy"), options);
  ASSERT_TRUE(logits) << logits.error().message();
  EXPECT_EQ(windows, slide.at("crops_y1x1y2x2").size());
  const at::Tensor expected = test::dense_array(fixture + "/slide/logits.npy");
  EXPECT_LT(test::max_abs_difference(*logits, expected), 1e-4);

  const auto size = slide.at("original_size").get<std::vector<std::int64_t>>();
  const auto labels = labels_at(*logits, size[0], size[1]);
  ASSERT_TRUE(labels) << labels.error().message();
  // Equal where the two best classes are more than 1e-3 apart.
  const at::Tensor full = at::upsample_bilinear2d(expected, size, false);
  const at::Tensor top = std::get<0>(full[0].topk(2, 0));
  const at::Tensor differs = labels->ne(test::dense_array(fixture + "/slide/argmax_u8.npy"));
  EXPECT_FALSE(differs.logical_and((top[0] - top[1]).gt(1e-3)).any().item<bool>());
}

INSTANTIATE_TEST_SUITE_P(, SlidingWindows, testing::Values("upernet_small", "upernet_small_gf"),
                         [](const auto& info) { return info.param; });

TEST(OneLogit, PixelsAboveTheThresholdAreOfItsClass) {
  // reference: mmsegmentation 0.30, encoder_decoder.py: seg_pred = (sigmoid(seg_logit) > decode_head.threshold), which
  // is 0.3 where no config sets it.
  auto checkpoint = read_checkpoint(*test::dense_golden(kSmall + "checkpoint.pth"));
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  for (NamedTensor& item : checkpoint->state_dict)
    if (item.name.starts_with("decode_head.conv_seg.")) item.tensor = item.tensor.slice(0, 2, 3).clone();
  const test::TemporaryFolder folder;
  ASSERT_TRUE(write_safetensors(folder / "one.safetensors", checkpoint->state_dict));
  const auto model = load_model(folder / "one.safetensors");
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ((*model)->architecture.classes, 2);
  EXPECT_THAT((*model)->class_names, ElementsAre("background", "foreground"));
  EXPECT_THAT((*model)->warnings, testing::Contains(HasSubstr("one logit")));

  const at::Tensor image = test::dense_array(kSmall + "whole/input.npy");
  auto trace = Trace::forward((*model)->backbone, image, {});
  ASSERT_TRUE(trace) << trace.error().message();
  const auto logit = trace->activation("decode_head.conv_seg");
  ASSERT_TRUE(logit) << logit.error().message();
  ASSERT_EQ(logit->size(1), 1);
  const at::Tensor full = at::upsample_bilinear2d(*logit, {image.size(2), image.size(3)}, false);
  EXPECT_LT(test::max_abs_difference(trace->logits().slice(1, 1), full), 1e-5);
  const auto labels = labels_at(trace->logits(), image.size(2), image.size(3));
  ASSERT_TRUE(labels);
  const at::Tensor above = at::sigmoid(full)[0][0].gt(0.3);
  EXPECT_TRUE(above.any().item<bool>());
  EXPECT_FALSE(above.all().item<bool>());
  // Equal but where the logit lies on the threshold to rounding.
  const at::Tensor clear = (at::sigmoid(full)[0][0] - 0.3).abs().gt(1e-5);
  EXPECT_FALSE(labels->ne(above).logical_and(clear).any().item<bool>());
}

TEST(Labels, OfStripsAreThoseOfTheWhole) {
  at::manual_seed(1);
  const at::Tensor logits = at::randn({1, 300, 40, 30});
  for (const bool align : {false, true})
    for (const auto& [height, width] :
         {std::pair{101, 77}, std::pair{17, 9}, std::pair{40, 30}, std::pair{1, 1}, std::pair{900, 700}}) {
      const at::Tensor whole = at::upsample_bilinear2d(logits, {height, width}, align)[0].argmax(0);
      const auto labels = labels_at(logits, height, width, {}, align);
      ASSERT_TRUE(labels) << labels.error().message();
      EXPECT_EQ(labels->scalar_type(), at::kInt);
      // Rounding may turn a tie; nothing else differs.
      EXPECT_LT(labels->ne(whole).to(at::kDouble).mean().item<double>(), 1e-5) << height << " " << align;
    }
}

TEST(Segment, WrongSettingsAreRefused) {
  const auto model = test::dense_model(kSmall + "checkpoint.pth");
  const at::Tensor image = test::dense_array(kSmall + "whole/input.npy");
  SegmentOptions options;
  options.test = {true, 32, 40};
  EXPECT_THAT(segment(*model, image, options).error().message(), HasSubstr("stride"));
  options.test = {true, 8, 8};
  EXPECT_THAT(segment(*model, image, options).error().message(), HasSubstr("vanishes"));
  options.test.slide = false;
  EXPECT_FALSE(segment(*model, image.expand({2, 3, 64, 64}), options));
  std::stop_source stop;
  stop.request_stop();
  JobContext job;
  job.stop = stop.get_token();
  EXPECT_EQ(segment(*model, image, options, job).error().kind, Error::Kind::Cancelled);
}

class Region : public testing::Test {
 protected:
  std::shared_ptr<const Model> model_ = test::dense_model(kSmall + "checkpoint.pth");
  at::Tensor image_ = test::dense_array(kSmall + "whole/input.npy");
  Trace trace_ = Trace::forward(model_->backbone, image_, {order_contribution_probe(), grad_cam_probe("*")}).value();
  double score(const Target& target) { return target.score(trace_.output()).item<double>(); }
};

TEST_F(Region, ScoreIsTheSumOfTheClassLogits) {
  RegionRequest request;
  request.photo = {64, 64};
  request.class_region = 1;
  const auto target = region_target(request)(trace_, std::nullopt);
  ASSERT_TRUE(target) << target.error().message();
  EXPECT_EQ(target->class_index, 1);
  const auto fixture = test::dense_manifest("upernet_small_gf").at("inputs").at("whole").at("grad_cam");
  ASSERT_EQ(fixture.at("cls"), 1);
  // The fixture's own sum; a tie may move a pixel, and float32 sums of 1365 logits differ by a few 1e-3.
  EXPECT_NEAR(score(*target), fixture.at("score").get<double>(), 0.1);
  EXPECT_THAT(target->description, HasSubstr("1365 pixels"));
}

TEST_F(Region, BoxesAreInPixelsOfThePhoto) {
  RegionRequest request;
  request.photo = {32, 128};  // the input is twice as high and half as wide
  request.box = std::array<std::int64_t, 4>{10, 4, 20, 8};
  const auto target = region_target(request)(trace_, 3);
  ASSERT_TRUE(target) << target.error().message();
  const at::Tensor part = trace_.logits()[0][3].narrow(0, 8, 16).narrow(1, 5, 10);
  EXPECT_NEAR(score(*target), part.sum().item<double>(), 1e-3);
  for (const auto& box : {std::array<std::int64_t, 4>{120, 0, 20, 8}, {0, 0, 0, 8}, {-1, 0, 4, 4}}) {
    request.box = box;
    EXPECT_THAT(region_target(request)(trace_, 3).error().message(), HasSubstr("does not lie"));
  }
  // Half a column of the input: still one. A row of the photo is two of it.
  request.box = std::array<std::int64_t, 4>{127, 31, 1, 1};
  EXPECT_THAT(region_target(request)(trace_, 3)->description, HasSubstr("over 2 pixels"));
}

TEST_F(Region, MasksAndClassesThatDoNotFitAreRefused) {
  RegionRequest request;
  request.photo = {64, 64};
  request.mask = at::zeros({64, 64}, at::kByte);
  EXPECT_THAT(region_target(request)(trace_, 3).error().message(), HasSubstr("holds no pixel"));
  request.mask = at::ones({63, 64}, at::kByte);
  EXPECT_THAT(region_target(request)(trace_, 3).error().message(), HasSubstr("size"));
  request.mask = at::ones({64, 64}, at::kByte);
  EXPECT_THAT(region_target(request)(trace_, 8).error().message(), HasSubstr("no such class"));
  EXPECT_TRUE(region_target(request)(trace_, 3));
}

TEST_F(Region, GradCamIsSegGradCam) {
  RegionRequest request;
  request.photo = {64, 64};
  request.mask = test::dense_array(kSmall + "whole/argmax_u8.npy").eq(1);
  const auto target = region_target(request)(trace_, 1);
  ASSERT_TRUE(target);
  ASSERT_TRUE(trace_.backward(*target));
  const at::Tensor gradient = test::dense_array(kSmall + "whole/grad_ppm_bottleneck.npy");
  const at::Tensor activation = test::dense_array(kSmall + "whole/ppm_bottleneck.npy");
  const at::Tensor expected = (gradient.mean({2, 3}, true) * activation).sum(1)[0];
  const auto map = grad_cam(trace_, 1, "decode_head.bottleneck");
  ASSERT_TRUE(map) << map.error().message();
  const at::Tensor found = at::tensor(map->values).view({map->height, map->width});
  EXPECT_LT(test::max_abs_difference(found, expected), 1e-4 * expected.abs().max().item<double>());
  const at::Tensor final = seg_grad_cam_scaling(*map, 64, 64);
  const at::Tensor large = at::upsample_bilinear2d(expected.view({1, 1, 2, 2}), {64, 64}, false)[0][0].relu();
  EXPECT_LT(test::max_abs_difference(final, large / large.max().clamp_min(1e-12)), 1e-3);
}

TEST(DenseCancellation, IsToldWhereANormOverChannelsFollows) {
  const auto model = test::dense_model(kSmall + "checkpoint.pth");
  EXPECT_EQ(cancellation_at(*model->backbone, "stages.0.0"), Cancellation::Pixel);
  EXPECT_EQ(cancellation_at(*model->backbone, "stages.3.0"), Cancellation::Pixel);
  EXPECT_EQ(cancellation_at(*model->backbone, "norm0"), Cancellation::None);
  EXPECT_EQ(cancellation_at(*model->backbone, "decode_head.fpn_bottleneck"), Cancellation::None);
}

}  // namespace
}  // namespace orderscope
