// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/cli/command.h"
#include "core/run/batch_config.h"
#include "core/run/batch_shard.h"

namespace orderscope::cli {

/// What a batch does, from a settings file or from options.
struct BatchOptions {
  std::filesystem::path config_file;
  BatchConfig config;
  std::vector<std::filesystem::path> models;
  std::vector<std::string> methods;
  std::string shard;
  bool forward_only = false, allow_outside = false;
  std::vector<CLI::Option*> settings;  ///< those that a file says instead

  void add_to(CLI::App& app);
  /// Errors: as read_batch_config and check_batch_config.
  Result<BatchConfig> read(const CommonOptions& common) const;
};

/// Errors: Broken (all images are; names the first and why). A run of none at all is not its concern.
Result<void> check_readable(const std::filesystem::path& run, std::int64_t images, std::int64_t broken);

/// A run that this user began may name any file when it is gone on with or reported; another's stays in its folder.
void trust_run(const std::filesystem::path& run, const BatchConfig& config);
PathScope scope_of_run(const std::filesystem::path& run, const Shard& shard = {});
inline constexpr const char* kRunOutsideHelp = "a run that was not begun here may name files outside its folder";

// The commands under `batch`.
Run make_batch_run(CLI::App& app, CommonOptions& common);
Run make_batch_resume(CLI::App& app, CommonOptions& common);
Run make_batch_status(CLI::App& app, CommonOptions& common);
Run make_batch_merge(CLI::App& app, CommonOptions& common);
Run make_batch_export(CLI::App& app, CommonOptions& common);
Run make_batch_report(CLI::App& app, CommonOptions& common);
Run make_batch_submit(CLI::App& app, CommonOptions& common);

}  // namespace orderscope::cli
