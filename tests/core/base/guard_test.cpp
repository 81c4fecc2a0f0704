// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/guard.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
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

TEST(Guarded, CodeThatReturnsAResultKeepsIt) {
  const auto made = guarded([]() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(3); });
  ASSERT_TRUE(made);
  EXPECT_EQ(**made, 3);

  const auto refused =
      guarded([]() -> Result<void> { return fail(Error::Kind::Broken, "cut off", "a.pth", "fetch it again"); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::Broken);
  EXPECT_EQ(refused.error().subject, "a.pth");
  EXPECT_EQ(refused.error().advice, "fetch it again");
}

TEST(Guarded, WhatCodeThatReturnsAResultThrowsIsAnError) {
  const auto lack = guarded([]() -> Result<int> { throw std::bad_alloc(); });
  ASSERT_FALSE(lack);
  EXPECT_EQ(lack.error().kind, Error::Kind::OutOfMemory);

  std::stop_source stop;
  stop.request_stop();
  const auto stopped = guarded([&]() -> Result<int> {
    throw_if_cancelled({stop.get_token(), {}});
    return 1;
  });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, Error::Kind::Cancelled);
}

}  // namespace
}  // namespace orderscope
