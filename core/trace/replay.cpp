// SPDX-License-Identifier: GPL-3.0-or-later
// What a trace does again: a single step for an activation, the steps after an edit for its logits.
#include <ATen/ATen.h>

#include <algorithm>
#include <stdexcept>

#include "core/base/guard.h"
#include "core/models/backbone.h"
#include "core/trace/trace_state.h"

namespace orderscope {

at::Tensor apply_edit(const Edit& edit, const at::Tensor& x) {
  at::Tensor replaced = edit.replace(x);
  if (!replaced.defined() || replaced.sizes() != x.sizes())
    throw std::invalid_argument("the replacement for " + edit.tap + " has another shape");
  return replaced;
}

Activations detached(const Activations& activations) {
  Activations result = activations;
  result.x = activations.x.detach();
  for (auto& [name, level] : result.aside) level = level.detach();
  return result;
}

Result<std::ptrdiff_t> step_of(const Backbone& backbone, const std::string& tap) {
  if (tap == "input") return -1;
  const auto& steps = backbone.steps();
  const auto found = std::find_if(steps.begin(), steps.end(), [&](const Step& step) {
    return std::find(step.taps.begin(), step.taps.end(), tap) != step.taps.end();
  });
  if (found == steps.end())
    return fail(Error::Kind::InvalidInput, "the model has no tap of this name", tap, "`info` lists the taps");
  return found - steps.begin();
}

namespace {

/// Runs steps with edits in force, and stops with what passes a tap if asked to.
class Replay : public Taps {
 public:
  Replay(const std::vector<Edit>& base, const std::vector<std::vector<Edit>>* variants, const JobContext& job)
      : base_(base), variants_(variants), job_(job) {}

  std::string wanted;
  at::Tensor seen;

  bool wants(const std::string& name) const override {
    throw_if_cancelled(job_);
    const auto edits = [&](const std::vector<Edit>& list) {
      return std::any_of(list.begin(), list.end(), [&](const Edit& edit) { return edit.tap == name; });
    };
    return name == wanted || edits(base_) || (variants_ && std::any_of(variants_->begin(), variants_->end(), edits));
  }

  at::Tensor tap(const std::string& name, at::Tensor x) override {
    for (const Edit& edit : base_)
      if (edit.tap == name) x = apply_edit(edit, x);
    if (variants_) x = edit_variants(name, std::move(x));
    if (name == wanted) seen = x;
    return x;
  }

 private:
  at::Tensor edit_variants(const std::string& name, at::Tensor x) const {
    // Attention holds windows * N entries: a variant owns a run of the first dimension.
    const auto share = x.size(0) / static_cast<std::int64_t>(variants_->size());
    std::vector<at::Tensor> parts;
    bool changed = false;
    for (std::size_t v = 0; v < variants_->size(); ++v) {
      at::Tensor part = x.narrow(0, static_cast<std::int64_t>(v) * share, share);
      for (const Edit& edit : (*variants_)[v]) {
        if (edit.tap != name) continue;
        part = apply_edit(edit, part);
        changed = true;
      }
      parts.push_back(part);
    }
    return changed ? at::cat(parts) : x;
  }

