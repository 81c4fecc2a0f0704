// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "core/models/model.h"
#include "tests/golden.h"

namespace orderscope::test {

/// Tests that need a CUDA device; without one they are skipped.
class CudaTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!at::globalContext().hasCUDA()) GTEST_SKIP() << "no CUDA device";
  }
};

inline const at::Device& cuda_device() {
  static const at::Device device(at::kCUDA, 0);
  return device;
}

/// A checkpoint of tests/golden on a device; throws if it cannot be read.
inline std::shared_ptr<const Model> golden_model(const std::string& relative, const std::string& device) {
  LoadOptions options;
  options.device = device;
  auto model = load_model(golden(relative), options);
  if (!model) throw std::runtime_error(model.error().message());
  return *model;
}

/// max |a - b| / max |b|, on the CPU; infinity if the shapes differ.
inline double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return std::numeric_limits<double>::infinity();
  const at::Tensor x = a.detach().to(at::kCPU, at::kDouble), y = b.detach().to(at::kCPU, at::kDouble);
  const double largest = y.abs().max().item<double>();
  const double difference = (x - y).abs().max().item<double>();
  return largest > 0 ? difference / largest : difference;
}

}  // namespace orderscope::test
