// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/gated_recursion.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/models/linear.h"
#include "core/models/row_kernels.h"
#include "core/models/row_tiles.h"

namespace orderscope {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// By operations that autograd records, for gradients of gradients.
at::Tensor step_by_step(const at::Tensor& value, const at::Tensor& all_gates, const RecursionWeights& w) {
  const std::vector<at::Tensor> gates = at::split_with_sizes(all_gates, w.dims, -1);
  at::Tensor state = value * gates[0];
  for (std::size_t k = 1; k < gates.size(); ++k)
    state = fast_linear(state, w.pointwise[k - 1], w.bias[k - 1]) * gates[k];
  return w.out.defined() ? fast_linear(state, w.out, w.out_bias) : state;
}

/// One tile of rows: value [rows, dims_1] and gates [rows, width], side by side in memory.
template <class T>
struct Tile {
  Tile(const T* value, const T* gates, std::int64_t rows, const RecursionWeights& w, const at::TensorOptions& options)
      : value(value), gates(gates), rows(rows), w(w), options(options) {
    for (const std::int64_t dim : w.dims) {
      begins.push_back(width);
      width += dim;
    }
  }

  /// a * gate k.
  at::Tensor gated(const T* a, std::size_t k) const {
    at::Tensor y = at::empty({rows, w.dims[k]}, options);
    multiply_rows<T>(a, w.dims[k], gates + begins[k], width, rows, w.dims[k], y.mutable_data_ptr<T>(), w.dims[k]);
    return y;
  }

  /// The last state; what each gate but the first is multiplied by goes to `candidates`, unless that is null.
  at::Tensor run(std::vector<at::Tensor>* candidates) const {
    at::Tensor state = gated(value, 0);
    for (std::size_t k = 1; k < w.dims.size(); ++k) {
      at::Tensor candidate = fast_linear(state, w.pointwise[k - 1], w.bias[k - 1]);
      state = gated(candidate.const_data_ptr<T>(), k);
      if (candidates) candidates->push_back(std::move(candidate));
    }
    return state;
  }

