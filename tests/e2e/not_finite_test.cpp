// SPDX-License-Identifier: GPL-3.0-or-later
// Methods with a command of their own, on networks whose activations overflow or whose weights are NaN: an error of one
// line, or a warning. Those of all_methods() are tested in tests/core/analysis/not_finite_test.cpp.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "core/analysis/method.h"
#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/npy.h"
#include "core/checkpoint/safetensors.h"
#include "tests/core/run/batch_set.h"
#include "tests/e2e/run_program.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

using testing::HasSubstr;

/// The small HorNet with one weight changed.
std::string damaged(const std::filesystem::path& file, const std::string& name, float value) {
  auto checkpoint = read_checkpoint(test::small_checkpoint("hornet_7x7"));
  if (!checkpoint) throw std::runtime_error(checkpoint.error().message());
  bool found = false;
  for (auto& [key, tensor] : checkpoint->state_dict) {
    if (key != name) continue;
    tensor = at::full_like(tensor, value);
    found = true;
  }
  if (!found || !write_safetensors(file, checkpoint->state_dict)) throw std::runtime_error("no " + name);
  return file.string();
}

TEST(SlowNotFiniteCli, EveryMethodWithACommandOfItsOwnSaysSo) {
  const test::TemporaryFolder folder;
  test::write_striped_set(folder / "photos", 2, 64, 1);
  const std::string photos = (folder / "photos").string(), out = (folder / "out").string();
  std::filesystem::path photo;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "photos/00_Horizontal")) photo = entry.path();
  const at::Tensor array = at::ones({4, 4});
  at::Tensor holed = array.clone();
  holed.index_put_({0, 0}, std::numeric_limits<float>::quiet_NaN());
  ASSERT_TRUE(write_npy(folder / "a.npy", array) && write_npy(folder / "b.npy", holed));

  constexpr float kHuge = 3e38f, kNan = std::numeric_limits<float>::quiet_NaN();
  const std::string huge = damaged(folder / "huge.safetensors", "stages.1.0.gnconv.proj_out.weight", kHuge);
  const std::string nan = damaged(folder / "nan.safetensors", "stages.1.0.gnconv.dwconv.weight", kNan);
  for (const std::string& model : {huge, nan}) {
    const std::map<std::string, std::vector<std::string>> commands{
        {"orders", {"orders", model, "--image", photo, "-o", out}},
        {"contribution", {"orders", model, "--image", photo, "--class", "0", "-o", out}},
        {"interactions",
         {"interactions", model, "--images", photos, "--grid", "4", "--pairs", "2", "--contexts", "2", "-o", out}},
        {"erf", {"erf", model, "--images", photos, "--size", "64", "--count", "2", "--layer", "stages.3.0", "-o", out}},
        {"cka", {"cka", model, model, "--images", photos, "-o", out}},
        {"agreement", {"agreement", model, model, "--images", photos, "-o", out}},
        {"pca", {"pca", model, "--image", photo, "-o", out}},
        {"faithfulness", {"faithfulness", model, "--image", photo, "--class", "0", "-o", out}},
        {"kernels", {"kernels", nan, "-o", out}},  // of weights alone
        {"diff", {"diff", folder / "a.npy", folder / "b.npy", "--tolerance", "0.1"}},
    };
    for (const MethodDescriptor* method : methods()) {
      if (find_method(method->id)) continue;
      SCOPED_TRACE(method->id + " of " + model);
      const auto command = commands.find(method->id);
      ASSERT_NE(command, commands.end()) << "a method that nobody has shown what is not finite";
      const auto result = test::run_program("orderscope-cli", command->second);
      EXPECT_TRUE(result.exit_code == 0 || result.exit_code == 1) << result.exit_code << result.err;
      if (result.exit_code == 1) {
        EXPECT_THAT(result.err, HasSubstr("error: "));
      } else {
        EXPECT_THAT(result.err, HasSubstr("warning: "));
      }
    }
  }
}

}  // namespace
}  // namespace orderscope
