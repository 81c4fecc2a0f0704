// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/dense_architecture.h"

namespace orderscope {

/// The tensors of a file by name, read as the parts that heads are made of. The state dict must outlive it.
/// Errors: Broken where a tensor is missing or has a shape that its part cannot have.
class HeadTensors {
 public:
  explicit HeadTensors(const StateDict& state_dict);

  bool has(const std::string& name) const { return by_name_.contains(name); }

  /// How many of NAME.0, NAME.1, ... are there, told by what follows the number.
  int count(const std::string& name, const std::string& rest) const;

  /// Sizes of a tensor with this many dimensions.
  Result<std::vector<int>> shape(const std::string& name, int dimensions) const;

  /// A plain convolution NAME.weight, NAME.bias.
  Result<ConvShape> plain_conv(const std::string& name) const;
  /// mmcv's ConvModule: NAME.conv, and NAME.bn where it has a norm.
  Result<ConvShape> conv_module(const std::string& name) const;
  /// NAME.0, NAME.1, ...
  Result<std::vector<ConvShape>> conv_modules(const std::string& name) const;
  /// HorNet's GNConvModule.
  Result<GnModuleShape> gn_module(const std::string& name) const;

 private:
  std::map<std::string_view, const at::Tensor*> by_name_;
};

/// Errors: Broken unless as many channels arrive as the tensor takes.
Result<void> check_width(const std::string& name, int found, int expected);

/// Whether these are the parts of a Faster, Mask or Cascade R-CNN whose neck takes all levels of the backbone, of these
/// widths, and has one more from pooling.
bool is_two_stage(const HeadTensors& tensors, const std::vector<int>& widths);
/// Fills neck, rpn and the heads. Errors: as infer_dense.
Result<void> infer_two_stage(const HeadTensors& tensors, const std::vector<int>& widths, DenseArchitecture& dense);

}  // namespace orderscope
