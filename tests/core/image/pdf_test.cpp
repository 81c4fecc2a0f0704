// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/pdf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/image/jpeg.h"
#include "core/image/png.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

Image ramp(int width, int height) {
  Image image{width, height, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (const int value : {x, y, 128}) image.rgb.push_back(static_cast<std::uint8_t>(value));
  return image;
}

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t times = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++times;
  return times;
}

TEST(Pdf, FlowsOverPagesAndKeepsPhotosAsJpeg) {
  const test::TemporaryFolder folder;
  auto pdf = PdfDocument::create(folder / "sub/report.pdf", "Title");
  ASSERT_TRUE(pdf) << pdf.error().message();
  pdf->heading("A report", 1);
  pdf->paragraph("Words with \xC3\xA4 and broken bytes \xFF\xC3 in them.");
  std::vector<std::vector<std::string>> rows{{"name", "value"}};
  for (int i = 0; i < 120; ++i) rows.push_back({"row " + std::to_string(i), std::to_string(i * i)});
  pdf->table(rows);
  pdf->picture(ramp(200, 100), true);
  pdf->picture(ramp(100, 3000), false);  // taller than a page: made smaller
  ASSERT_TRUE(pdf->finish());
  const std::string bytes = content(folder / "sub/report.pdf");
  EXPECT_TRUE(bytes.starts_with("%PDF-"));
  EXPECT_THAT(bytes, testing::HasSubstr("/DCTDecode"));
  EXPECT_THAT(bytes, testing::HasSubstr("/ToUnicode"));  // what makes text text
  EXPECT_GE(count(bytes, "/Type /Page\n") + count(bytes, "/Type /Page "), 3u);
}

TEST(Pdf, SaysWhereItCannotWrite) {
  auto pdf = PdfDocument::create("/proc/nowhere/report.pdf", "Title");
  ASSERT_TRUE(pdf);
  const auto finished = pdf->finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().kind, Error::Kind::FileAccess);
}

TEST(Encoders, GiveFilesThatDecode) {
  const test::TemporaryFolder folder;
  const Image image = ramp(60, 40);
  const auto jpeg = encode_jpeg(image, 95), png = encode_png(image);
  ASSERT_TRUE(jpeg && png);
  std::ofstream(folder / "a.jpg", std::ios::binary) << *jpeg;
  std::ofstream(folder / "a.png", std::ios::binary) << *png;
  EXPECT_EQ(decode_image(folder / "a.png")->image.rgb, image.rgb);
  const auto decoded = decode_image(folder / "a.jpg");
  ASSERT_TRUE(decoded) << decoded.error().message();
  for (std::size_t i = 0; i < image.rgb.size(); ++i)
    ASSERT_NEAR(decoded->image.rgb[i], image.rgb[i], 12);  // a ramp at quality 95, colours at half the resolution
  EXPECT_FALSE(encode_jpeg({}));
  EXPECT_FALSE(encode_png({}));
}

}  // namespace
}  // namespace orderscope
