// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "core/analysis/tensor_source.h"
#include "core/base/job.h"

namespace orderscope {

class Backbone;

/// What of a layer's activations over n images the similarity of layers needs: how alike every two images look there.
struct LayerGram {
  std::string layer;
  at::Tensor gram;        ///< X X^T of the centred features [n, p], float64 [n, n]; zeros for a constant layer
  bool constant = false;  ///< the activations are the same for all images
  bool finite = true;
};

struct GramOptions {
  std::int64_t images_a_pass = 8;  ///< forwarded at once
  /// Bytes of activations held at once. Layers that do not fit together are taken in several forward passes.
  std::int64_t memory_budget = std::int64_t{1} << 31;
};

/// The Gram matrices of the flattened activations of these layers over images `first` to `last` (exclusive). Features
/// are float32 as the model gives them; centring and products are float64. Centring changes neither estimator of HSIC
/// and keeps a common mean from eating the digits. Errors: as the source; InvalidInput, Cancelled, OutOfMemory.
Result<std::vector<LayerGram>> layer_grams(const std::shared_ptr<const Backbone>& backbone,
                                           const std::vector<std::string>& layers, const TensorSource& images,
                                           std::int64_t first, std::int64_t last, const GramOptions& options = {},
                                           const JobContext& job = {});

/// The Gram matrix of features [n, p].
LayerGram gram_of(const std::string& layer, const at::Tensor& features);

}  // namespace orderscope
