// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "core/base/result.h"
#include "core/checkpoint/architecture.h"

namespace orderscope {

/// A backbone of four stages, described as people describe one. What is left out is filled in as the authors have it in
/// their tiny model.
struct ArchitectureOptions {
  Family family = Family::HorNet;
  int size = 224;               ///< side of the input, pixels
  int width = 0;                ///< channels of the first stage, doubled at each further one; 0: 64, 96 for the others
  std::vector<int> dims{};      ///< channels of the stages, instead of `width`
  std::vector<int> depths{};    ///< blocks of the stages
  std::vector<int> orders{};    ///< HorNet
  bool global_filters = false;  ///< HorNet: global-local filters in stages 3 and 4 (HorNet-GF)
  int kernel = 7;               ///< HorNet, ConvNeXt
  int window = 0;               ///< Swin; 0: the largest up to 8 that fits all stages
  std::vector<int> heads{};     ///< Swin; default: 32 channels a head
};

/// Errors: InvalidInput where numbers do not fit together; names the option.
Result<Architecture> make_architecture(const ArchitectureOptions& options);

}  // namespace orderscope
