// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dft_filter.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <map>
#include <mutex>
#include <numbers>
#include <tuple>

#include "core/models/linear.h"

namespace orderscope {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Matrices {
  at::Tensor analysis, synthesis;
};

Matrices make_matrices(int64_t height, int64_t width, const at::TensorOptions& options) {
  const auto wide = at::TensorOptions(at::kDouble);
  const int64_t columns = width / 2 + 1;
  // 2 pi (u i / H + v j / W) for frequencies (u, v) and places (i, j).
  const auto turns = [&](int64_t frequencies, int64_t places, int64_t side) {
    return at::outer(at::arange(frequencies, wide), at::arange(places, wide)) * (2 * std::numbers::pi / double(side));
  };
  const at::Tensor angle = (turns(height, height, height).view({height, 1, height, 1}) +
                            turns(columns, width, width).view({1, columns, 1, width}))
                               .reshape({height * columns, height * width});
  const double scale = 1 / std::sqrt(double(height * width));
  const at::Tensor cosine = at::cos(angle) * scale, sine = at::sin(angle) * scale;
  // A real map's other columns are the conjugates of these; only the first and, of an even width, the last have none.
  at::Tensor copies = at::full({columns}, 2.0, wide);
  copies[0] = 1;
  if (width % 2 == 0) copies[columns - 1] = 1;
  const at::Tensor weights = copies.repeat({height}).unsqueeze(1);
  return {at::cat({cosine, -sine}).to(options),
          at::cat({cosine * weights, -sine * weights}).t().contiguous().to(options)};
}

/// All blocks of a stage use the same.
Matrices matrices(int64_t height, int64_t width, const at::TensorOptions& options) {
  static std::mutex mutex;
  static std::map<std::tuple<int64_t, int64_t, at::ScalarType>, Matrices> cache;
  const std::lock_guard lock(mutex);
  if (cache.size() > 8) cache.clear();
  Matrices& cached = cache[{height, width, c10::typeMetaToScalarType(options.dtype())}];
  if (!cached.analysis.defined()) cached = make_matrices(height, width, options);
  return cached;
}

struct Filter {
  at::Tensor analysis, synthesis, real, imaginary;
};

/// [N, L, C] to the same. The adjoint of synthesis * filter * analysis has the transposes, in the other order, and the
/// filter's conjugate.
at::Tensor filtered(const at::Tensor& x, const Filter& filter, bool adjoint) {
  const at::Tensor first = adjoint ? filter.synthesis.t() : filter.analysis;
  const at::Tensor second = adjoint ? filter.analysis.t() : filter.synthesis;
  const double sign = adjoint ? -1 : 1;
  const int64_t frequencies = filter.real.size(0);
  at::Tensor y = at::empty(x.sizes(), x.options());
  for (int64_t n = 0; n < x.size(0); ++n) {
    const at::Tensor spectrum = fast_linear(first, x[n].t(), {});
    const at::Tensor re = spectrum.narrow(0, 0, frequencies), im = spectrum.narrow(0, frequencies, frequencies);
    at::Tensor product = at::empty_like(spectrum);
    at::Tensor out_re = product.narrow(0, 0, frequencies), out_im = product.narrow(0, frequencies, frequencies);
    at::mul_out(out_re, re, filter.real);
    out_re.addcmul_(im, filter.imaginary, -sign);
    at::mul_out(out_im, im, filter.real);
    out_im.addcmul_(re, filter.imaginary, sign);
    y[n].copy_(fast_linear(second, product.t(), {}));
  }
  return y;
}

struct FilterFunction : torch::autograd::Function<FilterFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& analysis,
                            const at::Tensor& synthesis, const at::Tensor& real, const at::Tensor& imaginary,
                            bool adjoint) {
    context->save_for_backward({analysis, synthesis, real, imaginary});
    context->saved_data["adjoint"] = adjoint;
    return filtered(x, {analysis, synthesis, real, imaginary}, adjoint);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const bool adjoint = context->saved_data["adjoint"].toBool();
    const at::Tensor dx =
        FilterFunction::apply(gradients[0].contiguous(), saved[0], saved[1], saved[2], saved[3], !adjoint);
    return {dx, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

DftFilter::DftFilter(const at::Tensor& filter, int64_t width) {
  const at::Tensor parts = at::view_as_real(filter.detach()).flatten(1, 2);  // [C, F, 2]
  real_ = parts.select(2, 0).t().contiguous();
  imaginary_ = parts.select(2, 1).t().contiguous();
  const Matrices shared = matrices(filter.size(1), width, real_.options());
  analysis_ = shared.analysis;
  synthesis_ = shared.synthesis;
}

at::Tensor DftFilter::apply(const at::Tensor& x) const {
  const at::Tensor rows = x.flatten(1, 2).contiguous();
  return FilterFunction::apply(rows, analysis_, synthesis_, real_, imaginary_, /*adjoint=*/false).view(x.sizes());
}

}  // namespace orderscope
