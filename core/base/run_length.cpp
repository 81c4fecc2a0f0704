// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/run_length.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace orderscope {

namespace {

/// Runs under construction: equal neighbours become one.
class RunWriter {
 public:
  void add(bool value, std::uint32_t length) {
    if (length == 0) return;
    if (value != current_) {
      counts_.push_back(run_);
      run_ = 0;
      current_ = value;
    }
    run_ += length;
  }

  std::vector<std::uint32_t> finish() {
    counts_.push_back(run_);
    return std::move(counts_);
  }

 private:
  std::vector<std::uint32_t> counts_;
  std::uint32_t run_ = 0;
  bool current_ = false;
};

/// Calls visit(value of a, value of b, length) for stretches in which neither changes.
template <typename Visit>
void walk(const RunLengths& a, const RunLengths& b, Visit visit) {
  std::size_t i = 0, j = 0;
  std::uint32_t left_a = a.counts.empty() ? 0 : a.counts[0], left_b = b.counts.empty() ? 0 : b.counts[0];
  while (i < a.counts.size() && j < b.counts.size()) {
    const std::uint32_t step = std::min(left_a, left_b);
    if (step > 0) visit(i % 2 == 1, j % 2 == 1, step);
    left_a -= step;
    left_b -= step;
    if (left_a == 0 && ++i < a.counts.size()) left_a = a.counts[i];
    if (left_b == 0 && ++j < b.counts.size()) left_b = b.counts[j];
  }
}

}  // namespace

std::int64_t RunLengths::area() const {
  std::int64_t total = 0;
  for (std::size_t i = 1; i < counts.size(); i += 2) total += counts[i];
  return total;
}

RunLengths encode_mask(const ImagePatch<std::uint8_t>& patch, const PixelSize& image) {
  RunWriter runs;
  runs.add(false, static_cast<std::uint32_t>(patch.x * image.height));
  for (std::int64_t x = 0; x < patch.width; ++x) {
    runs.add(false, static_cast<std::uint32_t>(patch.y));
    for (std::int64_t y = 0; y < patch.height; ++y) runs.add(patch.values[y * patch.width + x] != 0, 1);
    runs.add(false, static_cast<std::uint32_t>(image.height - patch.y - patch.height));
  }
  runs.add(false, static_cast<std::uint32_t>((image.width - patch.x - patch.width) * image.height));
  return {image, runs.finish()};
}

void decode_mask(const RunLengths& mask, std::span<std::uint8_t> pixels) {
  std::int64_t at = 0;
  for (std::size_t i = 0; i < mask.counts.size(); ++i) {
    for (std::uint32_t k = 0; k < mask.counts[i]; ++k, ++at)
      pixels[at % mask.size.height * mask.size.width + at / mask.size.height] = i % 2;
  }
}

std::array<double, 4> bounding_box(const RunLengths& mask) {
  if (mask.area() == 0) return {0, 0, 0, 0};
  const std::int64_t height = mask.size.height;
  std::int64_t left = mask.size.width, right = 0, top = height, bottom = 0, at = 0;
  for (std::size_t i = 0; i < mask.counts.size(); at += mask.counts[i], ++i) {
    if (i % 2 == 0 || mask.counts[i] == 0) continue;
    const std::int64_t last = at + mask.counts[i] - 1;
    left = std::min(left, at / height);
    right = std::max(right, last / height);
    const bool wraps = at / height != last / height;
    top = std::min(top, wraps ? 0 : at % height);
    bottom = std::max(bottom, wraps ? height - 1 : last % height);
  }
  return {double(left), double(top), double(right - left + 1), double(bottom - top + 1)};
}

std::string to_coco_text(const RunLengths& mask) {
  // Five bits a letter, least first; from the third count on the difference to the count two before.
  std::string text;
  for (std::size_t i = 0; i < mask.counts.size(); ++i) {
    std::int64_t x = mask.counts[i];
    if (i > 2) x -= mask.counts[i - 2];
    for (bool more = true; more;) {
      std::int64_t letter = x & 0x1f;
      x >>= 5;
      more = (letter & 0x10) ? x != -1 : x != 0;
      if (more) letter |= 0x20;
      text += static_cast<char>(letter + 48);
    }
  }
  return text;
}

