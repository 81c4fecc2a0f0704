// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/window_layout.h"

#include <ATen/ATen.h>

#include "core/models/window_attention.h"

namespace orderscope {

at::Tensor WindowLayout::token_of_cell() const {
  const std::int64_t rows = padded(height), columns = padded(width);
  at::Tensor tokens = at::empty({windows(), window * window}, at::kLong);
  auto* out = tokens.mutable_data_ptr<std::int64_t>();
  for (std::int64_t top = 0; top < rows; top += window)
    for (std::int64_t left = 0; left < columns; left += window)
      for (std::int64_t cell = 0; cell < window * window; ++cell) {
        const std::int64_t y = (top + cell / window + shift) % rows, x = (left + cell % window + shift) % columns;
        *out++ = y < height && x < width ? y * width + x : height * width;
      }
  return tokens;
}

Result<WindowLayout> window_layout(const Model& model, const BlockInfo& block, std::int64_t input_height,
                                   std::int64_t input_width) {
  if (model.architecture.family != Family::Swin) {
    return fail(Error::Kind::InvalidInput,
                "only a Swin has window attention; this is a " + to_string(model.architecture.family), model.name);
  }
  WindowLayout layout;
  layout.height = (input_height + block.stride - 1) / block.stride;
  layout.width = (input_width + block.stride - 1) / block.stride;
  layout.window = model.architecture.windows.at(static_cast<std::size_t>(block.stage));
  layout.shift = WindowAttention::shift_of(model.architecture, block.stage, block.index);
  return layout;
}

namespace {

/// x [tokens, m] with a row of zeros for the padding.
at::Tensor with_padding_row(const at::Tensor& x) { return at::cat({x, at::zeros({1, x.size(1)}, x.options())}); }

}  // namespace

at::Tensor attention_from(const WindowLayout& layout, const at::Tensor& probs, std::int64_t token) {
  const at::Tensor cells = layout.token_of_cell();
  const std::int64_t place = (cells.flatten() == token).nonzero()[0][0].item<std::int64_t>();
  const std::int64_t window = place / cells.size(1), cell = place % cells.size(1);
  const at::Tensor row = probs[window].select(1, cell);  // [heads, n]
  at::Tensor map = at::zeros({row.size(0), layout.tokens() + 1}, row.options());
  map.index_copy_(1, cells[window].to(row.device()), row);
  return map.narrow(1, 0, layout.tokens()).view({-1, layout.height, layout.width});
}

at::Tensor attend(const WindowLayout& layout, const at::Tensor& attention, const at::Tensor& x) {
  const at::Tensor cells = layout.token_of_cell().to(x.device());
  const at::Tensor gathered =
      with_padding_row(x).index_select(0, cells.flatten()).view({cells.size(0), cells.size(1), x.size(1)});
  const at::Tensor mixed = at::matmul(attention, gathered).flatten(0, 1);
  at::Tensor y = at::empty({layout.tokens() + 1, x.size(1)}, x.options());
  y.index_copy_(0, cells.flatten(), mixed);
  return y.narrow(0, 0, layout.tokens());
}

at::Tensor mean_attention_distance(const WindowLayout& layout, const at::Tensor& probs) {
  const at::Tensor cells = layout.token_of_cell();
  const at::Tensor real = cells.lt(layout.tokens()).to(at::kDouble);  // [windows, n]
  const at::Tensor y = cells.div(layout.width, "floor").to(at::kDouble);
  const at::Tensor x = cells.remainder(layout.width).to(at::kDouble);
  const auto difference = [](const at::Tensor& p) { return p.unsqueeze(2) - p.unsqueeze(1); };
  at::Tensor distance = (difference(y).square() + difference(x).square()).sqrt();
  distance = distance * real.unsqueeze(1) * real.unsqueeze(2);  // neither from padding nor to it
  const at::Tensor weighted = probs.to(at::kCPU, at::kDouble) * distance.unsqueeze(1);
  return weighted.sum({0, 2, 3}) / static_cast<double>(layout.tokens());
}

}  // namespace orderscope
