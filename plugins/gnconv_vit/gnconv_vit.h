// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/checkpoint/checkpoint.h"
#include "core/models/backbone.h"
#include "core/models/gnconv.h"
#include "core/models/layers.h"

namespace gnconv_vit {

/// What the architecture of OrderScope does not hold, stored as JSON in plugin_options.
struct Options {
  std::int64_t patch_size = 16;
  std::int64_t mlp_width = 0;  ///< of the hidden layer

  std::string json() const;
  /// Errors: InvalidInput.
  static orderscope::Result<Options> parse(const std::string& json);
};

/// Blocks that all look alike, on one grid of patches:
///   x = x + gamma1 * gnconv(norm1(x));  x = x + gamma2 * fc2(gelu(fc1(norm2(x))))
/// then the mean over the grid, a LayerNorm (eps 1e-6 as everywhere) and a linear head: the isotropic setting in which
/// Rao et al. (HorNet, NeurIPS 2022, section 4.1, "isotropic") put gnConv in the place of self-attention.
/// No position embedding: the depthwise convolutions see where they are relative to each other.
class GnConvVit : public orderscope::Backbone {
 public:
  GnConvVit(const orderscope::Architecture& architecture, const Options& options);

  orderscope::Result<void> check_input(std::int64_t height, std::int64_t width) const override;
  std::int64_t macs(std::int64_t height, std::int64_t width) const override;
  void set_drop_path(double rate) override;

 private:
  class Block;

  std::int64_t patch_size_;
  std::shared_ptr<orderscope::PatchConv> patches_;
  std::vector<std::shared_ptr<Block>> blocks_;
  std::shared_ptr<orderscope::LayerNorm> norm_;
  std::shared_ptr<orderscope::Linear> head_;
};

/// Recognises and reads the names and shapes of GnConvVit; see BackboneFamily.
bool recognises(const orderscope::StateDict& state_dict);
orderscope::Result<orderscope::Architecture> read(const orderscope::StateDict& state_dict);

}  // namespace gnconv_vit
