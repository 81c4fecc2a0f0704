// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/batch.h"

#include <algorithm>
#include <cstdio>
#include <list>

#include "core/run/batch_export.h"
#include "core/run/batch_query.h"
#include "core/run/batch_shard.h"

namespace orderscope::cli {

namespace {

namespace fs = std::filesystem;

std::shared_ptr<fs::path> add_run_argument(CLI::App& app) {
  const auto run = std::make_shared<fs::path>();
  app.add_option("RUN", *run, "folder of a batch run")->required();
  return run;
}

std::string seconds_text(double seconds) {
  char text[40];
  std::snprintf(text, sizeof text,
                seconds < 100    ? "%.1f s"
                : seconds < 6000 ? "%.1f min"
                                 : "%.1f h",
                seconds < 100    ? seconds
                : seconds < 6000 ? seconds / 60
                                 : seconds / 3600);
  return text;
}

struct Part {
  std::string name;
  BatchCounts counts;
};

/// The run itself, and its shards where it has any.
Result<std::vector<Part>> parts_of(const fs::path& run) {
  std::vector<Part> parts;
  std::error_code error;
  std::vector<fs::path> folders;
  if (fs::exists(run / "store.sqlite", error)) folders.push_back(run);
  for (auto entry = fs::directory_iterator(run / "shards", error); !error && entry != fs::directory_iterator();
       entry.increment(error))
    if (fs::exists(entry->path() / "store.sqlite", error)) folders.push_back(entry->path());
  if (folders.empty()) folders.push_back(run);  // says what is wrong
  std::sort(folders.begin() + (folders.front() == run ? 1 : 0), folders.end());
  for (const fs::path& folder : folders) {
    TRY(const BatchQuery query, BatchQuery::open(folder));
    TRY(const BatchCounts counts, query.counts());
    parts.push_back({folder == run ? "run" : folder.filename().string(), counts});
  }
  return parts;
}

}  // namespace

Result<void> check_readable(const fs::path& run, std::int64_t images, std::int64_t broken) {
  if (images == 0 || broken < images) return {};
  TRY(const BatchQuery query, BatchQuery::open(run));
  BatchFilter filter;
  filter.broken = true;
  TRY(const auto ids, query.select(filter, {}));
  TRY(const auto rows, query.rows(ids.data(), std::min<std::size_t>(ids.size(), 1)));
  std::string what = "none of its " + std::to_string(images) + " images could be read";
  if (images == 1) what = "its only image could not be read";
  if (!rows.empty())
    what += "; " + std::string(images == 1 ? "" : "the first, ") + rows.front().path + ": " + rows.front().note;
  return fail(Error::Kind::Broken, what, run.string(), "`batch export` lists the reason of each in its column note");
}

Run make_batch_status(CLI::App& app, CommonOptions& common) {
  const auto run = add_run_argument(app);
  return [=, &common](const JobContext&) -> Result<void> {
    TRY(const auto parts, parts_of(*run));
    nlohmann::json all = nlohmann::json::array();
    for (const auto& [name, counts] : parts) {
      const double rate = counts.seconds > 0 ? static_cast<double>(counts.timed) / counts.seconds : 0;
      const std::int64_t left = counts.images - counts.done;
      if (common.json) {
        nlohmann::json entry{{"part", name},
                             {"images", counts.images},
                             {"done", counts.done},
                             {"broken", counts.broken},
                             {"seconds", counts.seconds},
                             {"images_per_second", rate},
                             {"finished", left == 0}};
        if (left > 0 && rate > 0) entry["seconds_left"] = static_cast<double>(left) / rate;
        all.push_back(std::move(entry));
        continue;
      }
      std::printf("%-10s %lld of %lld images, %lld broken, %.1f images/s", name.c_str(),
                  static_cast<long long>(counts.done), static_cast<long long>(counts.images),
                  static_cast<long long>(counts.broken), rate);
      if (left == 0)
        std::printf(", finished\n");
      else if (rate > 0)
        std::printf(", about %s left\n", seconds_text(static_cast<double>(left) / rate).c_str());
      else
        std::printf("\n");
    }
    if (common.json) print_json({{"parts", all}});
    return {};
  };
}

Run make_batch_merge(CLI::App& app, CommonOptions& common) {
  const auto run = add_run_argument(app);
  return [=, &common](const JobContext& job) -> Result<void> {
    TRY(const MergeOutcome merged, merge_shards(*run, job));
    if (common.json) {
      print_json({{"shards", merged.shards}, {"images", merged.images}, {"broken", merged.broken}});
    } else {
      std::printf("%d shards merged: %lld images, %lld broken\n", merged.shards, static_cast<long long>(merged.images),
                  static_cast<long long>(merged.broken));
    }
    return check_readable(*run, merged.images, merged.broken);
  };
}

Run make_batch_export(CLI::App& app, CommonOptions& common) {
  const auto run = add_run_argument(app);
  const auto format = std::make_shared<BatchFormat>(BatchFormat::Csv);
  static const std::map<std::string, BatchFormat> names{{"csv", BatchFormat::Csv},
                                                        {"jsonl", BatchFormat::Jsonl},
                                                        {"npz", BatchFormat::Npz},
                                                        {"parquet", BatchFormat::Parquet}};
  app.add_option("--format", *format, "csv, jsonl, npz or parquet")
      ->transform(CLI::CheckedTransformer(names, CLI::ignore_case))
      ->default_str("csv");
  const auto regions = std::make_shared<bool>(false);
  app.add_flag("--regions", *regions, "CSV of a row a region or box instead: what segmenters and detectors found");
  return [=, &common](const JobContext& job) -> Result<void> {
    if (common.output.empty()) return fail(Error::Kind::InvalidInput, "names the file to write", "--output");
    TRY(const BatchQuery query, BatchQuery::open(*run));
    TRY(const BatchCounts counts, query.counts());
    if (counts.done < counts.images)
      print_warning("the run is not finished: " + std::to_string(counts.done) + " of " + std::to_string(counts.images) +
                    " images are exported");
    if (*regions && *format != BatchFormat::Csv)
      return fail(Error::Kind::InvalidInput, "is written as CSV only", "--regions", "JSON Lines hold them in any case");
    TRY(const std::int64_t rows,
        *regions ? export_batch_regions(query, common.output, job) : export_batch(query, *format, common.output, job));
    if (common.json) {
      print_json({{"rows", rows}, {"file", common.output.string()}});
    } else {
      std::printf("%lld rows written to %s\n", static_cast<long long>(rows), common.output.c_str());
    }
    return {};
  };
}

Run make_batch(CLI::App& app, CommonOptions& common) {
  struct Entry {
    CLI::App* app;
    Run run;
  };
  static constexpr Command commands[] = {
      {"run", "run models over images; run it again to go on", make_batch_run},
      {"resume", "go on with a run by its own settings", make_batch_resume},
      {"status", "how far a run is", make_batch_status},
      {"merge", "bring the shards of a run together", make_batch_merge},
      {"export", "a row an image and model, as CSV, JSON Lines, NPZ or Parquet", make_batch_export},
      {"report", "charts by class, order and depth as PDF and HTML", make_batch_report},
      {"submit", "hand a run to Slurm as an array of shards", make_batch_submit},
  };
  app.require_subcommand(1);
  const auto entries = std::make_shared<std::list<Entry>>();
  for (const Command& command : commands) {
    CLI::App* sub = app.add_subcommand(command.name, command.help);
    sub->fallthrough();  // --json, --output and the like belong to all of them
    entries->push_back({sub, command.make(*sub, common)});
  }
  return [entries](const JobContext& job) -> Result<void> {
    for (const Entry& entry : *entries)
      if (entry.app->parsed()) return entry.run(job);
    return fail(Error::Kind::InvalidInput, "no command is named", "batch");
  };
}

}  // namespace orderscope::cli
