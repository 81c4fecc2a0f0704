// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_runner.h"

#include <chrono>
#include <set>

#include "core/base/version.h"
#include "core/models/backbone.h"
#include "core/plugins/plugins.h"
#include "core/run/batch_pipeline.h"
#include "core/run/batch_store.h"

namespace orderscope {

namespace fs = std::filesystem;

namespace {

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
    options.align_corners = config.align_corners;
    options.precision = config.precision;
    LoadedModel loaded;
    TRY(loaded.model, load_model(asked.path, options, job));
    for (const std::string& warning : loaded.model->warnings) notes.push_back(asked.path.string() + ": " + warning);
    if (!loaded.model->is_classifier()) {
      if (config.faithfulness || !config.ablate.empty())
        notes.push_back(asked.path.string() +
                        ": faithfulness and order ablation ask a classifier again, and are left out");
      loaded.dense_how = resized_short_side(loaded.model->dense_preprocessing, config.size);
      models.push_back(std::move(loaded));
      continue;
    }
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
  TRY(BatchImages images,
      list_batch_images(given.images, known, given.list_folder, given.scope, given.list_scope, job));
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
    const bool dense = !models[i].model->is_classifier();
    start.regions = start.regions || dense;
    start.values["preprocessing." + std::to_string(i)] = dense ? describe(models[i].dense_how)
                                                               : (how.warp ? "warp to " : "crop ") +
                                                                     std::to_string(how.size) + ", crop_pct " +
                                                                     std::to_string(how.crop_pct);
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

Result<void> check_scope_of_run(const BatchStore& store, const BatchConfig& config, const PathScope& scope,
                                const JobContext& job) {
  if (scope.is_anywhere()) return {};
  for (const BatchModel& model : config.models)
    if (!scope.contains(model.path)) return fail(outside_of("run", model.path));
  TRY(const std::string home, store.value("folder"));
  TRY(const auto images, store.all_images());
  ScopeOfFiles files(scope);
  for (const auto& [id, image] : images) {
    TRY_VOID(job.check());
    if (const fs::path path = home / fs::path(image.path); !files.contains(path)) return fail(outside_of("run", path));
  }
  return {};
}

Result<BatchOutcome> go_on(const fs::path& folder, const BatchConfig& config, std::vector<LoadedModel> models,
                           BatchOutcome outcome, const JobContext& job) {
  const auto start = std::chrono::steady_clock::now();
  TRY(BatchStore store, BatchStore::open(folder));
  TRY(BatchStore feed, BatchStore::open(folder));  // reads the list while the other is in a transaction
  TRY_VOID(check_same_models(store, models));
  TRY(const auto query, BatchQuery::open(folder));
  TRY(const BatchCounts counts, query.counts());
  TRY(const std::string home, store.value("folder"));
  TRY(const auto chunks, store.pending_chunks());
  outcome.before = counts.done;
  if (!chunks.empty()) {
    BatchPipeline pipeline(store, feed, config, std::move(models));
    TRY_VOID(pipeline.prepare(home));
    TRY_VOID(pipeline.run(chunks, counts.done, counts.images, job));
    outcome.notes.insert(outcome.notes.end(), pipeline.notes().begin(), pipeline.notes().end());
    if (pipeline.done() < counts.images) {
      return fail(
          Error::Kind::Cancelled,
          "stopped after " + std::to_string(pipeline.done()) + " of " + std::to_string(counts.images) + " images",
          folder.string(), "what is done is kept; `orderscope-cli batch resume " + folder.string() + "` goes on");
    }
  }
  TRY(const BatchCounts end, query.counts());
  outcome.folder = folder;
  outcome.images = end.images;
  outcome.broken = end.broken;
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
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

std::string settings_of_run(const BatchConfig& config) { return batch_config_json(anchored(config)); }

Result<BatchOutcome> resume_batch(const fs::path& run, const Shard& shard, int workers, const JobContext& job,
                                  const PathScope& scope) {
  const fs::path folder = shard_folder(run, shard);
  std::error_code error;
  if (!fs::exists(folder / kBatchStoreName, error)) {
    return fail(Error::Kind::FileAccess, "there is no batch run to go on with", folder.string(),
                "`orderscope-cli batch run ... -o RUN` begins one");
  }
  TRY(const BatchLock lock, BatchLock::take(folder));
  BatchOutcome outcome;
  BatchConfig config;
  {
    TRY(const BatchStore store, BatchStore::open(folder));
    TRY(const std::string text, store.value("config"));
    TRY(config, parse_batch_config(text));
    TRY_VOID(check_scope_of_run(store, config, scope, job));
  }
  if (workers > 0) config.workers = workers;
  TRY(auto models, load_models(config, outcome.notes, job));
  return go_on(folder, config, std::move(models), std::move(outcome), job);
}

}  // namespace orderscope
