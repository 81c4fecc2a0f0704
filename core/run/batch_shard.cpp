// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_shard.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "core/base/mapped_file.h"
#include "core/base/sha256.h"
#include "core/run/batch_config.h"
#include "core/run/batch_store.h"

namespace orderscope {

namespace fs = std::filesystem;

Result<Shard> shard_from_text(const std::string& text) {
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto [slash, first] = std::from_chars(text.data(), end, shard.index);
  if (first == std::errc() && slash != end && *slash == '/') {
    const auto [stop, second] = std::from_chars(slash + 1, end, shard.count);
    if (second == std::errc() && stop == end && shard.count >= 1 && shard.count <= 100000 && shard.index >= 0 &&
        shard.index < shard.count)
      return shard;
  }
  return fail(Error::Kind::InvalidInput, "\"" + text + "\" is no shard", "--shard",
              "0/8 to 7/8 are the shards of eight");
}

std::string to_string(const Shard& shard) { return std::to_string(shard.index) + "/" + std::to_string(shard.count); }

fs::path shard_folder(const fs::path& run, const Shard& shard) {
  if (shard.whole()) return run;
  return run / "shards" / (std::to_string(shard.index) + "-of-" + std::to_string(shard.count));
}

int shard_of(const std::string& sha256, int count) {
  std::uint64_t value = 0;
  const std::size_t digits = std::min<std::size_t>(sha256.size(), 16);
  std::from_chars(sha256.data(), sha256.data() + digits, value, 16);
  return static_cast<int>(value % static_cast<std::uint64_t>(count));
}

Result<void> hash_images(BatchImages& images, const fs::path& folder, int threads, const JobContext& job) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::size_t done = 0;
  {
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([&] {
        while (!job.stop.stop_requested()) {
          const std::size_t i = next++;
          if (i >= images.images.size()) return;
          ListedImage& image = images.images[i];
          if (image.sha256.empty()) {
            const auto file = MappedFile::open(folder / image.path);
            image.sha256 = file ? sha256((*file)->bytes()) : sha256(std::as_bytes(std::span(image.path)));
          }
          const std::lock_guard lock(mutex);
          if (++done % 64 == 0)
            job.progress(static_cast<std::int64_t>(done), std::ssize(images.images), "hashing images");
        }
      });
    }
  }
  return job.check();
}

