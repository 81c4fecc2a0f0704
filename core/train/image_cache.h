// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/job.h"
#include "core/image/image.h"

namespace orderscope {

/// Decoded pictures, kept in memory up to a budget; the rest is loaded again at each use.
class ImageCache {
 public:
  using Load = std::function<Result<Image>(const std::filesystem::path&)>;

  ImageCache(std::vector<std::filesystem::path> files, Load load, std::int64_t budget_bytes);

  std::size_t size() const { return files_.size(); }

  /// Loads pictures on `threads` threads until the budget is spent. Errors: those of `load`, Cancelled.
  Result<void> fill(int threads, const JobContext& job);

  /// Safe to call from several threads once fill() has returned.
  Result<std::shared_ptr<const Image>> get(std::size_t index) const;

 private:
  std::vector<std::filesystem::path> files_;
  Load load_;
  std::int64_t budget_;
  std::vector<std::shared_ptr<const Image>> images_;
};

/// Loads a picture as it is / as an evaluation wants it.
ImageCache::Load load_decoded();
ImageCache::Load load_preprocessed(const Preprocessing& how);

}  // namespace orderscope
