// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace orderscope {

/// A setting of a method: what the command line's options and the window's form are made from.
struct MethodParameter {
  enum class Type { Integer, Real, Choice, Class, Layer };

  std::string name;
  Type type = Type::Integer;
  std::string help;
  std::string default_value;         ///< as text; "" where the user must say
  std::vector<std::string> choices;  ///< for Choice
  double low = 0, high = 0;          ///< for Integer and Real; low == high: any
};

/// What a method is called, where it comes from, what it takes and what it gives.
struct MethodDescriptor {
  std::string id;     ///< "gradcam": command line, files, provenance
  std::string title;  ///< "Grad-CAM": for people
  std::string citation;
  std::vector<MethodParameter> parameters;
  bool needs_gradient = false;
  bool needs_gnconv = false;
  std::string yields;  ///< "map", "maps by order", ...
  /// Whether it also explains a region of a segmenter or a box of a detector (Subject::target): true for those that
  /// need nothing but activations and gradients.
  bool explains_regions = false;
};

/// The descriptor of every method there is, in the order in which menus show them: those of all_methods() (method.h)
/// and those that look at more than one image and have a command of their own. Plugins' come last.
std::vector<const MethodDescriptor*> methods();

/// The one with this id, or nullptr.
const MethodDescriptor* find_descriptor(const std::string& id);

}  // namespace orderscope
