// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/road.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <array>
#include <cmath>
#include <numeric>

namespace orderscope {

namespace {

constexpr std::int64_t kNone = -1;

struct Neighbour {
  int dy, dx;
  double weight;
};
constexpr std::array<Neighbour, 8> kNeighbours{{{-1, 0, 1.0 / 6},
                                                {1, 0, 1.0 / 6},
                                                {0, -1, 1.0 / 6},
                                                {0, 1, 1.0 / 6},
                                                {-1, -1, 1.0 / 12},
                                                {-1, 1, 1.0 / 12},
                                                {1, -1, 1.0 / 12},
                                                {1, 1, 1.0 / 12}}};

/// The system of all removed pixels: sum_j w_ij (x_i - x_j) = 0, symmetric and, with a pixel left, positive definite.
struct System {
  std::vector<std::int64_t> places;                   ///< of the unknowns in the image
  std::vector<double> diagonal;                       ///< sums of weights
  std::vector<std::array<std::int64_t, 8>> unknowns;  ///< neighbours among the unknowns, or kNone
  std::vector<std::array<std::int64_t, 8>> known;     ///< neighbours in the image, or kNone

  System(const bool* removed, std::int64_t height, std::int64_t width) {
    std::vector<std::int64_t> index(static_cast<std::size_t>(height * width), kNone);
    for (std::int64_t p = 0; p < height * width; ++p) {
      if (!removed[p]) continue;
      index[static_cast<std::size_t>(p)] = static_cast<std::int64_t>(places.size());
      places.push_back(p);
    }
    for (const std::int64_t p : places) {
      double sum = 0;
      auto& to_unknown = unknowns.emplace_back();
      auto& to_known = known.emplace_back();
      for (std::size_t k = 0; k < kNeighbours.size(); ++k) {
        const std::int64_t y = p / width + kNeighbours[k].dy, x = p % width + kNeighbours[k].dx;
        to_unknown[k] = to_known[k] = kNone;
        if (y < 0 || x < 0 || y >= height || x >= width) continue;
        const std::int64_t q = y * width + x;
        (removed[q] ? to_unknown : to_known)[k] = removed[q] ? index[static_cast<std::size_t>(q)] : q;
        sum += kNeighbours[k].weight;
      }
      diagonal.push_back(sum);
    }
  }

  std::size_t size() const { return places.size(); }

  void apply(const std::vector<double>& x, std::vector<double>& out) const {
    for (std::size_t i = 0; i < size(); ++i) {
      double value = diagonal[i] * x[i];
      for (std::size_t k = 0; k < kNeighbours.size(); ++k)
        if (unknowns[i][k] != kNone) value -= kNeighbours[k].weight * x[static_cast<std::size_t>(unknowns[i][k])];
      out[i] = value;
    }
  }

  std::vector<double> right_side(const double* image) const {
    std::vector<double> b(size());
    for (std::size_t i = 0; i < size(); ++i)
      for (std::size_t k = 0; k < kNeighbours.size(); ++k)
        if (known[i][k] != kNone) b[i] += kNeighbours[k].weight * image[known[i][k]];
    return b;
  }
};

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Conjugate gradients, preconditioned by the diagonal, from a start that may be near.
Result<void> solve(const System& system, const std::vector<double>& b, std::vector<double>& x, const JobContext& job) {
  const std::size_t n = system.size();
  std::vector<double> r(n), z(n), p(n), q(n);
  system.apply(x, q);
  for (std::size_t i = 0; i < n; ++i) r[i] = b[i] - q[i];
  for (std::size_t i = 0; i < n; ++i) p[i] = z[i] = r[i] / system.diagonal[i];
  double rz = dot(r, z);
  const double enough = 1e-14 * dot(b, b);
  for (int iteration = 0; iteration < 20000 && dot(r, r) > enough; ++iteration) {
    if (iteration % 64 == 0) TRY_VOID(job.check());
    system.apply(p, q);
    const double step = rz / dot(p, q);
    for (std::size_t i = 0; i < n; ++i) {
      x[i] += step * p[i];
      r[i] -= step * q[i];
      z[i] = r[i] / system.diagonal[i];
    }
    const double next = dot(r, z);
    for (std::size_t i = 0; i < n; ++i) p[i] = z[i] + next / rz * p[i];
    rz = next;
  }
  return {};
}

}  // namespace

Result<at::Tensor> linear_imputation(const at::Tensor& image, const at::Tensor& removed, const JobContext& job) {
  const at::Tensor mask = removed.to(at::kCPU).contiguous();
  at::Tensor filled = image.to(at::kCPU, at::kDouble).contiguous().clone();
  const std::int64_t height = filled.size(1), width = filled.size(2);
  const System system(mask.const_data_ptr<bool>(), height, width);
  if (static_cast<std::int64_t>(system.size()) == height * width)
    return fail(Error::Kind::InvalidInput, "no pixel is left to impute the others from");
  if (!at::isfinite(filled).all().item<bool>()) return fail(Error::Kind::InvalidInput, "the image holds NaN or Inf");
  for (std::int64_t c = 0; c < filled.size(0); ++c) {
    double* values = filled.mutable_data_ptr<double>() + c * height * width;
    std::vector<double> x(system.size(), filled[c].masked_select(mask.logical_not()).mean().item<double>());
    TRY_VOID(solve(system, system.right_side(values), x, job));
    for (std::size_t i = 0; i < system.size(); ++i) values[system.places[i]] = x[i];
  }
  return filled;
}

Result<RoadCurves> road(const at::Tensor& image, const at::Tensor& order, const std::vector<double>& shares,
                        double noise, std::uint64_t seed, const ImageScore& score, const JobContext& job) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  const std::int64_t pixels = order.size(0);
  const at::Tensor places = order.to(at::kCPU);
  std::vector<at::Tensor> images;
  const auto total = static_cast<std::int64_t>(2 * shares.size());
  for (const bool most : {true, false}) {
    for (const double share : shares) {
      job.progress(static_cast<std::int64_t>(images.size()), total, "ROAD, imputing");
      const std::int64_t count = std::llround(share * static_cast<double>(pixels));
      const at::Tensor gone = most ? places.slice(0, 0, count) : places.slice(0, pixels - count);
      const at::Tensor removed =
          at::zeros({pixels}, at::kBool).index_fill_(0, gone, true).view({image.size(1), image.size(2)});
      TRY(const at::Tensor imputed, linear_imputation(image, removed, job));
      const at::Tensor noisy = at::randn(imputed.sizes(), generator, imputed.options()) * noise * removed;
      images.push_back((imputed + noisy).to(image.device(), at::kFloat));
    }
  }
  TRY(const at::Tensor scores,
      score(
          total + 1, [&](std::int64_t i) { return i == 0 ? image : images[static_cast<std::size_t>(i - 1)]; }, "ROAD"));
  RoadCurves curves{{"road.morf", "share of pixels removed", "probability", {0}, {}},
                    {"road.lerf", "share of pixels removed", "probability", {0}, {}}};
  curves.most.y = curves.least.y = {scores[0].item<double>()};
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const auto at_least = static_cast<std::int64_t>(shares.size() + i);
    for (Curve* curve : {&curves.most, &curves.least}) curve->x.push_back(shares[i]);
    curves.most.y.push_back(scores[static_cast<std::int64_t>(i) + 1].item<double>());
    curves.least.y.push_back(scores[at_least + 1].item<double>());
    curves.combined += (curves.least.y.back() - curves.most.y.back()) / 2 / static_cast<double>(shares.size());
  }
  return curves;
}

}  // namespace orderscope
