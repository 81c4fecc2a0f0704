// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "core/base/job.h"
#include "core/run/inspection.h"
#include "core/run/panel_result.h"
#include "core/run/session_file.h"

namespace orderscope {

/// Computes the panels of a session's figure: the window and the command line alike, so that both print the same
/// numbers. Panels of the same model and image share one pass. Not to be used from two threads at once.
class PanelRunner {
 public:
  /// How a model is opened: anew, or from among those that are open already.
  using OpenModel =
      std::function<Result<std::shared_ptr<const Model>>(const std::filesystem::path& path, const JobContext& job)>;

  PanelRunner(const SessionFile& session, OpenModel open);
  ~PanelRunner();

  /// Views: "orders" (value, gates, states, contributions and Grad-CAM of `block`), "method" (any method of one image,
  /// by its id) and "scores" (the most likely classes). Errors: InvalidInput (no such view, model, image, block, class
  /// or method; a method that gives nothing of the part asked for), and those of opening and running.
  Result<PanelResult> run(const FigurePanelPlan& panel, const JobContext& job = {});

 private:
  struct Loaded;
  Result<Loaded*> load(const FigurePanelPlan& panel, const JobContext& job);
  Result<PanelResult> run_orders(const FigurePanelPlan& panel, const PanelSettings& settings, const JobContext& job);
  Result<PanelResult> run_method(const FigurePanelPlan& panel, const PanelSettings& settings, const JobContext& job);
  Result<PanelResult> run_scores(const FigurePanelPlan& panel, const PanelSettings& settings, const JobContext& job);

  std::vector<SessionSource> models_, images_;
  OpenModel open_;
  std::map<std::pair<int, int>, std::unique_ptr<Loaded>> loaded_;
};

}  // namespace orderscope
