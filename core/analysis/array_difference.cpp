// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/array_difference.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "core/base/guard.h"

namespace orderscope {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::string shape(const at::Tensor& x) {
  std::string text;
  for (const std::int64_t size : x.sizes()) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text.empty() ? "a single number" : text;
}

double largest(const at::Tensor& x) { return x.numel() > 0 ? x.abs().max().item<double>() : 0; }

}  // namespace

const MethodDescriptor& array_difference_descriptor() {
  static const MethodDescriptor descriptor{"diff",
                                           "Difference of two arrays",
                                           "element by element; Pearson's correlation",
                                           {{"tolerance",
                                             MethodParameter::Type::Real,
                                             "fail with exit code 1 if max |a - b| is larger; no limit unless given",
                                             "",
                                             {},
                                             0,
                                             1e300}},
                                           /*needs_gradient=*/false,
                                           /*needs_gnconv=*/false,
                                           "map and numbers of two arrays"};
  return descriptor;
}

Result<ArrayDifference> array_difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) {
    const bool maps = a.dim() == 2 && b.dim() == 2;
    return fail(Error::Kind::InvalidInput, "the shapes differ: " + shape(a) + " and " + shape(b), {},
                maps ? "two maps of different resolution: bring one to the other's size first" : "");
  }
  if (a.numel() == 0) return fail(Error::Kind::InvalidInput, "the arrays hold no values");
  ArrayDifference d;
  TRY_VOID(guarded([&] {
    const at::Tensor x = a.to(at::kDouble), y = b.to(at::kDouble);
    const at::Tensor finite_x = x.isfinite(), finite_y = y.isfinite(), both = finite_x & finite_y;
    d.values = x.numel();
    d.not_finite_a = d.values - finite_x.sum().item<std::int64_t>();
    d.not_finite_b = d.values - finite_y.sum().item<std::int64_t>();
    const at::Tensor alike = (x == y) | (x.isnan() & y.isnan());
    d.not_finite_unlike = (~both & ~alike).sum().item<std::int64_t>();
    d.difference = at::where(both, x - y, at::full({}, kNone, at::kDouble));

    const at::Tensor u = x.masked_select(both), v = y.masked_select(both);
    d.max_a = largest(u);
    d.max_b = largest(v);
    if (u.numel() == 0) {
      d.max_abs = d.mean_abs = d.relative = d.correlation = kNone;
      return;
    }
    const at::Tensor absolute = (u - v).abs();
    d.max_abs = absolute.max().item<double>();
    d.mean_abs = absolute.mean().item<double>();
    d.relative = d.max_abs == 0 ? 0 : d.max_a > 0 ? d.max_abs / d.max_a : kNone;
    const at::Tensor cu = u - u.mean(), cv = v - v.mean();
    const double product = std::sqrt(cu.square().sum().item<double>() * cv.square().sum().item<double>());
    d.correlation = product > 0 ? at::dot(cu, cv).item<double>() / product : kNone;
  }));
  return d;
}

}  // namespace orderscope
