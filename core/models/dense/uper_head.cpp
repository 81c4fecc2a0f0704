// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/uper_head.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/container/modulelist.h>

#include "core/models/dense/gn_conv_module.h"
#include "core/models/dense/resize.h"

namespace orderscope {

namespace {

/// The pooling, which has no parameters, is number 0 of the official Sequential.
struct PspModule : torch::nn::Module {
  explicit PspModule(const ConvShape& shape) { conv = register_module("1", std::make_shared<ConvModule>(shape, true)); }
  std::shared_ptr<ConvModule> conv;
};

std::string numbered(const std::string& name, std::size_t i) { return name + "." + std::to_string(i); }

}  // namespace

struct UperHead::Modules {
  std::vector<std::shared_ptr<PspModule>> psp;
  std::vector<std::shared_ptr<ConvModule>> laterals, outputs;
  std::shared_ptr<ConvModule> bottleneck, fusion;
  std::shared_ptr<GnConvModule> gn_fusion;
  std::shared_ptr<Conv> classifier;
};

UperHead::UperHead(const UperHeadShape& shape) : shape_(shape), m_(std::make_unique<Modules>()) {
  const auto list = [&](const std::string& name, const std::vector<ConvShape>& shapes, auto& modules, auto&& make) {
    auto registered = register_module(name, torch::nn::ModuleList());
    for (const ConvShape& conv : shapes) {
      modules.push_back(make(conv));
      registered->push_back(modules.back());
    }
  };
  const auto conv_module = [](const ConvShape& conv) { return std::make_shared<ConvModule>(conv, true); };
  list("psp_modules", shape.psp_modules, m_->psp, [](const ConvShape& c) { return std::make_shared<PspModule>(c); });
  list("lateral_convs", shape.laterals, m_->laterals, conv_module);
  list("fpn_convs", shape.outputs, m_->outputs, conv_module);
  m_->bottleneck = register_module("bottleneck", conv_module(shape.bottleneck));
  if (shape.gn_fusion) {
    m_->gn_fusion = register_module("fpn_bottleneck", std::make_shared<GnConvModule>(*shape.gn_fusion, true));
  } else {
    m_->fusion = register_module("fpn_bottleneck", conv_module(shape.fusion));
  }
  const int fused = shape.gn_fusion ? shape.gn_fusion->out : shape.fusion.out;
  m_->classifier = register_module("conv_seg", std::make_shared<Conv>(ConvShape{fused, shape.classes, 1, true}));
}

UperHead::~UperHead() = default;

at::Tensor UperHead::pooled(std::size_t k, const at::Tensor& x) const {
  const int64_t scale = shape_.pool_scales[k];
  const at::Tensor cells = at::adaptive_avg_pool2d(x.permute({0, 3, 1, 2}), {scale, scale});
  return m_->psp[k]->conv->forward(cells.permute({0, 2, 3, 1}));
}

at::Tensor UperHead::resize_to(const at::Tensor& x, const at::Tensor& like) const {
  return resize_bilinear(x, like.size(1), like.size(2), shape_.align_corners);
}

std::vector<Step> UperHead::steps(const std::string& name, const std::vector<std::string>& levels) const {
  const std::size_t last = levels.size() - 1;
  const auto laterals = [name](std::size_t i) { return numbered(name + ".lateral_sums", i); };
  const auto outputs = [name](std::size_t i) { return numbered(name + ".fpn_convs", i); };
  std::vector<Step> steps;

  Step pooling{name + ".psp_modules", {}, {}};
  for (std::size_t k = 0; k < m_->psp.size(); ++k) pooling.taps.push_back(numbered(name + ".psp_modules", k));
  pooling.taps.push_back(name + ".bottleneck");
  pooling.run = [this, name, levels](const Activations& in, Taps* taps) {
    const TapScope scope(taps, name);
    const at::Tensor& x = in.aside.at(levels.back());
    std::vector<at::Tensor> parts{x};
    for (std::size_t k = 0; k < m_->psp.size(); ++k)
      parts.push_back(resize_to(scope.as_nchw(numbered("psp_modules", k), pooled(k, x)), x));
    Activations out = in;
    out.x = scope.as_nchw("bottleneck", m_->bottleneck->forward(at::cat(parts, -1)));
    return out;
  };
  steps.push_back(std::move(pooling));

  Step top_down{name + ".lateral_convs", {}, {}};
  for (std::size_t i = 0; i < last; ++i) top_down.taps.push_back(numbered(name + ".lateral_convs", i));
  for (std::size_t i = last; i-- > 0;) top_down.taps.push_back(laterals(i));
  top_down.run = [this, name, levels, laterals, last](const Activations& in, Taps* taps) {
    const TapScope scope(taps, name), plain(taps, "");
    Activations out = in;
    std::vector<at::Tensor> sums;
    for (std::size_t i = 0; i < last; ++i) {
      const at::Tensor lateral = m_->laterals[i]->forward(in.aside.at(levels[i]));
      sums.push_back(scope.as_nchw(numbered("lateral_convs", i), lateral));
      out.aside.erase(levels[i]);
    }
    out.aside.erase(levels.back());
    at::Tensor above = in.x;
    for (std::size_t i = last; i-- > 0;) {
      above = plain.as_nchw(laterals(i), sums[i] + resize_to(above, sums[i]));
      out.aside[laterals(i)] = above;
    }
    return out;
  };
  steps.push_back(std::move(top_down));

  Step smoothing{name + ".fpn_convs", {}, {}};
  for (std::size_t i = 0; i < last; ++i) smoothing.taps.push_back(outputs(i));
  smoothing.run = [this, laterals, outputs, last](const Activations& in, Taps* taps) {
    const TapScope plain(taps, "");
    Activations out = in;
    for (std::size_t i = 0; i < last; ++i) {
      out.aside[outputs(i)] = plain.as_nchw(outputs(i), m_->outputs[i]->forward(in.aside.at(laterals(i))));
      out.aside.erase(laterals(i));
    }
    return out;
  };
  steps.push_back(std::move(smoothing));

  const std::string fused = name + ".fpn_bottleneck";
  Step fusion{fused, {}, shape_.gn_fusion ? GnConvModule::tap_names(fused, *shape_.gn_fusion) : std::vector{fused}};
  fusion.run = [this, fused, outputs, last](const Activations& in, Taps* taps) {
    const TapScope scope(taps, fused);
    std::vector<at::Tensor> parts;
    Activations out;
    out.height = in.height;
    out.width = in.width;
    for (std::size_t i = 0; i < last; ++i) {
      const at::Tensor& level = in.aside.at(outputs(i));
      parts.push_back(i == 0 ? level : resize_to(level, parts.front()));
    }
    parts.push_back(last > 0 ? resize_to(in.x, parts.front()) : in.x);
    const at::Tensor all = at::cat(parts, -1);
    out.x = m_->gn_fusion ? m_->gn_fusion->forward(all, scope) : scope.as_nchw("", m_->fusion->forward(all));
    return out;
  };
  steps.push_back(std::move(fusion));

  const std::string scores = name + ".conv_seg";
  steps.push_back({scores,
                   [this, scores](const Activations& in, Taps* taps) {
                     Activations out = in;
                     out.x = TapScope(taps, scores).as_nchw("", m_->classifier->forward(in.x));
                     return out;
                   },
                   {scores}});
  return steps;
}

int64_t UperHead::macs(const std::vector<int64_t>& pixels) const {
  int64_t total = m_->bottleneck->macs(pixels.back()) + m_->classifier->macs(pixels.front());
  for (std::size_t k = 0; k < m_->psp.size(); ++k)
    total += m_->psp[k]->conv->macs(int64_t{shape_.pool_scales[k]} * shape_.pool_scales[k]);
  for (std::size_t i = 0; i < m_->laterals.size(); ++i)
    total += m_->laterals[i]->macs(pixels[i]) + m_->outputs[i]->macs(pixels[i]);
  total += m_->gn_fusion ? m_->gn_fusion->macs(pixels.front()) : m_->fusion->macs(pixels.front());
  return total;
}

}  // namespace orderscope
