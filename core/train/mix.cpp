// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/mix.h"

#include <algorithm>
#include <cmath>

namespace orderscope {

namespace {

double beta(double alpha, std::mt19937_64& random) {
  std::gamma_distribution<double> gamma(alpha, 1);
  const double a = gamma(random), b = gamma(random);
  return a + b > 0 ? a / (a + b) : 0.5;
}

}  // namespace

Mix draw_mix(const MixOptions& o, int size, std::mt19937_64& random) {
  std::uniform_real_distribution<double> uniform(0, 1);
  Mix mix;
  const bool mixed = uniform(random) < o.probability;
  const bool cut = o.cutmix_alpha > 0 && (o.mixup_alpha <= 0 || uniform(random) < 0.5);
  if (!mixed || (!cut && o.mixup_alpha <= 0)) return mix;
  mix.own = beta(cut ? o.cutmix_alpha : o.mixup_alpha, random);
  if (!cut) return mix;

  mix.boxed = true;
  const double side = std::sqrt(1 - mix.own) * size;
  const double x = uniform(random) * size, y = uniform(random) * size;
  const auto pixel = [size](double v) { return std::clamp(static_cast<int>(std::lround(v)), 0, size); };
  mix.left = pixel(x - side / 2);
  mix.right = pixel(x + side / 2);
  mix.top = pixel(y - side / 2);
  mix.bottom = pixel(y + side / 2);
  // The border cuts the box off: labels weigh what is really there.
  const double area = static_cast<double>(mix.right - mix.left) * (mix.bottom - mix.top);
  mix.own = 1 - area / (static_cast<double>(size) * size);
  return mix;
}

void mix_images(const Mix& mix, float* images, int batch, int size) {
  if (mix.own == 1) return;
  const auto image = [&](int i) { return images + static_cast<std::ptrdiff_t>(i) * size * size * 3; };
  const auto own = static_cast<float>(mix.own);
  for (int i = 0; i < batch / 2; ++i) {
    float* a = image(i);
    float* b = image(batch - 1 - i);
    if (mix.boxed) {
      for (int y = mix.top; y < mix.bottom; ++y)
        std::swap_ranges(a + 3 * (y * size + mix.left), a + 3 * (y * size + mix.right), b + 3 * (y * size + mix.left));
    } else {
      for (int v = 0; v < 3 * size * size; ++v) {
        const float first = a[v], second = b[v];
        a[v] = own * first + (1 - own) * second;
        b[v] = own * second + (1 - own) * first;
      }
    }
  }
}

void write_targets(const Mix& mix, std::span<const int> labels, int classes, double smoothing, float* targets) {
  const auto rest = static_cast<float>(smoothing / classes);
  const std::size_t batch = labels.size();
  std::fill_n(targets, batch * static_cast<std::size_t>(classes), rest);
  for (std::size_t i = 0; i < batch; ++i) {
    float* row = targets + i * static_cast<std::size_t>(classes);
    row[labels[i]] += static_cast<float>((1 - smoothing) * mix.own);
    row[labels[batch - 1 - i]] += static_cast<float>((1 - smoothing) * (1 - mix.own));
  }
}

}  // namespace orderscope
