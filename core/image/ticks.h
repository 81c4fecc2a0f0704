// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace orderscope {

/// Round values (1, 2 or 5 times a power of ten apart) between low and high, with what to write beside them.
struct Ticks {
  std::vector<double> values;
  std::vector<std::string> labels;
  int exponent = 0;  ///< labels are to be read times 10^exponent
};

/// At most `limit` of them (at least 2). One if low == high.
Ticks ticks_between(double low, double high, int limit);

/// A value for a caption, three significant digits, UTF-8 with a true minus: "0.6", "−12.5", "1.2×10⁻⁶".
std::string format_value(double value);

/// Two values as precisely as three digits of the larger are: "0.00 – 1.82", "−1.59 – 2.33 ×10⁻⁶", "±0.40".
std::string format_range(double low, double high);

/// "10⁻⁶"
std::string power_of_ten(int exponent);

}  // namespace orderscope
