// SPDX-License-Identifier: GPL-3.0-or-later
// Names and shapes of microsoft/Swin-Transformer, models/swin_transformer.py.
#include <algorithm>
#include <cmath>

#include "core/checkpoint/infer.h"
#include "core/checkpoint/quote.h"

namespace orderscope {

namespace {

constexpr int kLargestSide = 1 << 15;  // pixels

/// The root of a square number; nothing for other numbers.
std::optional<int> exact_root(std::int64_t square) {
  if (square < 1 || square > std::int64_t{kLargestSide} * kLargestSide) return {};
  const auto root = static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(square))));
  if (root * root != square) return {};
  return static_cast<int>(root);
}

Result<void> decide_attention(const KeyIndex& index, Architecture& a) {
  constexpr std::string_view table = "attn.relative_position_bias_table";
  std::vector<Votes> heads(a.dims.size()), rows(a.dims.size());
  vote(index, table, 0, rows);
  vote(index, table, 1, heads);
  for (std::size_t i = 0; i < a.dims.size(); ++i) {
    const std::string stage = std::to_string(i);
    const std::string name = "layers." + stage + ".blocks.0." + std::string(table);
    TRY(const int head_count, heads[i].decide("number of heads in stage " + stage, name));
    if (a.dims[i] % head_count != 0)
      return fail(Error::Kind::Broken, quote(name) + " has " + std::to_string(head_count) +
                                           " heads, which do not divide the width " + std::to_string(a.dims[i]));
    TRY(const int row_count, rows[i].decide("size of the bias tables in stage " + stage, name));
    const auto root = exact_root(row_count);
    if (!root || *root % 2 == 0)
      return fail(Error::Kind::Broken, quote(name) + " has " + std::to_string(row_count) +
                                           " rows, which is not (2w-1)^2 for any window side w");
    a.heads.push_back(head_count);
    a.windows.push_back((*root + 1) / 2);
  }
  return {};
}

/// From an attention mask [windows, w^2, w^2], which is there in stages that shift their windows.
std::optional<int> size_from_masks(const KeyIndex& index, const Architecture& a) {
  for (const auto& key : index.blocks) {
    if (key.rest != "attn_mask" || key.tensor->tensor.dim() != 3) continue;
    const auto windows = exact_root(key.tensor->tensor.size(0));
    const auto side = exact_root(key.tensor->tensor.size(1));
    if (!windows || side != a.windows[static_cast<std::size_t>(key.stage)]) continue;
    const std::int64_t size = std::int64_t{*windows} * *side * (4 << key.stage);
    if (size <= kLargestSide) return static_cast<int>(size);
  }
  return {};
}

}  // namespace

Result<Architecture> infer_swin(const StateDict& state_dict) {
  const KeyIndex index = index_keys(state_dict, "layers.", ".blocks.");
  Architecture a;
  a.family = Family::Swin;
  TRY(a.depths, count_blocks(index));
  std::vector<Votes> widths(a.depths.size());
  for (const auto* rest : {"norm1.weight", "norm1.bias", "norm2.weight", "attn.proj.weight", "mlp.fc2.weight"})
    vote(index, rest, 0, widths);
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const std::string stage = std::to_string(i);
    TRY(const int dim, widths[i].decide("width of stage " + stage, "layers." + stage + ".blocks.0.norm1.weight"));
    a.dims.push_back(dim);
  }
  TRY_VOID(decide_attention(index, a));
  TRY(a.mlp_ratio, decide_mlp_ratio(index, "mlp.fc1.weight", a.dims));
  TRY_VOID(decide_output(index, a));
  a.in_channels = stem_channels(index, "patch_embed.proj.weight");
  a.qkv_bias = std::ranges::any_of(index.blocks, [](const BlockKey& key) { return key.rest == "attn.qkv.bias"; });
  a.patch_norm = index.find("patch_embed.norm.weight") != nullptr;

  const auto* position = index.find("absolute_pos_embed");
  a.absolute_position_embedding = position != nullptr;
  std::optional<int> size = size_from_masks(index, a);
  if (!a.levels.empty()) size = 512;
  if (!a.levels.empty() && position != nullptr && position->tensor.dim() == 4 &&
      position->tensor.size(2) <= kLargestSide / 4)
    size = static_cast<int>(4 * position->tensor.size(2));
  if (!size && position != nullptr && position->tensor.dim() == 3)
    if (const auto side = exact_root(position->tensor.size(1)); side && *side <= kLargestSide / 4) size = *side * 4;
  // Without either: the last stage is one window, as in the official models and wherever that window is smaller than
  // the others.
  a.image_size = size.value_or(32 * a.windows.back());
  return a;
}

}  // namespace orderscope
