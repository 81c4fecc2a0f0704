// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/checkpoint/dense_architecture.h"
#include "core/models/dense/conv_module.h"
#include "core/models/gnconv.h"

namespace orderscope {

/// HorNet's GNConvModule ("HorFPN"; raoyongming/HorNet, object_detection/mmdet_custom and
/// semantic_segmentation/models): a gnConv without the 1/3 scale, then BatchNorm where the shape has one, then ReLU
/// where asked for. The taps of its gnConv go by MODULE.gnconv, as in a block, though its parameters stand in the
/// module itself; the module's own tap is what leaves it.
class GnConvModule : public GnConv {
 public:
  GnConvModule(const GnModuleShape& shape, bool relu);
  at::Tensor forward(const at::Tensor& x, const TapScope& taps) const;  ///< [N, H, W, in] to [N, H, W, out]

  static std::vector<std::string> tap_names(const std::string& module, const GnModuleShape& shape);

 private:
  bool relu_;
  std::shared_ptr<FrozenBatchNorm> bn_;
};

/// What GnConv makes of such a shape.
GnConvOptions gnconv_options(const GnModuleShape& shape);

}  // namespace orderscope
