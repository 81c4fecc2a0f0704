// SPDX-License-Identifier: GPL-3.0-or-later
// The resizing of mmdetection's and mmsegmentation's test pipelines against mmcv (OpenCV).
#include <gtest/gtest.h>

#include "core/image/resize_linear.h"
#include "tests/core/image/golden.h"

namespace orderscope {
namespace {

std::filesystem::path ops() { return std::filesystem::path(ORDERSCOPE_GOLDEN_DIR) / "dense" / "ops"; }

nlohmann::json pipeline() {
  return nlohmann::json::parse(std::ifstream(ops() / "manifest.json")).at("cases").at("pipeline");
}

/// The pixels of a small .npy: what follows its header.
Image picture(const std::string& name, int height, int width) {
  const std::string bytes = file_bytes(ops() / "pipeline" / name);
  const auto size = static_cast<std::ptrdiff_t>(3) * height * width;
  return {width, height, std::vector<std::uint8_t>(bytes.end() - size, bytes.end())};
}

TEST(Rescale, EqualsMmcv) {
  const auto fixture = pipeline();
  for (const auto& run : fixture.at("runs")) {
    const std::string index = std::to_string(run.at("index").get<int>());
    const auto from = run.at("input_h_w"), to = run.at("resized_h_w");
    const auto resized = resize_linear(picture(index + "_input_bgr_u8.npy", from[0], from[1]), to[1], to[0]);
    ASSERT_TRUE(resized);
    // Another OpenCV may round its fixed point otherwise: one level.
    const Image expected = picture(index + "_resized_bgr_u8.npy", to[0], to[1]);
    for (std::size_t i = 0; i < expected.rgb.size(); ++i)
      ASSERT_LE(std::abs(int(resized->rgb[i]) - int(expected.rgb[i])), 1) << index << " at " << i;
  }
}

TEST(Rescale, SizesEqualMmcv) {
  const auto fixture = pipeline();
  for (const auto& size : fixture.at("sizes")) {
    const ImageSize found =
        rescaled_size({size.at("w"), size.at("h")}, size.at("scale")[0].get<int>(), size.at("scale")[1].get<int>());
    EXPECT_EQ(found.width, size.at("new_w_h")[0]);
    EXPECT_EQ(found.height, size.at("new_w_h")[1]);
  }
}

TEST(Rescale, TakesStripsOfAnyLength) {
  const ImageSize size = rescaled_size({5000, 1}, 1333, 800);
  EXPECT_EQ(size.width, 1333);
  EXPECT_EQ(size.height, 1);
}

}  // namespace
}  // namespace orderscope
