// SPDX-License-Identifier: GPL-3.0-or-later
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "app/cli/batch.h"
#include "core/run/batch_images.h"
#include "core/run/batch_query.h"
#include "core/run/batch_runner.h"
#include "core/run/trusted_sessions.h"

namespace orderscope::cli {

void BatchOptions::add_to(CLI::App& app) {
  app.add_option("CONFIG", config_file, "settings as JSON instead of the options below, see docs/batch.md");
  app.add_flag("--allow-outside", allow_outside,
               "CONFIG may name files outside its folder, and a list of --images too");
  settings = {
      app.add_option("--model", models, "a checkpoint; several may be named"),
      app.add_option("--images", config.images,
                     "a folder (labels from its folders), a list, or a CSV file; several too"),
      app.add_option("--method", methods, "ID or ID:PARAMETER=VALUE,...: a method to run on each image; several too"),
      app.add_option("--ablate", config.ablate, "network, stage, block: what the prediction becomes without each order")
          ->delimiter(','),
      app.add_option("--maps", config.maps, "orders, contribution, cam, or a method: maps to keep")->delimiter(','),
      app.add_flag("--faithfulness", config.faithfulness, "measure how faithful Grad-CAM and the methods' maps are"),
      app.add_flag("--forward-only", forward_only, "no backward pass: no contributions, no Grad-CAM"),
      app.add_option("--batch", config.batch, "images a pass")->check(CLI::Range(1, 4096))->capture_default_str(),
      app.add_option("--chunk", config.chunk, "images a transaction")
          ->check(CLI::Range(1, 1000000))
          ->capture_default_str(),
      app.add_option("--size", config.size, "side of the models' input in pixels, if not their own")
          ->check(CLI::Range(1, 16384)),
  };
  settings.push_back(app.add_flag_function(
      "--align-corners,!--no-align-corners", [this](std::int64_t count) { config.align_corners = count > 0; },
      "segmenters' heads interpolate with aligned corners, or do not"));
  settings.push_back(add_precision_option(app, config.precision));
  app.add_option("--workers", config.workers, "threads that decode")->check(CLI::Range(1, 256))->capture_default_str();
  add_exif_option(app, config.exif);
  settings.push_back(app.get_option("--exif"));
}

Result<BatchConfig> BatchOptions::read(const CommonOptions& common) const {
  if (!config_file.empty()) {
    for (const CLI::Option* option : settings) {
      if (option->count() == 0) continue;
      return fail(Error::Kind::InvalidInput, "says everything itself", config_file.string(),
                  "leave " + option->get_name() + " out, or write it into the file");
    }
    TRY(BatchConfig read, read_batch_config(config_file, allow_outside));
    read.workers = config.workers;
    return read;
  }
  BatchConfig all = config;
  for (const auto& path : models) all.models.push_back({path, {}});
  for (const std::string& text : methods) {
    TRY(BatchMethod method, batch_method_from_text(text));
    all.methods.push_back(std::move(method));
  }
  if (!allow_outside) all.list_scope = scope_of_lists(all.images);
  all.device = common.device;
  all.gradients = !forward_only;
  TRY_VOID(check_batch_config(all));
  return all;
}

PathScope scope_of_run(const std::filesystem::path& run, const Shard& shard) {
  const auto query = BatchQuery::open(shard_folder(run, shard));
  return orderscope::scope_of_run(run, query ? query->config_json() : std::string(), TrustedSessions::of_user());
}

void trust_run(const std::filesystem::path& run, const BatchConfig& config) {
  // Where it cannot be kept, a resume asks for --allow-outside.
  (void)TrustedSessions::of_user().add_run(run, settings_of_run(config));
}

namespace {

/// Where nobody watches a bar, a line now and then goes to the log.
JobContext logged(const JobContext& job) {
  if (isatty(STDERR_FILENO) == 1) return job;
  using Clock = std::chrono::steady_clock;
  const auto last = std::make_shared<Clock::time_point>(Clock::now());
  JobContext quiet{job.stop, [last](const Progress& progress) {
                     if (Clock::now() - *last < std::chrono::seconds(30)) return;
                     *last = Clock::now();
                     std::fprintf(stderr, "%lld of %lld, %s\n", static_cast<long long>(progress.done),
                                  static_cast<long long>(progress.total), std::string(progress.activity).c_str());
                   }};
  return quiet;
}

Result<void> tell(const BatchOutcome& outcome, const Shard& shard, const CommonOptions& common) {
  for (const std::string& note : outcome.notes) print_warning(note);
  if (common.json) {
    print_json({{"run", outcome.folder.string()},
                {"images", outcome.images},
                {"broken", outcome.broken},
                {"done_before", outcome.before},
                {"seconds", outcome.seconds}});
  } else {
    std::printf("%lld images done, %lld of them broken", static_cast<long long>(outcome.images),
                static_cast<long long>(outcome.broken));
    if (outcome.before > 0) std::printf(", %lld of them before", static_cast<long long>(outcome.before));
    std::printf("; kept in %s\n", outcome.folder.c_str());
  }
  const auto readable = check_readable(outcome.folder, outcome.images, outcome.broken);
  if (readable || shard.whole()) return readable;
  // The others may have what this part lacks, and an array that fails is never merged.
  print_warning(readable.error().message());
  return {};
}

Result<Shard> shard_of(const std::string& text) {
  if (text.empty()) return Shard{};
  return shard_from_text(text);
}

void add_shard_option(CLI::App& app, std::string& shard) {
  app.add_option("--shard", shard, "i/N: only the i-th of N parts, i from 0, chosen by the files' SHA-256");
}

}  // namespace

Run make_batch_run(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<BatchOptions>();
  options->add_to(app);
  add_shard_option(app, options->shard);
  return [=, &common](const JobContext& job) -> Result<void> {
    if (common.output.empty()) return fail(Error::Kind::InvalidInput, "names the folder of the run", "--output");
    TRY(const BatchConfig config, options->read(common));
    TRY(const Shard shard, shard_of(options->shard));
    trust_run(common.output, config);
    TRY(const BatchOutcome outcome, run_batch(common.output, config, shard, logged(job)));
    return tell(outcome, shard, common);
  };
}

Run make_batch_resume(CLI::App& app, CommonOptions& common) {
  struct Options {
    std::filesystem::path run;
    std::string shard;
    int workers = 0;
    bool allow_outside = false;
  };
  const auto options = std::make_shared<Options>();
  app.add_option("RUN", options->run, "folder of a batch run")->required();
  add_shard_option(app, options->shard);
  app.add_option("--workers", options->workers, "threads that decode")->check(CLI::Range(1, 256));
  app.add_flag("--allow-outside", options->allow_outside, kRunOutsideHelp);
  return [=, &common](const JobContext& job) -> Result<void> {
    TRY(const Shard shard, shard_of(options->shard));
    const PathScope scope = options->allow_outside ? PathScope::anywhere() : scope_of_run(options->run, shard);
    TRY(const BatchOutcome outcome, resume_batch(options->run, shard, options->workers, logged(job), scope));
    return tell(outcome, shard, common);
  };
}

}  // namespace orderscope::cli
