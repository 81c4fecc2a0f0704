// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <torch/nn/module.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/checkpoint/architecture.h"
#include "core/models/taps.h"

namespace orderscope {

/// What lies between two steps: the activation, and what earlier steps set aside for later ones, as a dense model's
/// backbone does with the levels of its pyramid. A plain tensor is one with nothing aside.
struct Activations {
  Activations() = default;
  Activations(at::Tensor x) : x(std::move(x)) {}    // NOLINT: meant to convert
  operator const at::Tensor&() const { return x; }  // NOLINT

  at::Tensor x;
  std::map<std::string, at::Tensor> aside;
  int64_t height = 0, width = 0;  ///< of the image; 0 where nobody needs it
};

/// Where what a step puts out at a place comes from: `stride` input pixels side by side in each direction, and `radius`
/// more around.
struct Reach {
  int64_t radius = 0, stride = 1;
};

/// One unit of a model that can be run alone: the stem, a block, a downsampling, the head.
struct Step {
  std::string name;
  std::function<Activations(const Activations& in, Taps* taps)> run;
  std::vector<std::string> taps;  ///< what passes by in this step, in order
  std::optional<Reach> reach{};   ///< none where every place may depend on all, as with attention
};

/// A backbone is a list of steps. Between steps the activations are [N, H, W, C] (channels last in memory), so that
/// 1x1 convolutions are matrix products on tokens and LayerNorm is over the last dimension. The first step takes the
/// image [N, 3, H, W], the last gives logits: [N, classes], of a segmenter [N, classes, H, W]. A backbone without head
/// ends with what it set aside, its levels, and has no tap "logits".
/// Parameters are named as in the official state dicts; they are not initialised (a checkpoint or `initialize` does).
class Backbone : public torch::nn::Module {
 public:
  const Architecture& architecture() const { return architecture_; }
  const std::vector<Step>& steps() const { return steps_; }
  std::vector<std::string> tap_names() const;
  bool has_logits() const;

  /// The tap of the last block's output, before the final norm.
  virtual std::string last_block() const;

  /// Errors: InvalidInput if the official code does not take this input size.
  virtual Result<void> check_input(int64_t height, int64_t width) const = 0;

  /// What the last step gives of images [N, 3, H, W]: logits.
  at::Tensor forward(const at::Tensor& images, Taps* taps = nullptr) const { return run(images, taps).x; }
  Activations run(const at::Tensor& images, Taps* taps = nullptr) const;

  /// Multiply-adds of one image: convolutions, linear layers and attention products.
  virtual int64_t macs(int64_t height, int64_t width) const = 0;

  /// Stochastic depth: the rate grows linearly from 0 to `rate` over all blocks; acts in train() mode only.
  virtual void set_drop_path(double rate) = 0;

 protected:
  explicit Backbone(Architecture architecture) : architecture_(std::move(architecture)) {}

  Architecture architecture_;
  std::vector<Step> steps_;
};

/// A backbone with uninitialised parameters. Errors: InvalidInput if the architecture contradicts itself.
Result<std::shared_ptr<Backbone>> make_backbone(const Architecture& architecture);

/// Fills all parameters as the official code does at the start of a training: truncated normal weights of standard
/// deviation 0.02, zero biases, layer scale at `layer_scale_init`. Draws from torch's global generator.
void initialize(Backbone& backbone, double layer_scale_init = 1e-6);

}  // namespace orderscope
