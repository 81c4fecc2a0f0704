// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/batch_loader.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <numeric>

#include "core/train/augment.h"
#include "core/train/mix.h"
#include "core/train/random_stream.h"

namespace orderscope {

int batch_size(const TrainOptions& options, std::size_t images) {
  return static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(options.batch), images));
}

std::int64_t steps_per_epoch(const TrainOptions& options, std::size_t images) {
  return static_cast<std::int64_t>(images) / batch_size(options, images);
}

BatchLoader::BatchLoader(const ImageCache& images, std::vector<int> labels, const TrainOptions& options,
                         std::int64_t first, std::int64_t last)
    : images_(images),
      labels_(std::move(labels)),
      options_(options),
      how_(evaluation_preprocessing(options)),
      last_(last),
      to_make_(first),
      to_take_(first) {
  for (int t = 0; t < options.workers; ++t) workers_.emplace_back([this] { work(); });
}

BatchLoader::~BatchLoader() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
}

Result<Batch> BatchLoader::next() {
  std::unique_lock lock(mutex_);
  if (to_take_ >= last_) return fail(Error::Kind::InvalidInput, "no batches are left");
  changed_.wait(lock, [&] { return ready_.contains(to_take_); });
  auto node = ready_.extract(to_take_++);
  lock.unlock();
  changed_.notify_all();
  return std::move(node.mapped());
}

void BatchLoader::work() {
  const std::int64_t ahead = 2 * options_.workers;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stop_ || to_make_ >= last_ || to_make_ < to_take_ + ahead; });
    if (stop_ || to_make_ >= last_) return;
    const std::int64_t step = to_make_++;
    lock.unlock();
    Result<Batch> batch = make(step);
    lock.lock();
    ready_.emplace(step, std::move(batch));
    changed_.notify_all();
  }
}

Result<Batch> BatchLoader::make(std::int64_t step) const {
  const int batch = batch_size(options_, labels_.size());
  const std::int64_t steps = steps_per_epoch(options_, labels_.size());
  const auto epoch = static_cast<std::uint64_t>(step / steps);
  std::vector<int> order(labels_.size());
  std::iota(order.begin(), order.end(), 0);
  auto order_random = random_stream(options_.seed, RandomUse::Order, epoch);
  std::shuffle(order.begin(), order.end(), order_random);

  const int size = how_.size, classes = options_.architecture.classes;
  at::Tensor images = at::empty({batch, size, size, 3});
  at::Tensor targets = at::empty({batch, classes});
  float* pixels = images.mutable_data_ptr<float>();
  std::vector<int> labels;
  for (int i = 0; i < batch; ++i) {
    const int sample = order[static_cast<std::size_t>(step % steps * batch + i)];
    labels.push_back(labels_[static_cast<std::size_t>(sample)]);
    TRY(const auto image, images_.get(static_cast<std::size_t>(sample)));
    auto random = random_stream(options_.seed, RandomUse::Sample, epoch, static_cast<std::uint64_t>(sample));
    augment(*image, options_.augment, how_, random, pixels + static_cast<std::ptrdiff_t>(i) * size * size * 3);
  }
  auto mix_random = random_stream(options_.seed, RandomUse::Mix, static_cast<std::uint64_t>(step));
  const Mix mix = draw_mix(options_.mix, size, mix_random);
  mix_images(mix, pixels, batch, size);
  write_targets(mix, labels, classes, options_.label_smoothing, targets.mutable_data_ptr<float>());
  return Batch{images.permute({0, 3, 1, 2}), targets};
}

}  // namespace orderscope
