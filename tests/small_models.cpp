// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/small_models.h"

#include <ATen/ATen.h>

#include <limits>
#include <regex>
#include <stdexcept>

#include "core/checkpoint/npy.h"
#include "tests/golden.h"

namespace orderscope::test {

at::Tensor golden_array(const std::string& relative) {
  auto array = read_npy(golden(relative));
  if (!array) throw std::runtime_error(array.error().message());
  return *array;
}

std::shared_ptr<const Model> small_model(const std::string& name) {
  auto model = load_model(golden("small/" + name + "/official.pth"));
  if (!model) throw std::runtime_error(model.error().message());
  return *model;
}

std::string tap_name(const std::string& name, Family family) {
  const bool swin = family == Family::Swin;
  if (name == "stem") return swin ? "patch_embed" : "downsample_layers.0";
  std::smatch m;
  if (std::regex_match(name, m, std::regex("s(\\d)\\.down"))) {
    const int stage = std::stoi(m[1]);
    return swin ? "layers." + std::to_string(stage - 1) + ".downsample"
                : "downsample_layers." + std::to_string(stage - 1);
  }
  if (!std::regex_match(name, m, std::regex("s(\\d)b(\\d+)\\.(.*)"))) return name;
  const std::string stage = std::to_string(std::stoi(m[1]) - 1), index = std::to_string(std::stoi(m[2]) - 1);
  const std::string block = swin ? "layers." + stage + ".blocks." + index : "stages." + stage + "." + index;
  const std::string part = m[3];
  if (part == "out") return block;
  if (part == "attn") return block + ".attn.probs";
  if (part == "dwconv" || part == "norm1") return block + "." + part;
  if (part == "pwa") return block + ".gnconv.value";
  if (part == "gnconv") return block + ".gnconv.proj_out";
  if (std::regex_match(part, m, std::regex("(dw|y|cand)_(\\d)"))) {
    const std::string quantity = m[1] == "dw" ? "gate" : m[1] == "y" ? "state" : "candidate";
    return block + ".gnconv." + quantity + "." + std::to_string(std::stoi(m[2]) + 1);
  }
  return block + ".gnconv." + part;
}

double max_abs_difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return std::numeric_limits<double>::infinity();
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

}  // namespace orderscope::test
