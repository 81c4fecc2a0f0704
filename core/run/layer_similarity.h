// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/analysis/values.h"
#include "core/base/job.h"
#include "core/models/model.h"

namespace orderscope {

struct LayerSimilarity {
  Matrix matrix;          ///< blocks of a by blocks of b
  std::string estimator;  ///< "unbiased", or "biased" where there are fewer than four pictures
  int images = 0;
  std::vector<std::string> warnings;
};

/// Linear CKA of every block of a with every block of b over these pictures, each prepared as its model wants it; see
/// cka.h. No LibTorch in this header. Errors: InvalidInput for fewer than two pictures, and as decode_image, preprocess
/// and linear_cka.
Result<LayerSimilarity> layer_similarity(const std::shared_ptr<const Model>& a, const std::shared_ptr<const Model>& b,
                                         const std::vector<std::filesystem::path>& pictures,
                                         const JobContext& job = {});

}  // namespace orderscope
