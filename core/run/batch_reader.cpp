// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_reader.h"

#include <exception>
#include <new>

namespace orderscope {

BatchReader::BatchReader(std::filesystem::path folder, std::vector<Preprocessing> hows, bool keep_pictures,
                         ExifOrientation exif, int workers, std::size_t ahead)
    : folder_(std::move(folder)), hows_(std::move(hows)), keep_pictures_(keep_pictures), exif_(exif), ahead_(ahead) {
  for (int t = 0; t < workers; ++t) workers_.emplace_back([this] { work(); });
}

BatchReader::~BatchReader() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
}

void BatchReader::add(const std::vector<StoredImage>& images) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.insert(waiting_.end(), images.begin(), images.end());
  }
  changed_.notify_all();
}

LoadedImage BatchReader::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ready_.contains(to_take_); });
  auto node = ready_.extract(to_take_++);
  lock.unlock();
  changed_.notify_all();
  return std::move(node.mapped());
}

void BatchReader::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stop_ || (!waiting_.empty() && to_load_ < to_take_ + ahead_); });
    if (stop_) return;
    StoredImage image = std::move(waiting_.front());
    waiting_.pop_front();
    const std::size_t place = to_load_++;
    lock.unlock();
    LoadedImage loaded = load(std::move(image));
    lock.lock();
    ready_.emplace(place, std::move(loaded));
    changed_.notify_all();
  }
}

LoadedImage BatchReader::load(StoredImage image) const {
  LoadedImage loaded;
  const std::filesystem::path path = folder_ / image.path;
  // The row has the path; the reason is kept without it.
  const auto broken = [&](const Error& error) {
    loaded.inputs.clear();
    loaded.error = error.advice.empty() ? error.what : error.what + " (" + error.advice + ")";
  };
  try {
    auto decoded = decode_image(path, exif_);
    if (!decoded) {
      broken(decoded.error());
    } else {
      loaded.sha256 = decoded->sha256;
      loaded.width = decoded->image.width;
      loaded.height = decoded->image.height;
      for (const Preprocessing& how : hows_) {
        const auto input = preprocess(*decoded, how, exif_);
        if (!input) {
          broken(input.error());
          break;
        }
        loaded.inputs.push_back(input->normalized());
      }
      if (keep_pictures_) loaded.decoded = *std::move(decoded);
    }
  } catch (const std::bad_alloc&) {
    broken({Error::Kind::OutOfMemory, "not enough memory to decode it", {}, {}});
  } catch (const std::exception& error) {
    broken({Error::Kind::Broken, error.what(), {}, {}});
  }
  loaded.image = std::move(image);
  return loaded;
}

}  // namespace orderscope
