// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_figures.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include "core/analysis/channel_reduction.h"
#include "core/analysis/tensor_map.h"

namespace orderscope {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
enum Slot { kEnergy, kEntropy, kFrequency, kSlots };

/// [h (w / 2 + 1), 2]: how often each coefficient of a real FFT stands for (itself and its mirror image), and that
/// times its radial frequency in cycles a pixel.
at::Tensor frequency_weights(std::int64_t height, std::int64_t width) {
  static std::mutex mutex;
  static std::map<std::pair<std::int64_t, std::int64_t>, at::Tensor> known;
  const std::lock_guard lock(mutex);
  if (known.size() > 64) known.clear();  // photos of many sizes
  at::Tensor& weights = known[{height, width}];
  if (weights.defined()) return weights;
  const std::int64_t columns = width / 2 + 1;
  weights = at::empty({height * columns, 2}, at::kFloat);
  float* w = weights.mutable_data_ptr<float>();
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < columns; ++x) {
      const float times = x == 0 || 2 * x == width ? 1 : 2;
      const double fy = static_cast<double>(std::min(y, height - y)) / static_cast<double>(height);
      const double fx = static_cast<double>(x) / static_cast<double>(width);
      *w++ = times;
      *w++ = times * static_cast<float>(std::hypot(fy, fx));
    }
  }
  return weights;
}

/// Mean radial frequency of maps [N, h, w], cycles a pixel of the map: [N], NaN where nothing varies.
at::Tensor mean_frequency(const at::Tensor& maps) {
  const at::Tensor centred = maps - maps.mean({1, 2}, true);
  const at::Tensor spectrum = at::view_as_real(at::fft_rfft2(centred.contiguous()));
  const at::Tensor power = spectrum.square().sum(3).flatten(1);
  const at::Tensor sums = at::matmul(power, frequency_weights(maps.size(1), maps.size(2)).to(power.device()));
  // What is left of a constant after its mean is taken out is rounding.
  const at::Tensor varies = centred.square().mean({1, 2}) > 1e-12 * maps.square().mean({1, 2});
  return at::where(varies, sums.select(1, 1) / sums.select(1, 0), at::full_like(sums.select(1, 1), kNone));
}

/// Activations [N, C, h, w] as [N, kSlots], followed by the map of mean magnitudes, [N, h w], if asked.
at::Tensor measure(const at::Tensor& activation, bool maps) {
  const at::NoGradGuard no_grad;
  const at::Tensor reduced = reduce_channels(activation.detach());
  const at::Tensor& magnitude = reduced[static_cast<std::int64_t>(ChannelReduction::MeanAbs)];
  const at::Tensor energy =
      reduced[static_cast<std::int64_t>(ChannelReduction::L2)].square().flatten(1).to(at::kDouble);
  const at::Tensor sum = energy.sum(1);
  const auto pixels = static_cast<double>(energy.size(1));
  // -sum p log p with p = e / sum.
  const at::Tensor entropy = sum.log() - at::xlogy(energy, energy).sum(1) / sum;
  const double even = pixels > 1 ? std::log(pixels) : kNone;  // of a single pixel there is no saying how even it is
  std::vector<at::Tensor> columns{(sum / (pixels * static_cast<double>(activation.size(1)))).to(at::kFloat),
                                  (entropy / even).to(at::kFloat), mean_frequency(magnitude)};
  const at::Tensor figures = at::stack(columns, 1);
  return maps ? at::cat({figures, magnitude.flatten(1)}, 1) : figures;
}

Map map_of(const at::Tensor& row, const Trace& trace, const std::string& tap) {
  const auto [height, width] = token_grid(row.size(0), trace.images().size(2), trace.images().size(3));
  Map map = to_map(row.view({height, width}));
  map.provenance.layer = tap;
  return map;
}

}  // namespace

Probe order_figures_probe(bool maps) {
  return {"*.gnconv.gate.*,*.gnconv.state.*", [maps](const at::Tensor& x) { return measure(x, maps); }, {}};
}

