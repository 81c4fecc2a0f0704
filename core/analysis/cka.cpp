// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/cka.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "core/base/guard.h"

namespace orderscope {

std::string to_string(CkaEstimator estimator) {
  switch (estimator) {
    case CkaEstimator::Biased: return "biased";
    case CkaEstimator::Unbiased: return "unbiased";
    case CkaEstimator::Minibatch: return "minibatch";
  }
  return {};
}

Result<CkaEstimator> cka_estimator_from_string(const std::string& name) {
  for (const auto estimator : {CkaEstimator::Biased, CkaEstimator::Unbiased, CkaEstimator::Minibatch})
    if (to_string(estimator) == name) return estimator;
  return fail(Error::Kind::InvalidInput, "unknown estimator", name, "use biased, unbiased or minibatch");
}

const MethodDescriptor& cka_descriptor() {
  using Type = MethodParameter::Type;
  static const MethodDescriptor descriptor{
      "cka",
      "Linear CKA",
      "Kornblith et al., ICML 2019; unbiased: Song et al., JMLR 2012; minibatch: Nguyen et al., ICLR 2021",
      {{"layers-a",
        Type::Layer,
        "layers of the first model, with commas and *; blocks: every block's output",
        "blocks",
        {},
        0,
        0},
       {"layers-b", Type::Layer, "layers of the second model", "blocks", {}, 0, 0},
       {"estimator", Type::Choice, "how HSIC is estimated", "biased", {"biased", "unbiased", "minibatch"}, 0, 0},
       {"batch", Type::Integer, "images of a minibatch", "32", {}, 4, 4096},
       {"count", Type::Integer, "images to use; 0: all", "0", {}, 0, 1e6}},
      /*needs_gradient=*/false,
      /*needs_gnconv=*/false,
      "matrix of two models"};
  return descriptor;
}

double hsic(const at::Tensor& k, const at::Tensor& l, bool unbiased) {
  const auto n = static_cast<double>(k.size(0));
  if (!unbiased) return (k * l).sum().item<double>() / ((n - 1) * (n - 1));
  at::Tensor k0 = k.clone(), l0 = l.clone();
  k0.fill_diagonal_(0);
  l0.fill_diagonal_(0);
  const double trace = (k0 * l0).sum().item<double>();
  const double sums = k0.sum().item<double>() * l0.sum().item<double>();
  const double crossed = at::dot(k0.sum(0), l0.sum(1)).item<double>();
  return (trace + sums / ((n - 1) * (n - 2)) - 2 * crossed / (n - 2)) / (n * (n - 3));
}

namespace {

/// Sums of HSIC over minibatches: of every pair of layers, and of each layer with itself.
struct Sums {
  std::vector<double> pairs, a, b;
};

struct LayerState {
  bool constant = true;  ///< in every minibatch
  bool finite = true;
};

std::string why(const LayerState& state) {
  return state.finite ? "its activations are the same for all images" : "its activations hold NaN or Inf";
}

}  // namespace

Result<CkaResult> linear_cka(const CkaSide& a, const CkaSide& b, const CkaOptions& options, const JobContext& job) {
  const std::int64_t available = a.images.count;
  const bool unbiased = options.estimator != CkaEstimator::Biased;
  const bool in_batches = options.estimator == CkaEstimator::Minibatch;
  const std::int64_t least = unbiased ? 4 : 2;
  if (a.images.count != b.images.count)
    return fail(Error::Kind::InvalidInput, "both models must see the same images", "cka");
  if (a.layers.empty() || b.layers.empty()) return fail(Error::Kind::InvalidInput, "there are no layers", "cka");
  if (available < least || (in_batches && options.batch < least)) {
    return fail(Error::Kind::InvalidInput, "needs at least " + std::to_string(least) + " images", "cka",
                "the " + to_string(options.estimator) + " estimator is not defined for fewer");
  }
  const std::int64_t batch = in_batches ? std::min(options.batch, available) : available;
  const std::int64_t batches = available / batch;

  CkaResult result;
  result.images = batches * batch;
  Sums sums{std::vector<double>(a.layers.size() * b.layers.size()), std::vector<double>(a.layers.size()),
            std::vector<double>(b.layers.size())};
  std::vector<LayerState> state_a(a.layers.size()), state_b(b.layers.size());
  for (std::int64_t m = 0; m < batches; ++m) {
    TRY(const auto k, layer_grams(a.backbone, a.layers, a.images, m * batch, (m + 1) * batch, options.grams, job));
    TRY(const auto l, layer_grams(b.backbone, b.layers, b.images, m * batch, (m + 1) * batch, options.grams, job));
    TRY_VOID(guarded([&] {
      const auto own = [&](const std::vector<LayerGram>& grams, std::vector<double>& into,
                           std::vector<LayerState>& states) {
        for (std::size_t i = 0; i < grams.size(); ++i) {
          into[i] += hsic(grams[i].gram, grams[i].gram, unbiased);
          states[i].constant &= grams[i].constant;
          states[i].finite &= grams[i].finite;
        }
      };
      own(k, sums.a, state_a);
      own(l, sums.b, state_b);
      for (std::size_t i = 0; i < k.size(); ++i) {
        throw_if_cancelled(job);
        for (std::size_t j = 0; j < l.size(); ++j) sums.pairs[i * l.size() + j] += hsic(k[i].gram, l[j].gram, unbiased);
      }
    }));
  }

  result.matrix = {"cka." + to_string(options.estimator), a.layers, b.layers, {}};
  bool undefined = false;
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    for (std::size_t j = 0; j < b.layers.size(); ++j) {
      const bool usable = state_a[i].finite && !state_a[i].constant && state_b[j].finite && !state_b[j].constant;
      const double product = sums.a[i] * sums.b[j];
      const bool defined = usable && sums.a[i] > 0 && sums.b[j] > 0;
      undefined |= usable && !defined;
      result.matrix.values.push_back(defined ? sums.pairs[i * b.layers.size() + j] / std::sqrt(product)
                                             : std::numeric_limits<double>::quiet_NaN());
    }
  }
  const auto tell = [&](const char* side, const std::vector<std::string>& layers,
                        const std::vector<LayerState>& states) {
    for (std::size_t i = 0; i < layers.size(); ++i)
      if (states[i].constant || !states[i].finite)
        result.warnings.push_back(std::string(side) + " model, " + layers[i] + " has no CKA: " + why(states[i]));
  };
  tell("first", a.layers, state_a);
  tell("second", b.layers, state_b);
  if (undefined)
    result.warnings.push_back(
        "some pairs have no CKA: the unbiased HSIC of a layer with itself is not positive with so "
        "few images");
  if (result.images < available) {
    result.warnings.push_back(std::to_string(available - result.images) + " images do not fill a minibatch of " +
                              std::to_string(batch) + " and were left out");
  }
  return result;
}

}  // namespace orderscope
