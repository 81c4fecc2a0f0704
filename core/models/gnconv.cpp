// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/gnconv.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/container/modulelist.h>

#include <numeric>

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

at::Tensor GnConv::forward(const at::Tensor& x, const TapScope& taps) const {
  const at::Tensor projected = taps.as_nchw("proj_in", proj_in_->forward(x));
  // Split at once, so that its gradient is put together at once.
  const std::vector<at::Tensor> parts = at::split_with_sizes(projected, {dims_[0], projected.size(3) - dims_[0]}, 3);
  const at::Tensor value = taps.as_nchw("value", parts[0]);
  const at::Tensor& abc = parts[1];

  const at::Tensor all_gates = filter_ ? filter_->forward_scaled(abc, scale_) : depthwise_->forward_scaled(abc, scale_);
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
