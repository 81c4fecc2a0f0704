// SPDX-License-Identifier: GPL-3.0-or-later
// COCO's mask format against pycocotools (tests/golden/coco_ap).
#include "core/base/run_length.h"

#include <gtest/gtest.h>

#include "tests/golden.h"

namespace orderscope {
namespace {

TEST(RunLengths, PolygonsAreFilledAsPycocotoolsDoes) {
  const auto manifest = test::golden_json("coco_ap/manifest.json");
  for (const auto& entry : manifest.at("polygons")) {
    const PixelSize image{entry.at("size")[0], entry.at("size")[1]};
    const RunLengths mask = fill_polygon(entry.at("corners").get<std::vector<double>>(), image);
    EXPECT_EQ(to_coco_text(mask), entry.at("counts").get<std::string>()) << entry;
    EXPECT_EQ(mask.area(), entry.at("area").get<std::int64_t>());
    const auto box = entry.at("bbox").get<std::array<double, 4>>();
    EXPECT_EQ(bounding_box(mask), box);
    const auto back = from_coco_text(entry.at("counts"), image);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(*back, mask);
  }
}

TEST(RunLengths, PixelsComeBack) {
  const PixelSize image{5, 7};
  ImagePatch<std::uint8_t> patch{2, 1, 3, 4, {1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1}};
  const RunLengths mask = encode_mask(patch, image);
  EXPECT_EQ(mask.area(), 6);
  std::vector<std::uint8_t> pixels(35, 9);
  decode_mask(mask, pixels);
  for (int y = 0; y < 5; ++y)
    for (int x = 0; x < 7; ++x)
      EXPECT_EQ(pixels[y * 7 + x], x >= 2 && x < 5 && y >= 1 ? patch.values[(y - 1) * 3 + x - 2] : 0);
  EXPECT_EQ(encode_mask({0, 0, 7, 5, pixels}, image), mask);
  EXPECT_EQ(shared_area(mask, mask), 6);
  EXPECT_EQ(unite(mask, mask), mask);
}

TEST(RunLengths, AnEmptyMaskIsAMask) {
  const RunLengths empty = encode_mask({}, {4, 3});
  EXPECT_EQ(empty.area(), 0);
  EXPECT_EQ(empty.counts, std::vector<std::uint32_t>{12});
  EXPECT_EQ(bounding_box(empty), (std::array<double, 4>{0, 0, 0, 0}));
}

TEST(RunLengths, DamagedTextIsRefused) {
  EXPECT_FALSE(from_coco_text("", {4, 3}));
  EXPECT_FALSE(from_coco_text("\x01", {4, 3}));
  EXPECT_FALSE(from_coco_text("oooooooooooooo", {4, 3}));
  EXPECT_FALSE(from_coco_text("5", {4, 3}));
  EXPECT_FALSE(from_counts({5, 8}, {4, 3}));
}

}  // namespace
}  // namespace orderscope
