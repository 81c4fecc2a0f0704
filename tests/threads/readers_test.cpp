// SPDX-License-Identifier: GPL-3.0-or-later
// What reads on several threads at once.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

#include "core/base/files.h"
#include "core/base/mapped_file.h"
#include "core/base/mapped_pages.h"
#include "core/run/batch_reader.h"
#include "core/train/image_cache.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

TEST(ThreadsOfReaders, TheBatchReaderHandsOutEveryPictureInOrderAndStopsAtAnyTime) {
  const fs::path folder = fs::path(ORDERSCOPE_SOURCE_DIR) / "tests/core/image/data";
  std::vector<StoredImage> images;
  for (int i = 0; i < 40; ++i) {
    StoredImage image;
    image.path = i % 4 == 0 ? "none.png" : i % 2 == 0 ? "adam7.png" : "one_bit.bmp";
    images.push_back(image);
  }
  Preprocessing small;
  small.size = 32;
  for (int take = 0; take <= 40; take += 10) {
    BatchReader reader(folder, {small}, false, ExifOrientation::Apply, 4, 5);
    reader.add(images);
    for (int i = 0; i < take; ++i) {
      const LoadedImage image = reader.next();
      EXPECT_EQ(image.image.path, images[static_cast<std::size_t>(i)].path);
      EXPECT_EQ(image.error.empty(), i % 4 != 0) << image.error;
    }
  }
}

TEST(ThreadsOfReaders, TheImageCacheIsFilledByManyAndReadByMany) {
  std::vector<fs::path> files;
  for (int i = 0; i < 64; ++i) files.push_back(std::to_string(i));
  std::atomic<int> loads = 0;
  ImageCache cache(
      files,
      [&](const fs::path& path) -> Result<Image> {
        ++loads;
        return Image{std::stoi(path.string()) + 1, 1, std::vector<std::uint8_t>(3)};
      },
      32 * 3);
  ASSERT_TRUE(cache.fill(4, {}));
  std::vector<std::jthread> readers;
  std::atomic<int> right = 0;
  for (int t = 0; t < 4; ++t)
    readers.emplace_back([&] {
      for (std::size_t i = 0; i < files.size(); ++i) {
        const auto image = cache.get(i);
        right += image && (*image)->width == static_cast<int>(i) + 1;
      }
    });
  readers.clear();
  EXPECT_EQ(right, 4 * 64);
}

TEST(ThreadsOfReaders, FilesAreMappedWrittenAndForgottenByMany) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(write_file(folder / "shared", std::string(100000, 'x')));
  std::atomic<int> right = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        // Written by all: the file is one of theirs, whole.
        const bool written = write_file(folder / "shared", std::string(100000, static_cast<char>('a' + t))).has_value();
        const auto file = MappedFile::open(folder / "shared").value();
        const auto bytes = file->bytes();
        right += written && bytes.size() == 100000 && bytes.front() == bytes.back() &&
                 check_mapped(bytes.data()).has_value();
      }
    });
  threads.clear();
  EXPECT_EQ(right, 6 * 50);
}

}  // namespace
}  // namespace orderscope
