// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdio>
#include <exception>
#include <list>
#include <new>

#include "app/cli/command.h"
#include "app/cli/describe.h"
#include "app/cli/interrupt.h"
#include "app/cli/plugins.h"
#include "app/cli/progress_bar.h"
#include "app/cli/weights.h"
#include "core/base/free_memory.h"
#include "core/base/guard.h"
#include "core/base/threads.h"
#include "core/base/version.h"

namespace {

using namespace orderscope;

constexpr cli::Command kCommands[] = {
    {"info", "what a checkpoint holds", cli::make_info},
    {"segment", "class of each pixel: overlay, mask, logits", cli::make_segment},
    {"detect", "boxes and masks of a detector over the photo", cli::make_detect},
    {"forward", "run a model; write logits and intermediates", cli::make_forward},
    {"preprocess", "a picture as the model sees it", cli::make_preprocess},
    {"orders", "what each order of the gnConvs let through, and what it was worth", cli::make_orders},
    {"flow", "energy, contribution and spatial scale of every gate and state, through the network", cli::make_flow},
    {"spectrum", "up to which degree each block's token mixer depends on its input", cli::make_spectrum},
    {"kernels", "the kernels or filters behind each order of a block", cli::make_kernels},
    {"cam", "class activation map at a layer", cli::make_cam},
    {"faithfulness", "how well a map says what the class rests on", cli::make_faithfulness},
    {"erf", "effective receptive field over many images", cli::make_erf},
    {"cka", "similarity of the layers of two models", cli::make_cka},
    {"agreement", "how far models agree in their class scores", cli::make_agreement},
    {"pca", "a layer's principal components as colours, aligned across models", cli::make_pca},
    {"layers", "energy, sparsity and effective rank by layer", cli::make_layers},
    {"diff", "two .npy arrays compared", cli::make_diff},
    {"ablate", "what a class, or the accuracy on a folder, loses without an order", cli::make_ablate},
    {"attention", "what a Swin's windows attend to: maps from a pixel, distances, rollout", cli::make_attention},
    {"interactions", "how complex the interactions are that a score rests on: J(m)", cli::make_interactions},
    {"eval", "accuracy on a folder of labelled images", cli::make_eval},
    {"batch", "whole data sets: run, resume, export, report, shards", cli::make_batch},
    {"train", "train a backbone on a folder of images", cli::make_train},
    {"curves", "training curves of one or several trainings as a figure", cli::make_curves},
    {"figure", "the figure of a session of the window: PDF, SVG or PNG, and its numbers", cli::make_figure},
    {"methods", "every method and its parameters", cli::make_methods},
    {"weights", "published checkpoints: list, get, verify, where", cli::make_weights},
    {"plugins", "the plugins that were loaded, and those that failed", cli::make_plugins},
};

void add_common_options(CLI::App& app, cli::CommonOptions& common) {
  app.add_flag("--json", common.json, "print the result as JSON");
  app.add_option("--device", common.device, "cpu, cuda or cuda:N")->capture_default_str();
  app.add_option("--threads", common.threads, "0: as many as there are cores")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  cli::add_plugins_option(app, common.plugins);
  app.add_option("-o,--output", common.output, "where results are written");
}

int run(int argc, char** argv) {
  keep_free_memory();
  CLI::App app{"OrderScope: what happens inside HorNet, Swin and ConvNeXt", "orderscope-cli"};
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  cli::CommonOptions common;
  cli::add_plugins_option(app, common.plugins);
  cli::load_named_plugins(argc, argv);
  struct Entry {
    CLI::App* app;
    cli::Run run;
  };
  std::list<Entry> entries;
  for (const cli::Command& command : kCommands) {
    CLI::App* sub = app.add_subcommand(command.name, command.help);
    add_common_options(*sub, common);
    entries.push_back({sub, command.make(*sub, common)});
  }

  // Leaves like --version does: no command is needed.
  app.add_flag_callback("--describe", [&] { throw CLI::CallForVersion(cli::describe(app).dump(1), 0); })->group("");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  // The command that lists them says it itself.
  if (!app.got_subcommand("plugins")) cli::warn_of_plugins();
  set_up_compute_threads(common.threads);
  cli::ProgressBar bar;
  JobContext job;
  job.stop = cli::stop_on_interrupt();
  job.report = [&](const Progress& progress) { bar.show(progress); };
  for (const Entry& entry : entries) {
    if (!entry.app->parsed()) continue;
    const auto result = guarded([&] { return entry.run(job); });
    bar.clear();
    if (result) return 0;
    std::string message = result.error().message();
    // A path may hold a line break or what rewrites a terminal.
    std::ranges::replace_if(
        message, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    std::fprintf(stderr, "error: %s\n", message.c_str());
    return 1;
  }
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs("error: out of memory\n", stderr);
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
