// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/gnconv.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/container/modulelist.h>

#include <numeric>

#include "core/models/linear.h"

namespace orderscope {

std::vector<int64_t> GnConv::dims(int64_t dim, int order) {
  std::vector<int64_t> dims;
  for (int k = 0; k < order; ++k) dims.push_back(dim >> (order - 1 - k));
  return dims;
}

std::vector<std::string> GnConv::tap_names(const std::string& module, int order) {
  std::vector<std::string> names{module + ".proj_in", module + ".value"};
  for (int k = 1; k <= order; ++k) names.push_back(module + ".gate." + std::to_string(k));
  for (int k = 1; k <= order; ++k) {
    if (k > 1) names.push_back(module + ".candidate." + std::to_string(k));
    names.push_back(module + ".state." + std::to_string(k));
  }
  names.push_back(module + ".proj_out");
  return names;
}

GnConv::GnConv(int64_t dim, int order, int64_t kernel, std::optional<FilterSize> filter)
    : GnConv(GnConvOptions{dim, dim, dim, order, kernel, filter}) {}

GnConv::GnConv(const GnConvOptions& o) : scale_(o.scale), dims_(dims(o.dim, o.order)) {
  const int64_t gates = std::accumulate(dims_.begin(), dims_.end(), int64_t{0});
  proj_in_ = register_module("proj_in", std::make_shared<Linear>(o.in, 2 * o.dim, true, true));
  if (o.filter) {
    filter_ = register_module("dwconv", std::make_shared<GlobalLocalFilter>(gates, *o.filter));
  } else {
    depthwise_ = register_module("dwconv", std::make_shared<DepthwiseConv>(gates, o.kernel));
  }
  if (o.proj_out) proj_out_ = register_module("proj_out", std::make_shared<Linear>(o.dim, o.out, true, true));
  auto list = register_module("pws", torch::nn::ModuleList());
  for (int k = 0; k + 1 < o.order; ++k) {
    pws_.push_back(std::make_shared<Linear>(dims_[k], dims_[k + 1], true, true));
    list->push_back(pws_.back());
  }
}

bool GnConv::is_seen(const TapScope& taps) const {
  if (taps.wants("value")) return true;
  for (std::size_t k = 1; k <= dims_.size(); ++k) {
    const std::string order = std::to_string(k);
    if (taps.wants("gate." + order) || taps.wants("candidate." + order) || taps.wants("state." + order)) return true;
  }
  return false;
}

RecursionWeights GnConv::recursion_weights() const {
  RecursionWeights w{dims_, {}, {}, {}, {}};
  for (const auto& pw : pws_) {
    w.pointwise.push_back(pw->matrix());
    w.bias.push_back(pw->bias);
  }
  if (proj_out_) {
    w.out = proj_out_->matrix();
    w.out_bias = proj_out_->bias;
  }
  return w;
}

std::pair<at::Tensor, at::Tensor> GnConv::project(const at::Tensor& x, const TapScope& taps) const {
  const at::Tensor matrix = proj_in_->matrix(), &bias = proj_in_->bias;
  const int64_t first = dims_[0], rest = matrix.size(0) - first;
  // As two products, so that neither holds the other in memory and no gradient is put together.
  const at::Tensor value = fast_linear(x, matrix.narrow(0, 0, first), bias.narrow(0, 0, first));
  const at::Tensor abc = fast_linear(x, matrix.narrow(0, first, rest), bias.narrow(0, first, rest));
  if (!taps.wants("proj_in")) return {value, abc};
  const auto parts = at::split_with_sizes(taps.as_nchw("proj_in", at::cat({value, abc}, 3)), {first, rest}, 3);
  return {parts[0], parts[1]};
}

at::Tensor GnConv::forward(const at::Tensor& x, const TapScope& taps) const {
  auto [value, abc] = project(x, taps);
  const at::Tensor all_gates = filter_ ? filter_->forward_scaled(abc, scale_) : depthwise_->forward_scaled(abc, scale_);
  abc = at::Tensor();
  if (!is_seen(taps))
    if (const RecursionWeights w = recursion_weights(); gated_recursion_fits(value, all_gates, w))
      return taps.as_nchw("proj_out", gated_recursion(value, all_gates, w));

  value = taps.as_nchw("value", value);
  const std::vector<at::Tensor> gates = at::split_with_sizes(all_gates, dims_, -1);
  at::Tensor state;
  for (std::size_t k = 0; k < dims_.size(); ++k) {
    const std::string order = std::to_string(k + 1);
    const at::Tensor gate = taps.as_nchw("gate." + order, gates[k]);
    const at::Tensor candidate = k == 0 ? value : taps.as_nchw("candidate." + order, pws_[k - 1]->forward(state));
    state = taps.as_nchw("state." + order, candidate * gate);
  }
  return taps.as_nchw("proj_out", proj_out_ ? proj_out_->forward(state) : state);
}

int64_t GnConv::macs(int64_t pixels) const {
  int64_t total = proj_in_->macs(pixels) + (proj_out_ ? proj_out_->macs(pixels) : 0);
  total += filter_ ? filter_->macs(pixels) : depthwise_->macs(pixels);
  for (const auto& pw : pws_) total += pw->macs(pixels);
  return total;
}

}  // namespace orderscope
