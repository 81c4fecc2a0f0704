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
  const std::string text = to_text(value, std::chars_format::fixed, decimals);
  const bool is_zero = text.find_first_of("123456789") == std::string::npos;
  return is_zero && text.starts_with('-') ? text.substr(1) : with_minus(text);
}

int exponent_of(double value) { return static_cast<int>(std::floor(std::log10(value))); }

/// The exponent to take out of numbers of this size: none where they are easily read as they are.
int readable_exponent(double size) {
  if (!(size > 0) || !std::isfinite(size)) return 0;
  const int exponent = exponent_of(size);
  return exponent >= -3 && exponent <= 3 ? 0 : exponent;
}

double first_multiple(double low, double step) { return std::ceil(low / step - 1e-6); }
double last_multiple(double high, double step) { return std::floor(high / step + 1e-6); }

/// The smallest round step that leaves at most `limit` multiples between low and high.
double round_step(double low, double high, int limit) {
  const double power = std::pow(10.0, exponent_of((high - low) / limit));
  for (const double factor : {1.0, 2.0, 5.0, 10.0, 20.0})
    if (last_multiple(high, factor * power) - first_multiple(low, factor * power) < limit) return factor * power;
  return 50 * power;
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
  const double step = round_step(low, high, std::max(limit, 2));
  ticks.exponent = readable_exponent(std::max(std::abs(low), std::abs(high)));
  const double unit = std::pow(10.0, ticks.exponent);
  const int decimals = std::clamp(-static_cast<int>(std::floor(std::log10(step / unit) + 1e-9)), 0, 12);
  for (double i = first_multiple(low, step); i <= last_multiple(high, step); ++i) {
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
  constexpr double kFourDigits = 999.5;  // three digits would be written "2.14e+03"
  if (exponent == 0 && std::abs(value) >= kFourDigits) return fixed(value, 0);
  const std::string text = with_minus(to_text(value / std::pow(10.0, exponent), std::chars_format::general, 3));
  return exponent != 0 ? text + "\u00D7" + power_of_ten(exponent) : text;
}

std::string format_range(double low, double high) {
  const double size = std::max(std::abs(low), std::abs(high));
  if (!(size > 0) || !std::isfinite(size)) return format_value(low) + " \u2013 " + format_value(high);
  const int exponent = readable_exponent(size);
  const double unit = std::pow(10.0, exponent);
  const int decimals = std::clamp(2 - exponent_of(size / unit), 0, 5);
  std::string text = low == -high ? "\u00B1" + fixed(std::abs(high) / unit, decimals)
                                  : fixed(low / unit, decimals) + " \u2013 " + fixed(high / unit, decimals);
  if (exponent != 0) text += " \u00D7" + power_of_ten(exponent);
  return text;
}

}  // namespace orderscope
