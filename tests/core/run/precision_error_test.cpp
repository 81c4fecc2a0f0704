// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/precision_error.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/models/backbone.h"
#include "tests/golden.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

TEST(PrecisionErrorTest, IsTheLogitsDistanceFromFloat32) {
  LoadOptions options;
  options.precision = Precision::BFloat16;
  const auto rounded = load_model(test::golden("small/convnext/official.pth"), options);
  ASSERT_TRUE(rounded) << rounded.error().message();
  const auto exact = test::small_model("convnext");
  at::manual_seed(3);
  const at::Tensor images = at::randn({4, 3, 64, 64});
  const auto error = precision_error(**rounded, images);
  ASSERT_TRUE(error) << error.error().message();

  const at::NoGradGuard no_grad;
  const at::Tensor a = exact->backbone->forward(images), b = (*rounded)->backbone->forward(images);
  EXPECT_DOUBLE_EQ(error->logits, ((a - b).abs().max() / a.abs().max()).item<double>());
  EXPECT_EQ(error->images, 4);
  EXPECT_EQ(error->same_class, a.argmax(1).eq(b.argmax(1)).sum().item<std::int64_t>());
  EXPECT_THAT(error->text(), testing::HasSubstr("of 4 images"));
}

TEST(PrecisionErrorTest, OfFloat32ItselfIsNone) {
  const auto exact = test::small_model("convnext");
  const auto error = precision_error(*exact, at::ones({1, 3, 64, 64}));
  ASSERT_TRUE(error) << error.error().message();
  EXPECT_EQ(error->logits, 0);
  EXPECT_EQ(error->same_class, 1);
}

}  // namespace
}  // namespace orderscope
