// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/gn_conv_module.h"

#include <ATen/ATen.h>

namespace orderscope {

GnConvOptions gnconv_options(const GnModuleShape& shape) {
  GnConvOptions options{shape.in, shape.dim, shape.out, shape.order, shape.kernel, shape.filter};
  options.scale = 1;
  options.proj_out = shape.proj_out;
  return options;
}

std::vector<std::string> GnConvModule::tap_names(const std::string& module, const GnModuleShape& shape) {
  std::vector<std::string> names = GnConv::tap_names(module + ".gnconv", shape.order);
  names.push_back(module);
  return names;
}

GnConvModule::GnConvModule(const GnModuleShape& shape, bool relu) : GnConv(gnconv_options(shape)), relu_(relu) {
  if (shape.norm) bn_ = register_module("bn", std::make_shared<FrozenBatchNorm>(shape.out));
}

at::Tensor GnConvModule::forward(const at::Tensor& x, const TapScope& taps) const {
  at::Tensor y = GnConv::forward(x, taps.child("gnconv"));
  if (bn_) y = bn_->forward(y);
  return taps.as_nchw("", relu_ ? y.relu() : y);
}

}  // namespace orderscope
