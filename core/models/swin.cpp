// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/swin.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/container/modulelist.h>

#include <algorithm>

#include "core/models/dense/pyramid.h"
#include "core/models/mlp.h"
#include "core/models/window_attention.h"

namespace orderscope {

namespace {
constexpr double kEps = 1e-5;
constexpr int64_t kPatch = 4;

/// x [N, H, W, C] with zeros at the right and at the bottom, up to multiples.
at::Tensor padded_to(const at::Tensor& x, int64_t multiple) {
  const int64_t below = (multiple - x.size(1) % multiple) % multiple;
  const int64_t right = (multiple - x.size(2) % multiple) % multiple;
  return below + right > 0 ? at::constant_pad_nd(x, {0, 0, 0, right, 0, below}) : x;
}
}  // namespace

struct Swin::PatchEmbed : torch::nn::Module {
  PatchEmbed(int64_t in, int64_t out, bool has_norm) {
    proj = register_module("proj", std::make_shared<PatchConv>(in, out, kPatch));
    if (has_norm) norm = register_module("norm", std::make_shared<LayerNorm>(out, kEps));
  }
  at::Tensor forward(const at::Tensor& images) const {
    const at::Tensor x = proj->forward(padded_to(images.permute({0, 2, 3, 1}), kPatch));
    return norm ? norm->forward(x) : x;
  }

  std::shared_ptr<PatchConv> proj;
  std::shared_ptr<LayerNorm> norm;
};

struct Swin::Block : torch::nn::Module {
  struct Mlp : torch::nn::Module {
    Mlp(int64_t dim, int64_t hidden) {
      fc1 = register_module("fc1", std::make_shared<Linear>(dim, hidden));
      fc2 = register_module("fc2", std::make_shared<Linear>(hidden, dim));
    }
    std::shared_ptr<Linear> fc1, fc2;
  };

  Block(const Architecture& a, int stage, int index) {
    const int64_t dim = a.dims[stage], window = a.windows[stage];
    const int64_t shift = WindowAttention::shift_of(a, stage, index);
    norm1 = register_module("norm1", std::make_shared<LayerNorm>(dim, kEps));
    attn = register_module("attn", std::make_shared<WindowAttention>(dim, a.heads[stage], window, shift, a.qkv_bias));
    norm2 = register_module("norm2", std::make_shared<LayerNorm>(dim, kEps));
    mlp = register_module("mlp", std::make_shared<Mlp>(dim, a.mlp_ratio * dim));
  }

  at::Tensor forward(const at::Tensor& x, const TapScope& taps) const {
    const at::Tensor normed = taps.as_tokens("norm1", norm1->forward(x));
    const at::Tensor y = add_branch(x, {}, attn->forward(normed, taps.child("attn")), drop_path, is_training());
    return add_mlp(y, y, *norm2, *mlp->fc1, *mlp->fc2, {}, drop_path, is_training());
  }

  int64_t macs(int64_t pixels) const { return attn->macs(pixels) + mlp->fc1->macs(pixels) + mlp->fc2->macs(pixels); }

  double drop_path = 0;
  std::shared_ptr<LayerNorm> norm1, norm2;
  std::shared_ptr<WindowAttention> attn;
  std::shared_ptr<Mlp> mlp;
};

struct Swin::PatchMerging : torch::nn::Module {
  explicit PatchMerging(int64_t dim) {
    reduction = register_module("reduction", std::make_shared<Linear>(4 * dim, 2 * dim, false));
    norm = register_module("norm", std::make_shared<LayerNorm>(4 * dim, kEps));
  }
  at::Tensor forward(const at::Tensor& unpadded) const {
    const at::Tensor x = padded_to(unpadded, 2);
    const auto corner = [&](int64_t row, int64_t column) {
      return x.slice(1, row, x.size(1), 2).slice(2, column, x.size(2), 2);
    };
    const at::Tensor merged = at::cat({corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)}, -1);
    return reduction->forward(norm->forward(merged));
  }

  std::shared_ptr<Linear> reduction;
  std::shared_ptr<LayerNorm> norm;
};

struct Swin::Layer : torch::nn::Module {
  std::vector<std::shared_ptr<Block>> blocks;
  std::shared_ptr<PatchMerging> downsample;
};