namespace {

struct FoundShards {
  std::vector<fs::path> folders;  ///< by index
  int count = 0;
};

Result<FoundShards> find_shards(const fs::path& run) {
  FoundShards found;
  std::set<int> counts;
  std::error_code error;
  for (auto entry = fs::directory_iterator(run / "shards", error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const std::size_t of = name.find("-of-");
    if (of == std::string::npos) continue;
    if (const auto shard = shard_from_text(name.substr(0, of) + "/" + name.substr(of + 4))) counts.insert(shard->count);
  }
  if (counts.empty()) {
    return fail(Error::Kind::InvalidInput, "has no shards to merge", run.string(),
                "`orderscope-cli batch run ... --shard 0/8 -o RUN` makes one");
  }
  if (counts.size() > 1) {
    return fail(Error::Kind::InvalidInput, "has shards of runs split in different ways", (run / "shards").string(),
                "remove those that do not belong");
  }
  found.count = *counts.begin();
  for (int i = 0; i < found.count; ++i) found.folders.push_back(shard_folder(run, {i, found.count}));
  return found;
}

}  // namespace

Result<MergeOutcome> merge_shards(const fs::path& run, const JobContext& job) {
  TRY(const BatchLock lock, BatchLock::take(run));
  if (BatchStore::exists(run))
    return fail(Error::Kind::InvalidInput, "there is a store already", (run / kBatchStoreName).string());
  TRY(const FoundShards shards, find_shards(run));

  BatchStore::Start start;
  std::vector<std::pair<std::int64_t, ListedImage>> images;
  double seconds = 0;
  std::string in_all;
  for (const fs::path& folder : shards.folders) {
    TRY_VOID(job.check());
    if (!BatchStore::exists(folder)) {
      return fail(Error::Kind::InvalidInput, "the shard is missing", folder.string(),
                  "run it: `batch run ... --shard " +
                      folder.filename().string().substr(0, folder.filename().string().find('-')) + "/" +
                      std::to_string(shards.count) + "`");
    }
    TRY(const BatchQuery query, BatchQuery::open(folder));
    TRY(const BatchCounts counts, query.counts());
    if (counts.done < counts.images) {
      return fail(
          Error::Kind::InvalidInput,
          "the shard has finished " + std::to_string(counts.done) + " of " + std::to_string(counts.images) + " images",
          folder.string(), "run it again to go on with it");
    }
    seconds += counts.seconds;
    TRY(const BatchStore store, BatchStore::open(folder));
    const auto differs = [&](const std::string& what) {
      return fail(Error::Kind::InvalidInput, "was made with " + what + " than the first shard", folder.string());
    };
    TRY(const std::string config, store.value("config"));
    TRY(auto models, store.models());
    TRY(const auto classes, store.classes());
    if (start.config.empty()) {
      start.config = config;
      start.models = std::move(models);
      start.classes = classes;
      TRY(in_all, store.value("images_in_all"));
      TRY(start.regions, store.keeps_regions());
      for (const char* key : {"program", "folder"}) {
        TRY(start.values[key], store.value(key));
      }
      for (std::size_t m = 0; m < start.models.size(); ++m) {
        const std::string key = "preprocessing." + std::to_string(m);
        TRY(start.values[key], store.value(key));
      }
    } else {
      TRY(const std::string others, store.value("images_in_all"));
      if (config != start.config) return differs("other settings");
      if (classes != start.classes || others != in_all) return differs("other images");
      for (std::size_t m = 0; m < models.size(); ++m)
        if (models[m].sha256 != start.models[m].sha256) return differs("another model");
    }
    TRY(auto own, store.all_images());
    std::move(own.begin(), own.end(), std::back_inserter(images));
  }

  std::ranges::sort(images, {}, &std::pair<std::int64_t, ListedImage>::first);
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images[i].first == static_cast<std::int64_t>(i)) continue;
    return fail(Error::Kind::Broken, "the shards together lack image " + std::to_string(i) + " or hold one twice",
                run.string(), "the files changed while they ran; run the shards anew");
  }
  if (std::to_string(images.size()) != in_all)
    return fail(Error::Kind::Broken,
                "the shards together hold " + std::to_string(images.size()) + " of " + in_all + " images", run.string(),
                "the files changed while they ran");
  for (auto& [id, image] : images) start.images.push_back(std::move(image));
  start.values["shard"] = "0/1";
  start.values["images_in_all"] = in_all;
  start.values["merged_from"] = std::to_string(shards.count) + " shards";
  TRY(const BatchConfig config, parse_batch_config(start.config));
  start.chunk = config.chunk;

  // Made beside the store and renamed over it: a merge that is cut off leaves nothing that looks finished.
  const fs::path making = run / "merging";
  std::error_code error;
  fs::remove_all(making, error);
  {
    TRY(BatchStore store, BatchStore::create(making, start));
    TRY_VOID(store.begin());
    for (std::size_t i = 0; i < shards.folders.size(); ++i) {
      TRY_VOID(job.check());
      job.progress(static_cast<std::int64_t>(i), shards.count, "merging shards");
      TRY_VOID(store.take_over(shards.folders[i]));
    }
    TRY_VOID(store.commit_merge(seconds, std::ssize(start.images)));
    TRY_VOID(store.finish_log());
  }
  fs::rename(making / kBatchStoreName, run / kBatchStoreName, error);
  if (error)
    return fail(Error::Kind::FileAccess, "cannot be put in place: " + error.message(),
                (run / kBatchStoreName).string());
  fs::remove_all(making, error);

  TRY(const BatchQuery query, BatchQuery::open(run));
  TRY(const BatchCounts counts, query.counts());
  return MergeOutcome{shards.count, counts.images, counts.broken};
}

}  // namespace orderscope
