// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/window_order.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstring>

#include "core/base/parallel.h"

namespace orderscope {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor gathered(const at::Tensor& x, const at::Tensor& order) {
  if (!x.is_cpu()) return x.index_select(1, order);
  const at::Tensor in = x.contiguous();
  at::Tensor y = at::empty(in.sizes(), in.options());
  const std::int64_t tokens = in.size(1), row = in.size(2) * in.element_size();
  const auto* from = static_cast<const char*>(in.const_data_ptr());
  auto* to = static_cast<char*>(y.mutable_data_ptr());
  const auto* index = order.const_data_ptr<std::int64_t>();
  constexpr std::int64_t kBytesATask = 1 << 16;
  parallel_for(in.size(0) * tokens, std::max<std::int64_t>(1, kBytesATask / std::max<std::int64_t>(row, 1)),
               [&](std::int64_t first, std::int64_t last) {
                 for (std::int64_t i = first; i < last; ++i) {
                   const std::int64_t image = i / tokens * tokens;
                   std::memcpy(to + i * row, from + (image + index[i % tokens]) * row, static_cast<std::size_t>(row));
                 }
               });
  return y;
}

struct Reorder : torch::autograd::Function<Reorder> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& order,
                            const at::Tensor& inverse) {
    context->save_for_backward({order, inverse});
    return gathered(x, order);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    return {reorder_tokens(gradients[0], saved[1], saved[0]), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

WindowOrder WindowOrder::make(int64_t height, int64_t width, int64_t window, int64_t shift) {
  WindowOrder order;
  order.windowed = at::empty({height * width}, at::kLong);
  order.mapped = at::empty({height * width}, at::kLong);
  auto* windowed = order.windowed.mutable_data_ptr<std::int64_t>();
  auto* mapped = order.mapped.mutable_data_ptr<std::int64_t>();
  std::int64_t place = 0;
  for (std::int64_t top = 0; top < height; top += window)
    for (std::int64_t left = 0; left < width; left += window)
      for (std::int64_t i = 0; i < window; ++i)
        for (std::int64_t j = 0; j < window; ++j, ++place) {
          const std::int64_t token = (top + i + shift) % height * width + (left + j + shift) % width;
          windowed[place] = token;
          mapped[token] = place;
        }
  return order;
}

WindowOrder WindowOrder::to(const at::Device& device) const { return {windowed.to(device), mapped.to(device)}; }

at::Tensor reorder_tokens(const at::Tensor& x, const at::Tensor& order, const at::Tensor& inverse) {
  if (at::GradMode::is_enabled() && x.requires_grad()) return Reorder::apply(x, order, inverse);
  return gathered(x, order);
}

}  // namespace orderscope
