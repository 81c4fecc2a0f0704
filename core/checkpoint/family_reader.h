// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/checkpoint/checkpoint.h"

namespace orderscope {

struct Architecture;

/// How the checkpoints of a family that is not built in are told from others, and read.
struct FamilyReader {
  std::string family;  ///< Architecture::plugin_family of what it reads
  /// Whether names and shapes are those of this family. Every checkpoint passes by here, under the names of its file
  /// (without "module." and "backbone."), so it must be quick, and exact: what it takes, nobody else is asked about.
  std::function<bool(const StateDict& state_dict)> recognises;
  /// The architecture. Errors: Broken, naming the tensor, when one that decides is missing or contradicts others.
  std::function<Result<Architecture>(const StateDict& state_dict)> read;
};

/// Adds a reader for as long as the program runs. Errors: InvalidInput if the family has one.
Result<void> register_family_reader(FamilyReader reader);

/// The first registered reader that recognises the weights, or nullptr. What goes wrong on the way, a reader that
/// throws or a second one that recognises them too, is added to `warnings` where somebody listens.
const FamilyReader* find_family_reader(const StateDict& state_dict, std::vector<std::string>* warnings = nullptr);

}  // namespace orderscope
