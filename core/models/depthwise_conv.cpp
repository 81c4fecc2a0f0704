// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/depthwise_conv.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/cuda/operators.h"
#include "core/models/depthwise_kernels.h"

namespace orderscope {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor scaled(const at::Tensor& x, double scale) { return scale == 1.0 || !x.defined() ? x : x * scale; }

at::Tensor reference(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double scale) {
  const int64_t padding = weight.size(3) / 2;
  return at::conv2d(x.permute({0, 3, 1, 2}), scaled(weight, scale), scaled(bias, scale), 1, padding, 1, weight.size(0))
      .permute({0, 2, 3, 1});
}

bool cpu_kernels_fit(const at::Tensor& x, const at::Tensor& weight) {
  const bool real = x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble;
  return real && x.is_cpu() && weight.is_cpu() && weight.scalar_type() == x.scalar_type() && x.dim() == 4 &&
         weight.dim() == 4 && weight.size(0) == x.size(3) && weight.size(1) == 1 && weight.size(2) == weight.size(3) &&
         x.numel() > 0 && has_depthwise_kernels(weight.size(3));
}

at::Tensor channels_adjacent(const at::Tensor& x) { return x.stride(3) == 1 ? x : x.contiguous(); }

template <class T>
ImageView<const T> view(const at::Tensor& x) {
  return {x.const_data_ptr<T>(), x.stride(0), x.stride(1), x.stride(2)};
}

BatchShape shape_of(const at::Tensor& x) { return {x.size(0), x.size(1), x.size(2), x.size(3)}; }

/// Taps [k * k, C], channels adjacent.
at::Tensor taps_of(const at::Tensor& weight) { return weight.flatten(1).t().contiguous(); }

/// `bias` may be undefined; `mirrored`: with the weight turned round its middle, which makes the gradient of the data.
at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double scale,
                    bool mirrored) {
  const at::Tensor input = channels_adjacent(x);
  if (x.is_cuda()) return cuda::depthwise(input, weight, bias, scale, mirrored);
  const int64_t k = weight.size(3);
  const at::Tensor turned = mirrored ? taps_of(weight).flip(0) : taps_of(weight);
  const at::Tensor taps = scaled(turned, scale);
  const at::Tensor offset = bias.defined() ? scaled(bias, scale).contiguous() : bias;
  at::Tensor y = at::empty(x.sizes(), x.options());
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "depthwise_conv", [&] {
    depthwise_forward<scalar_t>(view<scalar_t>(input), taps.const_data_ptr<scalar_t>(),
                                offset.defined() ? offset.const_data_ptr<scalar_t>() : nullptr,
                                {y.mutable_data_ptr<scalar_t>(), y.stride(0), y.stride(1), y.stride(2)}, shape_of(x),
                                k);
  });
  return y;
}

at::Tensor weight_gradient(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& dy) {
  const int64_t k = weight.size(3);
  if (x.is_cuda()) {
    return std::get<1>(at::convolution_backward(dy.permute({0, 3, 1, 2}), x.permute({0, 3, 1, 2}), weight, std::nullopt,
                                                {1, 1}, {k / 2, k / 2}, {1, 1}, false, {0, 0}, weight.size(0),
                                                {false, true, false}));
  }
  const at::Tensor input = channels_adjacent(x);
  at::Tensor gradient = at::empty({k * k, x.size(3)}, x.options());
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "depthwise_conv", [&] {
    depthwise_weight_gradient<scalar_t>(view<scalar_t>(input), view<scalar_t>(dy),
                                        gradient.mutable_data_ptr<scalar_t>(), shape_of(x), k);
  });
  return gradient.t().contiguous().view({x.size(3), 1, k, k});
}

struct DepthwiseFunction : torch::autograd::Function<DepthwiseFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, double scale) {
    // The data is saved for the gradient of the weight alone.
    context->save_for_backward({weight.requires_grad() ? x : at::Tensor(), weight});
    context->saved_data["bias"] = bias.has_value();
    context->saved_data["scale"] = scale;
    return convolve(x, weight, bias.value_or(at::Tensor()), scale, /*mirrored=*/false);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& weight = saved[1];
    const double scale = context->saved_data["scale"].toDouble();
    const at::Tensor dy = channels_adjacent(gradients[0]);
    at::Tensor dx, dw, db;
    if (at::GradMode::is_enabled()) {
      // Somebody wants gradients of these gradients: recorded operations. The data's is a convolution like this one;
      // LibTorch's second derivative would go through the channels one by one.
      const int64_t k = weight.size(3);
      if (context->needs_input_grad(0)) dx = depthwise_conv(dy, weight.flip({2, 3}), std::nullopt, scale);
      if (context->needs_input_grad(1)) {
        dw = std::get<1>(at::convolution_backward(dy.permute({0, 3, 1, 2}), x.permute({0, 3, 1, 2}), weight,
                                                  std::nullopt, {1, 1}, {k / 2, k / 2}, {1, 1}, false, {0, 0},
                                                  weight.size(0), {false, true, false}));
      }
    } else {
      if (context->needs_input_grad(0)) dx = convolve(dy, weight, {}, scale, /*mirrored=*/true);
      if (context->needs_input_grad(1)) dw = weight_gradient(x, weight, dy);
    }
    dw = scaled(dw, scale);
    if (context->saved_data["bias"].toBool() && context->needs_input_grad(2)) db = scaled(dy.sum({0, 1, 2}), scale);
    return {dx, dw, db, at::Tensor()};
  }
};

}  // namespace

at::Tensor depthwise_conv(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                          double scale) {
  const at::Tensor offset = bias.value_or(at::Tensor());
  const bool fits = cpu_kernels_fit(x, weight) || cuda::depthwise_fits(x, weight);
  if (!fits || (offset.defined() && offset.scalar_type() != x.scalar_type()))
    return reference(x, weight, offset, scale);
  const bool records = at::GradMode::is_enabled() &&
                       (x.requires_grad() || weight.requires_grad() || (offset.defined() && offset.requires_grad()));
  if (!records) return convolve(x, weight, offset, scale, /*mirrored=*/false);
  return DepthwiseFunction::apply(x, weight, offset.defined() ? std::optional(offset) : std::nullopt, scale);
}

}  // namespace orderscope
