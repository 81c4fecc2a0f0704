// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/conv_backbone.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/container/modulelist.h>

#include <algorithm>

#include "core/models/dense/pyramid.h"

namespace orderscope {

namespace {
constexpr double kEps = 1e-6;
}

/// The stem (convolution, then LayerNorm) or a downsampling (LayerNorm, then convolution), as the official Sequential.
struct ConvBackbone::Downsample : torch::nn::Module {
  Downsample(int64_t in, int64_t out, int64_t kernel, bool is_stem) : kernel(kernel), is_stem(is_stem) {
    conv = std::make_shared<PatchConv>(in, out, kernel);
    norm = std::make_shared<LayerNorm>(is_stem ? out : in, kEps);
    register_module(is_stem ? "0" : "1", conv);
    register_module(is_stem ? "1" : "0", norm);
  }

  at::Tensor forward(const at::Tensor& x) const {
    return is_stem ? norm->forward(conv->forward(x)) : conv->forward(norm->forward(x));
  }

  int64_t kernel;
  bool is_stem;
  std::shared_ptr<PatchConv> conv;
  std::shared_ptr<LayerNorm> norm;
};

ConvBackbone::ConvBackbone(const Architecture& architecture, const BlockFactory& make_block) : Backbone(architecture) {
  auto downsample_list = register_module("downsample_layers", torch::nn::ModuleList());
  auto stage_list = register_module("stages", torch::nn::ModuleList());
  const auto& dims = architecture_.dims;

  for (std::size_t i = 0; i < dims.size(); ++i) {
    const auto layer = i == 0 ? std::make_shared<Downsample>(architecture_.in_channels, dims[0], 4, true)
                              : std::make_shared<Downsample>(dims[i - 1], dims[i], 2, false);
    downsample_layers_.push_back(layer);
    downsample_list->push_back(layer);
    const std::string layer_name = "downsample_layers." + std::to_string(i);
    steps_.push_back({layer_name,
                      [layer = layer.get(), layer_name, i](const at::Tensor& x, Taps* taps) {
                        const at::Tensor in = i == 0 ? x.permute({0, 2, 3, 1}) : x;
                        return TapScope(taps, layer_name).as_nchw("", layer->forward(in));
                      },
                      {layer_name},
                      Reach{0, layer->kernel}});

    torch::nn::ModuleList blocks;
    stage_list->push_back(blocks);
    stages_.emplace_back();
    for (int j = 0; j < architecture_.depths[i]; ++j) {
      const auto block = make_block(static_cast<int>(i));
      stages_.back().push_back(block);
      blocks->push_back(block);
      const std::string name = "stages." + std::to_string(i) + "." + std::to_string(j);
      std::vector<std::string> taps = block->tap_names(name);
      taps.push_back(name);
      steps_.push_back({name,
                        [block = block.get(), name](const at::Tensor& x, Taps* taps) {
                          const TapScope scope(taps, name);
                          return scope.as_nchw("", block->forward(x, scope));
                        },
                        std::move(taps), block->reach()});
    }
    if (std::ranges::find(architecture_.levels, static_cast<int>(i)) != architecture_.levels.end()) {
      const std::string name = level_name(static_cast<int>(i));
      steps_.push_back(pyramid_step(name, register_module(name, std::make_shared<LayerNorm>(dims[i], kEps))));
    }
  }
  if (!architecture_.levels.empty()) return;

  norm_ = register_module("norm", std::make_shared<LayerNorm>(dims.back(), kEps));
  head_ = register_module("head", std::make_shared<Linear>(dims.back(), architecture_.classes));
  steps_.push_back({"head",
                    [this](const at::Tensor& x, Taps* taps) {
                      const TapScope scope(taps, "");
                      const at::Tensor features = scope.as_is("norm", norm_->forward(x.mean({1, 2})));
                      return scope.as_is("logits", widened(head_->forward(features)));
                    },
                    {"norm", "logits"}});
}

Result<void> ConvBackbone::check_input(int64_t height, int64_t width) const {
  const int64_t smallest = int64_t{4} << (architecture_.dims.size() - 1);
  if (height < smallest || width < smallest) {
    return fail(Error::Kind::InvalidInput,
                "input of " + std::to_string(height) + " x " + std::to_string(width) + " vanishes in the downsampling",
                {}, "use at least " + std::to_string(smallest) + " x " + std::to_string(smallest));
  }
  return {};
}

int64_t ConvBackbone::macs(int64_t height, int64_t width) const {
  int64_t total = head_ ? head_->macs(1) : 0;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    height /= downsample_layers_[i]->kernel;
    width /= downsample_layers_[i]->kernel;
    total += downsample_layers_[i]->conv->macs(height * width);
    for (const auto& block : stages_[i]) total += block->macs(height * width);
  }
  return total;
}

void ConvBackbone::set_drop_path(double rate) {
  std::vector<ConvBlock*> blocks;
  for (const auto& stage : stages_)
    for (const auto& block : stage) blocks.push_back(block.get());
  for (std::size_t b = 0; b < blocks.size(); ++b)
    blocks[b]->drop_path =
        blocks.size() > 1 ? rate * static_cast<double>(b) / static_cast<double>(blocks.size() - 1) : 0;
}

}  // namespace orderscope
