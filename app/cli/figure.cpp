// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/figure.h"

#include <cstdio>

#include "app/cli/command.h"
#include "core/run/session_sources.h"
#include "core/run/trusted_sessions.h"

namespace orderscope::cli {

namespace {

struct Options {
  std::filesystem::path session;
  std::vector<std::filesystem::path> folders;
  std::optional<int> dpi;
  std::optional<double> width_mm;
  bool without_data = false, allow_outside = false;
};

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  TRY(SessionFile session, read_session(options.session));
  std::vector<std::filesystem::path> folders = options.folders;
  // Whoever moves a session mostly moves what lies beside it.
  folders.insert(folders.begin(), std::filesystem::absolute(options.session).parent_path());
  const PathScope scope = options.allow_outside
                              ? PathScope::anywhere()
                              : scope_of_session(options.session, TrustedSessions::of_user(), options.folders);
  TRY(auto checks, find_sources(session, folders, scope, job));
  // A figure needs no run.
  std::erase_if(checks, [](const SourceCheck& check) { return check.kind == SourceCheck::Kind::Place; });
  const std::string advice = any_outside(checks) ? "name the folder with --find DIR, or say --allow-outside if you "
                                                   "know where the session comes from"
                                                 : "name the folder they are in now with --find DIR";
  if (auto missing = missing_sources(session, checks, advice))
    return fail(std::move(*missing).on(options.session.string()));
  for (const SourceCheck& check : checks)
    if (check.state == SourceState::Moved) print_warning(check.path.string() + ": found elsewhere by its hash");

  if (options.dpi) session.figure.dpi = *options.dpi;
  if (options.width_mm) session.figure.width_mm = *options.width_mm;
  const auto open = [&](const std::filesystem::path& path, const JobContext& model_job) {
    LoadOptions load;
    load.device = common.device;
    return load_model(path, load, model_job);
  };
  TRY_VOID(write_figure(session, open, common.output, !options.without_data, job));
  std::printf("figure written to %s\n", common.output.c_str());
  return {};
}

}  // namespace

Run make_figure(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  app.add_option("SESSION", options->session, "a .orderscope file of the window")->required();
  app.add_option("--find", options->folders, "look here for models and images that were moved; may be given again");
  app.add_flag("--allow-outside", options->allow_outside,
               "the session may name files outside its folder although it was not saved here");
  app.add_option("--dpi", options->dpi, "of a PNG, instead of the session's")->check(CLI::Range(30, 2400));
  app.add_option("--width", options->width_mm, "of the figure in mm, instead of the session's")
      ->check(CLI::Range(kLeastFigureWidth, kLargestFigureWidth));
  app.add_flag("--no-data", options->without_data, "write the figure alone, not its numbers beside it");
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
