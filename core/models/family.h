// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/checkpoint/family_reader.h"
#include "core/models/backbone.h"
#include "core/models/model.h"

namespace orderscope {

/// A family of backbones beside the built-in ones: how its checkpoints are recognised, built and described. What is
/// read, built and described once works with every analysis, for those know taps and blocks only.
struct BackboneFamily {
  std::string name;      ///< "gnconv-vit": a word of a-z, 0-9, - and _; not that of a built-in family
  std::string title;     ///< for people
  std::string citation;  ///< where the architecture comes from

  /// See FamilyReader. `read` fills depths, dims, classes, in_channels and image_size as for any family (one entry a
  /// stage), `orders` where there are gnConvs, and plugin_options with the rest; family and name are filled in for it.
  std::function<bool(const StateDict& state_dict)> recognises;
  std::function<Result<Architecture>(const StateDict& state_dict)> read;

  /// The network with uninitialised parameters; its parameters carry the names of the checkpoint. Errors: InvalidInput
  /// if the architecture contradicts itself.
  std::function<Result<std::shared_ptr<Backbone>>(const Architecture& architecture)> build;

  /// The blocks in the order of the network: their names are taps, `order` > 0 promises the taps of a gnConv (see
  /// GnConv::tap_names) under NAME.gnconv. At least one.
  std::function<std::vector<BlockInfo>(const Architecture& architecture)> blocks;
  /// What mixes the tokens, one entry a stage: "gnconv-7x7", "attention".
  std::function<std::vector<std::string>(const Architecture& architecture)> mixers;

  std::string cam_layer;  ///< tap at which class activation maps are taken by default; "": the last block
};

/// Adds a family for as long as the program runs. Errors: InvalidInput if the name is taken, malformed or something is
/// missing.
Result<void> register_family(BackboneFamily family);

/// Whether register_family would take it. Errors: the same.
Result<void> check_family(const BackboneFamily& family);

/// Those that were registered, in that order.
std::vector<const BackboneFamily*> registered_families();

/// The registered family of an architecture; nullptr for a built-in one.
const BackboneFamily* find_family(const Architecture& architecture);

}  // namespace orderscope
