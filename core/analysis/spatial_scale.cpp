// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/spatial_scale.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace orderscope {

namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

/// Sum over channels of |FFT|^2 at `height` x `width`, zero padded: [height, width / 2 + 1], double.
at::Tensor power(const at::Tensor& x, std::int64_t height, std::int64_t width) {
  const std::array<std::int64_t, 2> size{height, width};
  const at::Tensor spectrum = at::fft_rfft2(x, size, {-2, -1});
  return at::view_as_real(spectrum).square().sum(at::IntArrayRef{0, 3}, false, at::kDouble).cpu();
}

void measure_spectrum(const at::Tensor& centred, SpatialScale& scale) {
  const std::int64_t height = centred.size(1), width = centred.size(2), columns = width / 2 + 1;
  const std::int64_t bins = std::max<std::int64_t>(std::min(height, width) / 2 + 1, 2);
  const at::Tensor energy = power(centred, height, width);
  const auto e = energy.accessor<double, 2>();
  scale.spectrum.assign(static_cast<std::size_t>(bins), 0.0);
  double total = 0, weighted = 0;
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < columns; ++x) {
      // Columns but the first and the Nyquist one stand for their mirror image too.
      const double value = e[y][x] * (x == 0 || 2 * x == width ? 1 : 2);
      const double fy = static_cast<double>(std::min(y, height - y)) / static_cast<double>(height);
      const double fx = static_cast<double>(x) / static_cast<double>(width);
      const double radius = std::hypot(fy, fx);
      const auto bin = static_cast<std::int64_t>(std::lround(radius * 2 * static_cast<double>(bins - 1)));
      scale.spectrum[static_cast<std::size_t>(std::min(bin, bins - 1))] += value;
      total += value;
      weighted += value * radius;
    }
  }
  for (double& share : scale.spectrum) share /= total;
  scale.mean_frequency = total > 0 ? weighted / total : kNothing;
}

/// Autocorrelation by lag, each divided by the number of pairs it was summed over, averaged over rings of lags.
double measure_length(const at::Tensor& centred) {
  const std::int64_t height = centred.size(1), width = centred.size(2);
  const std::array<std::int64_t, 2> padded{2 * height, 2 * width};
  const at::Tensor lags = at::fft_irfft2(
      at::complex(power(centred, padded[0], padded[1]), at::zeros({padded[0], padded[1] / 2 + 1}, at::kDouble)), padded,
      {-2, -1});
  const auto r = lags.accessor<double, 2>();
  const double variance = r[0][0] / static_cast<double>(height * width);
  if (!(variance > 0)) return kNothing;
  const std::int64_t reach = std::max<std::int64_t>(std::min(height, width) / 2, 1);
  std::vector<double> sums(static_cast<std::size_t>(reach + 1), 0.0), counts(sums.size(), 0.0);
  for (std::int64_t dy = -(height - 1); dy < height; ++dy) {
    for (std::int64_t dx = -(width - 1); dx < width; ++dx) {
      const auto ring = std::lround(std::hypot(static_cast<double>(dy), static_cast<double>(dx)));
      if (ring > reach) continue;
      const double pairs = static_cast<double>((height - std::abs(dy)) * (width - std::abs(dx)));
      sums[ring] += r[(dy + padded[0]) % padded[0]][(dx + padded[1]) % padded[1]];
      counts[ring] += pairs;
    }
  }
  double before = 1;
  for (std::int64_t ring = 1; ring <= reach; ++ring) {
    const double here = counts[ring] > 0 ? sums[ring] / counts[ring] / variance : 0;
    if (here <= std::exp(-1)) return static_cast<double>(ring) - (std::exp(-1) - here) / (before - here);
    before = here;
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace

SpatialScale spatial_scale(const at::Tensor& x) {
  SpatialScale scale;
  const at::Tensor mean = x.mean(at::IntArrayRef{1, 2}, true);
  const at::Tensor centred = (x - mean).contiguous();
  measure_spectrum(centred, scale);
  scale.autocorrelation_length = measure_length(centred);
  // What is left of a constant after its mean is taken out is rounding.
  const double left = centred.square().mean(at::kDouble).item<double>();
  const double all = x.square().mean(at::kDouble).item<double>();
  if (!(left > 1e-12 * all)) {
    std::fill(scale.spectrum.begin(), scale.spectrum.end(), kNothing);
    scale.mean_frequency = scale.autocorrelation_length = kNothing;
  }
  return scale;
}

double spatial_entropy(const at::Tensor& x) {
  const at::Tensor energy = x.square().sum(0, false, at::kDouble);
  const at::Tensor p = energy / energy.sum();
  if (p.numel() < 2) return kNothing;
  return -at::xlogy(p, p).sum().item<double>() / std::log(static_cast<double>(p.numel()));
}

}  // namespace orderscope
