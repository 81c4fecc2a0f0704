// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/interaction_run.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/analysis/finite_logits.h"
#include "core/analysis/patch_game.h"
#include "core/run/interaction_log.h"
#include "core/run/model_input.h"
#include "core/trace/trace.h"

namespace orderscope {

namespace {

struct Prepared {
  InteractionImage image;
  Game game;
};

Result<Prepared> prepare(const std::shared_ptr<const Model>& model, const std::filesystem::path& file,
                         const InteractionSettings& settings, const JobContext& job) {
  Preprocessing how = model->preprocessing;
  if (settings.size) how.size = *settings.size;
  TRY(const ModelInput input,
      file.extension() == ".npy" ? read_array_input(file, how) : read_image_input(file, how, settings.exif));
  if (input.images.size(0) != 1) return fail(Error::Kind::InvalidInput, "holds more than one image", file.string());
  PatchGame patches{{model, input.images.to(at::Device(model->device))}, settings.grid, 0, settings.baseline};
  const JobContext quiet{job.stop, {}};
  TRY(const Trace trace, Trace::forward(model->backbone, patches.subject.image, {}, {}, quiet));
  TRY_VOID(check_finite_logits(trace.logits()));
  TRY(patches.class_index, choose_class(settings.class_index, *model, trace.logits()));

  Prepared prepared;
  prepared.image = {file.string(), input.sha256, patches.class_index,
                    log_odds(trace.logits(), patches.class_index).front()};
  TRY(prepared.game, patches.game(input.sha256 + "/" + std::to_string(patches.class_index), job));
  return prepared;
}

}  // namespace

Result<InteractionRun> run_interactions(const std::shared_ptr<const Model>& model,
                                        const std::vector<std::filesystem::path>& files,
                                        const InteractionSettings& settings, const JobContext& job) {
  InteractionOptions options = settings.options;
  options.players = settings.grid * settings.grid;
  if (settings.distance > 0) options.candidates = neighbours(settings.grid, settings.distance);

  // The budget is spent on one pair of each image before the second of any.
  const std::int64_t cost = values_per_pair(options);
  auto most = std::ssize(files);
  if (options.budget > 0 && cost > 0) most = std::clamp<std::ptrdiff_t>(options.budget / cost, 1, most);

  InteractionRun run;
  std::vector<Game> games;
  for (const std::filesystem::path& file : files) {
    if (std::ssize(games) >= most) break;
    TRY_VOID(job.check());
    job.progress(std::ssize(games), most, "reading images");
    auto prepared = prepare(model, file, settings, job);
    if (!prepared) {
      Error error = std::move(prepared).error().on(file.string());
      // What holds for all pictures alike is no fault of this one.
      if (error.kind == Error::Kind::Cancelled || files.size() == 1) return fail(std::move(error));
      run.skipped.push_back(error.message());
      continue;
    }
    const bool twice =
        std::any_of(games.begin(), games.end(), [&](const Game& g) { return g.key == prepared->game.key; });
    if (twice) continue;
    run.images.push_back(std::move(prepared->image));
    games.push_back(std::move(prepared->game));
  }
  if (games.empty())
    return fail(Error::Kind::InvalidInput, "none of the pictures can be used",
                run.skipped.empty() ? "images" : run.skipped.front());

  Preprocessing how = model->preprocessing;
  if (settings.size) how.size = *settings.size;
  InteractionLog log;
  if (!settings.log.empty()) {
    TRY(log, open_interaction_log(settings.log, {{"model", model->sha256},
                                                 {"size", std::to_string(how.size)},
                                                 {"exif", settings.exif == ExifOrientation::Apply ? "apply" : "ignore"},
                                                 {"grid", std::to_string(settings.grid)},
                                                 {"distance", std::to_string(settings.distance)},
                                                 {"contexts", std::to_string(options.contexts)},
                                                 {"baseline", settings.baseline},
                                                 {"seed", std::to_string(options.seed)}}));
  }
  run.known = std::ssize(log.known);
  TRY(run.curve, multi_order_interactions(games, options, log, job));
  return run;
}

}  // namespace orderscope
