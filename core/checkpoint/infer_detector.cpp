// SPDX-License-Identifier: GPL-3.0-or-later
// Names and shapes of mmdetection's two-stage detectors, and of HorNet's GNFPN.
#include <cmath>

#include "core/checkpoint/head_tensors.h"
#include "core/checkpoint/infer.h"
#include "core/checkpoint/quote.h"

namespace orderscope {

namespace {

/// A neck of another layout: it leaves levels out, its further levels come from convolutions, or it takes its levels
/// the other way round.
bool is_other_neck(const HeadTensors& tensors, const std::vector<int>& widths) {
  const auto extra = "neck.fpn_convs." + std::to_string(widths.size());
  if (tensors.has(extra + ".conv.weight") || tensors.has(extra + ".0.conv.weight")) return true;
  const auto first = tensors.shape("neck.lateral_convs.0.conv.weight", 4);
  const int laterals = tensors.count("neck.lateral_convs", ".conv.weight");
  return first && laterals < static_cast<int>(widths.size()) && first->at(1) != widths.front();
}

/// A proposal network with a softmax over object and background, which has two scores an anchor.
bool is_softmax_rpn(const HeadTensors& tensors) {
  const auto scores = tensors.shape("rpn_head.rpn_cls.weight", 4), deltas = tensors.shape("rpn_head.rpn_reg.weight", 4);
  return scores && deltas && deltas->front() == 2 * scores->front();
}

Result<FpnShape> infer_fpn(const HeadTensors& tensors, const std::vector<int>& widths) {
  FpnShape fpn;
  TRY(fpn.laterals, tensors.conv_modules("neck.lateral_convs"));
  if (fpn.laterals.size() != widths.size())
    return fail(Error::Kind::Broken, "the neck takes " + std::to_string(fpn.laterals.size()) +
                                         " levels where the backbone has " + std::to_string(widths.size()));
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const std::string number = std::to_string(i);
    TRY_VOID(check_width("neck.lateral_convs." + number + ".conv.weight", fpn.laterals[i].in, widths[i]));
    if (tensors.has("neck.fpn_convs.0.proj_in.weight")) {
      TRY(const GnModuleShape gn, tensors.gn_module("neck.fpn_convs." + number));
      TRY_VOID(check_width("neck.fpn_convs." + number + ".proj_in.weight", gn.in, fpn.channels()));
      fpn.gn_outputs.push_back(gn);
    } else {
      TRY(const ConvShape conv, tensors.conv_module("neck.fpn_convs." + number));
      TRY_VOID(check_width("neck.fpn_convs." + number + ".conv.weight", conv.in, fpn.channels()));
      fpn.outputs.push_back(conv);
    }
  }
  return fpn;
}

Result<BoxHeadShape> infer_box_head(const HeadTensors& tensors, const std::string& name, int channels) {
  BoxHeadShape head;
  TRY(head.convs, tensors.conv_modules(name + "shared_convs"));
  for (const ConvShape& conv : head.convs) {
    TRY_VOID(check_width(name + "shared_convs", conv.in, channels));
    channels = conv.out;
  }
  for (int i = 0; i < tensors.count(name + "shared_fcs", ".weight"); ++i) {
    const std::string fc = name + "shared_fcs." + std::to_string(i) + ".weight";
    TRY(const auto sizes, tensors.shape(fc, 2));
    if (i == 0) {
      head.roi_size = static_cast<int>(std::lround(std::sqrt(static_cast<double>(sizes[1]) / channels)));
      TRY_VOID(check_width(fc, sizes[1], channels * head.roi_size * head.roi_size));
    } else {
      TRY_VOID(check_width(fc, sizes[1], head.fcs.back()));
    }
    head.fcs.push_back(sizes[0]);
  }
  if (head.fcs.empty())
    return fail(Error::Kind::Broken, "the tensor " + quote(name + "shared_fcs.0.weight") + " is missing");
  TRY(const auto scores, tensors.shape(name + "fc_cls.weight", 2));
  TRY(const auto deltas, tensors.shape(name + "fc_reg.weight", 2));
  TRY_VOID(check_width(name + "fc_cls.weight", scores[1], head.fcs.back()));
  TRY_VOID(check_width(name + "fc_reg.weight", deltas[1], head.fcs.back()));
  head.classes = scores[0] - 1;
  head.class_agnostic = deltas[0] == 4;
  if (head.classes < 1 || (!head.class_agnostic && deltas[0] != 4 * head.classes))
    return fail(Error::Kind::Broken, quote(name + "fc_reg.weight") + " has " + std::to_string(deltas[0]) +
                                         " rows, which do not fit " + std::to_string(head.classes) + " classes");
  return head;
}

Result<MaskHeadShape> infer_mask_head(const HeadTensors& tensors, const std::string& name, int channels) {
  MaskHeadShape head;
  TRY(head.convs, tensors.conv_modules(name + "convs"));
  for (const ConvShape& conv : head.convs) {
    TRY_VOID(check_width(name + "convs", conv.in, channels));
    channels = conv.out;
  }
  TRY(const auto upsample, tensors.shape(name + "upsample.weight", 4));
  TRY_VOID(check_width(name + "upsample.weight", upsample[0], channels));
  TRY(const ConvShape logits, tensors.plain_conv(name + "conv_logits"));
  TRY_VOID(check_width(name + "conv_logits.weight", logits.in, upsample[1]));
  head.upsample_channels = upsample[1];
  head.classes = logits.out;
  return head;
}

}  // namespace

