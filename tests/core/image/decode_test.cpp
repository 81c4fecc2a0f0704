// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "tests/core/image/golden.h"

namespace orderscope {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
namespace fs = std::filesystem;

fs::path odd(const std::string& name) { return preprocess_dir() / "odd" / name; }

/// A file that lives as long as the test.
class DecodeTest : public testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& content) {
    const fs::path path = folder_ / name;
    fs::create_directories(folder_);
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  void TearDown() override { fs::remove_all(folder_); }

 private:
  fs::path folder_ = fs::temp_directory_path() / ("orderscope-decode-" + std::to_string(::getpid()));
};

// Exact: libjpeg-turbo, libpng and libwebp are the decoders behind Pillow, too.
TEST_F(DecodeTest, EqualsPillowOnTheSourcePhotos) {
  for (const auto& entry : preprocess_manifest()["images"]) {
    const fs::path name = fs::path(std::string(entry["source"])).filename();
    const auto decoded = decode_image(samples_dir() / name, ExifOrientation::Ignore);
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(decoded->image.width, entry["width"]) << name;
    EXPECT_EQ(decoded->image.height, entry["height"]) << name;
    EXPECT_EQ(pixel_hash(decoded->image), entry["decoded_rgb_sha256"].get<std::string>()) << name;
    EXPECT_EQ(decoded->sha256, entry["source_sha256"].get<std::string>()) << name;
    EXPECT_EQ(decoded->format, name.extension() == ".png" ? "png" : "jpeg");
    EXPECT_THAT(decoded->warnings, IsEmpty());
  }
}

TEST_F(DecodeTest, OddFilesGiveWhatPillowGivesOrAnError) {
  for (const auto& entry : preprocess_manifest()["odd"]) {
    const fs::path path = preprocess_dir() / std::string(entry["file"]);
    const auto decoded = decode_image(path, ExifOrientation::Ignore);
    if (entry["verdict"] != "decode" || path.extension() == ".gif") {
      EXPECT_FALSE(decoded) << path;
      continue;
    }
    ASSERT_TRUE(decoded) << decoded.error().message();
    if (entry.contains("alternative")) {
      const auto alternative = decode_image(preprocess_dir() / std::string(entry["alternative"]));
      ASSERT_TRUE(alternative);
      EXPECT_EQ(decoded->image.rgb, alternative->image.rgb) << path;
      EXPECT_THAT(decoded->warnings, SizeIs(1));
    } else {
      EXPECT_EQ(pixel_hash(decoded->image), entry["rgb_sha256"].get<std::string>()) << path;
    }
    EXPECT_EQ(decoded->orientation, entry["exif_orientation"].is_number() ? int{entry["exif_orientation"]} : 1);
  }
}

// Layouts that the golden files leave out (made with ImageMagick and Pillow from chelsea.png, CC0): run lengths, bit
// fields, tiles, planes, fax coding, alpha already multiplied in, interlacing. Exact, as above.
TEST_F(DecodeTest, EqualsPillowOnRarerLayouts) {
  const auto hashes = nlohmann::json::parse(std::ifstream(data_dir() / "pillow_rgb_sha256.json"));
  EXPECT_GT(hashes.size(), 20u);
  for (const auto& [name, hash] : hashes.items()) {
    const auto decoded = decode_image(data_dir() / name, ExifOrientation::Ignore);
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(pixel_hash(decoded->image), hash.get<std::string>()) << name;
    EXPECT_EQ(decoded->orientation, name.starts_with("exif8") ? 8 : 1) << name;
  }
}

TEST_F(DecodeTest, ErrorsSayWhatIsWrong) {
  const auto error = [](const fs::path& path) { return decode_image(path).error(); };
  EXPECT_EQ(error(odd("truncated.jpg")).kind, Error::Kind::Broken);
  EXPECT_THAT(error(odd("truncated.jpg")).message(), HasSubstr("truncated.jpg"));
  EXPECT_EQ(error(odd("truncated.png")).kind, Error::Kind::Broken);
  EXPECT_EQ(error(odd("header_only.jpg")).kind, Error::Kind::Broken);
  EXPECT_EQ(error(odd("bad_crc.png")).kind, Error::Kind::Broken);
  EXPECT_EQ(error(odd("empty.png")).kind, Error::Kind::Broken);
  EXPECT_EQ(error(odd("not_an_image.jpg")).kind, Error::Kind::NotThisFormat);
  EXPECT_EQ(error(odd("animated.gif")).kind, Error::Kind::Unsupported);
  EXPECT_THAT(error(odd("animated.gif")).message(), HasSubstr("GIF"));
  EXPECT_EQ(error(odd("bomb.png")).kind, Error::Kind::OutOfMemory);
  EXPECT_THAT(error(odd("bomb.png")).message(), HasSubstr("200000 x 200000"));
  EXPECT_EQ(error(odd("no_such_file.png")).kind, Error::Kind::FileAccess);
  EXPECT_EQ(error(preprocess_dir()).kind, Error::Kind::FileAccess);
}

