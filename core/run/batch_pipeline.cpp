// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_pipeline.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>
#include <deque>

#include "core/analysis/agreement.h"
#include "core/run/class_labels.h"
#include "core/run/precision_error.h"

namespace orderscope {

namespace {

using Clock = std::chrono::steady_clock;
/// Whole photos wait before a segmenter or detector: so many at most, whatever the batches of classifiers are.
constexpr int kPhotosAtATime = 4;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Whether their scores are about the same classes.
bool comparable(const Model& a, const Model& b) {
  return a.is_classifier() && b.is_classifier() && a.architecture.classes == b.architecture.classes &&
         a.architecture.classes > 1 &&
         (a.class_names == b.class_names || a.class_names.empty() || b.class_names.empty());
}

}  // namespace

BatchPipeline::BatchPipeline(BatchStore& store, BatchStore& feed, const BatchConfig& config,
                             std::vector<LoadedModel> models)
    : feed_(feed), config_(config), models_(std::move(models)), writer_(store) {}

Result<void> BatchPipeline::prepare(const std::filesystem::path& folder) {
  TRY(const auto classes, feed_.classes());
  std::vector<Preprocessing> hows;
  bool dense = false;
  for (std::size_t i = 0; i < models_.size(); ++i) {
    LoadedModel& m = models_[i];
    if (m.model->is_classifier()) {
      const auto same = std::find(hows.begin(), hows.end(), m.how);
      m.input = static_cast<std::size_t>(same - hows.begin());
      if (same == hows.end()) hows.push_back(m.how);
      m.places = place_classes(classes, m.model->class_names, m.model->architecture.classes);
    } else {
      dense = true;
    }
    TRY(const auto known, feed_.figures(static_cast<int>(i)));
    written_.push_back(known.size());
    TRY(BatchMeasure measure, BatchMeasure::make(static_cast<int>(i), m.model, config_, known));
    measures_.push_back(std::move(measure));
  }
  batch_ = dense ? std::min(config_.batch, kPhotosAtATime) : config_.batch;
  const auto ahead = static_cast<std::size_t>((dense ? batch_ : 2 * batch_) + config_.workers);
  reader_ = std::make_unique<BatchReader>(folder, std::move(hows), dense, config_.exif, config_.workers, ahead);
  return {};
}

Result<void> BatchPipeline::run(const std::vector<std::int64_t>& chunks, std::int64_t before, std::int64_t total,
                                const JobContext& job) {
  before_ = done_ = before;
  total_ = total;
  start_ = Clock::now();
  std::deque<std::pair<std::int64_t, std::vector<StoredImage>>> queued;
  for (std::size_t next = 0, c = 0; c < chunks.size(); ++c) {
    if (job.stop.stop_requested()) break;
    // The next chunk is being decoded while this one is looked at.
    for (; next < chunks.size() && next < c + 2; ++next) {
      TRY(auto images, feed_.images_of(chunks[next]));
      reader_->add(images);
      queued.emplace_back(chunks[next], std::move(images));
    }
    const auto [chunk, images] = std::move(queued.front());
    queued.pop_front();
    TRY_VOID(run_chunk(chunk, images.size(), job));
  }
  return writer_.finish();
}

Result<void> BatchPipeline::run_chunk(std::int64_t chunk, std::size_t count, const JobContext& job) {
  const auto start = Clock::now();
  std::vector<LoadedImage> batch;
  for (std::size_t i = 0; i < count; ++i) {
    LoadedImage loaded = reader_->next();
    if (loaded.error.empty()) {
      batch.push_back(std::move(loaded));
    } else {
      TRY_VOID(push(chunk, {broken(loaded)}));
    }
    if (static_cast<int>(batch.size()) == batch_ || (i + 1 == count && !batch.empty())) {
      TRY(auto records, look_at(batch, job));
      TRY_VOID(push(chunk, std::move(records)));
      batch.clear();
    }
    ++done_;
    report(job);
  }
  BatchPart end;
  end.chunk = chunk;
  end.last = true;
  end.images = static_cast<std::int64_t>(count);
  end.seconds = seconds_since(start);
  return writer_.push(std::move(end));
}

ImageRecord BatchPipeline::broken(const LoadedImage& loaded) const {
  ImageRecord record{loaded.image.id, loaded.sha256, loaded.width, loaded.height, loaded.error, {}, {}, 0};
  for (std::size_t m = 0; m < models_.size(); ++m) {
    StoredResult result;
    result.model = static_cast<int>(m);
    result.label = label_of(loaded, m);
    result.note = loaded.error;
    record.results.push_back(std::move(result));
  }
  return record;
}

std::optional<int> BatchPipeline::label_of(const LoadedImage& loaded, std::size_t m) const {
  const int label = loaded.image.label;
  if (label < 0 || static_cast<std::size_t>(label) >= models_[m].places.size()) return std::nullopt;
  const int place = models_[m].places[static_cast<std::size_t>(label)];
  return place < 0 ? std::nullopt : std::optional<int>(place);
}

Result<void> BatchPipeline::note_precision_error(std::size_t m, const at::Tensor& images, const JobContext& job) {
  constexpr std::int64_t kImages = 8;
  const Model& model = *models_[m].model;
  if (model.precision == Precision::Float32 || !compared_.insert(m).second) return {};
  TRY(const PrecisionError error, precision_error(model, images.slice(0, 0, kImages), job));
  notes_.push_back(model.path.string() + ": " + error.text());
  return {};
}

Result<MeasuredBatch> BatchPipeline::measure(std::size_t m, std::span<const LoadedImage> images,
                                             const JobContext& job) {
  const int size = models_[m].how.size;
  at::Tensor input = at::empty({std::ssize(images), 3, size, size}, at::kFloat);
  std::vector<int> labels;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const std::vector<float>& values = images[i].inputs[models_[m].input];
    std::copy(values.begin(), values.end(), input.mutable_data_ptr<float>() + i * values.size());
    labels.push_back(label_of(images[i], m).value_or(-1));
  }
  TRY_VOID(note_precision_error(m, input, job));
  auto measured = measures_[m].measure(input, labels);
  if (measured || measured.error().kind != Error::Kind::OutOfMemory || images.size() < 2) return measured;
  input = at::Tensor();
  const std::size_t half = images.size() / 2;
  TRY(MeasuredBatch first, measure(m, images.first(half), job));
  TRY(MeasuredBatch second, measure(m, images.subspan(half), job));
  first.logits = at::cat({first.logits, second.logits});
  std::move(second.results.begin(), second.results.end(), std::back_inserter(first.results));
  return first;
}