  const T* value;
  const T* gates;
  std::int64_t rows;
  const RecursionWeights& w;
  at::TensorOptions options;
  std::vector<std::int64_t> begins;
  std::int64_t width = 0;
};

template <class T>
at::Tensor forward_in_tiles(const at::Tensor& value, const at::Tensor& gates, const RecursionWeights& w) {
  const std::int64_t in = value.size(-1), width = gates.size(-1);
  const std::int64_t out = w.out.defined() ? w.out.size(0) : w.dims.back();
  std::vector<std::int64_t> shape = value.sizes().vec();
  shape.back() = out;
  at::Tensor y = at::empty(shape, value.options());
  const T* values = value.const_data_ptr<T>();
  const T* all_gates = gates.const_data_ptr<T>();
  T* to = y.mutable_data_ptr<T>();
  RowTiles(value.numel() / in, width).for_each([&](std::int64_t, std::int64_t first, std::int64_t rows) {
    const Tile<T> tile(values + first * in, all_gates + first * width, rows, w, value.options());
    at::Tensor result = tile.run(nullptr);
    if (w.out.defined()) result = fast_linear(result, w.out, w.out_bias);
    std::copy_n(result.const_data_ptr<T>(), rows * out, to + first * out);
  });
  return y;
}

template <class T>
std::pair<at::Tensor, at::Tensor> backward_in_tiles(const at::Tensor& value, const at::Tensor& gates,
                                                    const at::Tensor& dy, const RecursionWeights& w) {
  const std::int64_t in = value.size(-1), width = gates.size(-1), out = dy.size(-1);
  at::Tensor dvalue = at::empty(value.sizes(), value.options()), dgates = at::empty(gates.sizes(), gates.options());
  const T* values = value.const_data_ptr<T>();
  const T* all_gates = gates.const_data_ptr<T>();
  T* to_value = dvalue.mutable_data_ptr<T>();
  T* to_gates = dgates.mutable_data_ptr<T>();
  const at::Tensor dy_rows = dy.view({-1, out});
  RowTiles(value.numel() / in, width).for_each([&](std::int64_t, std::int64_t first, std::int64_t rows) {
    const Tile<T> tile(values + first * in, all_gates + first * width, rows, w, value.options());
    std::vector<at::Tensor> candidates;
    tile.run(&candidates);
    at::Tensor ds = dy_rows.narrow(0, first, rows);
    if (w.out.defined()) ds = fast_linear(ds, w.out.t(), {});
    for (std::size_t k = w.dims.size() - 1; k > 0; --k) {
      const T* slope = ds.const_data_ptr<T>();
      multiply_rows<T>(slope, w.dims[k], candidates[k - 1].const_data_ptr<T>(), w.dims[k], rows, w.dims[k],
                       to_gates + first * width + tile.begins[k], width);
      ds = fast_linear(tile.gated(slope, k), w.pointwise[k - 1].t(), {});
    }
    const T* slope = ds.const_data_ptr<T>();
    multiply_rows<T>(slope, in, tile.value, in, rows, in, to_gates + first * width, width);
    multiply_rows<T>(slope, in, tile.gates, width, rows, in, to_value + first * in, in);
  });
  return {dvalue, dgates};
}

at::Tensor forward_in_tiles(const at::Tensor& value, const at::Tensor& gates, const RecursionWeights& w) {
  at::Tensor y;
  AT_DISPATCH_FLOATING_TYPES(value.scalar_type(), "gated_recursion",
                             [&] { y = forward_in_tiles<scalar_t>(value.contiguous(), gates.contiguous(), w); });
  return y;
}

struct GatedRecursion : torch::autograd::Function<GatedRecursion> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& value, const at::Tensor& gates,
                            const RecursionWeights& w) {
    context->save_for_backward({value, gates, w.out, w.out_bias});
    context->saved_data["dims"] = w.dims;
    context->saved_data["pointwise"] = w.pointwise;
    context->saved_data["bias"] = w.bias;
    return forward_in_tiles(value, gates, w);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& value = saved[0];
    const at::Tensor& gates = saved[1];
    const RecursionWeights w{context->saved_data["dims"].toIntVector(),
                             context->saved_data["pointwise"].toTensorVector(),
                             context->saved_data["bias"].toTensorVector(), saved[2], saved[3]};
    if (at::GradMode::is_enabled()) {
      variable_list wanted;
      for (const at::Tensor& input : {value, gates})
        if (input.requires_grad()) wanted.push_back(input);
      const variable_list found = torch::autograd::grad({step_by_step(value, gates, w)}, wanted, {gradients[0]},
                                                        /*retain_graph=*/true, /*create_graph=*/true);
      return {value.requires_grad() ? found.front() : at::Tensor(), gates.requires_grad() ? found.back() : at::Tensor(),
              at::Tensor()};
    }
    std::pair<at::Tensor, at::Tensor> both;
    AT_DISPATCH_FLOATING_TYPES(value.scalar_type(), "gated_recursion", [&] {
      both = backward_in_tiles<scalar_t>(value.contiguous(), gates.contiguous(), gradients[0].contiguous(), w);
    });
    return {both.first, both.second, at::Tensor()};
  }
};

}  // namespace

bool gated_recursion_fits(const at::Tensor& value, const at::Tensor& gates, const RecursionWeights& w) {
  const at::ScalarType type = value.scalar_type();
  if (type != at::kFloat && type != at::kDouble) return false;
  const auto fits = [&](const at::Tensor& t) { return t.is_cpu() && t.scalar_type() == type; };
  if (!fits(value) || !fits(gates) || value.numel() == 0) return false;
  std::vector<at::Tensor> weights{w.out, w.out_bias};
  weights.insert(weights.end(), w.pointwise.begin(), w.pointwise.end());
  weights.insert(weights.end(), w.bias.begin(), w.bias.end());
  for (const at::Tensor& weight : weights)
    if (weight.defined() && (!fits(weight) || (at::GradMode::is_enabled() && weight.requires_grad()))) return false;
  return true;
}

at::Tensor gated_recursion(const at::Tensor& value, const at::Tensor& gates, const RecursionWeights& w) {
  if (at::GradMode::is_enabled() && (value.requires_grad() || gates.requires_grad()))
    return GatedRecursion::apply(value, gates, w);
  return forward_in_tiles(value, gates, w);
}

}  // namespace orderscope
