// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "core/checkpoint/npy.h"
#include "core/models/model.h"
#include "core/models/taps.h"
#include "tests/shared_golden.h"

namespace orderscope::test {

/// A file of golden/dense: of the clone, else of the complete reference data beside it. Nothing if neither has it.
inline std::optional<std::filesystem::path> dense_golden(const std::string& relative) {
  return golden_or_shared("dense/" + relative);
}

inline at::Tensor dense_array(const std::string& relative) {
  const auto path = dense_golden(relative);
  auto array = path ? read_npy(*path) : Result<at::Tensor>(fail(Error::Kind::FileAccess, "missing", relative));
  if (!array) throw std::runtime_error(array.error().message());
  return *array;
}

inline nlohmann::json dense_manifest(const std::string& fixture) {
  std::ifstream stream(*dense_golden(fixture + "/manifest.json"));
  return nlohmann::json::parse(stream);
}

inline std::shared_ptr<const Model> dense_model(const std::string& relative) {
  auto model = load_model(*dense_golden(relative));
  if (!model) throw std::runtime_error(model.error().message());
  return *model;
}

/// Keeps everything that passes.
class AllTaps : public Taps {
 public:
  bool wants(const std::string&) const override { return true; }
  at::Tensor tap(const std::string& name, at::Tensor x) override {
    seen[name] = x.detach();
    return x;
  }
  std::map<std::string, at::Tensor> seen;
};

}  // namespace orderscope::test
