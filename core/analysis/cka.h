// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/analysis/descriptor.h"
#include "core/analysis/gram.h"
#include "core/analysis/values.h"

namespace orderscope {

/// How HSIC is estimated from n images: Biased, tr(K H L H) / (n - 1)^2; Unbiased, HSIC_1 of Song et al. (JMLR 2012),
/// at least four images; Minibatch, HSIC_1 averaged over minibatches before the ratio (Nguyen et al., ICLR 2021), for
/// more images than memory holds.
enum class CkaEstimator { Biased, Unbiased, Minibatch };

std::string to_string(CkaEstimator estimator);  ///< "biased", "unbiased", "minibatch"
Result<CkaEstimator> cka_estimator_from_string(const std::string& name);

const MethodDescriptor& cka_descriptor();

/// HSIC of two Gram matrices of centred features, float64 [n, n].
double hsic(const at::Tensor& k, const at::Tensor& l, bool unbiased);

/// A model, some of its layers and the images prepared for it.
struct CkaSide {
  std::shared_ptr<const Backbone> backbone;
  std::vector<std::string> layers;
  TensorSource images;
};

struct CkaOptions {
  CkaEstimator estimator = CkaEstimator::Biased;
  std::int64_t batch = 32;  ///< images of a minibatch; a rest that does not fill one is left out
  GramOptions grams;
};

struct CkaResult {
  Matrix matrix;  ///< layers of a by layers of b; NaN where a pair has no value
  std::int64_t images = 0;
  std::vector<std::string> warnings;  ///< which layers have no value, and why
};

/// Linear centred kernel alignment (Kornblith et al., ICML 2019, eq. 3) of every layer of a with every layer of b:
/// HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)). Unbiased values may be negative or above 1 and are not clipped. A layer
/// whose activations are the same for all images, or hold NaN, gives NaN and a warning. Image i of a and of b must be
/// the same picture. Errors: InvalidInput (different or too few images), and as layer_grams.
Result<CkaResult> linear_cka(const CkaSide& a, const CkaSide& b, const CkaOptions& options, const JobContext& job = {});

}  // namespace orderscope
