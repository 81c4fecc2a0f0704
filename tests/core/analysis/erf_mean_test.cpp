// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/erf_mean.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/small_models.h"

namespace orderscope {
namespace {

/// Noise of 64 x 64 pixels, the same every time; image `broken` cannot be read, `infinite` is not finite.
TensorSource noise(std::int64_t count, std::int64_t broken = -1, std::int64_t infinite = -1) {
  return {count, [broken, infinite](std::int64_t index) -> Result<at::Tensor> {
            if (index == broken) return fail(Error::Kind::Broken, "is no picture", "broken.jpg");
            at::manual_seed(static_cast<std::uint64_t>(index) + 1);
            at::Tensor image = at::randn({1, 3, 64, 64});
            if (index == infinite) image[0][0][0][0] = std::numeric_limits<float>::quiet_NaN();
            return image;
          }};
}

ErfOptions options(std::int64_t count) {
  ErfOptions result;
  result.count = count;
  result.bootstrap = 50;
  return result;
}

void expect_equal(const ErfReport& a, const ErfReport& b) {
  EXPECT_EQ(a.images, b.images);
  EXPECT_EQ(a.skipped_nan, b.skipped_nan);
  EXPECT_EQ(a.unreadable, b.unreadable);
  EXPECT_EQ(a.warnings, b.warnings);
  ASSERT_EQ(a.fields.size(), b.fields.size());
  for (std::size_t f = 0; f < a.fields.size(); ++f) {
    // The same passes on the same images, added in the same order: no tolerance.
    EXPECT_EQ(a.fields[f].mean.values, b.fields[f].mean.values);
    EXPECT_EQ(a.fields[f].profile.mean.y, b.fields[f].profile.mean.y);
    for (std::size_t t = 0; t < a.fields[f].ratios.size(); ++t) {
      const AreaMeasure &x = a.fields[f].ratios[t], &y = b.fields[f].ratios[t];
      EXPECT_EQ(x.value.has_value(), y.value.has_value());
      if (x.value && y.value) {
        EXPECT_EQ(x.value->side, y.value->side);
      }
      EXPECT_EQ(x.low, y.low);
      EXPECT_EQ(x.high, y.high);
    }
  }
}

TEST(ErfMean, StoppedInTheMiddleOfAnImageItGoesOnToTheSameResult) {
  const auto model = test::small_model("hornet_7x7");
  ErfOptions by_order = options(4);
  by_order.by_order = true;
  auto mean = ErfMean::start(model->backbone, noise(6), by_order);
  ASSERT_TRUE(mean) << mean.error().message();
  ASSERT_TRUE(mean->add_next());
  std::stop_source stop;
  stop.request_stop();
  JobContext stopped;
  stopped.stop = stop.get_token();
  const auto refused = mean->add_next(stopped);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::Cancelled);
  EXPECT_EQ(mean->used(), 1);
  // A look in between changes nothing either.
  ASSERT_TRUE(mean->report(false));
  while (!mean->done()) ASSERT_TRUE(mean->add_next());
  const auto report = mean->report();
  const auto at_once = effective_receptive_field(model->backbone, noise(6), by_order);
  ASSERT_TRUE(report && at_once);
  expect_equal(*report, *at_once);
}

TEST(ErfMean, WhatIsSeenOnTheWayIsTheFieldOfThoseImages) {
  const auto model = test::small_model("convnext");
  auto mean = ErfMean::start(model->backbone, noise(5), options(5));
  ASSERT_TRUE(mean);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(mean->add_next());
  const auto seen = mean->report(false);
  const auto expected = effective_receptive_field(model->backbone, noise(5), options(3));
  ASSERT_TRUE(seen && expected);
  EXPECT_EQ(seen->fields[0].mean.values, expected->fields[0].mean.values);
  EXPECT_FALSE(seen->fields[0].ratios[0].has_interval);
  EXPECT_TRUE(expected->fields[0].ratios[0].has_interval);
}

TEST(ErfMean, GoesOnWithMoreImages) {
  const auto model = test::small_model("convnext");
  ErfOptions drawn = options(2);
  drawn.protocol.random_images = true;
  auto mean = ErfMean::start(model->backbone, noise(9), drawn);
  ASSERT_TRUE(mean);
  while (!mean->done()) ASSERT_TRUE(mean->add_next());
  EXPECT_EQ(mean->used(), 2);
  mean->set_count(5);
  EXPECT_FALSE(mean->done());
  EXPECT_EQ(mean->wanted(), 5);
  while (!mean->done()) ASSERT_TRUE(mean->add_next());
  const auto report = mean->report();
  drawn.count = 5;
  const auto at_once = effective_receptive_field(model->backbone, noise(9), drawn);
  ASSERT_TRUE(report && at_once);
  expect_equal(*report, *at_once);
}

TEST(ErfMean, LeavesOutWhatCannotBeReadOrIsNotFinite) {
  const auto model = test::small_model("convnext");
  auto mean = ErfMean::start(model->backbone, noise(5, 0, 2), options(2));
  ASSERT_TRUE(mean);
  while (!mean->done()) ASSERT_TRUE(mean->add_next());
  const auto report = mean->report();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->images, (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(report->unreadable.size(), 1U);
  EXPECT_EQ(report->skipped_nan, 1);

  auto none = ErfMean::start(model->backbone, noise(1, 0), options(2));
  ASSERT_TRUE(none);
  while (!none->done()) ASSERT_TRUE(none->add_next());
  const auto failed = none->report();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, Error::Kind::Broken) << "why the only image could not be read";
}

TEST(ErfMean, InBatchesItIsTheSameMeanOfTheSameImages) {
  const auto model = test::small_model("hornet_7x7");
  ErfOptions by_order = options(4);
  by_order.by_order = true;
  const auto expected = effective_receptive_field(model->backbone, noise(9, 1, 3), by_order);
  ASSERT_TRUE(expected) << expected.error().message();
  EXPECT_EQ(expected->images, (std::vector<std::int64_t>{0, 2, 4, 5}));
  for (const std::int64_t batch : {2, 3, 100}) {
    by_order.batch = batch;
    const auto found = effective_receptive_field(model->backbone, noise(9, 1, 3), by_order);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->images, expected->images);
    EXPECT_EQ(found->skipped_nan, expected->skipped_nan);
    EXPECT_EQ(found->unreadable, expected->unreadable);
    ASSERT_EQ(found->fields.size(), expected->fields.size());
    for (std::size_t f = 0; f < found->fields.size(); ++f) {
      const at::Tensor a = at::tensor(found->fields[f].mean.values), b = at::tensor(expected->fields[f].mean.values);
      // Products over more rows may be summed in another order.
      EXPECT_LT(test::max_abs_difference(a, b), 1e-5 * b.abs().max().item<double>()) << batch << " " << f;
    }
  }
}

}  // namespace
}  // namespace orderscope
