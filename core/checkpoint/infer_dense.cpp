// SPDX-License-Identifier: GPL-3.0-or-later
// Names and shapes of mmsegmentation's UPerHead and mmdetection's two-stage detectors, and of HorNet's GNUPerHead and
// GNFPN.
#include <algorithm>
#include <cmath>
#include <map>

#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/dense_architecture.h"
#include "core/checkpoint/infer.h"
#include "core/checkpoint/mm_meta.h"
#include "core/checkpoint/quote.h"

namespace orderscope {

namespace {

constexpr int kLargestWidth = 1 << 20;
constexpr int kLargestKernel = 63;
constexpr int kLargestOrder = 16;

/// The tensors of a file by name.
class Tensors {
 public:
  explicit Tensors(const StateDict& state_dict) {
    for (const NamedTensor& tensor : state_dict) by_name_.emplace(tensor.name, &tensor.tensor);
  }

  bool has(const std::string& name) const { return by_name_.contains(name); }

  /// How many of NAME.0, NAME.1, ... are there, told by what follows the number.
  int count(const std::string& name, const std::string& rest) const {
    int n = 0;
    while (n < 256 && has(name + "." + std::to_string(n) + rest)) ++n;
    return n;
  }

  /// Sizes of a tensor with this many dimensions. Errors: Broken.
  Result<std::vector<int>> shape(const std::string& name, int dimensions) const {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return fail(Error::Kind::Broken, "the tensor " + quote(name) + " is missing");
    const at::Tensor& tensor = *found->second;
    std::vector<int> sizes;
    for (const std::int64_t size : tensor.sizes()) {
      if (size < 1 || size > kLargestWidth)
        return fail(Error::Kind::Broken, quote(name) + " has a side of " + std::to_string(size));
      sizes.push_back(static_cast<int>(size));
    }
    if (static_cast<int>(sizes.size()) != dimensions)
      return fail(Error::Kind::Broken, quote(name) + " has " + std::to_string(sizes.size()) + " dimensions where " +
                                           std::to_string(dimensions) + " are expected");
    return sizes;
  }

  /// A plain convolution NAME.weight, NAME.bias.
  Result<ConvShape> plain_conv(const std::string& name) const {
    TRY(const auto sizes, shape(name + ".weight", 4));
    if (sizes[2] != sizes[3] || sizes[2] % 2 == 0 || sizes[2] > kLargestKernel)
      return fail(Error::Kind::Broken, quote(name + ".weight") + " is no square kernel of odd side");
    return ConvShape{sizes[1], sizes[0], sizes[2], has(name + ".bias"), false};
  }

  /// mmcv's ConvModule: NAME.conv, and NAME.bn where it has a norm.
  Result<ConvShape> conv_module(const std::string& name) const {
    TRY(ConvShape conv, plain_conv(name + ".conv"));
    conv.norm = has(name + ".bn.running_mean");
    return conv;
  }

  Result<std::vector<ConvShape>> conv_modules(const std::string& name) const {
    std::vector<ConvShape> all;
    for (int i = 0; i < count(name, ".conv.weight"); ++i) {
      TRY(const ConvShape conv, conv_module(name + "." + std::to_string(i)));
      all.push_back(conv);
    }
    return all;
  }

  Result<GnModuleShape> gn_module(const std::string& name) const {
    TRY(const auto proj_in, shape(name + ".proj_in.weight", 4));
    GnModuleShape gn;
    gn.in = proj_in[1];
    gn.dim = proj_in[0] / 2;
    gn.order = count(name + ".pws", ".weight") + 1;
    if (proj_in[0] % 2 != 0 || gn.order > kLargestOrder || gn.dim % (1 << (gn.order - 1)) != 0)
      return fail(Error::Kind::Broken, quote(name + ".proj_in.weight") + " has " + std::to_string(proj_in[0]) +
                                           " rows, which does not fit a gnConv of order " + std::to_string(gn.order));
    gn.proj_out = has(name + ".proj_out.weight");
    gn.out = gn.dim;
    if (gn.proj_out) {
      TRY(const auto proj_out, shape(name + ".proj_out.weight", 4));
      gn.out = proj_out[0];
    }
    gn.norm = has(name + ".bn.running_mean");
    if (has(name + ".dwconv.complex_weight")) {
      TRY(const auto filter, shape(name + ".dwconv.complex_weight", 4));
      if (filter[1] > 4096 || filter[2] > 4096)
        return fail(Error::Kind::Broken, quote(name + ".dwconv.complex_weight") + " is too large");
      gn.filter = FilterSize{filter[1], filter[2]};
    } else {
      TRY(const ConvShape dwconv, plain_conv(name + ".dwconv"));
      gn.kernel = dwconv.kernel;
    }
    return gn;
  }

