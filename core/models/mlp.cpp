// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/mlp.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/models/layers.h"
#include "core/models/linear.h"
#include "core/models/row_kernels.h"
#include "core/models/row_tiles.h"

namespace orderscope {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Hidden values of a layer up to which GELU's input is kept for the way back: 16 MB of floats, more than any layer has
/// at 224 x 224. To make it again takes a fifth of the layer's arithmetic.
constexpr std::int64_t kKeptValues = std::int64_t{1} << 22;

struct Weights {
  at::Tensor norm, norm_bias;  ///< [C]
  double eps;
  at::Tensor first, first_bias;    ///< [hidden, C], [hidden]
  at::Tensor second, second_bias;  ///< [C, hidden], [C]
  at::Tensor gamma;                ///< [C] or undefined
};

at::Tensor branch_of(const at::Tensor& z, const Weights& w) {
  const at::Tensor normed = at::layer_norm(z, w.norm.sizes(), w.norm, w.norm_bias, w.eps);
  return fast_linear(fast_linear_gelu(normed, w.first, w.first_bias), w.second, w.second_bias);
}

template <class T>
RowNorm<T> row_norm(const Weights& w) {
  return {w.norm.const_data_ptr<T>(), w.norm_bias.const_data_ptr<T>(), static_cast<T>(w.eps)};
}

template <class T>
const T* gamma_of(const Weights& w) {
  return w.gamma.defined() ? w.gamma.const_data_ptr<T>() : nullptr;
}

template <class T>
at::Tensor normed_rows(const T* z, std::int64_t rows, const Weights& w, const at::TensorOptions& options) {
  const std::int64_t channels = w.norm.size(0);
  const at::Tensor normed = at::empty({rows, channels}, options);
  layer_norm_rows<T>(z, rows, channels, row_norm<T>(w), normed.mutable_data_ptr<T>());
  return normed;
}

/// x and z contiguous. `kept`: GELU's input of each tile is put there unless it is null.
template <class T>
at::Tensor forward_in_tiles(const at::Tensor& x, const at::Tensor& z, const Weights& w, std::vector<at::Tensor>* kept) {
  const std::int64_t channels = w.norm.size(0), hidden = w.first.size(0);
  const RowTiles tiles(z.numel() / channels, hidden);
  if (kept) kept->resize(static_cast<std::size_t>(tiles.count()));
  at::Tensor y = at::empty(z.sizes(), z.options());
  const T* residual = x.const_data_ptr<T>();
  const T* input = z.const_data_ptr<T>();
  T* out = y.mutable_data_ptr<T>();
  tiles.for_each([&](std::int64_t tile, std::int64_t first, std::int64_t rows) {
    const at::Tensor normed = normed_rows<T>(input + first * channels, rows, w, z.options());
    // Not the product with a GELU behind it: what is recorded must have the bits of what is not.
    at::Tensor u = fast_linear(normed, w.first, w.first_bias);
    const at::Tensor activated = kept ? at::empty(u.sizes(), u.options()) : u;
    gelu_values<T>(u.const_data_ptr<T>(), u.numel(), activated.mutable_data_ptr<T>());
    if (kept) (*kept)[static_cast<std::size_t>(tile)] = std::move(u);
    const at::Tensor branch = fast_linear(activated, w.second, w.second_bias);
    add_scaled_rows<T>(residual + first * channels, gamma_of<T>(w), branch.const_data_ptr<T>(), rows, channels,
                       out + first * channels);
  });
  return y;
}

/// The gradient of z for dy, plus dy if x is z. `kept` is empty or from forward_in_tiles.
template <class T>
at::Tensor backward_in_tiles(const at::Tensor& z, const at::Tensor& dy, const Weights& w,
                             const std::vector<at::Tensor>& kept, bool x_is_z) {
  const std::int64_t channels = w.norm.size(0), hidden = w.first.size(0);
  const std::int64_t all_rows = z.numel() / channels;
  const RowTiles tiles =
      kept.empty() ? RowTiles(all_rows, hidden) : RowTiles::of_size(all_rows, /*size=*/kept[0].size(0));
  at::Tensor dz = at::empty(z.sizes(), z.options());
  const T* input = z.const_data_ptr<T>();
  const T* gradient = dy.const_data_ptr<T>();
  T* out = dz.mutable_data_ptr<T>();
  tiles.for_each([&](std::int64_t tile, std::int64_t first, std::int64_t rows) {
    const T* at_z = input + first * channels;
    const T* at_dy = gradient + first * channels;
    const at::Tensor u = kept.empty() ? fast_linear(normed_rows<T>(at_z, rows, w, z.options()), w.first, w.first_bias)
                                      : kept[static_cast<std::size_t>(tile)];
    at::Tensor scaled = dy.view({-1, channels}).narrow(0, first, rows);
    if (w.gamma.defined()) {
      scaled = at::empty({rows, channels}, z.options());
      scale_rows<T>(at_dy, gamma_of<T>(w), rows, channels, scaled.mutable_data_ptr<T>());
    }
    const at::Tensor dh = fast_linear(scaled, w.second.t(), {});
    multiply_by_gelu_slope<T>(u.const_data_ptr<T>(), u.numel(), dh.mutable_data_ptr<T>());
    const at::Tensor dn = fast_linear(dh, w.first.t(), {});
    layer_norm_gradient_rows<T>(at_z, dn.const_data_ptr<T>(), x_is_z ? at_dy : nullptr, rows, channels, row_norm<T>(w),
                                out + first * channels);
  });
  return dz;
}

/// Of `x` and `z` with frozen weights.
struct AddMlp : torch::autograd::Function<AddMlp> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& z, const Weights& w) {
    const bool keeps = z.numel() / w.norm.size(0) * w.first.size(0) <= kKeptValues;
    std::vector<at::Tensor> kept;
    at::Tensor y;
    AT_DISPATCH_FLOATING_TYPES(z.scalar_type(), "add_mlp", [&] {
      y = forward_in_tiles<scalar_t>(x.contiguous(), z.contiguous(), w, keeps ? &kept : nullptr);
    });
    const bool x_is_z = x.is_same(z);
    context->save_for_backward({z, w.norm, w.norm_bias, w.first, w.first_bias, w.second, w.second_bias, w.gamma});
    context->saved_data["eps"] = w.eps;
    context->saved_data["x_is_z"] = x_is_z;
    context->saved_data["kept"] = kept;
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& z = saved[0];
    const Weights w{saved[1], saved[2], context->saved_data["eps"].toDouble(), saved[3], saved[4], saved[5],
                    saved[6], saved[7]};
    const bool x_is_z = context->saved_data["x_is_z"].toBool();
    const at::Tensor& dy = gradients[0];
    at::Tensor dz;
    if (!z.requires_grad()) return {dy, at::Tensor(), at::Tensor()};
    if (at::GradMode::is_enabled()) {
      // Somebody wants gradients of these gradients: recorded operations.
      const at::Tensor branch = branch_of(z, w);
      const at::Tensor y = w.gamma.defined() ? branch * w.gamma : branch;
      dz = torch::autograd::grad({y}, {z}, {dy}, /*retain_graph=*/true, /*create_graph=*/true)[0];
      if (x_is_z) dz = dz + dy;
    } else {
      AT_DISPATCH_FLOATING_TYPES(z.scalar_type(), "add_mlp", [&] {
        dz = backward_in_tiles<scalar_t>(z.contiguous(), dy.contiguous(), w,
                                         context->saved_data["kept"].toTensorVector(), x_is_z);
      });
    }
    return {x_is_z ? at::Tensor() : dy, dz, at::Tensor()};
  }
};