  const std::vector<Edit>& base_;
  const std::vector<std::vector<Edit>>* variants_;
  const JobContext& job_;
};

using Variants = std::vector<std::vector<Edit>>;

/// The step in which the first of the edits acts; the number of steps if there is none.
Result<std::ptrdiff_t> first_step(const Backbone& backbone, const std::vector<Edit>& edits) {
  auto first = static_cast<std::ptrdiff_t>(backbone.steps().size());
  for (const Edit& edit : edits) {
    TRY(const std::ptrdiff_t index, step_of(backbone, edit.tap));
    first = std::min(first, index);
  }
  return first;
}

/// Whether the edits change nothing of a step but what leaves it: then the step need not run again. The output of a
/// block is what most edits are about, and the block most of their cost.
bool only_output_changes(const Backbone& backbone, std::ptrdiff_t step, const Variants& variants,
                         const std::vector<Edit>& base) {
  const auto& steps = backbone.steps();
  const Architecture& architecture = backbone.architecture();
  // Of a plugin's steps nothing says that the last tap is the output, and how it lies; the position embedding is added
  // after the tap.
  if (step < 0 || static_cast<std::size_t>(step) + 1 >= steps.size() || architecture.family == Family::Plugin ||
      (step == 0 && architecture.absolute_position_embedding))
    return false;
  const std::string& output = steps[static_cast<std::size_t>(step)].name;
  const auto& taps = steps[static_cast<std::size_t>(step)].taps;
  if (taps.empty() || taps.back() != output) return false;
  // An edit of the trace's own at the output would be applied twice.
  if (std::any_of(base.begin(), base.end(), [&](const Edit& edit) { return edit.tap == output; })) return false;
  const auto inside = [&](const Edit& edit) {
    return edit.tap != output && std::find(taps.begin(), taps.end(), edit.tap) != taps.end();
  };
  return std::none_of(variants.begin(), variants.end(),
                      [&](const std::vector<Edit>& edits) { return std::any_of(edits.begin(), edits.end(), inside); });
}

}  // namespace

Result<at::Tensor> Trace::activation(const std::string& tap, const JobContext& job) const {
  const auto& steps = state_->backbone->steps();
  TRY(const std::ptrdiff_t index, step_of(*state_->backbone, tap));
  if (index < 0) return state_->step_inputs.front().x;
  Replay replay(state_->options.edits, nullptr, job);
  replay.wanted = tap;
  TRY_VOID(guarded([&] {
    const at::NoGradGuard no_grad;
    steps[index].run(state_->step_inputs[index], &replay);
  }));
  TRY_VOID(check_weights(*state_->backbone));
  return replay.seen;
}

Result<at::Tensor> Trace::rerun(const Variants& variants, const JobContext& job, std::int64_t batch) const {
  if (variants.empty()) return fail(Error::Kind::InvalidInput, "no edits to apply");
  if (state_->images.size(0) != 1) return fail(Error::Kind::InvalidInput, "edits re-run a single image only");
  if (!state_->logits.defined() || state_->logits.dim() != 2)
    return fail(Error::Kind::InvalidInput, "variants are compared by a classifier's logits, and this has none");
  const auto& steps = state_->backbone->steps();
  const auto end = static_cast<std::ptrdiff_t>(steps.size());
  std::map<std::ptrdiff_t, std::vector<std::size_t>> by_step;
  for (std::size_t v = 0; v < variants.size(); ++v) {
    TRY(const std::ptrdiff_t first, first_step(*state_->backbone, variants[v]));
    by_step[first].push_back(v);
  }

  const auto run_chunk = [&](std::ptrdiff_t first, const Variants& chunk) {
    const auto count = static_cast<std::int64_t>(chunk.size());
    if (first == end) return state_->logits.expand({count, -1});
    Replay replay(state_->options.edits, &chunk, job);
    const bool skip = only_output_changes(*state_->backbone, first, chunk, state_->options.edits);
    const at::Tensor& start =
        first < 0 ? state_->images : state_->step_inputs[static_cast<std::size_t>(skip ? first + 1 : first)].x;
    at::Tensor x = start.expand({count, -1, -1, -1}).contiguous();
    if (first < 0) x = TapScope(&replay, "").as_is("input", x);
    if (skip) {
      const TapScope output(&replay, steps[static_cast<std::size_t>(first)].name);
      x = state_->backbone->architecture().family == Family::Swin ? output.as_tokens("", x) : output.as_nchw("", x);
      ++first;
    }
    for (auto i = std::max<std::ptrdiff_t>(first, 0); i < end; ++i) {
      throw_if_cancelled(job);
      x = steps[static_cast<std::size_t>(i)].run(x, &replay).x;
    }
    return x;
  };

  const auto total = static_cast<std::int64_t>(variants.size());
  const auto most = static_cast<std::size_t>(std::max<std::int64_t>(batch, 1));
  at::Tensor logits;
  std::int64_t done = 0;
  TRY_VOID(guarded([&] {
    const at::NoGradGuard no_grad;
    logits = at::empty({total, state_->logits.size(1)}, state_->logits.options());
    for (const auto& [first, members] : by_step) {
      for (std::size_t begin = 0; begin < members.size(); begin += most) {
        throw_if_cancelled(job);
        job.progress(done, total, "re-running from the edit on");
        const std::size_t size = std::min(members.size() - begin, most);
        Variants chunk;
        for (std::size_t i = 0; i < size; ++i) chunk.push_back(variants[members[begin + i]]);
        const at::Tensor rows = run_chunk(first, chunk);
        for (std::size_t i = 0; i < size; ++i)
          logits[static_cast<std::int64_t>(members[begin + i])].copy_(rows[static_cast<std::int64_t>(i)]);
        done += static_cast<std::int64_t>(size);
      }
    }
  }));
  TRY_VOID(check_weights(*state_->backbone));
  return logits;
}

}  // namespace orderscope
