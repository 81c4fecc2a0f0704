// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/fpn.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/container/modulelist.h>

#include "core/models/dense/gn_conv_module.h"

namespace orderscope {

namespace {

std::string numbered(const std::string& name, std::size_t i) { return name + "." + std::to_string(i); }

at::Tensor nearest(const at::Tensor& x, const at::Tensor& like) {
  return at::upsample_nearest2d(x.permute({0, 3, 1, 2}), {like.size(1), like.size(2)}).permute({0, 2, 3, 1});
}

}  // namespace

struct Fpn::Modules {
  std::vector<std::shared_ptr<ConvModule>> laterals, outputs;
  std::vector<std::shared_ptr<GnConvModule>> gn_outputs;
};

Fpn::Fpn(const FpnShape& shape) : shape_(shape), m_(std::make_shared<Modules>()) {
  auto laterals = register_module("lateral_convs", torch::nn::ModuleList());
  for (const ConvShape& conv : shape.laterals) {
    m_->laterals.push_back(std::make_shared<ConvModule>(conv, false));
    laterals->push_back(m_->laterals.back());
  }
  auto outputs = register_module("fpn_convs", torch::nn::ModuleList());
  for (const ConvShape& conv : shape.outputs) {
    m_->outputs.push_back(std::make_shared<ConvModule>(conv, false));
    outputs->push_back(m_->outputs.back());
  }
  for (const GnModuleShape& gn : shape.gn_outputs) {
    m_->gn_outputs.push_back(std::make_shared<GnConvModule>(gn, false));
    outputs->push_back(m_->gn_outputs.back());
  }
}

std::vector<std::string> Fpn::outputs(const std::string& name) const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < shape_.laterals.size(); ++i) names.push_back(numbered(name + ".fpn_convs", i));
  names.push_back(name + ".p" + std::to_string(shape_.laterals.size() + 2));
  return names;
}

at::Tensor Fpn::output(std::size_t level, const at::Tensor& x, const TapScope& taps) const {
  if (!m_->gn_outputs.empty()) return m_->gn_outputs[level]->forward(x, taps);
  return taps.as_nchw("", m_->outputs[level]->forward(x));
}

std::vector<Step> Fpn::steps(const std::string& name, const std::vector<std::string>& levels) const {
  const std::size_t count = levels.size();
  const auto sum_name = [name](std::size_t i) { return numbered(name + ".lateral_sums", i); };
  std::vector<Step> steps;

  Step top_down{name + ".lateral_convs", {}, {}};
  for (std::size_t i = 0; i < count; ++i) top_down.taps.push_back(numbered(name + ".lateral_convs", i));
  for (std::size_t i = count; i-- > 0;) top_down.taps.push_back(sum_name(i));
  top_down.run = [this, name, levels, sum_name, count](const Activations& in, Taps* taps) {
    const TapScope scope(taps, name), plain(taps, "");
    Activations out = in;
    std::vector<at::Tensor> sums;
    for (std::size_t i = 0; i < count; ++i) {
      sums.push_back(scope.as_nchw(numbered("lateral_convs", i), m_->laterals[i]->forward(in.aside.at(levels[i]))));
      out.aside.erase(levels[i]);
    }
    at::Tensor above;
    for (std::size_t i = count; i-- > 0;) {
      const at::Tensor sum = above.defined() ? sums[i] + nearest(above, sums[i]) : sums[i];
      above = plain.as_nchw(sum_name(i), sum);
      out.aside[sum_name(i)] = above;
    }
    out.x = above;
    return out;
  };
  steps.push_back(std::move(top_down));

  const std::vector<std::string> names = outputs(name);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string level = names[i];
    steps.push_back(
        {level,
         [this, i, level, from = sum_name(i)](const Activations& in, Taps* taps) {
           Activations out = in;
           out.x = output(i, in.aside.at(from), TapScope(taps, level));
           out.aside[level] = out.x;
           out.aside.erase(from);
           return out;
         },
         m_->gn_outputs.empty() ? std::vector{level} : GnConvModule::tap_names(level, shape_.gn_outputs[i])});
  }
  const std::string further = names.back();
  steps.push_back({further,
                   [last = names[count - 1], further](const Activations& in, Taps* taps) {
                     Activations out = in;
                     const at::Tensor& x = in.aside.at(last);
                     out.x = TapScope(taps, "").as_nchw(
                         further, x.slice(1, 0, x.size(1), 2).slice(2, 0, x.size(2), 2).contiguous());
                     out.aside[further] = out.x;
                     return out;
                   },
                   {further}});
  return steps;
}

int64_t Fpn::macs(const std::vector<int64_t>& pixels) const {
  int64_t total = 0;
  for (std::size_t i = 0; i < m_->laterals.size(); ++i) {
    total += m_->laterals[i]->macs(pixels[i]);
    total += m_->gn_outputs.empty() ? m_->outputs[i]->macs(pixels[i]) : m_->gn_outputs[i]->macs(pixels[i]);
  }
  return total;
}

}  // namespace orderscope
