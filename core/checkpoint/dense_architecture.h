// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/checkpoint/architecture.h"

namespace orderscope {

/// A convolution of mmcv's ConvModule: with a bias, or with a BatchNorm after it.
struct ConvShape {
  int in = 0, out = 0, kernel = 1;
  bool bias = false;
  bool norm = false;

  bool operator==(const ConvShape&) const = default;
};

/// A gnConv outside the backbone, HorNet's GNConvModule ("HorFPN"): proj_in from `in` to twice `dim` channels, the
/// recursion without the 1/3 scale, proj_out from `dim` to `out`.
struct GnModuleShape {
  int in = 0, dim = 0, out = 0;
  int order = 2;
  int kernel = 7;                    ///< of the depthwise form
  std::optional<FilterSize> filter;  ///< the global-local form
  bool proj_out = true;              ///< else the last state is the output, and dim == out
  bool norm = false;                 ///< BatchNorm behind it

  bool operator==(const GnModuleShape&) const = default;
};

/// UPerHead, or GNUPerHead where the fusion is a gnConv.
struct UperHeadShape {
  std::vector<int> pool_scales;  ///< of the pyramid pooling, one a module
  std::vector<ConvShape> psp_modules;
  ConvShape bottleneck;
  std::vector<ConvShape> laterals;  ///< of all levels but the last
  std::vector<ConvShape> outputs;
  ConvShape fusion;  ///< unless gn_fusion is there
  std::optional<GnModuleShape> gn_fusion;
  int classes = 0;
  bool align_corners = false;  ///< of every interpolation; not in the weights, false in all official configs

  int channels() const { return bottleneck.out; }
  bool operator==(const UperHeadShape&) const = default;
};

/// FPN, or GNFPN where the output convolutions are gnConvs. Levels beyond the laterals come from max pooling.
struct FpnShape {
  std::vector<ConvShape> laterals;
  std::vector<ConvShape> outputs;  ///< empty where gn_outputs has them
  std::vector<GnModuleShape> gn_outputs;

  int channels() const { return laterals.empty() ? 0 : laterals.front().out; }
  bool operator==(const FpnShape&) const = default;
};

struct RpnShape {
  ConvShape conv;
  int anchors = 3;  ///< at each place

  bool operator==(const RpnShape&) const = default;
};

/// ConvFCBBoxHead: shared convolutions, shared fully connected layers, class scores and box deltas.
struct BoxHeadShape {
  std::vector<ConvShape> convs;
  std::vector<int> fcs;  ///< rows of each layer
  int roi_size = 7;      ///< side of its input, from the columns of the first layer
  int classes = 0;       ///< without the background
  bool class_agnostic = false;

  bool operator==(const BoxHeadShape&) const = default;
};

/// FCNMaskHead: convolutions, a 2x2 transposed convolution, class logits (one row for a class-agnostic head).
struct MaskHeadShape {
  std::vector<ConvShape> convs;
  int upsample_channels = 0;
  int classes = 0;

  bool operator==(const MaskHeadShape&) const = default;
};

/// What stands on the backbone of a segmenter or detector: mmsegmentation's EncoderDecoder with a UPerHead,
/// mmdetection's Faster, Mask or Cascade R-CNN. Under the names of the file without "backbone.".
struct DenseArchitecture {
  std::optional<UperHeadShape> uper_head;

  std::optional<FpnShape> neck;
  std::optional<RpnShape> rpn;
  std::vector<BoxHeadShape> box_heads;  ///< several: a cascade
  std::vector<MaskHeadShape> mask_heads;

  /// Prefixes of keys that belong to no head that is known, with their number: "decode_head.* (24)".
  std::vector<std::string> left_out;

  bool is_segmenter() const { return uper_head.has_value(); }
  bool is_detector() const { return rpn.has_value(); }
  bool is_known() const { return is_segmenter() || is_detector(); }
  int classes() const;
  bool has_gn() const;       ///< HorFPN
  std::string name() const;  ///< "UPerNet", "Cascade Mask R-CNN with HorFPN"; "" where no head is known

  bool operator==(const DenseArchitecture&) const = default;
};

struct Checkpoint;

/// Reads the heads off names and shapes; the backbone is `architecture`, which must have levels. What the weights do
/// not tell (align_corners, pooling scales) comes from the config in the file's metadata where there is one.
/// Errors: Broken when a tensor of a known head is missing or contradicts the others; names the key.
Result<DenseArchitecture> infer_dense(const Checkpoint& checkpoint, const Architecture& architecture);

/// The UPerHead under this prefix ("decode_head." or ""). `widths` of the levels that it is handed; empty: those that
/// it asks for. Errors: as infer_dense.
Result<UperHeadShape> infer_uper_head(const Checkpoint& checkpoint, const std::string& prefix,
                                      const std::vector<int>& widths);

}  // namespace orderscope