TEST_F(DecodeTest, DamagedScanDataGivesAPictureAndAWarning) {
  const auto decoded = decode_image(odd("corrupt_entropy.jpg"));
  ASSERT_TRUE(decoded);
  EXPECT_THAT(decoded->warnings, ElementsAre(HasSubstr("damaged")));
}

TEST_F(DecodeTest, OrientationIsAppliedWhenAsked) {
  const auto stored = decode_image(odd("exif6.jpg"), ExifOrientation::Ignore);
  const auto turned = decode_image(odd("exif6.jpg"), ExifOrientation::Apply);
  ASSERT_TRUE(stored && turned);
  EXPECT_EQ(turned->orientation, 6);
  ASSERT_EQ(turned->image.width, stored->image.height);
  ASSERT_EQ(turned->image.height, stored->image.width);
  // 6: the stored left edge becomes the top edge, bottom first.
  for (const auto& [x, y] : {std::pair{0, 0}, {5, 7}, {120, 159}})
    for (int c = 0; c < 3; ++c)
      EXPECT_EQ(turned->image.row(y)[3 * x + c], stored->image.row(stored->image.height - 1 - x)[3 * y + c]);
}

// The eight orientations of a 3 x 2 picture, checked against the meaning in the EXIF standard: where the stored first
// row and first column are to be seen.
TEST_F(DecodeTest, AllEightOrientations) {
  const std::string pixel[] = {"\xFF\x01\x01", "\xFF\x02\x02", "\xFF\x03\x03",
                               "\xFF\x04\x04", "\xFF\x05\x05", "\xFF\x06\x06"};
  const std::string expected[] = {"123456", "321654", "654321", "456123", "142536", "415263", "635241", "362514"};
  for (char orientation = 1; orientation <= 8; ++orientation) {
    // An uncompressed little-endian TIFF by hand: header, pixels, one directory.
    std::string tiff("II*\0\x1A\0\0\0", 8);
    for (const auto& value : pixel) tiff += value;
    const auto entry = [&](int tag, int type, int value) {
      const int fields[] = {tag | type << 16, 1, value};
      tiff.append(reinterpret_cast<const char*>(fields), 12);
    };
    tiff += std::string("\x0A\0", 2);
    entry(256, 3, 3), entry(257, 3, 2), entry(258, 3, 8), entry(259, 3, 1), entry(262, 3, 2), entry(273, 4, 8);
    entry(274, 3, orientation), entry(277, 3, 3), entry(278, 3, 2), entry(279, 4, 18);
    tiff += std::string(4, '\0');

    const fs::path path = write("turned.tif", tiff);
    const auto decoded = decode_image(path);
    ASSERT_TRUE(decoded) << decoded.error().message();
    std::string seen;
    for (std::size_t i = 0; i < 6; ++i) seen += static_cast<char>('0' + decoded->image.rgb[3 * i + 1]);
    EXPECT_EQ(seen, expected[orientation - 1]) << "orientation " << int{orientation};
    EXPECT_EQ(decoded->image.width, orientation >= 5 ? 2 : 3);
    EXPECT_EQ(decoded->orientation, orientation);
    EXPECT_EQ(decode_image(path, ExifOrientation::Ignore)->image.rgb, decoded->image.rgb) << "as in Pillow";
  }
}

// Whatever the bytes are, the answer is a picture or an error, never a crash (run under the sanitizers, too).
TEST_F(DecodeTest, DamagedFilesNeverCrash) {
  std::mt19937 random(7);
  std::vector<fs::path> files;
  for (const char* name : {"sub420.jpg", "progressive.jpg", "cmyk.jpg", "exif6.jpg", "palette_transparent.png",
                           "rgb16.png", "rgba.png", "lossy.webp", "rgba.webp", "image.bmp"})
    files.push_back(odd(name));
  for (const auto& entry : fs::directory_iterator(data_dir())) files.push_back(entry.path());
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    const std::string original = file_bytes(file);
    for (int round = 0; round < 30; ++round) {
      std::string damaged = original;
      const auto below = [&](std::size_t limit) { return random() % limit; };
      const std::size_t reach = round % 2 ? std::min<std::size_t>(damaged.size(), 200) : damaged.size();
      for (int flips = 0; flips < 4; ++flips) damaged[below(reach)] = static_cast<char>(below(256));
      if (round % 5 == 0) damaged.resize(below(damaged.size()));
      const auto decoded = decode_image(write("damaged", damaged));
      EXPECT_TRUE(decoded || !decoded.error().what.empty());
    }
  }
}

TEST_F(DecodeTest, TruncationAtAnyPointIsAnError) {
  for (const char* name : {"sub420.jpg", "progressive.jpg", "rgba.png", "lossy.webp", "lossless.webp", "image.bmp"}) {
    const std::string whole = file_bytes(odd(name));
    for (const double part : {0.1, 0.3, 0.5, 0.7, 0.9, 0.98})
      EXPECT_FALSE(decode_image(write("cut", whole.substr(0, static_cast<std::size_t>(part * whole.size())))))
          << name << " cut at " << part;
  }
}

}  // namespace
}  // namespace orderscope
