// SPDX-License-Identifier: GPL-3.0-or-later
// Names and shapes of mmsegmentation's UPerHead and HorNet's GNUPerHead, and what a file holds beyond known heads.
#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/dense_architecture.h"
#include "core/checkpoint/head_tensors.h"
#include "core/checkpoint/infer.h"
#include "core/checkpoint/mm_meta.h"
#include "core/checkpoint/quote.h"

namespace orderscope {

namespace {

bool is_uper_head(const HeadTensors& tensors, const std::string& head) {
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
  const HeadTensors tensors(checkpoint.state_dict);
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

constexpr std::array<std::string_view, 4> kHeads{"decode_head", "neck", "rpn_head", "roi_head"};

/// What the names of known heads are made of, beside numbers.
constexpr std::array<std::string_view, 33> kParts{"conv_seg",       "psp_modules", "bottleneck",
                                                  "lateral_convs",  "fpn_convs",   "fpn_bottleneck",
                                                  "conv",           "bn",          "proj_in",
                                                  "dwconv",         "pws",         "proj_out",
                                                  "complex_weight", "dw",          "pre_norm",
                                                  "post_norm",      "rpn_conv",    "rpn_cls",
                                                  "rpn_reg",        "bbox_head",   "mask_head",
                                                  "shared_convs",   "shared_fcs",  "fc_cls",
                                                  "fc_reg",         "convs",       "upsample",
                                                  "conv_logits",    "weight",      "bias",
                                                  "running_mean",   "running_var", "num_batches_tracked"};

bool is_known_part(std::string_view part) {
  return std::ranges::find(kParts, part) != kParts.end() ||
         (!part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos);
}

/// Another norm than BatchNorm, branches of their own for classes and boxes, further heads beside those for boxes and
/// masks: such a head computes something else, however well the rest fits.
bool has_unknown_parts(const StateDict& state_dict) {
  return std::ranges::any_of(state_dict, [](const NamedTensor& tensor) {
    std::string_view rest = tensor.name;
    std::size_t dot = rest.find('.');
    if (dot == std::string_view::npos || std::ranges::find(kHeads, rest.substr(0, dot)) == kHeads.end()) return false;
    while (dot != std::string_view::npos) {
      rest.remove_prefix(dot + 1);
      dot = rest.find('.');
      if (!is_known_part(rest.substr(0, dot))) return true;
    }
    return false;
  });
}

/// "decode_head.* (24)" for every group of keys that belongs to no backbone and no head used at inference: necks and
/// heads, and where there are such what else stands beside the backbone ("encoder", "query_embedding").
std::vector<std::string> unknown_groups(const StateDict& state_dict) {
  constexpr std::array<std::string_view, 9> backbone{
      "downsample_layers", "stages", "patch_embed", "layers", "norm", "norm0", "norm1", "norm2", "norm3"};
  std::map<std::string, int> heads, others;
  for (const NamedTensor& tensor : state_dict) {
    const std::size_t dot = tensor.name.find('.');
    const std::string group = tensor.name.substr(0, dot);
    if (dot == std::string::npos || tensor.name.ends_with(".num_batches_tracked") || group == "auxiliary_head" ||
        group == "head")
      continue;
    const bool head = group == "neck" || group.find("head") != std::string::npos;
    if (head || std::ranges::find(backbone, group) == backbone.end()) ++(head ? heads : others)[group];
  }
  if (!heads.empty()) heads.merge(others);
  std::vector<std::string> texts;
  for (const auto& [group, count] : heads) texts.push_back(group + ".* (" + std::to_string(count) + ")");
  return texts;
}

}  // namespace

DenseArchitecture without_heads(const Checkpoint& checkpoint) {
  DenseArchitecture dense;
  dense.left_out = unknown_groups(checkpoint.state_dict);
  return dense;
}

Result<DenseArchitecture> infer_dense(const Checkpoint& checkpoint, const Architecture& architecture) {
  const HeadTensors tensors(checkpoint.state_dict);
  if (has_unknown_parts(checkpoint.state_dict)) return without_heads(checkpoint);
  std::vector<int> widths;
  for (const int level : architecture.levels) widths.push_back(architecture.dims[static_cast<std::size_t>(level)]);
  DenseArchitecture dense;
  if (is_uper_head(tensors, "decode_head.")) {
    TRY(dense.uper_head, infer_uper_head(checkpoint, "decode_head.", widths));
  } else if (is_two_stage(tensors, widths)) {
    TRY_VOID(infer_two_stage(tensors, widths, dense));
  } else {
    return without_heads(checkpoint);
  }
  return dense;
}

}  // namespace orderscope
