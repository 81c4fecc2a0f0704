// SPDX-License-Identifier: GPL-3.0-or-later
// The resizing of the detectors' test pipeline against mmcv (OpenCV).
#include "core/image/rescale.h"

#include <gtest/gtest.h>

#include "tests/core/image/golden.h"

namespace orderscope {
namespace {

std::filesystem::path ops() { return std::filesystem::path(ORDERSCOPE_GOLDEN_DIR) / "dense" / "ops"; }

nlohmann::json pipeline() {
  return nlohmann::json::parse(std::ifstream(ops() / "manifest.json")).at("cases").at("pipeline");
}

std::string payload(const std::string& name) { return file_bytes(ops() / "pipeline" / name); }

/// The pixels of a small .npy: what follows its header.
Image picture(const std::string& name, int height, int width) {
  const std::string bytes = payload(name);
  const auto size = static_cast<std::size_t>(3) * height * width;
  return {width, height, std::vector<std::uint8_t>(bytes.end() - static_cast<std::ptrdiff_t>(size), bytes.end())};
}

TEST(Rescale, EqualsMmcv) {
  for (const auto& run : pipeline().at("runs")) {
    const std::string index = std::to_string(run.at("index").get<int>());
    const auto from = run.at("input_h_w"), to = run.at("resized_h_w");
    const auto result =
        rescale(picture(index + "_input_bgr_u8.npy", from[0], from[1]), {run.at("scale")[0], run.at("scale")[1]});
    ASSERT_TRUE(result);
    ASSERT_EQ(result->pixels.height, to[0]);
    ASSERT_EQ(result->pixels.width, to[1]);
    EXPECT_EQ(result->scale[0], run.at("scale_factor")[0].get<float>());
    EXPECT_EQ(result->scale[1], run.at("scale_factor")[1].get<float>());
    // Another OpenCV may round its fixed point otherwise: one level.
    const Image expected = picture(index + "_resized_bgr_u8.npy", to[0], to[1]);
    for (std::size_t i = 0; i < expected.rgb.size(); ++i)
      ASSERT_LE(std::abs(int(result->pixels.rgb[i]) - int(expected.rgb[i])), 1) << index << " at " << i;
  }
}

TEST(Rescale, SizesEqualMmcv) {
  for (const auto& size : pipeline().at("sizes")) {
    const auto found = rescaled_size(size.at("w"), size.at("h"), {size.at("scale")[0], size.at("scale")[1]});
    EXPECT_EQ(found[0], size.at("new_w_h")[0]);
    EXPECT_EQ(found[1], size.at("new_w_h")[1]);
  }
}

TEST(Rescale, TakesStripsOfAnyLength) {
  const Image strip{5000, 1, std::vector<std::uint8_t>(15000, 7)};
  const auto result = rescale(strip, {1333, 800});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->pixels.height, 1);
  EXPECT_EQ(result->pixels.width, 1333);
  EXPECT_FALSE(rescale({}, {1333, 800}));
}

}  // namespace
}  // namespace orderscope
