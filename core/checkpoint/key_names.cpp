// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/key_names.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/checkpoint/openmmlab_names.h"
#include "core/checkpoint/quote.h"

namespace orderscope {

namespace {

struct Rename {
  std::string_view from, to;
};

bool any_name(const StateDict& state_dict, auto&& test) {
  return std::ranges::any_of(state_dict, [&](const NamedTensor& t) { return test(std::string_view(t.name)); });
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Replaces the first place where `from` stands in the name.
bool replace_part(std::string& name, Rename rule) {
  const auto at = name.find(rule.from);
  if (at == std::string::npos) return false;
  name.replace(at, rule.from.size(), rule.to);
  return true;
}

bool replace_prefix(std::string& name, Rename rule) {
  if (!name.starts_with(rule.from)) return false;
  name.replace(0, rule.from.size(), rule.to);
  return true;
}

/// "stages.2.downsample.0.weight" behind the prefix "stages.": the number 2, and ".downsample.0.weight" left in `rest`.
std::optional<int> take_number(std::string_view& rest) {
  int number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc() || number < 0) return {};
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return number;
}

void rename_timm_swin(std::string& name) {
  if (replace_prefix(name, {"head.fc.", "head."})) return;
  // timm downsamples at the start of a stage, the official code at the end of the one before.
  std::string_view rest = name;
  if (!rest.starts_with("layers.")) return;
  rest.remove_prefix(7);
  const auto stage = take_number(rest);
  if (stage && *stage > 0 && rest.starts_with(".downsample."))
    name = "layers." + std::to_string(*stage - 1) + std::string(rest);
}

void rename_timm_convnext(std::string& name) {
  for (const Rename rule :
       std::array<Rename, 3>{{{"stem.", "downsample_layers.0."}, {"head.norm.", "norm."}, {"head.fc.", "head."}}})
    if (replace_prefix(name, rule)) return;
  std::string_view rest = name;
  if (!rest.starts_with("stages.")) return;
  rest.remove_prefix(7);
  const auto stage = take_number(rest);
  constexpr std::string_view downsample = ".downsample.";
  if (stage && rest.starts_with(downsample)) {
    name = "downsample_layers." + std::to_string(*stage) + "." + std::string(rest.substr(downsample.size()));
    return;
  }
  replace_part(name, {".blocks.", "."});
  for (const Rename rule :
       std::array<Rename, 3>{{{".conv_dw.", ".dwconv."}, {".mlp.fc1.", ".pwconv1."}, {".mlp.fc2.", ".pwconv2."}}})
    replace_part(name, rule);
}

void rename_mmpretrain_hornet(std::string& name, bool dense) {
  replace_prefix(name, {"head.fc.", "head."});
  // norm3 is the norm before the head; in a detection or segmentation backbone it is one of four, after each stage.
  if (!dense) replace_prefix(name, {"norm3.", "norm."});
  replace_part(name, {".gnconv.projs.", ".gnconv.pws."});
  for (const std::string_view gamma : {".gamma1", ".gamma2"})
    if (name.ends_with(std::string(gamma) + ".weight")) name.resize(name.size() - std::string_view(".weight").size());
}

void rename_huggingface_swin(std::string& name) {
  replace_prefix(name, {"swin.", ""});
  for (const Rename rule : std::array<Rename, 5>{{{"embeddings.patch_embeddings.projection.", "patch_embed.proj."},
                                                  {"embeddings.norm.", "patch_embed.norm."},
                                                  {"layernorm.", "norm."},
                                                  {"classifier.", "head."},
                                                  {"encoder.layers.", "layers."}}})
    if (replace_prefix(name, rule)) break;
  if (name == "embeddings.position_embeddings") name = "absolute_pos_embed";
  // "attention.output.dense" has to go before "output.dense".
  for (const Rename rule : std::array<Rename, 6>{{{".attention.output.dense.", ".attn.proj."},
                                                  {".attention.self.", ".attn."},
                                                  {".layernorm_before.", ".norm1."},
                                                  {".layernorm_after.", ".norm2."},
                                                  {".intermediate.dense.", ".mlp.fc1."},
                                                  {".output.dense.", ".mlp.fc2."}}})
    replace_part(name, rule);
}

void rename_huggingface_convnext(std::string& name) {
  replace_prefix(name, {"convnext.", ""});
  for (const Rename rule : std::array<Rename, 5>{{{"embeddings.patch_embeddings.", "downsample_layers.0.0."},
                                                  {"embeddings.layernorm.", "downsample_layers.0.1."},
                                                  {"layernorm.", "norm."},
                                                  {"classifier.", "head."},
                                                  {"encoder.stages.", "stages."}}})
    if (replace_prefix(name, rule)) break;
  std::string_view rest = name;
  if (!rest.starts_with("stages.")) return;
  rest.remove_prefix(7);
  const auto stage = take_number(rest);
  constexpr std::string_view downsample = ".downsampling_layer.";
  if (stage && rest.starts_with(downsample)) {
    name = "downsample_layers." + std::to_string(*stage) + "." + std::string(rest.substr(downsample.size()));
    return;
  }
  replace_part(name, {".layers.", "."});
  replace_part(name, {".layernorm.", ".norm."});
  replace_part(name, {".layer_scale_parameter", ".gamma"});
}

/// query, key and value are rows 0..d, d..2d and 2d..3d of the official qkv.
Result<void> join_query_key_value(StateDict& state_dict) {
  constexpr std::string_view marker = ".attn.query.";
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < state_dict.size(); ++i) places.emplace(state_dict[i].name, i);
  std::vector<bool> joined(state_dict.size(), false);
  StateDict result;
  std::vector<std::pair<std::size_t, NamedTensor>> replacements;
  for (std::size_t i = 0; i < state_dict.size(); ++i) {
    const auto& name = state_dict[i].name;
    const auto at = name.find(marker);
    if (at == std::string::npos) continue;
    const auto named = [&](std::string_view part) {
      return name.substr(0, at) + ".attn." + std::string(part) + "." + name.substr(at + marker.size());
    };
    const auto key = places.find(named("key"));
    const auto value = places.find(named("value"));
    if (key == places.end() || value == places.end())
      return fail(Error::Kind::Broken, quote(name) + " has no " + quote(named(key == places.end() ? "key" : "value")));
    const auto& q = state_dict[i].tensor;
    for (const std::size_t other : {key->second, value->second}) {
      const auto& tensor = state_dict[other].tensor;
      if (tensor.sizes() != q.sizes() || tensor.scalar_type() != q.scalar_type() || q.dim() == 0)
        return fail(Error::Kind::Broken, quote(state_dict[other].name) + " does not have the shape of " + quote(name));
      joined[other] = true;
    }
    replacements.emplace_back(
        i, NamedTensor{named("qkv"), at::cat({q, state_dict[key->second].tensor, state_dict[value->second].tensor})});
  }
  for (auto& [place, tensor] : replacements) state_dict[place] = std::move(tensor);
  for (std::size_t i = 0; i < state_dict.size(); ++i)
    if (!joined[i]) result.push_back(std::move(state_dict[i]));
  state_dict = std::move(result);
  return {};
}

Result<void> refuse_repeated_names(const StateDict& state_dict) {
  std::unordered_set<std::string_view> seen;
  for (const auto& entry : state_dict)
    if (!seen.insert(entry.name).second)
      return fail(Error::Kind::Broken, "two tensors of the file have the official name " + quote(entry.name));
  return {};
}

/// timm's ConvNeXts with conv_mlp keep the 1x1 convolutions of their MLPs 4-D; the numbers are the same.
void flatten_pointwise_convolutions(StateDict& state_dict) {
  for (auto& [name, tensor] : state_dict)
    if (contains(name, ".pwconv") && name.ends_with(".weight") && tensor.dim() == 4 && tensor.size(2) == 1 &&
        tensor.size(3) == 1)
      tensor = tensor.squeeze(3).squeeze(2);
}

}  // namespace

