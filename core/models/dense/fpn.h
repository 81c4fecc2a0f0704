// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/checkpoint/dense_architecture.h"
#include "core/models/backbone.h"

namespace orderscope {

/// Feature pyramid network (Lin et al., CVPR 2017; mmdetection 2.28, fpn.py), and HorNet's GNFPN where the output
/// convolutions are gnConvs (gn_fpn.py). Top-down sums use the nearest cell; one more level is every other cell of the
/// last one (max pooling of kernel 1). No norm and no activation.
/// Taps under the module's name: lateral_convs.i, lateral_sums.i (after the top-down sum), fpn_convs.i, which is level
/// p(i + 2) (with fpn_convs.i.gnconv.* in HorFPN), and p6, the further level.
class Fpn : public torch::nn::Module {
 public:
  explicit Fpn(const FpnShape& shape);

  /// Its steps, for levels set aside under `levels`, finest first; each [N, H, W, C]. They leave the pyramid aside
  /// under `outputs(name)`. The module must outlive them.
  std::vector<Step> steps(const std::string& name, const std::vector<std::string>& levels) const;

  /// What the levels of the pyramid are called, finest first: as taps and aside.
  std::vector<std::string> outputs(const std::string& name) const;

  /// Multiply-adds for levels of these pixels.
  int64_t macs(const std::vector<int64_t>& pixels) const;

 private:
  at::Tensor output(std::size_t level, const at::Tensor& x, const TapScope& taps) const;

  FpnShape shape_;
  struct Modules;
  std::shared_ptr<Modules> m_;
};

}  // namespace orderscope
