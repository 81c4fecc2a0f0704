// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/formula.h"

#include <ATen/ATen.h>

#include <cmath>
#include <stdexcept>

namespace orderscope::test {

namespace {

std::uint64_t fnv1a64(const std::string& key) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const unsigned char byte : key) hash = (hash ^ byte) * 0x100000001b3ULL;
  return hash;
}

std::uint64_t splitmix64(std::uint64_t z) {
  z += 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

}  // namespace

at::Tensor formula_values(const std::string& key, at::IntArrayRef shape, double scale, double offset) {
  at::Tensor values = at::empty(shape);
  float* out = values.mutable_data_ptr<float>();
  const std::uint64_t start = fnv1a64(key);
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    const double u = static_cast<double>(splitmix64(start + static_cast<std::uint64_t>(i)) >> 40) * 0x1p-24;
    out[i] = static_cast<float>(scale * (2 * u - 1) + offset);
  }
  return values;
}

void fill_by_formula(Backbone& backbone) {
  for (auto& item : backbone.named_parameters()) {
    const std::string& key = item.key();
    const auto shape = item.value().sizes();
    const std::string last = key.substr(key.rfind('.') + 1);
    double scale = 0, offset = 0;
    if (last == "gamma" || last == "gamma1" || last == "gamma2") {
      scale = 0.2, offset = 0.3;
    } else if (last == "complex_weight" || last == "relative_position_bias_table") {
      scale = 0.3;
    } else if (last == "bias") {
      scale = 0.1;
    } else if (shape.size() == 1) {
      scale = 0.2, offset = 1;
    } else {
      std::int64_t fan_in = 1;
      for (std::size_t d = 1; d < shape.size(); ++d) fan_in *= shape[d];
      scale = std::sqrt(3.0 / static_cast<double>(fan_in));
      if (key.find("gnconv.pws.") != std::string::npos || key.find("gnconv.proj_out.") != std::string::npos) scale *= 3;
    }
    item.value().set_data(formula_values(key, shape, scale, offset));
    item.value().set_requires_grad(false);
  }
}

at::Tensor formula_input(std::int64_t height, std::int64_t width) {
  return formula_values("input", {1, 3, height, width}, 2, 0);
}

Architecture hornet_architecture(int base_dim, bool global_filter, std::vector<int> depths, int classes) {
  Architecture a;
  a.family = Family::HorNet;
  a.depths = std::move(depths);
  a.dims = {base_dim, 2 * base_dim, 4 * base_dim, 8 * base_dim};
  a.orders = {2, 3, 4, 5};
  a.filters.resize(4);
  if (global_filter) {
    a.filters[2] = FilterSize{14, 8};
    a.filters[3] = FilterSize{7, 4};
  }
  a.classes = classes;
  return a;
}

Architecture convnext_architecture(int base_dim, std::vector<int> depths, int classes) {
  Architecture a;
  a.family = Family::ConvNeXt;
  a.depths = std::move(depths);
  a.dims = {base_dim, 2 * base_dim, 4 * base_dim, 8 * base_dim};
  a.classes = classes;
  return a;
}

Architecture swin_architecture(int embed, std::vector<int> depths, std::vector<int> heads, int window, int image_size,
                               int classes) {
  Architecture a;
  a.family = Family::Swin;
  a.depths = std::move(depths);
  a.dims = {embed, 2 * embed, 4 * embed, 8 * embed};
  a.heads = std::move(heads);
  for (int i = 0; i < 4; ++i) a.windows.push_back(std::min(window, (image_size / 4) >> i));
  a.image_size = image_size;
  a.layer_scale = false;
  a.classes = classes;
  return a;
}

std::shared_ptr<Backbone> formula_backbone(const Architecture& architecture) {
  auto made = make_backbone(architecture);
  if (!made) throw std::runtime_error(made.error().message());
  fill_by_formula(**made);
  (*made)->eval();
  return *made;
}

}  // namespace orderscope::test