void strip_prefixes(StateDict& state_dict) {
  for (auto& entry : state_dict)
    for (const std::string_view prefix : {"module.", "backbone."})
      if (entry.name.starts_with(prefix)) entry.name.erase(0, prefix.size());
}

Result<std::string> use_official_names(StateDict& state_dict) {
  const auto starts = [&](std::string_view prefix) {
    return any_name(state_dict, [&](std::string_view name) { return name.starts_with(prefix); });
  };
  const auto has = [&](std::string_view part) {
    return any_name(state_dict, [&](std::string_view name) { return contains(name, part); });
  };
  const auto rename_all = [&](auto&& rename) {
    for (auto& entry : state_dict) rename(entry.name);
  };

  std::string naming = "official";
  if (has("embeddings.patch_embeddings.projection.")) {
    naming = "huggingface";
    rename_all(rename_huggingface_swin);
    TRY_VOID(join_query_key_value(state_dict));
  } else if (has("embeddings.patch_embeddings.")) {
    naming = "huggingface";
    rename_all(rename_huggingface_convnext);
  } else if (starts("stem.") && has(".conv_dw.")) {
    naming = "timm";
    rename_all(rename_timm_convnext);
    flatten_pointwise_convolutions(state_dict);
  } else if (starts("patch_embed.") && (starts("head.fc.") || starts("layers.3.downsample."))) {
    naming = "timm";
    rename_all(rename_timm_swin);
  } else if (is_openmmlab_swin(state_dict)) {
    naming = "openmmlab";
    rename_openmmlab_swin(state_dict);
  } else if (is_openmmlab_convnext(state_dict)) {
    naming = "openmmlab";
    rename_openmmlab_convnext(state_dict);
    flatten_pointwise_convolutions(state_dict);
  } else if (has(".gnconv.projs.") || has(".gamma1.weight") || (has(".gnconv.") && starts("head.fc."))) {
    naming = "mmpretrain";
    const bool dense = starts("norm0.");
    rename_all([&](std::string& name) { rename_mmpretrain_hornet(name, dense); });
  }
  TRY_VOID(refuse_repeated_names(state_dict));
  return naming;
}

}  // namespace orderscope