 private:
  std::map<std::string_view, const at::Tensor*> by_name_;
};

Result<void> check_width(const std::string& name, int found, int expected) {
  if (found == expected) return {};
  return fail(Error::Kind::Broken, quote(name) + " takes " + std::to_string(found) + " channels where " +
                                       std::to_string(expected) + " arrive");
}

std::vector<int> level_widths(const Architecture& a) {
  std::vector<int> widths;
  for (const int level : a.levels) widths.push_back(a.dims[static_cast<std::size_t>(level)]);
  return widths;
}

bool is_uper_head(const Tensors& tensors, const std::string& head) {
  return tensors.has(head + "psp_modules.0.1.conv.weight") && tensors.has(head + "lateral_convs.0.conv.weight") &&
         (tensors.has(head + "fpn_bottleneck.conv.weight") || tensors.has(head + "fpn_bottleneck.proj_in.weight"));
}

std::vector<int> pool_scales(std::size_t count, const std::string& config) {
  std::vector<int> usual{1, 2, 3, 6};
  if (const auto told = config_numbers(config, "pool_scales");
      told && told->size() == count && std::ranges::all_of(*told, [](int s) { return s >= 1 && s <= 1024; }))
    return *told;
  while (usual.size() < count) usual.push_back(usual.back() * 2);
  usual.resize(count);
  return usual;
}

}  // namespace

Result<UperHeadShape> infer_uper_head(const Checkpoint& checkpoint, const std::string& head,
                                      const std::vector<int>& widths) {
  const Tensors tensors(checkpoint.state_dict);
  UperHeadShape uper;
  for (int i = 0; i < tensors.count(head + "psp_modules", ".1.conv.weight"); ++i) {
    TRY(const ConvShape conv, tensors.conv_module(head + "psp_modules." + std::to_string(i) + ".1"));
    uper.psp_modules.push_back(conv);
  }
  TRY(uper.bottleneck, tensors.conv_module(head + "bottleneck"));
  TRY(uper.laterals, tensors.conv_modules(head + "lateral_convs"));
  TRY(uper.outputs, tensors.conv_modules(head + "fpn_convs"));
  if (tensors.has(head + "fpn_bottleneck.proj_in.weight")) {
    TRY(uper.gn_fusion, tensors.gn_module(head + "fpn_bottleneck"));
  } else {
    TRY(uper.fusion, tensors.conv_module(head + "fpn_bottleneck"));
  }
  TRY(const ConvShape classifier, tensors.plain_conv(head + "conv_seg"));
  uper.classes = classifier.out;

  const std::size_t levels = uper.laterals.size() + 1;
  if (uper.outputs.size() + 1 != levels)
    return fail(Error::Kind::Broken, quote(head + "fpn_convs") + " has not as many convolutions as the laterals");
  if (!widths.empty() && widths.size() != levels)
    return fail(Error::Kind::Broken, "the head takes " + std::to_string(levels) + " levels where the backbone has " +
                                         std::to_string(widths.size()));
  const int channels = uper.channels();
  int pooled = widths.empty() ? uper.psp_modules.front().in : widths.back();
  const int last = pooled;
  for (std::size_t i = 0; i < uper.psp_modules.size(); ++i) {
    const std::string name = head + "psp_modules." + std::to_string(i) + ".1.conv.weight";
    TRY_VOID(check_width(name, uper.psp_modules[i].in, last));
    pooled += uper.psp_modules[i].out;
  }
  TRY_VOID(check_width(head + "bottleneck.conv.weight", uper.bottleneck.in, pooled));
  for (std::size_t i = 0; i + 1 < levels; ++i) {
    const std::string number = std::to_string(i);
    if (!widths.empty())
      TRY_VOID(check_width(head + "lateral_convs." + number + ".conv.weight", uper.laterals[i].in, widths[i]));
    if (uper.laterals[i].out != channels || uper.outputs[i].out != channels)
      return fail(Error::Kind::Broken, quote(head + "lateral_convs." + number + ".conv.weight") +
                                           " and what follows it do not give " + std::to_string(channels) +
                                           " channels");
    TRY_VOID(check_width(head + "fpn_convs." + number + ".conv.weight", uper.outputs[i].in, channels));
  }
  const int fused = channels * static_cast<int>(levels);
  TRY_VOID(check_width(head + "fpn_bottleneck", uper.gn_fusion ? uper.gn_fusion->in : uper.fusion.in, fused));
  TRY_VOID(
      check_width(head + "conv_seg.weight", classifier.in, uper.gn_fusion ? uper.gn_fusion->out : uper.fusion.out));
  const auto config = checkpoint.metadata.find("config");
  const std::string text = config == checkpoint.metadata.end() ? std::string() : config->second;
  uper.pool_scales = pool_scales(uper.psp_modules.size(), text);
  uper.align_corners = config_word(text, "align_corners") == "True";
  return uper;
}

namespace {

bool is_two_stage(const Tensors& tensors) {
  return tensors.has("neck.lateral_convs.0.conv.weight") && tensors.has("rpn_head.rpn_conv.weight") &&
         (tensors.has("roi_head.bbox_head.fc_cls.weight") || tensors.has("roi_head.bbox_head.0.fc_cls.weight"));
}

Result<FpnShape> infer_fpn(const Tensors& tensors, const std::vector<int>& widths) {
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

Result<BoxHeadShape> infer_box_head(const Tensors& tensors, const std::string& name, int channels) {
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

Result<MaskHeadShape> infer_mask_head(const Tensors& tensors, const std::string& name, int channels) {
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

Result<void> infer_two_stage(const Tensors& tensors, const Architecture& architecture, DenseArchitecture& dense) {
  TRY(dense.neck, infer_fpn(tensors, level_widths(architecture)));
  const int channels = dense.neck->channels();
  RpnShape rpn;
  TRY(rpn.conv, tensors.plain_conv("rpn_head.rpn_conv"));
  TRY_VOID(check_width("rpn_head.rpn_conv.weight", rpn.conv.in, channels));
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

/// "decode_head.* (24)" for every group of keys that belongs to no backbone and no head used at inference.
std::vector<std::string> unknown_groups(const StateDict& state_dict) {
  std::map<std::string, int> groups;
  for (const NamedTensor& tensor : state_dict) {
    if (tensor.name.ends_with(".num_batches_tracked")) continue;
    const std::string group = tensor.name.substr(0, tensor.name.find('.'));
    if (group == "neck" || (group.find("head") != std::string::npos && group != "head" && group != "auxiliary_head"))
      ++groups[group];
  }
  std::vector<std::string> texts;
  for (const auto& [group, count] : groups) texts.push_back(group + ".* (" + std::to_string(count) + ")");
  return texts;
}

}  // namespace

DenseArchitecture without_heads(const Checkpoint& checkpoint) {
  DenseArchitecture dense;
  dense.left_out = unknown_groups(checkpoint.state_dict);
  return dense;
}

Result<DenseArchitecture> infer_dense(const Checkpoint& checkpoint, const Architecture& architecture) {
  const Tensors tensors(checkpoint.state_dict);
  DenseArchitecture dense;
  if (is_uper_head(tensors, "decode_head.")) {
    TRY(dense.uper_head, infer_uper_head(checkpoint, "decode_head.", level_widths(architecture)));
  } else if (is_two_stage(tensors)) {
    TRY_VOID(infer_two_stage(tensors, architecture, dense));
  } else {
    return without_heads(checkpoint);
  }
  return dense;
}

}  // namespace orderscope
