// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/checkpoint/safetensors.h"
#include "tests/core/checkpoint/checkpoint_files.h"
#include "tests/faults.h"

namespace orderscope::test {
namespace {

using testing::HasSubstr;

TEST(SaveFaults, ACheckpointWhoseWriterIsKilledIsWhole) {
  const ScratchFolder folder;
  const auto path = folder / "model.safetensors";
  const StateDict weights{{"a", at::full({1 << 16}, 1.0f)}, {"b", at::full({1 << 16}, 1.0f)}};
  ASSERT_TRUE(write_safetensors(path, weights));
  int checked = 0;
  kill_at_random(
      50, std::chrono::milliseconds(20), [&](int) { (void)write_safetensors(path, weights); },
      [&] {
        const auto read = read_checkpoint(path);
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_TRUE(same_weights(read->state_dict, weights));
        ++checked;
      });
  EXPECT_EQ(checked, 50);
}

TEST(SaveFaults, ACheckpointOnAFullDiskIsAnErrorAndTheOldOneOpens) {
  const SmallDisk disk("300k");
  if (!disk.mounted()) GTEST_SKIP() << "a small disk can be mounted by root only";
  const StateDict small{{"a", at::full({1 << 14}, 1.0f)}}, large{{"a", at::full({1 << 18}, 2.0f)}};
  ASSERT_TRUE(write_safetensors(disk / "m.safetensors", small));
  const auto written = write_safetensors(disk / "m.safetensors", large);
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message(), HasSubstr("No space left on device"));
  EXPECT_TRUE(same_weights(read_checkpoint(disk / "m.safetensors").value().state_dict, small));
}

TEST(SaveFaults, ACheckpointThatIsCutOffWhileItIsOpenIsAnError) {
  const ScratchFolder folder;
  const auto path = folder / "m.safetensors";
  ASSERT_TRUE(write_safetensors(path, {{"a", at::full({1 << 20}, 1.0f)}}));
  const auto open = read_checkpoint(path).value();
  std::filesystem::resize_file(path, 4096);
  // The tensor points into the file: what is gone reads as zeros, and the reader is told.
  EXPECT_LT(open.state_dict[0].tensor.sum().item<float>(), 1 << 20);
  EXPECT_FALSE(read_checkpoint(path));
}

}  // namespace
}  // namespace orderscope::test
