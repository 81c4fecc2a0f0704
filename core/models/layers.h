// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <torch/nn/module.h>

namespace orderscope {

// Layers over activations [N, H, W, C] whose parameters have the official names and shapes. Unlike torch::nn's they do
// not initialise their parameters: a checkpoint of 90 MB would otherwise cost more time in random numbers that are
// thrown away than in reading it.

/// float32 of bfloat16, anything else as it is: for what leaves a network of reduced precision.
at::Tensor widened(const at::Tensor& x);

/// y = x W^T + b over the last dimension. `pointwise` stores W as a 1x1 convolution [out, in, 1, 1].
class Linear : public torch::nn::Module {
 public:
  Linear(int64_t in, int64_t out, bool has_bias = true, bool pointwise = false);
  at::Tensor forward(const at::Tensor& x) const;
  at::Tensor matrix() const;  ///< the weight as [out, in]
  int64_t macs(int64_t pixels) const { return pixels * weight.numel(); }

  at::Tensor weight, bias;
};

/// LayerNorm over the last dimension. On channels-last activations this is also the official channels_first LayerNorm.
class LayerNorm : public torch::nn::Module {
 public:
  LayerNorm(int64_t channels, double eps);
  at::Tensor forward(const at::Tensor& x) const { return forward_scaled(x, 1.0); }
  /// LayerNorm(x) * scale, folded into weight and bias.
  at::Tensor forward_scaled(const at::Tensor& x, double scale) const;
  double eps() const { return eps_; }

  at::Tensor weight, bias;

 private:
  double eps_;
};

/// Convolution whose stride is its kernel size, without padding: stems and downsampling. Odd rests are dropped.
class PatchConv : public torch::nn::Module {
 public:
  PatchConv(int64_t in, int64_t out, int64_t kernel);
  /// [N, H, W, in] to [N, H / kernel, W / kernel, out].
  at::Tensor forward(const at::Tensor& in) const;
  int64_t macs(int64_t out_pixels) const { return out_pixels * weight.numel(); }

  at::Tensor weight, bias;
};

/// Depthwise convolution with an odd kernel and same padding.
class DepthwiseConv : public torch::nn::Module {
 public:
  DepthwiseConv(int64_t channels, int64_t kernel, bool has_bias = true);
  at::Tensor forward(const at::Tensor& x) const { return forward_scaled(x, 1.0); }
  /// conv(x) * scale, folded into weight and bias.
  at::Tensor forward_scaled(const at::Tensor& x, double scale) const;
  int64_t macs(int64_t pixels) const { return pixels * weight.numel(); }

  at::Tensor weight, bias;
};

/// x + gamma * branch; in training, whole samples of the branch are dropped with probability `drop_path` (stochastic
/// depth, Huang et al. 2016) and the others scaled up. An undefined gamma counts as 1.
at::Tensor add_branch(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& branch, double drop_path,
                      bool training);

}  // namespace orderscope
