// SPDX-License-Identifier: GPL-3.0-or-later
// Names and shapes of facebookresearch/ConvNeXt, models/convnext.py.
#include <algorithm>

#include "core/checkpoint/infer.h"

namespace orderscope {

Result<Architecture> infer_convnext(const StateDict& state_dict) {
  const KeyIndex index = index_keys(state_dict, "stages.", ".");
  Architecture a;
  a.family = Family::ConvNeXt;
  TRY(a.depths, count_blocks(index));
  TRY(a.dims, decide_dims(index, {"norm.weight", "norm.bias", "gamma", "dwconv.bias"}, "pwconv2.weight"));
  TRY(a.mlp_ratio, decide_mlp_ratio(index, "pwconv1.weight", a.dims));
  TRY_VOID(decide_output(index, a));
  a.in_channels = stem_channels(index, "downsample_layers.0.0.weight");
  a.layer_scale = std::ranges::any_of(index.blocks, [](const BlockKey& key) { return key.rest == "gamma"; });
  Votes kernel;
  for (const auto& key : index.blocks)
    if (key.rest == "dwconv.weight" && key.tensor->tensor.dim() == 4)
      kernel.add(key.tensor->tensor.size(2), key.tensor->name);
  TRY(a.kernel_size, kernel.decide("kernel size", "stages.0.0.dwconv.weight", 63));
  return a;
}

}  // namespace orderscope
