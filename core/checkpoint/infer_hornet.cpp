// SPDX-License-Identifier: GPL-3.0-or-later
// Names and shapes of raoyongming/HorNet, hornet.py.
#include <algorithm>
#include <charconv>

#include "core/checkpoint/infer.h"
#include "core/checkpoint/quote.h"

namespace orderscope {

namespace {

constexpr std::string_view kFilter = "gnconv.dwconv.complex_weight";
constexpr int kLargestOrder = 16;

/// k of "gnconv.pws.k.weight" and ".bias".
std::optional<int> pointwise_index(std::string_view rest) {
  constexpr std::string_view start = "gnconv.pws.";
  if (!rest.starts_with(start)) return {};
  rest.remove_prefix(start.size());
  int k = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), k);
  if (error != std::errc() || k < 0 || k >= kLargestOrder) return {};
  return k;
}

Result<std::vector<int>> decide_orders(const KeyIndex& index, const std::vector<int>& depths,
                                       const std::vector<int>& dims) {
  std::vector<std::vector<int>> orders;  // of each block; a gnConv of order n has n-1 pointwise convolutions
  for (const int depth : depths) orders.emplace_back(static_cast<std::size_t>(depth), 1);
  for (const auto& key : index.blocks)
    if (const auto k = pointwise_index(key.rest)) {
      int& order = orders[static_cast<std::size_t>(key.stage)][static_cast<std::size_t>(key.block)];
      order = std::max(order, *k + 2);
    }
  std::vector<int> result;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    Votes votes;
    for (std::size_t j = 0; j < orders[i].size(); ++j)
      votes.add(orders[i][j], "stages." + std::to_string(i) + "." + std::to_string(j) + ".gnconv.pws");
    TRY(const int order, votes.decide("order of stage " + std::to_string(i), "gnconv.pws", kLargestOrder));
    if (dims[i] % (1 << (order - 1)) != 0)
      return fail(Error::Kind::Broken, "\"stages." + std::to_string(i) + ".0.gnconv.pws\" has order " +
                                           std::to_string(order) + ", which does not divide the width " +
                                           std::to_string(dims[i]));
    result.push_back(order);
  }
  return result;
}

Result<std::optional<FilterSize>> decide_filter(const KeyIndex& index, int stage, int depth) {
  Votes height, width;
  int filters = 0;
  for (const auto& key : index.blocks) {
    if (key.stage != stage || key.rest != kFilter) continue;
    ++filters;
    if (key.tensor->tensor.dim() != 4) continue;
    height.add(key.tensor->tensor.size(1), key.tensor->name);
    width.add(key.tensor->tensor.size(2), key.tensor->name);
  }
  if (2 * filters < depth || filters == 0) return std::nullopt;
  const std::string name = "stages." + std::to_string(stage) + ".0." + std::string(kFilter);
  const std::string what = " of the filters in stage " + std::to_string(stage);
  TRY(const int h, height.decide("height" + what, name, 4096));
  TRY(const int w, width.decide("width" + what, name, 4096));
  return FilterSize{h, w};
}

}  // namespace

Result<Architecture> infer_hornet(const StateDict& state_dict) {
  const KeyIndex index = index_keys(state_dict, "stages.", ".");
  Architecture a;
  a.family = Family::HorNet;
  TRY(a.depths, count_blocks(index));
  TRY(a.dims, decide_dims(index, {"norm1.weight", "norm1.bias", "norm2.weight", "gamma1", "pwconv2.weight"},
                          "gnconv.proj_out.weight"));
  TRY(a.orders, decide_orders(index, a.depths, a.dims));
  TRY(a.mlp_ratio, decide_mlp_ratio(index, "pwconv1.weight", a.dims));
  TRY_VOID(decide_output(index, a));
  a.in_channels = stem_channels(index, "downsample_layers.0.0.weight");
  a.layer_scale = std::ranges::any_of(index.blocks, [](const BlockKey& key) { return key.rest == "gamma1"; });

  Votes kernel;
  for (const auto& key : index.blocks)
    if (key.rest == "gnconv.dwconv.weight" && key.tensor->tensor.dim() == 4)
      kernel.add(key.tensor->tensor.size(2), key.tensor->name);
  if (!kernel.empty()) {
    TRY(a.kernel_size, kernel.decide("kernel size", "stages.0.0.gnconv.dwconv.weight", 63));
  }

  bool sized = false;
  for (int stage = 0; stage < static_cast<int>(a.depths.size()); ++stage) {
    TRY(const auto filter, decide_filter(index, stage, a.depths[static_cast<std::size_t>(stage)]));
    a.filters.push_back(filter);
    // The official models store a filter as high as the stage's map at native size.
    if (filter && !sized) a.image_size = filter->h * (4 << stage);
    sized = sized || filter.has_value();
  }
  return a;
}

}  // namespace orderscope
