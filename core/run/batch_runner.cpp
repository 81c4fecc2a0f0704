// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_runner.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "core/analysis/agreement.h"
#include "core/base/version.h"
#include "core/models/backbone.h"
#include "core/plugins/plugins.h"
#include "core/run/batch_measure.h"
#include "core/run/batch_reader.h"
#include "core/run/batch_store.h"
#include "core/run/batch_writer.h"
#include "core/run/class_labels.h"

namespace orderscope {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct LoadedModel {
  std::shared_ptr<const Model> model;
  Preprocessing how;
  std::size_t input = 0;    ///< which of the reader's preprocessings
  std::vector<int> places;  ///< classes of the model by label of the data set
};

/// Settings as they are kept: independent of the current folder.
BatchConfig anchored(BatchConfig config) {
  for (BatchModel& model : config.models) model.path = fs::absolute(model.path).lexically_normal();
  for (fs::path& path : config.images) path = fs::absolute(path).lexically_normal();
  return config;
}

Result<std::vector<LoadedModel>> load_models(const BatchConfig& config, std::vector<std::string>& notes,
                                             const JobContext& job) {
  std::vector<LoadedModel> models;
  for (const BatchModel& asked : config.models) {
    LoadOptions options;
    options.key = asked.key;
    options.device = config.device;
    LoadedModel loaded;
    TRY(loaded.model, load_model(asked.path, options, job));
    for (const std::string& warning : loaded.model->warnings) notes.push_back(asked.path.string() + ": " + warning);
    loaded.how = loaded.model->preprocessing;
    if (config.size > 0) loaded.how.size = config.size;
    if (auto fits = loaded.model->backbone->check_input(loaded.how.size, loaded.how.size); !fits)
      return fail(std::move(fits.error()).on(asked.path.string()));
    models.push_back(std::move(loaded));
  }
  return models;
}

std::vector<BatchModelInfo> describe(const std::vector<LoadedModel>& models) {
  std::vector<BatchModelInfo> all;
  std::set<std::string> names;
  for (const LoadedModel& loaded : models) {
    const Model& model = *loaded.model;
    std::string name = model.name;
    for (int time = 2; !names.insert(name).second; ++time) name = model.name + " (" + std::to_string(time) + ")";
    std::vector<std::string> blocks;
    for (const BlockInfo& block : model.blocks) blocks.push_back(block.name);
    all.push_back({static_cast<int>(all.size()), name, model.path.string(), model.sha256,
                   family_name(model.architecture), model.class_names, blocks});
  }
  return all;
}

Result<void> create_store(const fs::path& folder, const BatchConfig& given, const BatchConfig& config,
                          const Shard& shard, const std::vector<LoadedModel>& models, std::vector<std::string>& notes,
                          const JobContext& job) {
  std::vector<std::string> known;
  for (const LoadedModel& loaded : models)
    known.insert(known.end(), loaded.model->class_names.begin(), loaded.model->class_names.end());
  TRY(BatchImages images, list_batch_images(given.images, known, given.list_folder, job));
  if (images.skipped > 0)
    notes.push_back(std::to_string(images.skipped) + " files are no pictures by their name and were left out");
  if (images.repeated > 0)
    notes.push_back(std::to_string(images.repeated) + " paths are named more than once and are taken once");
  BatchStore::Start start;
  start.config = batch_config_json(config);
  start.values = {{"program", version_text() + plugin_versions_text()},
                  {"folder", fs::current_path().string()},
                  {"shard", to_string(shard)},
                  {"images_in_all", std::to_string(images.images.size())}};
  for (std::size_t i = 0; i < models.size(); ++i) {
    const Preprocessing& how = models[i].how;
    start.values["preprocessing." + std::to_string(i)] =
        (how.warp ? "warp to " : "crop ") + std::to_string(how.size) + ", crop_pct " + std::to_string(how.crop_pct);
  }
  start.models = describe(models);
  start.chunk = config.chunk;
  if (!shard.whole()) {
    TRY_VOID(hash_images(images, {}, given.workers, job));
    std::vector<ListedImage> own;
    for (std::size_t i = 0; i < images.images.size(); ++i) {
      if (shard_of(images.images[i].sha256, shard.count) != shard.index) continue;
      start.ids.push_back(static_cast<std::int64_t>(i));
      own.push_back(std::move(images.images[i]));
    }
    images.images = std::move(own);
  }
  start.classes = std::move(images.classes);
  start.images = std::move(images.images);
  TRY_VOID(job.check());
  job.progress(0, 0, "making the store");
  TRY_VOID(BatchStore::create(folder, start));
  return {};
}

Result<void> check_same_run(const BatchStore& store, const BatchConfig& config, const fs::path& folder) {
  TRY(const std::string stored, store.value("config"));
  if (stored == batch_config_json(config)) return {};
  return fail(Error::Kind::InvalidInput, "holds a run with other settings", folder.string(),
              "name another folder, or go on with `orderscope-cli batch resume " + folder.string() + "`");
}

Result<void> check_same_models(const BatchStore& store, const std::vector<LoadedModel>& models) {
  TRY(const auto stored, store.models());
  for (std::size_t i = 0; i < models.size() && i < stored.size(); ++i) {
    if (stored[i].sha256 == models[i].model->sha256) continue;
    return fail(Error::Kind::InvalidInput, "is another file than the one the run was begun with", stored[i].path,
                "put that one back, or begin another run");
  }
  return {};
}

/// The models' work on one chunk after the other.
class Runner {
 public:
  Runner(BatchStore& store, BatchStore& feed, const BatchConfig& config, std::vector<LoadedModel> models)
      : feed_(feed), config_(config), models_(std::move(models)), writer_(store) {}

