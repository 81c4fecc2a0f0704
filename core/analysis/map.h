// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

namespace orderscope {

/// Where a result comes from: enough to make it again.
struct Provenance {
  std::string program;  ///< "OrderScope 0.1.0"
  std::string model_sha256;
  std::string architecture;
  std::string layer;
  std::string method;
  std::map<std::string, std::string> parameters;
  std::string image_sha256;
  std::string preprocessing;
  std::string device;
  std::string dtype;

  std::map<std::string, std::string> fields() const;  ///< all of it by name, parameters as "parameter.NAME"
};

/// A field of values over the image: raw, never scaled for display.
struct Map {
  int height = 0;
  int width = 0;
  std::vector<float> values;  ///< row-major, height * width
  bool is_signed = false;     ///< values of both signs mean something: draw with a diverging colour map around 0
  std::string unit;
  Provenance provenance;

  float at(int y, int x) const { return values[static_cast<std::size_t>(y) * width + x]; }
  bool empty() const { return values.empty(); }
};

struct Range {
  float low = 0;
  float high = 0;
};

/// Smallest and largest finite value; {0, 0} if there is none.
Range range_of(const Map& map);

/// What a reader must be told before looking at it: NaN or Inf, a single cell, nothing but zeros, one value everywhere.
std::vector<std::string> warnings_about(const Map& map);

}  // namespace orderscope
