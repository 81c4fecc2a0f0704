// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/agreement.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/base/guard.h"

namespace orderscope {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Places in ascending order from 1; equal values share the mean of theirs.
std::vector<double> ranks(const double* values, std::int64_t count) {
  std::vector<std::int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::int64_t i, std::int64_t j) { return values[i] < values[j]; });
  std::vector<double> rank(count);
  for (std::int64_t i = 0; i < count;) {
    std::int64_t end = i;
    while (end < count && values[order[end]] == values[order[i]]) ++end;
    for (std::int64_t j = i; j < end; ++j) rank[order[j]] = 0.5 * static_cast<double>(i + 1 + end);
    i = end;
  }
  return rank;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n;
  const double mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : kNone;
}

double js_divergence(const double* p, const double* q, std::int64_t count) {
  double sum = 0;
  const auto term = [](double x, double mean) { return x > 0 ? x * std::log2(x / mean) : 0; };
  for (std::int64_t c = 0; c < count; ++c) {
    const double mean = 0.5 * (p[c] + q[c]);
    sum += 0.5 * (term(p[c], mean) + term(q[c], mean));
  }
  return std::max(sum, 0.0);
}

}  // namespace

const MethodDescriptor& agreement_descriptor() {
  using Type = MethodParameter::Type;
  static const MethodDescriptor descriptor{
      "agreement",
      "Class-score agreement",
      "top-1 agreement, Jensen-Shannon divergence (Lin, 1991), Spearman's rank correlation",
      {{"count", Type::Integer, "images to use; 0: all", "0", {}, 0, 1e6}},
      /*needs_gradient=*/false,
      /*needs_gnconv=*/false,
      "numbers of several models"};
  return descriptor;
}

Result<std::vector<ScoreAgreement>> score_agreement(const at::Tensor& a, const at::Tensor& b) {
  if (a.dim() != 2 || a.sizes() != b.sizes() || a.size(1) < 2) {
    return fail(Error::Kind::InvalidInput, "the models have different classes, so their scores cannot be compared",
                "agreement");
  }
  std::vector<ScoreAgreement> all;
  TRY_VOID(guarded([&] {
    const at::Tensor x = a.detach().to(at::kCPU, at::kDouble).contiguous();
    const at::Tensor y = b.detach().to(at::kCPU, at::kDouble).contiguous();
    const at::Tensor p = at::softmax(x, 1), q = at::softmax(y, 1);
    const std::int64_t classes = x.size(1);
    for (std::int64_t n = 0; n < x.size(0); ++n) {
      ScoreAgreement s;
      const double *xs = x.const_data_ptr<double>() + n * classes, *ys = y.const_data_ptr<double>() + n * classes;
      const auto bad = [](double value) { return std::isnan(value); };
      if (std::any_of(xs, xs + classes, bad) || std::any_of(ys, ys + classes, bad)) {
        s.js_divergence = s.rank_correlation = kNone;
      } else {
        s.same_top1 = std::max_element(xs, xs + classes) - xs == std::max_element(ys, ys + classes) - ys;
        s.js_divergence =
            js_divergence(p.const_data_ptr<double>() + n * classes, q.const_data_ptr<double>() + n * classes, classes);
        s.rank_correlation = correlation(ranks(xs, classes), ranks(ys, classes));
      }
      all.push_back(s);
    }
  }));
  return all;
}

}  // namespace orderscope
