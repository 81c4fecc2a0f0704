// SPDX-License-Identifier: GPL-3.0-or-later
// The same arithmetic as Pillow's ImagingResample for 8-bit pictures (libImaging/Resample.c), so that a picture resized
// here gives a network the bytes that it was evaluated with: horizontal pass first, as in Pillow before 13.
// Pillow 13 takes the vertical pass first where the height shrinks much more than the width, which in warped portraits
// moves about one value in seven by up to four levels; the published models were evaluated before that.
#include "core/image/resample.h"

#include <algorithm>
#include <cmath>

namespace orderscope {

namespace {

// 8 bits for the pixel, 2 for the overshoot of negative lobes, the rest of an int32 for the coefficient.
constexpr int precision_bits = 32 - 8 - 2;

double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

/// Which input pixels make each output pixel of a line, and their weights.
struct Weights {
  struct Span {
    int first = 0, count = 0;
  };
  std::vector<Span> spans;
  std::vector<std::int32_t> values;  ///< spans.size() rows of `taps`
  int taps = 0;

  const std::int32_t* row(int i) const { return values.data() + static_cast<std::size_t>(i) * taps; }
};

/// For output pixels [first, first + count) of a line resized from in_size to out_size.
Weights weights(int in_size, int out_size, int first, int count) {
  const double scale = static_cast<double>(in_size) / out_size;
  const double stretch = std::max(scale, 1.0);  // a wider filter when shrinking: antialiasing
  const double support = 2.0 * stretch;
  Weights result;
  result.taps = std::min(static_cast<int>(std::ceil(support)) * 2 + 1, in_size);
  result.spans.resize(count);
  result.values.resize(static_cast<std::size_t>(count) * result.taps);
  std::vector<double> exact(result.taps);
  for (int i = 0; i < count; ++i) {
    const double center = (first + i + 0.5) * scale;
    const int begin = std::max(static_cast<int>(center - support + 0.5), 0);
    const int end = std::min(static_cast<int>(center + support + 0.5), in_size);
    double sum = 0;
    for (int x = begin; x < end; ++x) sum += exact[x - begin] = bicubic((x - center + 0.5) * (1.0 / stretch));
    result.spans[i] = {begin, end - begin};
    for (int x = 0; x < end - begin; ++x) {
      const double weight = (sum != 0 ? exact[x] / sum : exact[x]) * (1 << precision_bits);
      result.values[static_cast<std::size_t>(i) * result.taps + x] =
          static_cast<std::int32_t>(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
  }
  return result;
}

constexpr std::int32_t half = 1 << (precision_bits - 1);

std::uint8_t to_byte(std::int32_t sum) { return static_cast<std::uint8_t>(std::clamp(sum >> precision_bits, 0, 255)); }

void resample_row(const std::uint8_t* in, const Weights& weights, std::uint8_t* out) {
  for (std::size_t i = 0; i < weights.spans.size(); ++i) {
    const auto [first, count] = weights.spans[i];
    const std::int32_t* k = weights.row(static_cast<int>(i));
    const std::uint8_t* pixel = in + std::size_t{3} * first;
    std::int32_t r = half, g = half, b = half;
    for (int t = 0; t < count; ++t, pixel += 3) {
      r += pixel[0] * k[t];
      g += pixel[1] * k[t];
      b += pixel[2] * k[t];
    }
    out[3 * i] = to_byte(r);
    out[3 * i + 1] = to_byte(g);
    out[3 * i + 2] = to_byte(b);
  }
}

/// Rows [first_row, ...) of the whole picture are in `in`. Whole rows are added at a time, which vectorises.
Image resample_columns(const Image& in, int first_row, const Weights& weights) {
  Image out{in.width, static_cast<int>(weights.spans.size()), {}};
  const std::size_t row_bytes = std::size_t{3} * in.width;
  out.rgb.resize(row_bytes * out.height);
  std::vector<std::int32_t> sums(row_bytes);
  for (int y = 0; y < out.height; ++y) {
    const auto [first, count] = weights.spans[y];
    std::fill(sums.begin(), sums.end(), half);
    for (int t = 0; t < count; ++t) {
      const std::uint8_t* row = in.row(first + t - first_row);
      const std::int32_t k = weights.row(y)[t];
      for (std::size_t i = 0; i < row_bytes; ++i) sums[i] += row[i] * k;
    }
    std::transform(sums.begin(), sums.end(), out.row(y), to_byte);
  }
  return out;
}

Image cropped(const Image& image, const Region& region) {
  Image out{region.width, region.height, {}};
  out.rgb.resize(std::size_t{3} * region.width * region.height);
  for (int y = 0; y < region.height; ++y)
    std::copy_n(image.row(region.y + y) + std::size_t{3} * region.x, std::size_t{3} * region.width, out.row(y));
  return out;
}

}  // namespace

Image resize_bicubic_region(const Image& image, int width, int height, const Region& region) {
  // Pillow leaves a pass out when it would change no size; so does the pixel arithmetic here.
  const bool across = width != image.width, down = height != image.height;
  const Weights rows = weights(image.height, height, region.y, region.height);
  const int first = down ? rows.spans.front().first : region.y;
  const int last = down ? rows.spans.back().first + rows.spans.back().count : region.y + region.height;
  Image narrow;
  if (across) {
    const Weights columns = weights(image.width, width, region.x, region.width);
    narrow = {region.width, last - first, {}};
    narrow.rgb.resize(std::size_t{3} * narrow.width * narrow.height);
    for (int y = first; y < last; ++y) resample_row(image.row(y), columns, narrow.row(y - first));
  } else {
    narrow = cropped(image, {region.x, first, region.width, last - first});
  }
  return down ? resample_columns(narrow, first, rows) : narrow;
}

Image resize_bicubic(const Image& image, int width, int height) {
  if (image.empty() || width < 1 || height < 1) return {};
  return resize_bicubic_region(image, width, height, {0, 0, width, height});
}

}  // namespace orderscope
