// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/openmmlab_names.h"

#include <ATen/ops/tensor.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace orderscope {

namespace {

struct Rename {
  std::string_view from, to;
};

template <std::size_t N>
void replace_parts(std::string& name, const std::array<Rename, N>& rules) {
  for (const Rename& rule : rules)
    if (const auto at = name.find(rule.from); at != std::string::npos) name.replace(at, rule.from.size(), rule.to);
}

bool has_levels(const StateDict& state_dict) {
  return std::ranges::any_of(state_dict, [](const NamedTensor& t) {
    return t.name.starts_with("norm0.") || t.name.starts_with("norm1.") || t.name.starts_with("norm2.");
  });
}

bool has_part(const StateDict& state_dict, std::string_view part) {
  return std::ranges::any_of(state_dict, [&](const NamedTensor& t) { return t.name.find(part) != std::string::npos; });
}

/// [..., 4 C] counted channel by channel to patch by patch.
at::Tensor patch_by_patch(const at::Tensor& x) {
  const at::Tensor order = at::tensor({0, 2, 1, 3}, at::kLong);
  auto sizes = x.sizes().vec();
  const std::int64_t channels = sizes.back() / 4;
  const at::Tensor parts = x.reshape({-1, channels, 4}).index_select(2, order).transpose(1, 2);
  return parts.reshape(sizes);
}

}  // namespace

bool is_openmmlab_swin(const StateDict& state_dict) {
  return has_part(state_dict, ".attn.w_msa.") && has_levels(state_dict);
}

bool is_openmmlab_convnext(const StateDict& state_dict) {
  return has_part(state_dict, ".depthwise_conv.") && has_part(state_dict, ".pointwise_conv1.") &&
         has_levels(state_dict);
}

void rename_openmmlab_swin(StateDict& state_dict) {
  constexpr std::array<Rename, 4> parts{{{".attn.w_msa.", ".attn."},
                                         {".ffn.layers.0.0.", ".mlp.fc1."},
                                         {".ffn.layers.1.", ".mlp.fc2."},
                                         {"patch_embed.projection.", "patch_embed.proj."}}};
  for (auto& [name, tensor] : state_dict) {
    const bool in_stage = name.starts_with("stages.");
    if (!in_stage && !name.starts_with("patch_embed.")) continue;
    if (in_stage) name.replace(0, std::string_view("stages").size(), "layers");
    replace_parts(name, parts);
    const bool merging = in_stage && name.find(".downsample.") != std::string::npos;
    if (merging && tensor.dim() >= 1 && tensor.size(-1) >= 4 && tensor.size(-1) % 4 == 0)
      tensor = patch_by_patch(tensor);
  }
}

void rename_openmmlab_convnext(StateDict& state_dict) {
  constexpr std::array<Rename, 3> parts{
      {{".depthwise_conv.", ".dwconv."}, {".pointwise_conv1.", ".pwconv1."}, {".pointwise_conv2.", ".pwconv2."}}};
  for (auto& [name, tensor] : state_dict)
    if (name.starts_with("stages.")) replace_parts(name, parts);
}

}  // namespace orderscope
