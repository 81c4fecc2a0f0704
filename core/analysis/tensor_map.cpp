// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/tensor_map.h"

#include <ATen/ATen.h>

namespace orderscope {

Map to_map(const at::Tensor& values) {
  const at::Tensor flat = values.detach().to(at::kFloat).to(at::kCPU).contiguous();
  Map map;
  map.height = static_cast<int>(flat.size(0));
  map.width = static_cast<int>(flat.size(1));
  const float* data = flat.const_data_ptr<float>();
  map.values.assign(data, data + flat.numel());
  return map;
}

std::pair<std::int64_t, std::int64_t> token_grid(std::int64_t tokens, std::int64_t height, std::int64_t width) {
  for (std::int64_t stride = 1; stride <= std::min(height, width); ++stride)
    if ((height / stride) * (width / stride) == tokens) return {height / stride, width / stride};
  // A dense Swin pads its images and maps.
  for (std::int64_t stride = 1; stride <= std::max(height, width); ++stride) {
    const std::int64_t rows = (height + stride - 1) / stride, columns = (width + stride - 1) / stride;
    if (rows * columns == tokens) return {rows, columns};
  }
  return {1, tokens};
}

at::Tensor spatial(const at::Tensor& reduced, std::int64_t n, std::int64_t height, std::int64_t width) {
  const at::Tensor one = reduced.select(0, n);
  if (one.dim() == 2) return one;
  const auto [h, w] = token_grid(one.size(0), height, width);
  return one.view({h, w});
}

}  // namespace orderscope