Result<RunLengths> from_coco_text(const std::string& text, const PixelSize& image) {
  std::vector<std::uint32_t> counts;
  for (std::size_t at = 0; at < text.size();) {
    std::int64_t x = 0;
    int bits = 0;
    bool more = true;
    while (more) {
      const int letter = at < text.size() ? text[at++] - 48 : -1;
      if (letter < 0 || letter > 0x3f || bits > 35)
        return fail(Error::Kind::Broken, "the text of a mask's runs is damaged");
      x |= static_cast<std::int64_t>(letter & 0x1f) << bits;
      more = letter & 0x20;
      bits += 5;
      if (!more && (letter & 0x10)) x |= -(std::int64_t{1} << bits);
    }
    if (counts.size() > 2) x += counts[counts.size() - 2];
    if (x < 0 || x > image.height * image.width)
      return fail(Error::Kind::Broken, "the text of a mask's runs is damaged");
    counts.push_back(static_cast<std::uint32_t>(x));
  }
  return from_counts(std::move(counts), image);
}

Result<RunLengths> from_counts(std::vector<std::uint32_t> counts, const PixelSize& image) {
  std::int64_t total = 0;
  for (const std::uint32_t count : counts) total += count;
  if (total != image.height * image.width)
    return fail(Error::Kind::Broken, "the runs of a mask cover " + std::to_string(total) +
                                         " pixels where the image has " + std::to_string(image.height * image.width));
  return RunLengths{image, std::move(counts)};
}

RunLengths fill_polygon(std::span<const double> corners, const PixelSize& image) {
  constexpr double kScale = 5;
  const auto k = corners.size() / 2;
  const auto h = static_cast<int>(image.height), w = static_cast<int>(image.width);
  // Far outside, a coordinate says no more than at the bound, and int would overflow.
  const auto fine = [](double v) { return static_cast<int>(kScale * std::clamp(v, -1e6, 1e6) + 0.5); };
  std::vector<int> u, v;  // the outline, point by point
  for (std::size_t j = 0; j < k; ++j) {
    const std::size_t next = (j + 1) % k;
    int xs = fine(corners[2 * j]), xe = fine(corners[2 * next]);
    int ys = fine(corners[2 * j + 1]), ye = fine(corners[2 * next + 1]);
    const int dx = std::abs(xe - xs), dy = std::abs(ys - ye);
    const bool flip = (dx >= dy && xs > xe) || (dx < dy && ys > ye);
    if (flip) {
      std::swap(xs, xe);
      std::swap(ys, ye);
    }
    const int steps = std::max(dx, dy);
    const double slope = steps == 0 ? 0 : dx >= dy ? double(ye - ys) / dx : double(xe - xs) / dy;
    for (int d = 0; d <= steps; ++d) {
      const int t = flip ? steps - d : d;
      u.push_back(dx >= dy ? t + xs : static_cast<int>(xs + slope * t + 0.5));
      v.push_back(dx >= dy ? static_cast<int>(ys + slope * t + 0.5) : t + ys);
    }
  }
  // Where the outline crosses the middle of a column of pixels, filling starts or ends.
  std::vector<std::uint32_t> crossings;
  for (std::size_t j = 1; j < u.size(); ++j) {
    if (u[j] == u[j - 1]) continue;
    const double x = (double(u[j] < u[j - 1] ? u[j] : u[j] - 1) + 0.5) / kScale - 0.5;
    if (std::floor(x) != x || x < 0 || x > w - 1) continue;
    double y = (double(std::min(v[j], v[j - 1])) + 0.5) / kScale - 0.5;
    y = std::ceil(std::clamp(y, 0.0, double(h)));
    crossings.push_back(static_cast<std::uint32_t>(static_cast<int>(x) * h + static_cast<int>(y)));
  }
  crossings.push_back(static_cast<std::uint32_t>(h) * static_cast<std::uint32_t>(w));
  std::ranges::sort(crossings);
  RunWriter runs;
  bool inside = false;
  std::uint32_t at = 0;
  for (const std::uint32_t crossing : crossings) {
    runs.add(inside, crossing - at);
    inside = !inside;
    at = crossing;
  }
  return {image, runs.finish()};
}

RunLengths unite(const RunLengths& a, const RunLengths& b) {
  RunWriter runs;
  walk(a, b, [&](bool in_a, bool in_b, std::uint32_t length) { runs.add(in_a || in_b, length); });
  return {a.size, runs.finish()};
}

std::int64_t shared_area(const RunLengths& a, const RunLengths& b) {
  std::int64_t total = 0;
  walk(a, b, [&](bool in_a, bool in_b, std::uint32_t length) { total += in_a && in_b ? length : 0; });
  return total;
}

}  // namespace orderscope
