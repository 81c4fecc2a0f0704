// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/image/image.h"
#include "core/run/batch_store.h"

namespace orderscope {

/// An image on its way to the models: decoded, and preprocessed as each of them wants it.
struct LoadedImage {
  StoredImage image;
  std::string sha256;
  int width = 0, height = 0;               ///< of the picture, as it is shown
  std::vector<std::vector<float>> inputs;  ///< a preprocessing each: [3, size, size], normalised
  DecodedImage decoded;                    ///< where pictures are kept: segmenters and detectors take them whole
  std::string error;                       ///< why there are no inputs
};

/// Decodes and preprocesses images on threads of its own and hands them out in order. At most `ahead` of them wait, so
/// that memory is bounded whatever the number of images.
class BatchReader {
 public:
  BatchReader(std::filesystem::path folder, std::vector<Preprocessing> hows, bool keep_pictures, ExifOrientation exif,
              int workers, std::size_t ahead);
  ~BatchReader();

  /// Puts images at the end of the queue.
  void add(const std::vector<StoredImage>& images);
  /// The next one, waiting for it. There must be one in the queue.
  LoadedImage next();

 private:
  void work();
  LoadedImage load(StoredImage image) const;

  std::filesystem::path folder_;
  std::vector<Preprocessing> hows_;
  bool keep_pictures_;
  ExifOrientation exif_;
  std::size_t ahead_;
  std::deque<StoredImage> waiting_;
  std::map<std::size_t, LoadedImage> ready_;
  std::size_t to_load_ = 0, to_take_ = 0;
  bool stop_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::jthread> workers_;
};

}  // namespace orderscope
