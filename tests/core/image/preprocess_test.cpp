// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>

#include <cmath>

#include "core/image/resample.h"
#include "tests/core/image/golden.h"

namespace orderscope {
namespace {

DecodedImage filled(int width, int height, std::uint8_t value) {
  DecodedImage decoded;
  decoded.image = {width, height, std::vector<std::uint8_t>(std::size_t{3} * width * height, value)};
  return decoded;
}

// Exact: both are 8-bit pictures made by the same fixed-point arithmetic.
TEST(Preprocess, EqualsTheOfficialTransformOnPillowByByte) {
  for (const auto& entry : preprocess_manifest()["images"]) {
    const auto source = std::filesystem::path(std::string(entry["source"])).filename();
    const auto decoded = decode_image(samples_dir() / source, ExifOrientation::Ignore);
    ASSERT_TRUE(decoded) << decoded.error().message();
    Preprocessing how;
    how.size = entry["size"];
    how.warp = entry["mode"] == "warp";
    const auto input = preprocess(*decoded, how, ExifOrientation::Ignore);
    ASSERT_TRUE(input) << input.error().message();
    EXPECT_EQ(pixel_hash(input->pixels), std::string(entry["output_rgb_sha256"])) << entry["output"];
    const auto expected = decode_image(preprocess_dir() / std::string(entry["output"]));
    ASSERT_TRUE(expected);
    EXPECT_EQ(input->pixels.rgb, expected->image.rgb) << entry["output"];

    const std::vector<float> values = input->normalized();
    const std::size_t area = values.size() / 3;
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_EQ(values[c * area], static_cast<float>(entry["normalised_first_pixel"][c].get<double>()));
      // NumPy accumulated the manifest's means in float32, pixel after pixel; so does this, and then they agree.
      float sum = 0;
      for (std::size_t i = 0; i < area; ++i) sum += values[c * area + i];
      EXPECT_NEAR(sum / static_cast<float>(area), entry["normalised_mean"][c].get<double>(), 1e-5);
    }
    EXPECT_EQ(input->exif, "ignore");
    EXPECT_EQ(input->source_sha256, std::string(entry["source_sha256"]));
  }
}

TEST(Preprocess, CropBoxLiesWhereTheCropWasTaken) {
  const auto input = preprocess(filled(768, 1024, 9), {});
  ASSERT_TRUE(input);
  // 256 x 341 after resizing, offsets 16 and 58 (58.5 rounds to even).
  EXPECT_DOUBLE_EQ(input->crop.x, 16 * 768.0 / 256);
  EXPECT_DOUBLE_EQ(input->crop.y, 58 * 1024.0 / 341);
  EXPECT_DOUBLE_EQ(input->crop.width, 224 * 768.0 / 256);
  EXPECT_DOUBLE_EQ(input->crop.height, 224 * 1024.0 / 341);
}

TEST(Preprocess, HalvesRoundToEven) {
  // 230 -> crop 224 of 256 x n: (259 - 224) / 2 = 17.5 rounds to 18, (257 - 224) / 2 = 16.5 to 16.
  EXPECT_NEAR(preprocess(filled(259, 256, 0), {})->crop.x, 18, 1e-9);
  EXPECT_NEAR(preprocess(filled(257, 256, 0), {})->crop.x, 16, 1e-9);
}

// torchvision's CenterCrop pads with black; for 3 missing pixels 1 on the left and top, 2 on the right and bottom.
TEST(Preprocess, PadsWhenThePictureIsSmallerThanTheCrop) {
  Preprocessing how;
  how.size = 20;
  how.crop_pct = 20 / 17.5;
  const auto input = preprocess(filled(40, 40, 200), how);
  ASSERT_TRUE(input);
  ASSERT_EQ(input->pixels.width, 20);
  EXPECT_EQ(input->pixels.row(0)[3 * 5], 0);
  EXPECT_EQ(input->pixels.row(1)[3 * 1], 200);
  EXPECT_EQ(input->pixels.row(1)[0], 0);
  EXPECT_EQ(input->pixels.row(17)[3 * 17], 200);
  EXPECT_EQ(input->pixels.row(18)[3 * 17], 0);
  EXPECT_EQ(input->pixels.row(17)[3 * 18], 0);
  EXPECT_DOUBLE_EQ(input->crop.x, -40.0 / 17);
}

TEST(Preprocess, NarrowStripsNeedLittleMemory) {
  // Resized whole this would be 256 x 51,200,000 pixels.
  const auto input = preprocess(filled(1, 200'000, 77), {});
  ASSERT_TRUE(input);
  EXPECT_THAT(input->pixels.rgb, testing::Each(77));
}

TEST(Preprocess, RefusesNonsense) {
  EXPECT_EQ(preprocess({}, {}).error().kind, Error::Kind::InvalidInput);
  for (const int size : {0, -1, 1'000'000}) {
    Preprocessing how;
    how.size = size;
    EXPECT_EQ(preprocess(filled(4, 4, 0), how).error().kind, Error::Kind::InvalidInput);
  }
  for (const double crop : {0.0, -1.0, std::nan(""), 1e9, 1e-9}) {
    Preprocessing how;
    how.crop_pct = crop;
    EXPECT_EQ(preprocess(filled(4, 4, 0), how).error().kind, Error::Kind::InvalidInput) << crop;
  }
}

TEST(Resample, ARegionEqualsThatPartOfTheWhole) {
  const auto decoded = decode_image(samples_dir() / "coffee.png");
  ASSERT_TRUE(decoded);
  const Image whole = resize_bicubic(decoded->image, 123, 77);
  const Image part = resize_bicubic_region(decoded->image, 123, 77, {11, 22, 33, 44});
  ASSERT_EQ(part.width, 33);
  ASSERT_EQ(part.height, 44);
  for (int y = 0; y < 44; ++y) EXPECT_TRUE(std::equal(part.row(y), part.row(y) + 99, whole.row(22 + y) + 33)) << y;
}

// Hashes by Pillow 11.3. In the first three the height shrinks and the width grows or shrinks less: there Pillow 13
// changed the order of its passes.
TEST(Resample, EqualsPillowInEveryDirection) {
  const auto decoded = decode_image(samples_dir() / "coffee.png");
  ASSERT_TRUE(decoded);
  const auto hash = [&](int width, int height) { return pixel_hash(resize_bicubic(decoded->image, width, height)); };
  EXPECT_EQ(hash(668, 389), "fb13932eed9a43d6c28008de1e688e4e00be7a9bc88890133293265afc9caa6d");
  EXPECT_EQ(hash(786, 3), "ca3284c3c08d28322013f9953f54b13f9a1334fb15f129d51f842a8fe1eef097");
  EXPECT_EQ(hash(599, 40), "0d1a550e33c362a4fe2591fb917670b2f5bb1ca975519aba24fd2981ff57d472");
  EXPECT_EQ(hash(30, 700), "b4d1f63a5fa8cb15ca14769c5e7189a751264cf03e628f98bbcfeda4b690cbbc");
  EXPECT_EQ(hash(1, 1), "5a2925232b4545e0792684a7eae0c75e1fdc0a0e6934056644e0ea0d57982ed9");
}

TEST(Resample, TheSameSizeIsTheSamePicture) {
  const auto decoded = decode_image(samples_dir() / "coffee.png");
  ASSERT_TRUE(decoded);
  EXPECT_EQ(resize_bicubic(decoded->image, 600, 400).rgb, decoded->image.rgb);
  EXPECT_TRUE(resize_bicubic(decoded->image, 0, 10).empty());
}

}  // namespace
}  // namespace orderscope
