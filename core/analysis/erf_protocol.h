// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/analysis/descriptor.h"
#include "core/base/preprocessing.h"
#include "core/base/result.h"

namespace orderscope {

/// What the map becomes before its areas are measured. The mean map itself stays raw.
enum class ErfScale {
  Log10,      ///< log10(mean + 1) / max: depends on the gradient's absolute size
  Linear,     ///< the mean as it is
  FifthRoot,  ///< mean^0.2 / max
  Share,      ///< mean / sum
};

std::string to_string(ErfScale scale);  ///< "log10", "linear", "fifth_root", "share"

/// A published way to measure an effective receptive field (Luo et al., NeurIPS 2016). Numbers of different protocols
/// must not be compared.
struct ErfProtocol {
  std::string id, title, citation;

  int size = 1024;   ///< side of the images; 0: the model's own preprocessing
  bool warp = true;  ///< squash to size x size; false: short side to size, then centre crop
  int images = 50;
  bool random_images = false;  ///< drawn from the set; false: the first ones

  bool relu_features = true;    ///< s = sum_c ReLU(F[c, centre]); false: s = mean_c F[c, centre]
  bool relu_each_color = true;  ///< ReLU(ds/dx), then the sum over RGB; false: mean over RGB, then ReLU
  ErfScale scale = ErfScale::Log10;
};

/// replknet, slak, vmamba, openerf.
const std::vector<ErfProtocol>& erf_protocols();

/// Errors: InvalidInput for an unknown id.
Result<ErfProtocol> erf_protocol(const std::string& id);

/// How pictures are prepared for a model that prepares them as `own` says.
Preprocessing erf_preprocessing(const ErfProtocol& protocol, const Preprocessing& own);

const MethodDescriptor& erf_descriptor();

}  // namespace orderscope
