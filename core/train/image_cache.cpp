// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/image_cache.h"

#include <mutex>
#include <optional>
#include <thread>

namespace orderscope {

ImageCache::ImageCache(std::vector<std::filesystem::path> files, Load load, std::int64_t budget_bytes)
    : files_(std::move(files)), load_(std::move(load)), budget_(budget_bytes), images_(files_.size()) {}

Result<void> ImageCache::fill(int threads, const JobContext& job) {
  std::atomic<std::size_t> next = 0;
  std::atomic<std::int64_t> used = 0;
  std::mutex mutex;
  std::optional<Error> error;
  std::size_t done = 0;
  {
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([&] {
        while (used < budget_ && !job.stop.stop_requested()) {
          const std::size_t i = next++;
          if (i >= files_.size()) return;
          Result<Image> image = load_(files_[i]);
          const std::lock_guard lock(mutex);
          if (!image) {
            if (!error) error = std::move(image).error().on(files_[i].string());
            used = budget_;
            return;
          }
          used += static_cast<std::int64_t>(image->rgb.size());
          images_[i] = std::make_shared<const Image>(std::move(*image));
          job.progress(static_cast<std::int64_t>(++done), static_cast<std::int64_t>(files_.size()), "reading pictures");
        }
      });
    }
  }
  if (error) return fail(std::move(*error));
  return job.check();
}

Result<std::shared_ptr<const Image>> ImageCache::get(std::size_t index) const {
  if (images_[index]) return images_[index];
  Result<Image> image = load_(files_[index]);
  if (!image) return fail(std::move(image).error().on(files_[index].string()));
  return std::make_shared<const Image>(std::move(*image));
}

ImageCache::Load load_decoded() {
  return [](const std::filesystem::path& path) -> Result<Image> {
    TRY(DecodedImage decoded, decode_image(path));
    return std::move(decoded.image);
  };
}

ImageCache::Load load_preprocessed(const Preprocessing& how) {
  return [how](const std::filesystem::path& path) -> Result<Image> {
    TRY(const DecodedImage decoded, decode_image(path));
    TRY(InputImage input, preprocess(decoded, how));
    return std::move(input.pixels);
  };
}

}  // namespace orderscope
