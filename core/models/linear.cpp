// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/linear.h"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/custom_function.h>

#include <string_view>

#include "core/cuda/operators.h"

namespace orderscope {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// LibTorch's oneDNN linear layer with an activation behind it. Registered where LibTorch was built with oneDNN.
using Pointwise = at::Tensor(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                             std::string_view activation, c10::List<std::optional<at::Scalar>> scalars,
                             std::optional<std::string_view> algorithm);

const std::optional<c10::TypedOperatorHandle<Pointwise>>& onednn_operator() {
  static const auto found = []() -> std::optional<c10::TypedOperatorHandle<Pointwise>> {
#if defined(__GNUC__) && defined(__x86_64__)
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw")) return std::nullopt;
    const auto schema = c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
    if (schema) return schema->typed<Pointwise>();
#endif
    return std::nullopt;
  }();
  return found;
}

at::Tensor onednn(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, std::string_view activation) {
  return onednn_operator()->call(x, weight, bias.defined() ? std::optional(bias) : std::nullopt, activation,
                                 c10::List<std::optional<at::Scalar>>(), "none");
}

/// Products with few channels are over before oneDNN has looked its kernel up.
constexpr int64_t kFewChannels = 16;

bool onednn_fits(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const auto fits = [](const at::Tensor& t) { return t.is_cpu() && t.scalar_type() == at::kFloat; };
  return onednn_operator() && fits(x) && fits(weight) && (!bias.defined() || fits(bias)) && x.dim() >= 2 &&
         x.numel() > 0 && weight.dim() == 2 && x.size(-1) == weight.size(1) && weight.size(0) >= kFewChannels &&
         weight.size(1) >= kFewChannels;
}

bool own_product_fits(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return onednn_fits(x, weight, bias) || cuda::linear_fits(x, weight, bias);
}

at::Tensor own_product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, bool with_gelu) {
  if (x.is_cuda()) return cuda::linear(x, weight, bias, with_gelu);
  return onednn(x, weight, bias, with_gelu ? "gelu" : "none");
}

/// Frozen weights: only x has a gradient, which is a product with the weights the other way round.
struct FrozenLinear : torch::autograd::Function<FrozenLinear> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias) {
    context->save_for_backward({weight});
    return own_product(x, weight, bias.value_or(at::Tensor()), /*with_gelu=*/false);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    return {fast_linear(gradients[0], context->get_saved_variables()[0].t(), at::Tensor()), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor fast_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  if (!own_product_fits(x, weight, bias)) return at::linear(x, weight, bias);
  if (!at::GradMode::is_enabled()) return own_product(x, weight, bias, /*with_gelu=*/false);
  if (weight.requires_grad() || (bias.defined() && bias.requires_grad())) return at::linear(x, weight, bias);
  if (!x.requires_grad()) return own_product(x, weight, bias, /*with_gelu=*/false);
  return FrozenLinear::apply(x, weight, bias.defined() ? std::optional(bias) : std::nullopt);
}

at::Tensor fast_linear_gelu(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const bool records = at::GradMode::is_enabled() &&
                       (x.requires_grad() || weight.requires_grad() || (bias.defined() && bias.requires_grad()));
  if (records || !own_product_fits(x, weight, bias)) return at::gelu(fast_linear(x, weight, bias));
  return own_product(x, weight, bias, /*with_gelu=*/true);
}

}  // namespace orderscope
