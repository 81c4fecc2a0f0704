// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/describe.h"

#include <set>

#include "core/base/guard.h"
#include "core/models/backbone.h"
#include "core/models/dense/pyramid.h"
#include "core/models/family.h"
#include "core/models/gnconv.h"

namespace orderscope {

namespace {

std::vector<BlockInfo> blocks_of(const Architecture& a) {
  std::vector<BlockInfo> blocks;
  for (std::size_t i = 0; i < a.dims.size(); ++i) {
    for (int j = 0; j < a.depths[i]; ++j) {
      const std::string stage = std::to_string(i), index = std::to_string(j);
      BlockInfo block;
      block.name = a.family == Family::Swin ? "layers." + stage + ".blocks." + index : "stages." + stage + "." + index;
      block.stage = static_cast<int>(i);
      block.index = j;
      block.channels = a.dims[i];
      block.stride = 4 << i;
      block.order = a.family == Family::HorNet ? a.orders[i] : 0;
      blocks.push_back(std::move(block));
    }
  }
  return blocks;
}

std::vector<std::string> mixers_of(const Architecture& a) {
  const std::string kernel = std::to_string(a.kernel_size) + "x" + std::to_string(a.kernel_size);
  std::vector<std::string> mixers;
  for (std::size_t i = 0; i < a.dims.size(); ++i) {
    switch (a.family) {
      case Family::HorNet: mixers.push_back(a.filters[i] ? "gnconv-gf" : "gnconv-" + kernel); break;
      case Family::Swin: mixers.emplace_back("window-attention"); break;
      case Family::ConvNeXt: mixers.push_back("dwconv-" + kernel); break;
      case Family::Plugin: break;
    }
  }
  return mixers;
}

/// The gnConvs of HorFPN as further blocks, in a stage of their own after those of the backbone.
void add_horfpn(Model& model) {
  if (!model.dense) return;
  const auto stage = static_cast<int>(model.mixers.size());
  const auto add = [&](const std::string& name, const GnModuleShape& gn, int index, int level) {
    BlockInfo block;
    block.name = name;
    block.stage = stage;
    block.index = index;
    block.channels = gn.dim;
    block.stride = 4 << level;
    block.order = gn.order;
    block.in_head = true;
    model.blocks.push_back(std::move(block));
    const std::string kernel = std::to_string(gn.kernel) + "x" + std::to_string(gn.kernel);
    if (index == 0) model.mixers.push_back(gn.filter ? "gnconv-gf" : "gnconv-" + kernel);
  };
  const auto& levels = model.architecture.levels;
  if (model.dense->uper_head && model.dense->uper_head->gn_fusion)
    add("decode_head.fpn_bottleneck", *model.dense->uper_head->gn_fusion, 0, levels.front());
  if (!model.dense->neck) return;
  const auto& outputs = model.dense->neck->gn_outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i)
    add("neck.fpn_convs." + std::to_string(i), outputs[i], static_cast<int>(i), levels[i]);
}

/// Everything that the analyses take for granted of blocks, mixers and taps.
Result<void> check_description(const Model& model, const BackboneFamily& family) {
  const auto refuse = [&](const std::string& what, const std::string& on) {
    return fail(Error::Kind::InvalidInput, what, "plugin family " + family.name + ", " + on);
  };
  const std::vector<std::string> names = model.backbone->tap_names();
  const std::set<std::string> taps(names.begin(), names.end());
  if (taps.size() != names.size()) return refuse("two taps have one name", "taps");
  if (!taps.contains("logits")) return refuse("the network has no tap of this name", "logits");
  if (!family.cam_layer.empty() && !taps.contains(family.cam_layer))
    return refuse("the network has no tap of this name", family.cam_layer);
  if (model.blocks.empty()) return refuse("the family names none", "blocks");
  if (model.mixers.size() != model.architecture.dims.size())
    return refuse("must be as many as there are stages", "mixers");
  int stage = 0;
  for (const BlockInfo& block : model.blocks) {
    if (!taps.contains(block.name)) return refuse("the network has no tap of this name", block.name);
    if (block.stage < stage || static_cast<std::size_t>(block.stage) >= model.mixers.size())
      return refuse("its stage is out of order", block.name);
    stage = block.stage;
    if (block.channels < 1 || block.stride < 1 || block.order < 0 || block.order > 16)
      return refuse("channels, stride or order is out of range", block.name);
    if (block.order == 0) continue;
    for (const std::string& tap : GnConv::tap_names(block.name + ".gnconv", block.order))
      if (!taps.contains(tap)) return refuse("the block has an order, but the network has no such tap", tap);
  }
  return {};
}

}  // namespace

Result<void> describe_blocks(Model& model) {
  const Architecture& a = model.architecture;
  const BackboneFamily* family = find_family(a);
  if (!family) {
    model.blocks = blocks_of(a);
    model.mixers = mixers_of(a);
    add_horfpn(model);
    return {};
  }
  TRY_VOID(guarded([&] {
    model.blocks = family->blocks(a);
    model.mixers = family->mixers(a);
  }));
  return check_description(model, *family);
}

std::string usual_cam_layer(const Model& model) {
  // Seg-Grad-CAM's usual place, the bottleneck: no norm of a pyramid stands behind it.
  if (model.is_segmenter()) return "decode_head.bottleneck";
  if (!model.is_classifier()) return level_name(model.architecture.levels.back());
  if (model.architecture.family == Family::Swin) return "norm";
  const BackboneFamily* family = find_family(model.architecture);
  return family && !family->cam_layer.empty() ? family->cam_layer : model.blocks.back().name;
}

}  // namespace orderscope