bool fits_tiles(const at::Tensor& x, const at::Tensor& z, const Weights& w) {
  const auto fits = [&](const at::Tensor& t) { return t.is_cpu() && t.scalar_type() == z.scalar_type(); };
  if (z.scalar_type() != at::kFloat && z.scalar_type() != at::kDouble) return false;
  if (!fits(z) || !fits(x) || x.sizes() != z.sizes() || z.numel() == 0 || z.size(-1) != w.norm.size(0)) return false;
  for (const at::Tensor& weight : {w.norm, w.norm_bias, w.first, w.first_bias, w.second, w.second_bias, w.gamma}) {
    if (!weight.defined()) continue;
    if (!fits(weight) || !weight.is_contiguous()) return false;
    if (at::GradMode::is_enabled() && weight.requires_grad()) return false;
  }
  return true;
}

}  // namespace

at::Tensor add_mlp(const at::Tensor& x, const at::Tensor& z, const LayerNorm& norm, const Linear& first,
                   const Linear& second, const at::Tensor& gamma, double drop_path, bool training) {
  const Weights w{norm.weight, norm.bias, norm.eps(), first.matrix(), first.bias, second.matrix(), second.bias, gamma};
  if ((training && drop_path > 0) || !fits_tiles(x, z, w))
    return add_branch(x, gamma, branch_of(z, w), drop_path, training);
  if (at::GradMode::is_enabled() && (x.requires_grad() || z.requires_grad())) return AddMlp::apply(x, z, w);
  at::Tensor y;
  AT_DISPATCH_FLOATING_TYPES(z.scalar_type(), "add_mlp",
                             [&] { y = forward_in_tiles<scalar_t>(x.contiguous(), z.contiguous(), w, nullptr); });
  return y;
}

}  // namespace orderscope
