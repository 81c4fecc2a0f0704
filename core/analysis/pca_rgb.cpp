// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/pca_rgb.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "core/base/guard.h"

namespace orderscope {

namespace {

/// Scores [h * w, 3] of a layer, scaled to mean square 1 over all three, and the variance along each.
at::Tensor principal_scores(const at::Tensor& activation, std::array<double, 3>& variance) {
  const at::Tensor x = activation.detach().to(at::kCPU, at::kDouble).flatten(1).t();
  const at::Tensor centred = x - x.mean(0, true);
  const auto [values, vectors] = at::linalg_eigh(at::matmul(centred.t(), centred));
  const double total = values.clamp_min(0).sum().item<double>();
  const std::int64_t channels = x.size(1), found = std::min<std::int64_t>(3, channels);
  at::Tensor scores = at::zeros({x.size(0), 3}, at::kDouble);
  for (std::int64_t i = 0; i < found; ++i) {
    // Ascending: the largest is the last.
    at::Tensor score = at::mv(centred, vectors.select(1, channels - 1 - i));
    const double largest = score.index({score.abs().argmax()}).item<double>();
    scores.select(1, i).copy_(largest < 0 ? -score : score);
    variance[i] = std::max(values[channels - 1 - i].item<double>(), 0.0) / total;
  }
  return scores / scores.square().mean().sqrt();
}

at::Tensor as_map(const at::Tensor& scores, const at::Tensor& activation) {
  return scores.t().reshape({3, activation.size(1), activation.size(2)});
}

}  // namespace

const MethodDescriptor& pca_descriptor() {
  using Type = MethodParameter::Type;
  static const MethodDescriptor descriptor{
      "pca",
      "Aligned PCA colours",
      "principal components; orthogonal Procrustes: Schoenemann, Psychometrika 1966",
      {{"layer",
        Type::Layer,
        "one for all models or one for each; middle: the last block of the third stage",
        "middle",
        {},
        0,
        0}},
      /*needs_gradient=*/false,
      /*needs_gnconv=*/false,
      "pictures of several models"};
  return descriptor;
}

Result<std::vector<PcaRgb>> pca_rgb(const std::vector<at::Tensor>& activations) {
  if (activations.empty()) return fail(Error::Kind::InvalidInput, "there is nothing to colour", "pca");
  for (std::size_t i = 0; i < activations.size(); ++i) {
    const at::Tensor& x = activations[i];
    const std::string which = "pca, number " + std::to_string(i + 1);
    if (x.dim() != 3 || x.size(1) * x.size(2) < 2)
      return fail(Error::Kind::InvalidInput, "needs channels and at least two places", which);
    if (!x.isfinite().all().item<bool>())
      return fail(Error::Kind::InvalidInput, "the activation holds NaN or Inf", which);
    if (!((x - x.mean({1, 2}, true)).abs().max().item<double>() > 0))
      return fail(Error::Kind::InvalidInput, "the activation is the same at all places", which);
  }
  std::vector<PcaRgb> all(activations.size());
  TRY_VOID(guarded([&] {
    const c10::NoGradGuard no_grad;
    at::Tensor reference;
    for (std::size_t i = 0; i < activations.size(); ++i) {
      at::Tensor scores = principal_scores(activations[i], all[i].variance);
      if (i == 0) {
        reference = scores;
      } else {
        const at::Tensor same_grid = at::upsample_bilinear2d(as_map(scores, activations[i]).unsqueeze(0),
                                                             {activations[0].size(1), activations[0].size(2)}, false)[0]
                                         .flatten(1)
                                         .t();
        const auto [u, s, vh] = at::linalg_svd(at::matmul(same_grid.t(), reference), false);
        const at::Tensor turn = at::matmul(u, vh);
        const double fit = s.sum().item<double>();
        all[i].alignment = fit * fit / (reference.square().sum() * same_grid.square().sum()).item<double>();
        scores = at::matmul(scores, turn);
      }
      all[i].rgb = as_map(scores, activations[i]).to(at::kFloat).contiguous();
    }
  }));
  return all;
}

}  // namespace orderscope