bool is_two_stage(const HeadTensors& tensors, const std::vector<int>& widths) {
  return tensors.has("neck.lateral_convs.0.conv.weight") && tensors.has("rpn_head.rpn_conv.weight") &&
         (tensors.has("roi_head.bbox_head.fc_cls.weight") || tensors.has("roi_head.bbox_head.0.fc_cls.weight")) &&
         !is_other_neck(tensors, widths) && !is_softmax_rpn(tensors);
}

Result<void> infer_two_stage(const HeadTensors& tensors, const std::vector<int>& widths, DenseArchitecture& dense) {
  TRY(dense.neck, infer_fpn(tensors, widths));
  const int channels = dense.neck->channels();
  RpnShape rpn;
  TRY(rpn.conv, tensors.plain_conv("rpn_head.rpn_conv"));
  TRY_VOID(check_width("rpn_head.rpn_conv.weight", rpn.conv.in, channels));
  if (!rpn.conv.bias) return fail(Error::Kind::Broken, "the tensor \"rpn_head.rpn_conv.bias\" is missing");
  TRY(const ConvShape scores, tensors.plain_conv("rpn_head.rpn_cls"));
  TRY(const ConvShape deltas, tensors.plain_conv("rpn_head.rpn_reg"));
  rpn.anchors = scores.out;
  if (deltas.out != 4 * scores.out)
    return fail(Error::Kind::Broken, "\"rpn_head.rpn_reg.weight\" has " + std::to_string(deltas.out) +
                                         " rows, which do not fit " + std::to_string(scores.out) + " anchors");
  dense.rpn = rpn;
  const auto stages = [&](const std::string& name, const std::string& rest) {
    std::vector<std::string> prefixes;
    if (tensors.has(name + rest)) prefixes.push_back(name);
    for (int i = 0; i < tensors.count(name.substr(0, name.size() - 1), "." + rest); ++i)
      prefixes.push_back(name + std::to_string(i) + ".");
    return prefixes;
  };
  for (const std::string& name : stages("roi_head.bbox_head.", "fc_cls.weight")) {
    TRY(BoxHeadShape head, infer_box_head(tensors, name, channels));
    dense.box_heads.push_back(std::move(head));
    if (dense.box_heads.back().classes != dense.box_heads.front().classes)
      return fail(Error::Kind::Broken, quote(name + "fc_cls.weight") + " has another number of classes");
  }
  for (const std::string& name : stages("roi_head.mask_head.", "conv_logits.weight")) {
    TRY(MaskHeadShape head, infer_mask_head(tensors, name, channels));
    if (head.classes != 1 && head.classes != dense.classes())
      return fail(Error::Kind::Broken, quote(name + "conv_logits.weight") + " has " + std::to_string(head.classes) +
                                           " rows where there are " + std::to_string(dense.classes()) + " classes");
    dense.mask_heads.push_back(std::move(head));
  }
  return {};
}

}  // namespace orderscope
