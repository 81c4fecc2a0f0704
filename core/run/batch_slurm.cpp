// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_slurm.h"

#include <sys/wait.h>

#include <cstdio>

#include "core/base/files.h"
#include "core/models/model.h"
#include "core/run/batch_shard.h"

namespace orderscope {

namespace fs = std::filesystem;

namespace {

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

Result<std::string> run_sbatch(const std::string& arguments) {
  const std::string command = "sbatch --parsable " + arguments + " 2>&1";
  FILE* const pipe = ::popen(command.c_str(), "r");
  if (!pipe) return fail(Error::Kind::Unsupported, "cannot be run", "sbatch");
  std::string output;
  char buffer[512];
  while (std::fgets(buffer, sizeof buffer, pipe)) output += buffer;
  const int status = ::pclose(pipe);
  while (!output.empty() && output.back() == '\n') output.pop_back();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return fail(Error::Kind::Unsupported, "refused the job: " + output, "sbatch",
                "the scripts are written and can be submitted by hand");
  }
  // Warnings may come before; the id is the last line, "123" or "123;cluster".
  const std::string id = output.substr(output.rfind('\n') + 1);
  return id.substr(0, id.find(';'));
}

std::string header(const fs::path& folder, const std::string& name, const std::string& log) {
  return "#!/bin/bash\n#SBATCH --job-name=orderscope-" + name + "\n#SBATCH --output=\"" + (folder / log).string() +
         "\"\n#SBATCH --open-mode=append\n#SBATCH --chdir=\"" + fs::current_path().string() + "\"\n";
}

std::string array_script(const fs::path& run, const SlurmOptions& options) {
  const fs::path folder = run / "slurm";
  std::string command = quoted(options.program.string()) + " batch run " + quoted((folder / "config.json").string()) +
                        " --allow-outside --shard \"$SLURM_ARRAY_TASK_ID/" + std::to_string(options.shards) + "\" -o " +
                        quoted(run.string());
  for (const std::string& argument : options.arguments) command += " " + quoted(argument);
  return header(folder, "batch", "shard-%a.log") + "#SBATCH --requeue\n#SBATCH --array=0-" +
         std::to_string(options.shards - 1) +
         "\n# A shard goes on where it was stopped: neither another try nor a requeued task does anything twice.\n"
         "child=\n"
         "trap '[ -z \"$child\" ] || { kill -TERM \"$child\"; wait \"$child\"; }; exit 143' TERM\n"
         "for try in $(seq " +
         std::to_string(options.tries) +
         "); do\n"
         "  " +
         command +
         " &\n"
         "  child=$!\n"
         "  wait \"$child\" && exit 0\n"
         "  echo \"shard $SLURM_ARRAY_TASK_ID: try $try failed\" >&2\n"
         "done\n"
         "exit 1\n";
}

std::string merge_script(const fs::path& run, const SlurmOptions& options) {
  return header(run / "slurm", "merge", "merge.log") + "exec " + quoted(options.program.string()) + " batch merge " +
         quoted(run.string()) + "\n";
}

}  // namespace

Result<SlurmJobs> submit_to_slurm(const fs::path& given_run, const BatchConfig& config, const SlurmOptions& options,
                                  const JobContext& job) {
  const fs::path run = fs::absolute(given_run).lexically_normal(), folder = run / "slurm";
  std::vector<std::string> known;
  for (const BatchModel& asked : config.models) {
    LoadOptions load;
    load.key = asked.key;
    load.hash = false;
    TRY(const auto model, load_model(asked.path, load, job));
    known.insert(known.end(), model->class_names.begin(), model->class_names.end());
  }
  TRY(BatchImages images,
      list_batch_images(config.images, known, config.list_folder, config.scope, config.list_scope, job));
  TRY_VOID(hash_images(images, {}, config.workers, job));

  BatchConfig shared = config;
  for (BatchModel& model : shared.models) model.path = fs::absolute(model.path).lexically_normal();
  shared.images = {folder / "images.csv"};
  shared.list_folder = ".";
  TRY_VOID(write_file(folder / "images.csv", std::string_view(batch_images_csv(images))));
  TRY_VOID(write_file(folder / "config.json", std::string_view(batch_config_json(shared))));
  SlurmJobs jobs;
  jobs.images = std::ssize(images.images);
  jobs.array_script = folder / "array.sh";
  jobs.merge_script = folder / "merge.sh";
  TRY_VOID(write_file(jobs.array_script, std::string_view(array_script(run, options))));
  TRY_VOID(write_file(jobs.merge_script, std::string_view(merge_script(run, options))));
  if (!options.submit) return jobs;

  std::string extra;
  for (const std::string& option : options.sbatch) extra += quoted(option) + " ";
  TRY(jobs.array, run_sbatch(extra + quoted(jobs.array_script.string())));
  TRY(jobs.merge, run_sbatch(extra + "--dependency=afterok:" + jobs.array + " --kill-on-invalid-dep=yes " +
                             quoted(jobs.merge_script.string())));
  return jobs;
}

}  // namespace orderscope
