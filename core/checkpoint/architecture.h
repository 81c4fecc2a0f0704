// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace orderscope {

struct NamedTensor;

/// Plugin stands for every family that is not built in; Architecture::plugin_family tells which.
enum class Family { HorNet, Swin, ConvNeXt, Plugin };

std::string to_string(Family family);                        ///< "hornet", "swin", "convnext", "plugin"
Result<Family> family_from_string(const std::string& name);  ///< of a built-in family

/// Stored size of a global-local filter (HorNet's complex_weight): h rows of w = W/2+1 frequencies.
struct FilterSize {
  int h = 0;
  int w = 0;
  bool operator==(const FilterSize&) const = default;
};

/// Everything that fixes a backbone's layers. One entry a stage in each vector but `levels`.
struct Architecture {
  Family family = Family::HorNet;
  int in_channels = 3;
  int classes = 1000;  ///< of the head, a dense one's included; 0 for a backbone without head
  std::vector<int> depths;
  std::vector<int> dims;
  int mlp_ratio = 4;
  bool layer_scale = true;  ///< HorNet gamma1 and gamma2, ConvNeXt gamma; absent where trained with init value <= 0

  std::vector<int> orders;                         ///< HorNet: order n of the stage's gnConvs
  std::vector<std::optional<FilterSize>> filters;  ///< HorNet: global-local filter, or none for the depthwise form
  int kernel_size = 7;                             ///< HorNet, ConvNeXt: of the depthwise convolutions

  std::vector<int> heads;                    ///< Swin
  std::vector<int> windows;                  ///< Swin: side of the attention window (the last stage's may be smaller)
  bool qkv_bias = true;                      ///< Swin
  bool patch_norm = true;                    ///< Swin: LayerNorm after the patch embedding
  bool absolute_position_embedding = false;  ///< Swin

  /// Stages whose output leaves through a norm of its own, norm{i}, as dense prediction wants them; such a backbone has
  /// no head and takes images of any size. Empty for a classifier.
  std::vector<int> levels;

  std::string plugin_family;   ///< Plugin: the family's name, as it was registered
  std::string plugin_options;  ///< Plugin: what else fixes the layers, a JSON object of the family's own; may be empty

  int image_size = 224;  ///< native input side: from filter sizes, attention masks or windows; 224 if nothing tells

  bool operator==(const Architecture&) const = default;
};

/// The name of its family, built in or not: for people, files and provenance.
std::string family_name(const Architecture& architecture);

/// Reads the architecture off names and shapes alone (official names). The readers of plugins (family_reader.h) are
/// asked before the built-in families. Errors: Unsupported when no family fits;
/// Broken when a tensor that decides about the architecture is missing or contradicts the others; names the key.
Result<Architecture> infer_architecture(const std::vector<NamedTensor>& state_dict);

}  // namespace orderscope
