// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "gnconv_vit.h"

namespace gnconv_vit {

using orderscope::Architecture;
using orderscope::Error;
using orderscope::fail;
using orderscope::NamedTensor;
using orderscope::Result;
using orderscope::StateDict;

namespace {

constexpr int kLargestOrder = 16;

class Weights {
 public:
  explicit Weights(const StateDict& state_dict) {
    for (const NamedTensor& item : state_dict) by_name_.emplace(item.name, &item.tensor);
  }

  bool has(const std::string& name) const { return by_name_.contains(name); }

  /// A size of a tensor that has to be there.
  Result<int> size(const std::string& name, std::int64_t dimension, std::int64_t dimensions,
                   int limit = 1 << 16) const {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return fail(Error::Kind::Broken, "the tensor " + name + " is missing");
    if (found->second->dim() != dimensions)
      return fail(Error::Kind::Broken,
                  "the tensor " + name + " does not have " + std::to_string(dimensions) + " dimensions");
    const std::int64_t size = found->second->size(dimension);
    if (size < 1 || size > limit)
      return fail(Error::Kind::Broken, "the tensor " + name + " cannot have a size of " + std::to_string(size));
    return static_cast<int>(size);
  }

  /// How many of PREFIX0, PREFIX1, ... begin a name. Errors: Broken if one is missing before the last.
  Result<int> count(const std::string& prefix) const {
    std::set<int> numbers;
    for (const auto& [name, tensor] : by_name_) {
      if (!name.starts_with(prefix)) continue;
      int number = -1;
      std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
      if (number >= 0) numbers.insert(number);
    }
    int expected = 0;
    for (const int number : numbers)
      if (number != expected++) return fail(Error::Kind::Broken, prefix + std::to_string(expected - 1) + " is missing");
    return expected;
  }

 private:
  std::map<std::string, const at::Tensor*> by_name_;
};

}  // namespace

std::string Options::json() const {
  return nlohmann::json{{"patch_size", patch_size}, {"mlp_width", mlp_width}}.dump();
}

Result<Options> Options::parse(const std::string& text) {
  try {
    const auto json = nlohmann::json::parse(text);
    return Options{json.at("patch_size").get<std::int64_t>(), json.at("mlp_width").get<std::int64_t>()};
  } catch (const nlohmann::json::exception& error) {
    return fail(Error::Kind::InvalidInput, std::string("its options cannot be read: ") + error.what());
  }
}

bool recognises(const StateDict& state_dict) {
  bool patches = false, mixer = false;
  for (const NamedTensor& item : state_dict) {
    patches = patches || (item.name == "patch_embed.proj.weight" && item.tensor.dim() == 4);
    mixer = mixer || (item.name.starts_with("blocks.") && item.name.ends_with(".gnconv.proj_in.weight"));
  }
  return patches && mixer;
}

Result<Architecture> read(const StateDict& state_dict) {
  const Weights weights(state_dict);
  Architecture a;
  Options options;
  TRY(const int dim, weights.size("patch_embed.proj.weight", 0, 4));
  TRY(a.in_channels, weights.size("patch_embed.proj.weight", 1, 4, 1024));
  TRY(options.patch_size, weights.size("patch_embed.proj.weight", 2, 4, 256));
  TRY(const int depth, weights.count("blocks."));
  a.dims = {dim};
  a.depths = {depth};

  // All blocks are alike: the first tells, and where another differs its weights will not fit.
  TRY(const int pointwise, weights.count("blocks.0.gnconv.pws."));
  const int order = pointwise + 1;
  if (order > kLargestOrder || dim % (1 << (order - 1)) != 0)
    return fail(Error::Kind::Broken, "blocks.0.gnconv.pws has order " + std::to_string(order) +
                                         ", which does not divide the width " + std::to_string(dim));
  a.orders = {order};
  a.filters = {std::nullopt};
  const std::string filter = "blocks.0.gnconv.dwconv.complex_weight";
  if (weights.has(filter)) {
    TRY(const int height, weights.size(filter, 1, 4, 4096));
    TRY(const int width, weights.size(filter, 2, 4, 4096));
    a.filters = {orderscope::FilterSize{height, width}};
    // As in HorNet, a filter is as high as the map at the native size.
    a.image_size = height * static_cast<int>(options.patch_size);
  } else {
    TRY(a.kernel_size, weights.size("blocks.0.gnconv.dwconv.weight", 2, 4, 63));
    if (a.kernel_size % 2 == 0) return fail(Error::Kind::Broken, "blocks.0.gnconv.dwconv.weight has an even kernel");
  }
  TRY(options.mlp_width, weights.size("blocks.0.mlp.fc1.weight", 0, 2));
  TRY(a.classes, weights.size("head.weight", 0, 2, 1 << 20));
  a.mlp_ratio = std::max(1, static_cast<int>(options.mlp_width) / dim);
  a.layer_scale = weights.has("blocks.0.gamma1");
  a.plugin_options = options.json();
  return a;
}

}  // namespace gnconv_vit
