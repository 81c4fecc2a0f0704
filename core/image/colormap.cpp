// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/colormap.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <mutex>
#include <numbers>
#include <opencv2/imgproc.hpp>

namespace orderscope {

namespace {

using Table = ColorTable;

Table from_opencv(int which) {
  cv::Mat ramp(1, 256, CV_8UC1), bgr;
  for (int i = 0; i < 256; ++i) ramp.at<std::uint8_t>(0, i) = static_cast<std::uint8_t>(i);
  cv::applyColorMap(ramp, bgr, which);
  Table table;
  for (int i = 0; i < 256; ++i) {
    const auto& pixel = bgr.at<cv::Vec3b>(0, i);
    table[i] = {pixel[2], pixel[1], pixel[0]};
  }
  return table;
}

Table gray() {
  Table table;
  for (int i = 0; i < 256; ++i) table[i] = {std::uint8_t(i), std::uint8_t(i), std::uint8_t(i)};
  return table;
}

std::uint8_t encode_srgb(double linear) {
  linear = std::clamp(linear, 0.0, 1.0);
  const double encoded = linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
  return static_cast<std::uint8_t>(std::lround(255 * encoded));
}

/// Björn Ottosson, "A perceptual color space for image processing" (2020).
Rgb from_oklab(double lightness, double a, double b) {
  const double l = std::pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
  const double m = std::pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
  const double s = std::pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
  return {encode_srgb(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
          encode_srgb(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
          encode_srgb(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

// Straight lines in OKLab from white to a blue and a red of one lightness and chroma, both inside sRGB: steps of equal
// length are equal differences to the eye, and neither sign looks stronger.
Table diverging() {
  constexpr double white = 0.975, end_lightness = 0.45, end_chroma = 0.16;
  constexpr double blue = 260 * std::numbers::pi / 180, red = 27 * std::numbers::pi / 180;
  Table table;
  for (int i = 0; i < 256; ++i) {
    const double t = 2 * i / 255.0 - 1, distance = std::abs(t), hue = t < 0 ? blue : red;
    const double chroma = end_chroma * distance;
    table[i] = from_oklab(white + (end_lightness - white) * distance, chroma * std::cos(hue), chroma * std::sin(hue));
  }
  return table;
}

constexpr std::size_t kBuiltIn = 5;

struct Registered {
  std::string name;
  Table table;
  bool diverging = false;
  Rgb missing;
};

/// Colours are looked up a pixel: readers take no lock. An entry is complete before `count` tells of it, and stays.
struct Registry {
  std::mutex mutex;
  std::array<std::unique_ptr<const Registered>, 64> entries;
  std::atomic<std::size_t> count = 0;
};

Registry& registry() {
  static Registry all;
  return all;
}

/// nullptr for a built-in one.
const Registered* registered(Colormap map) {
  const auto index = static_cast<std::size_t>(map);
  if (index < kBuiltIn || index - kBuiltIn >= registry().count.load(std::memory_order_acquire)) return nullptr;
  return registry().entries[index - kBuiltIn].get();
}

int squared_distance(Rgb a, Rgb b) {
  const int r = a.r - b.r, g = a.g - b.g, blue = a.b - b.b;
  return r * r + g * g + blue * blue;
}

/// The one of a few unobtrusive colours that lies farthest from the map.
Rgb missing_in(const Table& table) {
  constexpr Rgb candidates[] = {{140, 140, 140}, {225, 225, 225}, {60, 60, 60}, {150, 120, 150}, {120, 150, 120}};
  const auto nearest = [&](Rgb candidate) {
    int least = squared_distance(candidate, table[0]);
    for (const Rgb entry : table) least = std::min(least, squared_distance(candidate, entry));
    return least;
  };
  return *std::ranges::max_element(candidates, {}, nearest);
}

std::uint8_t mix(std::uint8_t a, std::uint8_t b, float part) {
  return static_cast<std::uint8_t>(std::lround(a + (b - a) * part));
}

}  // namespace

std::string_view name_of(Colormap map) {
  switch (map) {
    case Colormap::Viridis: return "viridis";
    case Colormap::Magma: return "magma";
    case Colormap::Cividis: return "cividis";
    case Colormap::Gray: return "gray";
    case Colormap::Diverging: return "diverging";
  }
  const Registered* other = registered(map);
  return other ? std::string_view(other->name) : "viridis";
}

std::vector<Colormap> all_colormaps() {
  std::vector<Colormap> all;
  for (std::size_t i = 0; i < kBuiltIn + registry().count.load(std::memory_order_acquire); ++i)
    all.push_back(static_cast<Colormap>(i));
  return all;
}

bool is_diverging(Colormap map) {
  const Registered* other = registered(map);
  return other ? other->diverging : map == Colormap::Diverging;
}

Result<void> check_colormap_name(const std::string& name) {
  if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") != std::string::npos)
    return fail(Error::Kind::InvalidInput, "a colour map's name is a word of a-z, 0-9, - and _", name);
  if (colormap_named(name)) return fail(Error::Kind::InvalidInput, "there is a colour map of this name already", name);
  if (registry().count.load() == registry().entries.size())
    return fail(Error::Kind::InvalidInput, "there are too many colour maps", name);
  return {};
}

Result<Colormap> register_colormap(const std::string& name, const ColorTable& table, bool diverging) {
  const std::lock_guard lock(registry().mutex);
  TRY_VOID(check_colormap_name(name));
  const std::size_t index = registry().count.load();
  registry().entries[index] = std::make_unique<const Registered>(Registered{name, table, diverging, missing_in(table)});
  registry().count.store(index + 1, std::memory_order_release);
  return static_cast<Colormap>(kBuiltIn + index);
}

std::optional<Colormap> colormap_named(std::string_view name) {
  for (const Colormap map : all_colormaps())
    if (name_of(map) == name) return map;
  return std::nullopt;
}

const Table& table_of(Colormap map) {
  static const std::array tables{from_opencv(cv::COLORMAP_VIRIDIS), from_opencv(cv::COLORMAP_MAGMA),
                                 from_opencv(cv::COLORMAP_CIVIDIS), gray(), diverging()};
  if (const Registered* other = registered(map)) return other->table;
  const auto index = static_cast<std::size_t>(map);
  return tables[index < tables.size() ? index : 0];
}

Rgb color(Colormap map, float value) {
  if (std::isnan(value)) return missing_color(map);
  const Table& table = table_of(map);
  const float position = std::clamp(value, 0.0F, 1.0F) * 255;
  const auto below = std::min(static_cast<std::size_t>(position), std::size_t{254});
  const float part = position - static_cast<float>(below);
  const Rgb &a = table[below], &b = table[below + 1];
  return {mix(a.r, b.r, part), mix(a.g, b.g, part), mix(a.b, b.b, part)};
}

Rgb missing_color(Colormap map) {
  if (const Registered* other = registered(map)) return other->missing;
  switch (map) {
    case Colormap::Cividis: return {225, 225, 225};  // its middle is gray
    case Colormap::Gray: return {150, 120, 150};     // no gray is free here
    default: return {140, 140, 140};
  }
}

Rgb ColorScale::operator()(float raw) const {
  if (std::isnan(raw)) return missing_color(colormap);
  if (low == high) return color(colormap, is_diverging(colormap) ? 0.5F : 0.0F);
  const double unit = (static_cast<double>(raw) - low) / (static_cast<double>(high) - low);
  return color(colormap, static_cast<float>(unit));
}

ColorScale with_colormap(const ColorScale& scale, Colormap colormap) {
  if (!is_diverging(colormap)) return {colormap, scale.low, scale.high};
  const float extent = std::max(std::abs(scale.low), std::abs(scale.high));
  return {colormap, -extent, extent};
}

ColorScale signed_scale(float extent) {
  extent = std::abs(extent);
  return {Colormap::Diverging, -extent, extent};
}

Rgb model_color(std::size_t index) {
  // Orange and sky blue would be next to each other in the original's order; blue and orange lead here because most
  // comparisons are of two or three models.
  static constexpr Rgb colors[] = {{0, 114, 178},  {230, 159, 0}, {0, 158, 115}, {204, 121, 167},
                                   {86, 180, 233}, {213, 94, 0},  {240, 228, 66}};
  return colors[index % std::size(colors)];
}

}  // namespace orderscope