Result<std::vector<StoredResult>> BatchPipeline::measure_whole(std::size_t m, std::span<const LoadedImage> images,
                                                               const JobContext& job) {
  std::vector<StoredResult> results;
  for (const LoadedImage& loaded : images) {
    // The chunk under way is finished when the run is stopped.
    TRY(StoredResult result, measures_[m].measure_whole(loaded.decoded, models_[m].dense_how, config_.exif));
    results.push_back(std::move(result));
  }
  report(job);
  return results;
}

Result<std::vector<ImageRecord>> BatchPipeline::look_at(std::span<const LoadedImage> batch, const JobContext& job) {
  std::vector<ImageRecord> records;
  for (const LoadedImage& loaded : batch)
    records.push_back({loaded.image.id, loaded.sha256, loaded.width, loaded.height, {}, {}, {}, 0});
  std::vector<at::Tensor> logits;
  for (std::size_t m = 0; m < models_.size(); ++m) {
    if (!models_[m].model->is_classifier()) {
      TRY(auto results, measure_whole(m, batch, job));
      logits.emplace_back();
      for (std::size_t i = 0; i < records.size(); ++i) records[i].results.push_back(std::move(results[i]));
      continue;
    }
    TRY(MeasuredBatch measured, measure(m, batch, job));
    logits.push_back(measured.logits);
    for (std::size_t i = 0; i < records.size(); ++i) records[i].results.push_back(std::move(measured.results[i]));
  }
  for (ImageRecord& record : records) {
    std::set<std::string> names;
    for (const StoredResult& result : record.results)
      if (result.predicted && models_[static_cast<std::size_t>(result.model)].model->is_classifier())
        names.insert(models_[static_cast<std::size_t>(result.model)].model->class_name(*result.predicted));
    record.predictions = static_cast<int>(names.size());
  }
  for (std::size_t a = 0; a < models_.size(); ++a) {
    for (std::size_t b = a + 1; b < models_.size(); ++b) {
      if (!comparable(*models_[a].model, *models_[b].model)) continue;
      TRY(const auto pairs, score_agreement(logits[a], logits[b]));
      for (std::size_t i = 0; i < records.size(); ++i)
        records[i].agreements.push_back({static_cast<int>(a), static_cast<int>(b), pairs[i].same_top1,
                                         pairs[i].js_divergence, pairs[i].rank_correlation});
    }
  }
  return records;
}

Result<void> BatchPipeline::push(std::int64_t chunk, std::vector<ImageRecord> records) {
  BatchPart part;
  part.chunk = chunk;
  for (std::size_t m = 0; m < measures_.size(); ++m) {
    const auto& figures = measures_[m].figures().all();
    if (figures.size() == written_[m]) continue;
    part.new_figures.push_back({static_cast<int>(m),
                                written_[m],
                                {figures.begin() + static_cast<std::ptrdiff_t>(written_[m]), figures.end()}});
    written_[m] = figures.size();
  }
  part.records = std::move(records);
  return writer_.push(std::move(part));
}

void BatchPipeline::report(const JobContext& job) const {
  const double seconds = seconds_since(start_);
  const auto own = static_cast<double>(done_ - before_);
  char text[80] = "analysing";
  if (seconds > 0.5 && own > 0) {
    const double left = seconds / own * static_cast<double>(total_ - done_);
    const char* unit = left < 100 ? "s" : left < 6000 ? "min" : "h";
    const double amount = left < 100 ? left : left < 6000 ? left / 60 : left / 3600;
    std::snprintf(text, sizeof text, "%.1f images/s, %.0f %s left", own / seconds, amount, unit);
  }
  job.progress(done_, total_, text);
}

}  // namespace orderscope