Probe order_contribution_figures_probe(bool maps) {
  return {"*.gnconv.gate.*", {}, [maps](const at::Tensor& gate, const at::Tensor& gradient) {
            const at::Tensor pixels = channel_dot(gate, gradient).flatten(1);
            const at::Tensor sum = pixels.sum(at::IntArrayRef{1}, true, at::kDouble).to(at::kFloat);
            return maps ? at::cat({sum, pixels}, 1) : sum;
          }};
}

OrderFigures read_order_figures(const Trace& trace, std::size_t probe, const std::string& tap, std::int64_t n,
                                const BlockInfo& block) {
  const at::Tensor kept = trace.result(probe, tap);
  if (!kept.defined()) return {kNone, kNone, kNone};
  const at::Tensor row = kept[n].cpu();
  const float* f = row.const_data_ptr<float>();
  return {f[kEnergy], f[kEntropy], block.stride / static_cast<double>(f[kFrequency])};
}

double read_order_contribution(const Trace& trace, std::size_t probe, const std::string& tap, std::int64_t n) {
  const at::Tensor kept = trace.gradient_result(probe, tap);
  return kept.defined() ? kept[n][0].item<double>() : kNone;
}

std::optional<Map> read_order_map(const Trace& trace, std::size_t probe, const std::string& tap, std::int64_t n) {
  const at::Tensor kept = trace.result(probe, tap);
  if (!kept.defined() || kept.size(1) <= kSlots) return std::nullopt;
  Map map = map_of(kept[n].narrow(0, kSlots, kept.size(1) - kSlots), trace, tap);
  map.unit = "activation";
  return map;
}

std::optional<Map> read_contribution_map(const Trace& trace, std::size_t probe, const std::string& tap,
                                         std::int64_t n) {
  const at::Tensor kept = trace.gradient_result(probe, tap);
  if (!kept.defined() || kept.size(1) <= 1) return std::nullopt;
  Map map = map_of(kept[n].narrow(0, 1, kept.size(1) - 1), trace, tap);
  map.is_signed = true;
  map.unit = "logit";
  return map;
}

void add_scores(const at::Tensor& logits, StoredResult& result) {
  const at::Tensor values = logits.to(at::kDouble).contiguous();
  const double* v = values.const_data_ptr<double>();
  const std::int64_t classes = values.numel();
  if (!std::all_of(v, v + classes, [](double value) { return std::isfinite(value); })) {
    result.note = "the logits are not finite";
    return;
  }
  const auto best = std::max_element(v, v + classes) - v;
  double sum = 0, weighted = 0;
  for (std::int64_t c = 0; c < classes; ++c) {
    const double weight = std::exp(v[c] - v[best]);
    sum += weight;
    weighted += weight * (v[c] - v[best]);
  }
  result.predicted = static_cast<int>(best);
  result.confidence = 1 / sum;
  result.entropy = std::log(sum) - weighted / sum;
  if (!result.label) return;
  const double own = v[*result.label];
  result.label_rank = static_cast<int>(std::count_if(v, v + classes, [&](double value) { return value > own; }));
  result.loss = std::log(sum) - (own - v[best]);
  result.label_probability = std::exp(-result.loss);
}

std::vector<Number> map_figures(const Map& map) {
  const auto count = static_cast<double>(map.values.size());
  double low = kNone, high = kNone, total = 0, positive = 0, mass = 0, x = 0, y = 0, log_mass = 0, above = 0;
  for (const float value : map.values) {
    low = std::fmin(low, value);
    high = std::fmax(high, value);
    total += value;
  }
  for (int row = 0; row < map.height; ++row) {
    for (int column = 0; column < map.width; ++column) {
      const double value = map.at(row, column);
      if (!(value > 0)) continue;
      positive += 1;
      mass += value;
      log_mass += value * std::log(value);
      x += value * (column + 0.5);
      y += value * (row + 0.5);
      above += value > 0.5 * high;
    }
  }
  const bool any = mass > 0;
  const double entropy = any && count > 1 ? (std::log(mass) - log_mass / mass) / std::log(count) : kNone;
  return {{"low", low, map.unit},
          {"high", high, map.unit},
          {"mean", total / count, map.unit},
          {"positive", positive / count},
          {"area", any ? above / count : kNone},
          {"entropy", entropy},
          {"x", any ? x / mass / map.width : kNone},
          {"y", any ? y / mass / map.height : kNone}};
}

}  // namespace orderscope
