// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/ticks.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace orderscope {

namespace {

std::string with_minus(std::string text) {
  if (text.starts_with('-')) text.replace(0, 1, "\u2212");
  return text;
}

/// Unlike printf, the same under every locale.
std::string to_text(double value, std::chars_format format, int precision) {
  char text[400];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value, format, precision);
  return error == std::errc() ? std::string(text, end) : std::string("?");
}

std::string fixed(double value, int decimals) {
  return with_minus(to_text(value == 0 ? 0.0 : value, std::chars_format::fixed, decimals));
}

int exponent_of(double value) { return static_cast<int>(std::floor(std::log10(value))); }

/// The exponent to take out of numbers of this size: none where they are easily read as they are.
int readable_exponent(double size) {
  if (!(size > 0) || !std::isfinite(size)) return 0;
  const int exponent = exponent_of(size);
  return exponent >= -3 && exponent <= 3 ? 0 : exponent;
}

double round_step(double rough) {
  const double power = std::pow(10.0, exponent_of(rough));
  for (const double factor : {1.0, 2.0, 5.0})
    if (rough <= factor * power * (1 + 1e-9)) return factor * power;
  return 10 * power;
}

}  // namespace

Ticks ticks_between(double low, double high, int limit) {
  if (low > high) std::swap(low, high);
  Ticks ticks;
  if (!std::isfinite(low) || !std::isfinite(high)) return ticks;
  if (low == high || !(high - low > 1e-300)) {
    ticks.values = {low};
    ticks.labels = {format_value(low)};
    return ticks;
  }
  const int gaps = std::max(limit, 2) - 1;
  const double step = round_step((high - low) / gaps);
  ticks.exponent = readable_exponent(std::max(std::abs(low), std::abs(high)));
  const double unit = std::pow(10.0, ticks.exponent);
  const int decimals = std::clamp(-static_cast<int>(std::floor(std::log10(step / unit) + 1e-9)), 0, 12);
  const double first = std::ceil(low / step - 1e-6), last = std::floor(high / step + 1e-6);
  for (double i = first; i <= last && ticks.values.size() <= static_cast<std::size_t>(gaps); ++i) {
    ticks.values.push_back(i * step);
    ticks.labels.push_back(fixed(i * step / unit, decimals));
  }
  return ticks;
}

std::string power_of_ten(int exponent) {
  static const char* const digits[] = {"\u2070", "\u00B9", "\u00B2", "\u00B3", "\u2074",
                                       "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
  std::string text = exponent < 0 ? "10\u207B" : "10";
  for (const char digit : std::to_string(std::abs(exponent))) text += digits[digit - '0'];
  return text;
}

std::string format_value(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "\u221E" : "\u2212\u221E";
  const int exponent = readable_exponent(std::abs(value));
  const std::string text = with_minus(to_text(value / std::pow(10.0, exponent), std::chars_format::general, 3));
  return exponent != 0 ? text + "\u00D7" + power_of_ten(exponent) : text;
}

}  // namespace orderscope
