// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/gram.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "core/base/guard.h"
#include "core/trace/trace.h"

namespace orderscope {

namespace {

/// Of the mean square: less variation than this over the images is rounding, not signal. A single float32 value in ten
/// million that differs by its last bit is still above.
constexpr double kNoVariance = 1e-24;

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

/// Features of some layers over all images, [n, p] each.
Result<std::vector<at::Tensor>> features(const std::shared_ptr<const Backbone>& backbone,
                                         const std::vector<std::string>& layers, const TensorSource& images,
                                         std::int64_t first, std::int64_t last, const GramOptions& options,
                                         const JobContext& job) {
  std::vector<at::Tensor> all(layers.size());
  const Probe probe{joined(layers), [](const at::Tensor& x) { return x.detach(); }, {}};
  TraceOptions keep_all;
  keep_all.memory_budget = std::numeric_limits<std::int64_t>::max();
  for (std::int64_t start = first; start < last; start += options.images_a_pass) {
    TRY_VOID(job.check());
    job.progress(start - first, last - first, "activations of " + layers.front());
    const std::int64_t end = std::min(last, start + options.images_a_pass);
    std::vector<at::Tensor> batch;
    for (std::int64_t i = start; i < end; ++i) {
      TRY(at::Tensor image, images.image(i));
      if (!batch.empty() && image.sizes() != batch.front().sizes())
        return fail(Error::Kind::InvalidInput, "the images have different sizes", {},
                    "bring them to one with --size N");
      batch.push_back(std::move(image));
    }
    JobContext silent;
    silent.stop = job.stop;
    TRY(const Trace trace, Trace::forward(backbone, at::cat(batch), {probe}, keep_all, silent));
    TRY_VOID(guarded([&] {
      for (std::size_t l = 0; l < layers.size(); ++l) {
        const at::Tensor x = trace.result(0, layers[l]);
        // Attention probabilities have windows * N entries, the image outermost.
        const at::Tensor rows = x.reshape({end - start, -1}).to(at::kCPU);
        if (!all[l].defined()) all[l] = at::empty({last - first, rows.size(1)});
        if (all[l].size(1) != rows.size(1)) throw std::invalid_argument("the images have different sizes");
        all[l].slice(0, start - first, end - first).copy_(rows);
      }
    }));
  }
  return all;
}

}  // namespace

LayerGram gram_of(const std::string& layer, const at::Tensor& features) {
  LayerGram result;
  result.layer = layer;
  const std::int64_t n = features.size(0), p = features.size(1);
  result.gram = at::zeros({n, n}, at::kDouble);
  double squares = 0;
  // Columns at a time: the features need not exist in float64.
  constexpr std::int64_t kColumns = 1 << 15;
  for (std::int64_t start = 0; start < p; start += kColumns) {
    const at::Tensor x = features.slice(1, start, std::min(p, start + kColumns)).to(at::kDouble);
    squares += x.square().sum().item<double>();
    const at::Tensor centred = x - x.mean(0, true);
    result.gram.addmm_(centred, centred.t());
  }
  result.finite = std::isfinite(squares);
  result.constant = result.finite && result.gram.diagonal().sum().item<double>() <= kNoVariance * squares;
  if (result.constant) result.gram.zero_();
  return result;
}

Result<std::vector<LayerGram>> layer_grams(const std::shared_ptr<const Backbone>& backbone,
                                           const std::vector<std::string>& layers, const TensorSource& images,
                                           std::int64_t first, std::int64_t last, const GramOptions& options,
                                           const JobContext& job) {
  // How large each layer is, from one image.
  TRY(const at::Tensor probe_image, images.image(first));
  TRY(const Trace sizes,
      Trace::forward(
          backbone, probe_image,
          {{joined(layers),
            [](const at::Tensor& x) { return at::scalar_tensor(static_cast<double>(x.numel()), at::kDouble); },
            {}}}));
  std::vector<LayerGram> grams;
  for (std::size_t l = 0; l < layers.size();) {
    std::vector<std::string> group;
    std::int64_t bytes = 0;
    while (l + group.size() < layers.size()) {
      const std::string& layer = layers[l + group.size()];
      const at::Tensor size = sizes.result(0, layer);
      if (!size.defined()) return fail(Error::Kind::InvalidInput, "the model passes no such layer", layer);
      bytes += static_cast<std::int64_t>(size.item<double>()) * 4 * (last - first);
      if (!group.empty() && bytes > options.memory_budget) break;
      group.push_back(layer);
    }
    TRY(const auto x, features(backbone, group, images, first, last, options, job));
    TRY_VOID(guarded([&] {
      for (std::size_t g = 0; g < group.size(); ++g) {
        throw_if_cancelled(job);
        grams.push_back(gram_of(group[g], x[g]));
      }
    }));
    l += group.size();
  }
  return grams;
}

}  // namespace orderscope