Swin::Swin(const Architecture& architecture) : Backbone(architecture) {
  const Architecture& a = architecture_;
  patch_embed_ = register_module("patch_embed", std::make_shared<PatchEmbed>(a.in_channels, a.dims[0], a.patch_norm));
  const int64_t grid = a.image_size / kPatch;
  const bool dense = !a.levels.empty();
  if (a.absolute_position_embedding) {
    absolute_pos_embed_ = register_parameter(
        "absolute_pos_embed", dense ? at::empty({1, a.dims[0], grid, grid}) : at::empty({1, grid * grid, a.dims[0]}));
  }
  steps_.push_back({"patch_embed",
                    [this, dense](const at::Tensor& images, Taps* taps) {
                      const at::Tensor x = TapScope(taps, "patch_embed").as_tokens("", patch_embed_->forward(images));
                      if (!absolute_pos_embed_.defined()) return x;
                      if (!dense) return x + absolute_pos_embed_.view({1, x.size(1), x.size(2), -1});
                      const at::Tensor at_size =
                          at::upsample_bicubic2d(absolute_pos_embed_, {x.size(1), x.size(2)}, /*align_corners=*/false);
                      return x + at_size.permute({0, 2, 3, 1});
                    },
                    {"patch_embed"}});

  auto layer_list = register_module("layers", torch::nn::ModuleList());
  for (std::size_t i = 0; i < a.dims.size(); ++i) {
    const auto layer = std::make_shared<Layer>();
    layers_.push_back(layer);
    layer_list->push_back(layer);
    const std::string layer_name = "layers." + std::to_string(i);
    auto block_list = layer->register_module("blocks", torch::nn::ModuleList());
    for (int j = 0; j < a.depths[i]; ++j) {
      const auto block = std::make_shared<Block>(a, static_cast<int>(i), j);
      layer->blocks.push_back(block);
      block_list->push_back(block);
      const std::string name = layer_name + ".blocks." + std::to_string(j);
      steps_.push_back({name,
                        [block = block.get(), name](const at::Tensor& x, Taps* taps) {
                          const TapScope scope(taps, name);
                          return scope.as_tokens("", block->forward(x, scope));
                        },
                        {name + ".norm1", name + ".attn.probs", name}});
    }
    if (std::ranges::find(a.levels, static_cast<int>(i)) != a.levels.end()) {
      const std::string name = level_name(static_cast<int>(i));
      steps_.push_back(pyramid_step(name, register_module(name, std::make_shared<LayerNorm>(a.dims[i], kEps))));
    }
    if (i + 1 == a.dims.size()) break;
    layer->downsample = layer->register_module("downsample", std::make_shared<PatchMerging>(a.dims[i]));
    const std::string name = layer_name + ".downsample";
    steps_.push_back({name,
                      [merging = layer->downsample.get(), name](const at::Tensor& x, Taps* taps) {
                        return TapScope(taps, name).as_tokens("", merging->forward(x));
                      },
                      {name}});
  }

  if (dense) return;
  norm_ = register_module("norm", std::make_shared<LayerNorm>(a.dims.back(), kEps));
  head_ = register_module("head", std::make_shared<Linear>(a.dims.back(), a.classes));
  steps_.push_back({"head",
                    [this](const at::Tensor& x, Taps* taps) {
                      const TapScope scope(taps, "");
                      const at::Tensor normed = scope.as_tokens("norm", norm_->forward(x));
                      return scope.as_is("logits", widened(head_->forward(normed.mean({1, 2}))));
                    },
                    {"norm", "logits"}});
}

Result<void> Swin::check_input(int64_t height, int64_t width) const {
  const int64_t side = architecture_.image_size;
  if (!architecture_.levels.empty() && height > 0 && width > 0) return {};
  if (height == side && width == side) return {};
  return fail(Error::Kind::InvalidInput,
              "input of " + std::to_string(height) + " x " + std::to_string(width) + " does not fit this Swin", {},
              "it takes " + std::to_string(side) + " x " + std::to_string(side) + " only, as the official code");
}

int64_t Swin::macs(int64_t height, int64_t width) const {
  int64_t total = head_ ? head_->macs(1) : 0;
  int64_t rows = (height + kPatch - 1) / kPatch, columns = (width + kPatch - 1) / kPatch;
  total += patch_embed_->proj->macs(rows * columns);
  for (const auto& layer : layers_) {
    for (const auto& block : layer->blocks) total += block->macs(rows * columns);
    if (!layer->downsample) continue;
    rows = (rows + 1) / 2;
    columns = (columns + 1) / 2;
    total += layer->downsample->reduction->macs(rows * columns);
  }
  return total;
}

void Swin::set_drop_path(double rate) {
  std::vector<Block*> blocks;
  for (const auto& layer : layers_)
    for (const auto& block : layer->blocks) blocks.push_back(block.get());
  for (std::size_t b = 0; b < blocks.size(); ++b)
    blocks[b]->drop_path =
        blocks.size() > 1 ? rate * static_cast<double>(b) / static_cast<double>(blocks.size() - 1) : 0;
}

}  // namespace orderscope
