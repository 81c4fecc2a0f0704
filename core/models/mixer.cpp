// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/mixer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "core/base/guard.h"
#include "core/models/backbone.h"
#include "core/models/dense/gn_conv_module.h"
#include "core/models/gnconv.h"
#include "core/models/window_attention.h"

namespace orderscope {

namespace {

/// Gives `module` copies of the backbone's parameters under `prefix`.
void copy_parameters(torch::nn::Module& module, const Backbone& backbone, const std::string& prefix,
                     at::ScalarType type) {
  const auto all = backbone.named_parameters();
  for (auto& item : module.named_parameters()) {
    item.value().set_data(all[prefix + "." + item.key()].detach().to(type));
    item.value().set_requires_grad(false);
  }
  module.eval();
}

/// The output of the step before this one, which is the block's input.
std::string tap_before(const Backbone& backbone, const std::string& block) {
  std::string before;
  for (const Step& step : backbone.steps()) {
    if (step.name == block) break;
    before = step.taps.back();
  }
  return before;
}

Mixer hornet_mixer(const Model& model, const BlockInfo& block, at::ScalarType type) {
  const Architecture& a = model.architecture;
  const auto& filter = a.filters[block.stage];
  const auto gnconv = std::make_shared<GnConv>(block.channels, block.order, a.kernel_size, filter);
  const auto norm = std::make_shared<LayerNorm>(block.channels, 1e-6);
  Mixer mixer;
  mixer.module = block.name + ".gnconv";
  copy_parameters(*gnconv, *model.backbone, mixer.module, type);
  copy_parameters(*norm, *model.backbone, block.name + ".norm1", type);
  if (!filter) mixer.degree = block.order + 1;
  mixer.input_tap = tap_before(*model.backbone, block.name);
  mixer.norm_bias = norm->bias;
  mixer.prepare = [norm, type](const at::Tensor& x) { return norm->forward(x.permute({0, 2, 3, 1}).to(type)); };
  mixer.run = [gnconv](const at::Tensor& x) { return gnconv->forward(x, {}); };
  return mixer;
}

Mixer convnext_mixer(const Model& model, const BlockInfo& block, at::ScalarType type) {
  const auto dwconv = std::make_shared<DepthwiseConv>(block.channels, model.architecture.kernel_size);
  Mixer mixer;
  mixer.module = block.name + ".dwconv";
  copy_parameters(*dwconv, *model.backbone, mixer.module, type);
  mixer.degree = 1;
  mixer.input_tap = tap_before(*model.backbone, block.name);
  mixer.prepare = [type](const at::Tensor& x) { return x.permute({0, 2, 3, 1}).to(type); };
  mixer.run = [dwconv](const at::Tensor& x) { return dwconv->forward(x); };
  return mixer;
}

Mixer swin_mixer(const Model& model, const BlockInfo& block, at::ScalarType type) {
  const Architecture& a = model.architecture;
  const int64_t window = a.windows[block.stage], resolution = a.image_size / block.stride;
  const int64_t shift = WindowAttention::shift_of(a, block.stage, block.index);
  const auto attention =
      std::make_shared<WindowAttention>(block.channels, a.heads[block.stage], window, shift, a.qkv_bias);
  Mixer mixer;
  mixer.module = block.name + ".attn";
  copy_parameters(*attention, *model.backbone, mixer.module, type);
  mixer.input_tap = block.name + ".norm1";
  mixer.norm_bias = model.backbone->named_parameters()[block.name + ".norm1.bias"].detach().to(type);
  mixer.prepare = [resolution, type](const at::Tensor& x) {
    return x.dim() == 4 ? x.permute({0, 2, 3, 1}).to(type) : x.view({x.size(0), resolution, resolution, -1}).to(type);
  };
  mixer.run = [attention](const at::Tensor& x) { return attention->forward(x, {}); };
  return mixer;
}

const GnModuleShape& horfpn_shape(const Model& model, const BlockInfo& block) {
  const DenseArchitecture& dense = *model.dense;
  return dense.uper_head ? *dense.uper_head->gn_fusion
                         : dense.neck->gn_outputs.at(static_cast<std::size_t>(block.index));
}

/// What leads into the fusion of a UPerHead has no tap of its own, and need not have: proj_in is linear.
Mixer horfpn_mixer(const Model& model, const BlockInfo& block, at::ScalarType type) {
  GnConvOptions options = gnconv_options(horfpn_shape(model, block));
  const auto all = model.backbone->named_parameters();
  const auto own = [&](const std::string& name) { return all[block.name + "." + name].detach().to(type); };
  Mixer mixer;
  mixer.module = block.name + ".gnconv";
  mixer.zero = own("proj_in.bias");
  options.in = mixer.zero.size(0);
  const auto gnconv = std::make_shared<GnConv>(options);
  for (auto& item : gnconv->named_parameters()) {
    const bool is_weight = item.key() == "proj_in.weight";
    item.value().set_data(is_weight ? at::eye(options.in, mixer.zero.options()).view(item.value().sizes())
                          : item.key() == "proj_in.bias" ? at::zeros_like(mixer.zero)
                                                         : own(item.key()));
    item.value().set_requires_grad(false);
  }
  gnconv->eval();
  if (!options.filter) mixer.degree = block.order + 1;
  mixer.input_tap = mixer.module + ".proj_in";
  mixer.prepare = [type](const at::Tensor& x) { return x.permute({0, 2, 3, 1}).to(type); };
  mixer.run = [gnconv](const at::Tensor& x) { return gnconv->forward(x, {}); };
  return mixer;
}

}  // namespace

Result<Mixer> make_mixer(const Model& model, const BlockInfo& block, at::ScalarType type) {
  const Family family = model.architecture.family;
  const bool gnconv = block.order > 0 && static_cast<std::size_t>(block.stage) < model.architecture.filters.size();
  if (family == Family::Plugin && !gnconv && !block.in_head)
    return fail(Error::Kind::Unsupported, "the mixers of this plugin's networks cannot be run alone", block.name);
  Mixer mixer;
  TRY_VOID(guarded([&] {
    const at::NoGradGuard no_grad;
    if (block.in_head) {
      mixer = horfpn_mixer(model, block, type);
      return;
    }
    switch (family) {
      case Family::Plugin:
      case Family::HorNet: mixer = hornet_mixer(model, block, type); break;
      case Family::Swin: mixer = swin_mixer(model, block, type); break;
      case Family::ConvNeXt: mixer = convnext_mixer(model, block, type); break;
    }
  }));
  mixer.kind = model.mixers[block.stage];
  return mixer;
}

}  // namespace orderscope