  Result<void> prepare(const fs::path& folder) {
    TRY(const auto classes, feed_.classes());
    std::vector<Preprocessing> hows;
    for (std::size_t i = 0; i < models_.size(); ++i) {
      LoadedModel& m = models_[i];
      const auto same = std::find(hows.begin(), hows.end(), m.how);
      m.input = static_cast<std::size_t>(same - hows.begin());
      if (same == hows.end()) hows.push_back(m.how);
      m.places = place_classes(classes, m.model->class_names, m.model->architecture.classes);
      TRY(const auto known, feed_.figures(static_cast<int>(i)));
      written_.push_back(known.size());
      TRY(BatchMeasure measure, BatchMeasure::make(static_cast<int>(i), m.model, config_, known));
      measures_.push_back(std::move(measure));
    }
    const auto ahead = static_cast<std::size_t>(2 * config_.batch + config_.workers);
    reader_ = std::make_unique<BatchReader>(folder, std::move(hows), config_.exif, config_.workers, ahead);
    return {};
  }

  Result<void> run(const std::vector<std::int64_t>& chunks, std::int64_t before, std::int64_t total,
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

  std::int64_t done() const { return done_; }

 private:
  Result<void> run_chunk(std::int64_t chunk, std::size_t count, const JobContext& job) {
    const auto start = Clock::now();
    std::vector<LoadedImage> batch;
    for (std::size_t i = 0; i < count; ++i) {
      LoadedImage loaded = reader_->next();
      if (loaded.error.empty()) {
        batch.push_back(std::move(loaded));
      } else {
        TRY_VOID(push(chunk, {broken(loaded)}));
      }
      if (static_cast<int>(batch.size()) == config_.batch || (i + 1 == count && !batch.empty())) {
        TRY(auto records, look_at(batch));
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

  ImageRecord broken(const LoadedImage& loaded) const {
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

  std::optional<int> label_of(const LoadedImage& loaded, std::size_t m) const {
    const int label = loaded.image.label;
    if (label < 0 || static_cast<std::size_t>(label) >= models_[m].places.size()) return std::nullopt;
    const int place = models_[m].places[static_cast<std::size_t>(label)];
    return place < 0 ? std::nullopt : std::optional<int>(place);
  }

  /// A batch that does not fit into memory is halved.
  Result<MeasuredBatch> measure(std::size_t m, std::span<const LoadedImage> images) {
    const int size = models_[m].how.size;
    at::Tensor input = at::empty({std::ssize(images), 3, size, size}, at::kFloat);
    std::vector<int> labels;
    for (std::size_t i = 0; i < images.size(); ++i) {
      const std::vector<float>& values = images[i].inputs[models_[m].input];
      std::copy(values.begin(), values.end(), input.mutable_data_ptr<float>() + i * values.size());
      labels.push_back(label_of(images[i], m).value_or(-1));
    }
    auto measured = measures_[m].measure(input, labels);
    if (measured || measured.error().kind != Error::Kind::OutOfMemory || images.size() < 2) return measured;
    input = at::Tensor();
    const std::size_t half = images.size() / 2;
    TRY(MeasuredBatch first, measure(m, images.first(half)));
    TRY(MeasuredBatch second, measure(m, images.subspan(half)));
    first.logits = at::cat({first.logits, second.logits});
    std::move(second.results.begin(), second.results.end(), std::back_inserter(first.results));
    return first;
  }

  Result<std::vector<ImageRecord>> look_at(std::vector<LoadedImage>& batch) {
    std::vector<ImageRecord> records;
    for (LoadedImage& loaded : batch)
      records.push_back({loaded.image.id, loaded.sha256, loaded.width, loaded.height, {}, {}, {}, 0});
    std::vector<at::Tensor> logits;
    for (std::size_t m = 0; m < models_.size(); ++m) {
      TRY(MeasuredBatch measured, measure(m, batch));
      logits.push_back(measured.logits);
      for (std::size_t i = 0; i < records.size(); ++i) records[i].results.push_back(std::move(measured.results[i]));
    }
    for (ImageRecord& record : records) {
      std::set<std::string> names;
      for (const StoredResult& result : record.results)
        if (result.predicted)
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

  static bool comparable(const Model& a, const Model& b) {
    return a.architecture.classes == b.architecture.classes && a.architecture.classes > 1 &&
           (a.class_names == b.class_names || a.class_names.empty() || b.class_names.empty());
  }

  Result<void> push(std::int64_t chunk, std::vector<ImageRecord> records) {
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

  void report(const JobContext& job) const {
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

  BatchStore& feed_;
  BatchConfig config_;
  std::vector<LoadedModel> models_;
  std::vector<BatchMeasure> measures_;
  std::vector<std::size_t> written_;  ///< figures of each model that are in the store, or on their way there
  std::unique_ptr<BatchReader> reader_;
  BatchWriter writer_;
  std::int64_t before_ = 0, done_ = 0, total_ = 0;
  Clock::time_point start_;
};

Result<BatchOutcome> go_on(const fs::path& folder, const BatchConfig& config, std::vector<LoadedModel> models,
                           BatchOutcome outcome, const JobContext& job) {
  const auto start = Clock::now();
  TRY(BatchStore store, BatchStore::open(folder));
  TRY(BatchStore feed, BatchStore::open(folder));  // reads the list while the other is in a transaction
  TRY_VOID(check_same_models(store, models));
  TRY(const auto query, BatchQuery::open(folder));
  TRY(const BatchCounts counts, query.counts());
  TRY(const std::string home, store.value("folder"));
  TRY(const auto chunks, store.pending_chunks());
  outcome.before = counts.done;
  if (!chunks.empty()) {
    Runner runner(store, feed, config, std::move(models));
    TRY_VOID(runner.prepare(home));
    TRY_VOID(runner.run(chunks, counts.done, counts.images, job));
    if (runner.done() < counts.images) {
      return fail(Error::Kind::Cancelled,
                  "stopped after " + std::to_string(runner.done()) + " of " + std::to_string(counts.images) + " images",
                  folder.string(), "what is done is kept; `orderscope-cli batch resume` goes on");
    }
  }
  TRY(const BatchCounts end, query.counts());
  outcome.folder = folder;
  outcome.images = end.images;
  outcome.broken = end.broken;
  outcome.seconds = seconds_since(start);
  return outcome;
}

}  // namespace

Result<BatchOutcome> run_batch(const fs::path& run, const BatchConfig& given, const Shard& shard,
                               const JobContext& job) {
  TRY_VOID(check_batch_config(given));
  const BatchConfig config = anchored(given);
  const fs::path folder = shard_folder(run, shard);
  TRY(const BatchLock lock, BatchLock::take(folder));
  BatchOutcome outcome;
  if (BatchStore::exists(folder)) {
    TRY(const BatchStore store, BatchStore::open(folder));
    TRY_VOID(check_same_run(store, config, folder));
  }
  TRY(auto models, load_models(config, outcome.notes, job));
  if (!BatchStore::exists(folder)) TRY_VOID(create_store(folder, given, config, shard, models, outcome.notes, job));
  return go_on(folder, config, std::move(models), std::move(outcome), job);
}

Result<BatchOutcome> resume_batch(const fs::path& run, const Shard& shard, int workers, const JobContext& job) {
  const fs::path folder = shard_folder(run, shard);
  std::error_code error;
  if (!fs::exists(folder / kBatchStoreName, error)) {
    return fail(Error::Kind::FileAccess, "there is no batch run to go on with", folder.string(),
                "`orderscope-cli batch run ... -o RUN` begins one");
  }
  TRY(const BatchLock lock, BatchLock::take(folder));
  BatchOutcome outcome;
  std::string text;
  {
    TRY(const BatchStore store, BatchStore::open(folder));
    TRY(text, store.value("config"));
  }
  TRY(BatchConfig config, parse_batch_config(text));
  if (workers > 0) config.workers = workers;
  TRY(auto models, load_models(config, outcome.notes, job));
  return go_on(folder, config, std::move(models), std::move(outcome), job);
}

}  // namespace orderscope
