// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/class_lists.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <sstream>

namespace orderscope {

namespace embedded {
extern const unsigned char ade20k_tsv[];
extern const std::size_t ade20k_tsv_size;
extern const unsigned char coco_tsv[];
extern const std::size_t coco_tsv_size;
}  // namespace embedded

namespace {

/// Lines "index <tab> name <tab> r <tab> g <tab> b"; the first one is a comment.
ClassList parse(const unsigned char* data, std::size_t size) {
  ClassList list;
  std::istringstream lines(std::string(reinterpret_cast<const char*>(data), size));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream fields(line);
    std::string index, name, r, g, b;
    for (std::string* field : {&index, &name, &r, &g, &b}) std::getline(fields, *field, '\t');
    list.names.push_back(name);
    const auto part = [](const std::string& text) { return static_cast<std::uint8_t>(std::stoi(text)); };
    list.colors.push_back({part(r), part(g), part(b)});
  }
  return list;
}

}  // namespace

const ClassList& ade20k_classes() {
  static const ClassList list = parse(embedded::ade20k_tsv, embedded::ade20k_tsv_size);
  return list;
}

const ClassList& coco_classes() {
  static const ClassList list = parse(embedded::coco_tsv, embedded::coco_tsv_size);
  return list;
}

std::vector<ClassColor> made_up_colors(std::size_t count) {
  std::vector<ClassColor> colors;
  for (std::size_t i = 0; i < count; ++i) {
    const double hue = std::fmod(static_cast<double>(i) * 0.61803398875, 1.0) * 6;  // the golden ratio spreads hues
    const double value = 0.95 - 0.2 * static_cast<double>(i % 3);
    const auto channel = [&](double shift) {
      const double k = std::fmod(hue + shift, 6.0);
      const double s = 0.65 * std::clamp(std::min(k, 4 - k), 0.0, 1.0);
      return static_cast<std::uint8_t>(std::lround(255 * value * (1 - s)));
    };
    colors.push_back({channel(5), channel(3), channel(1)});
  }
  return colors;
}

}  // namespace orderscope
