// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/area_ratio.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "core/base/guard.h"

namespace orderscope {

namespace {

/// Pixels by their Chebyshev distance from the centre: ring i and all before it make the square of side 2 i + 1.
struct Rings {
  std::vector<std::int64_t> order;  ///< flat indices of all pixels, ring by ring
  std::vector<std::int64_t> start;  ///< where ring i begins in `order`; one more entry than rings
  std::int64_t last = 0;            ///< the last i that is tried

  Rings(std::int64_t height, std::int64_t width) : last(std::max(height, width) / 2 - 1) {
    const std::int64_t cy = height / 2, cx = width / 2;
    const std::int64_t count = std::max(std::max(cy, height - 1 - cy), std::max(cx, width - 1 - cx)) + 1;
    std::vector<std::int64_t> sizes(count);
    const auto ring = [&](std::int64_t y, std::int64_t x) { return std::max(std::abs(y - cy), std::abs(x - cx)); };
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x) ++sizes[ring(y, x)];
    start.assign(1, 0);
    for (const std::int64_t size : sizes) start.push_back(start.back() + size);
    order.resize(height * width);
    std::vector<std::int64_t> next(start.begin(), start.end() - 1);
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x) order[next[ring(y, x)]++] = y * width + x;
  }

  std::int64_t count() const { return static_cast<std::int64_t>(start.size()) - 1; }
  std::int64_t size(std::int64_t ring) const { return start[ring + 1] - start[ring]; }
};

/// The ratios from the sum over each ring.
std::vector<std::optional<AreaRatio>> ratios_of(const double* sums, const Rings& rings) {
  double all = 0;
  for (std::int64_t i = 0; i < rings.count(); ++i) all += sums[i];
  std::vector<std::optional<AreaRatio>> found(kErfThresholds.size());
  double inside = sums[0];
  const auto pixels = static_cast<double>(rings.start.back());
  for (std::int64_t i = 1; i <= std::min(rings.last, rings.count() - 1); ++i) {
    inside += sums[i];
    for (std::size_t t = 0; t < kErfThresholds.size(); ++t)
      if (!found[t] && inside / all > kErfThresholds[t])
        found[t] = AreaRatio{2 * i + 1, static_cast<double>(rings.start[i + 1]) / pixels};
  }
  return found;
}

/// Without the division by the maximum or the sum, which does not move a share.
at::Tensor scaled_values(const at::Tensor& mean, ErfScale scale) {
  switch (scale) {
    case ErfScale::Log10: return at::log10(mean + 1);
    case ErfScale::FifthRoot: return at::pow(mean, 0.2);
    case ErfScale::Linear:
    case ErfScale::Share: break;
  }
  return mean;
}

}  // namespace

at::Tensor erf_scaled(const at::Tensor& mean, ErfScale scale, ErfPrecision precision) {
  const at::ScalarType type = precision == ErfPrecision::Float64 ? at::kDouble : at::kFloat;
  at::Tensor values = scaled_values(mean.to(at::kCPU, type), scale);
  const at::Tensor divisor = scale == ErfScale::Share    ? values.sum(at::kDouble)
                             : scale == ErfScale::Linear ? at::ones({}, at::kDouble)
                                                         : values.max();
  if (divisor.item<double>() > 0) values = values / divisor.to(type);
  return values.to(at::kDouble);
}

std::vector<std::optional<AreaRatio>> area_ratios(const at::Tensor& scaled) {
  const at::Tensor values = scaled.to(at::kCPU, at::kDouble).contiguous();
  const Rings rings(values.size(0), values.size(1));
  const double* data = values.const_data_ptr<double>();
  std::vector<double> sums(rings.count());
  for (std::int64_t i = 0; i < rings.count(); ++i)
    for (std::int64_t p = rings.start[i]; p < rings.start[i + 1]; ++p) sums[i] += data[rings.order[p]];
  return ratios_of(sums.data(), rings);
}

Result<void> bootstrap_ratios(const std::vector<at::Tensor>& maps, ErfScale scale, int samples, std::uint64_t seed,
                              std::vector<AreaMeasure>& measures, const JobContext& job) {
  const auto count = static_cast<std::int64_t>(maps.size());
  // How often each image is drawn, by the number of draws.
  at::Tensor weights = at::zeros({samples, count}, at::kDouble);
  double* drawn = weights.mutable_data_ptr<double>();
  std::mt19937_64 random(seed);
  for (std::int64_t b = 0; b < samples; ++b)
    for (std::int64_t i = 0; i < count; ++i) drawn[b * count + static_cast<std::int64_t>(random() % maps.size())] += 1;

  const Rings rings(maps[0].size(0), maps[0].size(1));
  std::vector<double> sums(samples * rings.count());
  TRY_VOID(guarded([&] {
    const c10::NoGradGuard no_grad;
    weights = (weights / static_cast<double>(count)).to(at::kFloat);
    const at::Tensor order = at::from_blob(const_cast<std::int64_t*>(rings.order.data()),
                                           {static_cast<std::int64_t>(rings.order.size())}, at::kLong);
    // A means of draws x pixels matrix, some rings at a time so that it stays in the cache.
    for (std::int64_t ring = 0; ring < rings.count();) {
      throw_if_cancelled(job);
      std::int64_t end = ring + 1;
      while (end < rings.count() && rings.start[end + 1] - rings.start[ring] < 4096) ++end;
      const at::Tensor pixels = order.slice(0, rings.start[ring], rings.start[end]);
      at::Tensor values = at::empty({count, pixels.size(0)});
      for (std::int64_t i = 0; i < count; ++i) values[i].copy_(maps[i].view({-1}).index_select(0, pixels));
      const at::Tensor means = scaled_values(at::matmul(weights, values), scale);
      for (std::int64_t r = ring; r < end; ++r) {
        const at::Tensor sum =
            means.slice(1, rings.start[r] - rings.start[ring], rings.start[r + 1] - rings.start[ring])
                .sum(at::IntArrayRef{1}, false, at::kDouble);
        const double* data = sum.const_data_ptr<double>();
        for (int b = 0; b < samples; ++b) sums[b * rings.count() + r] = data[b];
      }
      ring = end;
    }
  }));

  const double unreached = std::numeric_limits<double>::infinity();
  std::vector<std::vector<double>> ratios(measures.size());
  for (int b = 0; b < samples; ++b) {
    const auto found = ratios_of(sums.data() + b * rings.count(), rings);
    for (std::size_t t = 0; t < ratios.size(); ++t) ratios[t].push_back(found[t] ? found[t]->ratio : unreached);
  }
  for (std::size_t t = 0; t < ratios.size(); ++t) {
    std::sort(ratios[t].begin(), ratios[t].end());
    const auto quantile = [&](double q) -> std::optional<double> {
      const double value = ratios[t][static_cast<std::size_t>(std::lround(q * (samples - 1)))];
      return std::isfinite(value) ? std::optional(value) : std::nullopt;
    };
    measures[t].has_interval = true;
    measures[t].low = quantile(0.025);
    measures[t].high = quantile(0.975);
  }
  return {};
}

}  // namespace orderscope
