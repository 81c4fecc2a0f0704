// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>

#include "app/cli/batch.h"
#include "core/run/batch_slurm.h"

namespace orderscope::cli {

Run make_batch_submit(CLI::App& app, CommonOptions& common) {
  struct Options {
    BatchOptions batch;
    SlurmOptions slurm;
    bool use_slurm = false, dry = false;
  };
  const auto options = std::make_shared<Options>();
  options->batch.add_to(app);
  app.add_flag("--slurm", options->use_slurm, "hand it to Slurm: the only scheduler that is known")->required();
  app.add_option("--shards", options->slurm.shards, "parts, a task each")
      ->check(CLI::Range(2, 100000))
      ->capture_default_str();
  app.add_option("--tries", options->slurm.tries, "of a shard that fails")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--sbatch", options->slurm.sbatch, "an option for sbatch, e.g. --sbatch=--partition=gpu; several too");
  app.add_flag("--dry-run", options->dry, "only write the scripts");
  return [=, &common](const JobContext& job) -> Result<void> {
    if (common.output.empty()) return fail(Error::Kind::InvalidInput, "names the folder of the run", "--output");
    TRY(const BatchConfig config, options->batch.read(common));
    SlurmOptions slurm = options->slurm;
    slurm.submit = !options->dry;
    std::error_code error;
    slurm.program = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) return fail(Error::Kind::FileAccess, "cannot be found: " + error.message(), "orderscope-cli");
    const auto pass = [&](const char* name, const std::string& value) {
      slurm.arguments.emplace_back(name);
      slurm.arguments.push_back(value);
    };
    pass("--workers", std::to_string(config.workers));
    pass("--threads", std::to_string(common.threads));
    for (const auto& folder : common.plugins) pass("--plugins", std::filesystem::absolute(folder).string());
    TRY(const SlurmJobs jobs, submit_to_slurm(common.output, config, slurm, job));
    if (common.json) {
      print_json({{"images", jobs.images},
                  {"shards", slurm.shards},
                  {"array_script", jobs.array_script.string()},
                  {"merge_script", jobs.merge_script.string()},
                  {"array_job", jobs.array},
                  {"merge_job", jobs.merge}});
    } else if (jobs.array.empty()) {
      std::printf("written: %s, %s\n", jobs.array_script.c_str(), jobs.merge_script.c_str());
    } else {
      std::printf("%lld images in %d shards: array job %s, then merge job %s\n", static_cast<long long>(jobs.images),
                  slurm.shards, jobs.array.c_str(), jobs.merge.c_str());
    }
    return {};
  };
}

}  // namespace orderscope::cli
