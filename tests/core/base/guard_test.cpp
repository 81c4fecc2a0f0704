// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/guard.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>

namespace orderscope {
namespace {

using testing::HasSubstr;

TEST(Guarded, ALackOfMemoryIsSaidWithWhatToDo) {
  // More than a process can address: refused at once, whatever the machine has.
  const auto tensors = guarded([] { at::empty({std::int64_t{1} << 49}); });
  const auto objects = guarded([] { throw std::bad_alloc(); });
  for (const auto& result : {tensors, objects}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, Error::Kind::OutOfMemory);
    EXPECT_THAT(result.error().message(), HasSubstr("use a smaller image or fewer maps"));
  }
}

TEST(Guarded, OtherErrorsOfTensorsAreOneLine) {
  const auto result = guarded([] { at::zeros({2, 3}).matmul(at::zeros({2, 3})); });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Error::Kind::InvalidInput);
  EXPECT_EQ(result.error().message().find('\n'), std::string::npos);
}

}  // namespace
}  // namespace orderscope
