// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/head_tensors.h"

#include "core/checkpoint/quote.h"

namespace orderscope {

namespace {

constexpr int kLargestWidth = 1 << 20;
constexpr int kLargestKernel = 63;
constexpr int kLargestOrder = 16;

}  // namespace

HeadTensors::HeadTensors(const StateDict& state_dict) {
  for (const NamedTensor& tensor : state_dict) by_name_.emplace(tensor.name, &tensor.tensor);
}

int HeadTensors::count(const std::string& name, const std::string& rest) const {
  int n = 0;
  while (n < 256 && has(name + "." + std::to_string(n) + rest)) ++n;
  return n;
}

Result<std::vector<int>> HeadTensors::shape(const std::string& name, int dimensions) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return fail(Error::Kind::Broken, "the tensor " + quote(name) + " is missing");
  const at::Tensor& tensor = *found->second;
  std::vector<int> sizes;
  for (const std::int64_t size : tensor.sizes()) {
    if (size < 1 || size > kLargestWidth)
      return fail(Error::Kind::Broken, quote(name) + " has a side of " + std::to_string(size));
    sizes.push_back(static_cast<int>(size));
  }
  if (static_cast<int>(sizes.size()) != dimensions)
    return fail(Error::Kind::Broken, quote(name) + " has " + std::to_string(sizes.size()) + " dimensions where " +
                                         std::to_string(dimensions) + " are expected");
  return sizes;
}

Result<ConvShape> HeadTensors::plain_conv(const std::string& name) const {
  TRY(const auto sizes, shape(name + ".weight", 4));
  if (sizes[2] != sizes[3] || sizes[2] % 2 == 0 || sizes[2] > kLargestKernel)
    return fail(Error::Kind::Broken, quote(name + ".weight") + " is no square kernel of odd side");
  return ConvShape{sizes[1], sizes[0], sizes[2], has(name + ".bias"), false};
}

Result<ConvShape> HeadTensors::conv_module(const std::string& name) const {
  TRY(ConvShape conv, plain_conv(name + ".conv"));
  conv.norm = has(name + ".bn.running_mean") || has(name + ".bn.weight");
  // mmcv leaves the bias out where a norm follows, and nowhere else.
  if (!conv.norm && !conv.bias)
    return fail(Error::Kind::Broken, "the tensor " + quote(name + ".conv.bias") + " is missing");
  return conv;
}

Result<std::vector<ConvShape>> HeadTensors::conv_modules(const std::string& name) const {
  std::vector<ConvShape> all;
  for (int i = 0; i < count(name, ".conv.weight"); ++i) {
    TRY(const ConvShape conv, conv_module(name + "." + std::to_string(i)));
    all.push_back(conv);
  }
  return all;
}

Result<GnModuleShape> HeadTensors::gn_module(const std::string& name) const {
  TRY(const auto proj_in, shape(name + ".proj_in.weight", 4));
  GnModuleShape gn;
  gn.in = proj_in[1];
  gn.dim = proj_in[0] / 2;
  gn.order = count(name + ".pws", ".weight") + 1;
  if (proj_in[0] % 2 != 0 || gn.order > kLargestOrder || gn.dim % (1 << (gn.order - 1)) != 0)
    return fail(Error::Kind::Broken, quote(name + ".proj_in.weight") + " has " + std::to_string(proj_in[0]) +
                                         " rows, which does not fit a gnConv of order " + std::to_string(gn.order));
  gn.proj_out = has(name + ".proj_out.weight");
  gn.out = gn.dim;
  if (gn.proj_out) {
    TRY(const auto proj_out, shape(name + ".proj_out.weight", 4));
    gn.out = proj_out[0];
  }
  gn.norm = has(name + ".bn.running_mean") || has(name + ".bn.weight");
  if (has(name + ".dwconv.complex_weight")) {
    TRY(const auto filter, shape(name + ".dwconv.complex_weight", 4));
    if (filter[1] > 4096 || filter[2] > 4096)
      return fail(Error::Kind::Broken, quote(name + ".dwconv.complex_weight") + " is too large");
    gn.filter = FilterSize{filter[1], filter[2]};
  } else {
    TRY(const ConvShape dwconv, plain_conv(name + ".dwconv"));
    gn.kernel = dwconv.kernel;
  }
  return gn;
}

Result<void> check_width(const std::string& name, int found, int expected) {
  if (found == expected) return {};
  return fail(Error::Kind::Broken, quote(name) + " takes " + std::to_string(found) + " channels where " +
                                       std::to_string(expected) + " arrive");
}

}  // namespace orderscope
