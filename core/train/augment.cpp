// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/augment.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace orderscope {

namespace {

double uniform(std::mt19937_64& random, double low, double high) {
  return low < high ? std::uniform_real_distribution<double>(low, high)(random) : low;
}

int uniform_int(std::mt19937_64& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

Image cut(const Image& image, const PixelBox& box) {
  Image part;
  part.width = box.width;
  part.height = box.height;
  part.rgb.resize(static_cast<std::size_t>(box.width) * box.height * 3);
  for (int y = 0; y < box.height; ++y)
    std::memcpy(part.row(y), image.row(box.y + y) + 3 * box.x, static_cast<std::size_t>(box.width) * 3);
  return part;
}

constexpr float kRed = 0.299F, kGreen = 0.587F, kBlue = 0.114F;  // ITU-R 601, as PIL's and torchvision's grey

float grey(const float* rgb) { return kRed * rgb[0] + kGreen * rgb[1] + kBlue * rgb[2]; }

/// Random erasing in "pixel" mode: every value of the region becomes standard normal noise.
void erase(float* out, int size, std::mt19937_64& random) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double area = uniform(random, 0.02, 1.0 / 3) * size * size;
    const double ratio = std::exp(uniform(random, std::log(0.3), std::log(1 / 0.3)));
    const int height = static_cast<int>(std::lround(std::sqrt(area * ratio)));
    const int width = static_cast<int>(std::lround(std::sqrt(area / ratio)));
    if (height < 1 || width < 1 || height >= size || width >= size) continue;
    const int top = uniform_int(random, 0, size - height);
    const int left = uniform_int(random, 0, size - width);
    std::normal_distribution<float> noise;
    for (int y = top; y < top + height; ++y)
      for (int i = 3 * left; i < 3 * (left + width); ++i) out[3 * y * size + i] = noise(random);
    return;
  }
}

}  // namespace

PixelBox random_crop(int width, int height, const AugmentOptions& o, std::mt19937_64& random) {
  const double area = static_cast<double>(width) * height;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * uniform(random, o.min_scale, o.max_scale);
    const double ratio = std::exp(uniform(random, std::log(o.min_ratio), std::log(o.max_ratio)));
    const int w = static_cast<int>(std::lround(std::sqrt(target * ratio)));
    const int h = static_cast<int>(std::lround(std::sqrt(target / ratio)));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    const int y = uniform_int(random, 0, height - h);
    return {uniform_int(random, 0, width - w), y, w, h};
  }
  const double ratio = static_cast<double>(width) / height;
  int w = width, h = height;
  if (ratio < o.min_ratio) h = std::clamp(static_cast<int>(std::lround(w / o.min_ratio)), 1, height);
  if (ratio > o.max_ratio) w = std::clamp(static_cast<int>(std::lround(h * o.max_ratio)), 1, width);
  return {(width - w) / 2, (height - h) / 2, w, h};
}

void adjust_colors(float* rgb, int pixels, float brightness, float contrast, float saturation) {
  const auto clamp = [](float v) { return std::clamp(v, 0.0F, 1.0F); };
  if (brightness != 1) {
    for (int i = 0; i < 3 * pixels; ++i) rgb[i] = clamp(rgb[i] * brightness);
  }
  if (contrast != 1) {
    double sum = 0;
    for (int p = 0; p < pixels; ++p) sum += grey(rgb + 3 * p);
    const float mean = static_cast<float>(sum / pixels);
    for (int i = 0; i < 3 * pixels; ++i) rgb[i] = clamp(mean + contrast * (rgb[i] - mean));
  }
  if (saturation != 1) {
    for (int p = 0; p < pixels; ++p) {
      const float g = grey(rgb + 3 * p);
      for (int c = 0; c < 3; ++c) rgb[3 * p + c] = clamp(g + saturation * (rgb[3 * p + c] - g));
    }
  }
}

void augment(const Image& image, const AugmentOptions& o, const Preprocessing& how, std::mt19937_64& random,
             float* out) {
  const int size = how.size;
  const Image crop = resize_bicubic(cut(image, random_crop(image.width, image.height, o, random)), size, size);
  const bool flip = uniform(random, 0, 1) < o.flip;
  const auto factor = [&](double range) { return static_cast<float>(uniform(random, 1 - range, 1 + range)); };
  const float brightness = factor(o.brightness), contrast = factor(o.contrast), saturation = factor(o.saturation);

  for (int y = 0; y < size; ++y) {
    const std::uint8_t* in = crop.row(y);
    float* row = out + static_cast<std::ptrdiff_t>(3) * y * size;
    for (int x = 0; x < size; ++x)
      for (int c = 0; c < 3; ++c) row[3 * x + c] = static_cast<float>(in[3 * (flip ? size - 1 - x : x) + c]) / 255.0F;
  }
  adjust_colors(out, size * size, brightness, contrast, saturation);
  for (int p = 0; p < size * size; ++p)
    for (int c = 0; c < 3; ++c) out[3 * p + c] = (out[3 * p + c] - how.mean[c]) / how.std[c];
  if (o.erase > 0 && uniform(random, 0, 1) < o.erase) erase(out, size, random);
}

void normalize(const Image& image, const Preprocessing& how, float* out) {
  const std::size_t pixels = static_cast<std::size_t>(image.width) * image.height;
  for (std::size_t p = 0; p < pixels; ++p)
    for (std::size_t c = 0; c < 3; ++c)
      out[3 * p + c] = (static_cast<float>(image.rgb[3 * p + c]) / 255.0F - how.mean[c]) / how.std[c];
}

}  // namespace orderscope
