// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plugin.h"

#include "gnconv_vit.h"

namespace {

using namespace orderscope;

Result<std::shared_ptr<Backbone>> build(const Architecture& a) {
  TRY(const auto options, gnconv_vit::Options::parse(a.plugin_options));
  return std::make_shared<gnconv_vit::GnConvVit>(a, options);
}

std::vector<BlockInfo> blocks(const Architecture& a) {
  const auto options = gnconv_vit::Options::parse(a.plugin_options);
  std::vector<BlockInfo> blocks;
  for (int i = 0; options && i < a.depths[0]; ++i) {
    BlockInfo block;
    block.name = "blocks." + std::to_string(i);
    block.index = i;
    block.channels = a.dims[0];
    block.stride = static_cast<int>(options->patch_size);
    block.order = a.orders[0];
    blocks.push_back(std::move(block));
  }
  return blocks;
}

std::vector<std::string> mixers(const Architecture& a) {
  const std::string kernel = std::to_string(a.kernel_size);
  return {a.filters[0] ? "gnconv-gf" : "gnconv-" + kernel + "x" + kernel};
}

void add(PluginHost& host) {
  host.add_backbone({"gnconv-vit", "Isotropic network of gnConvs",
                     "gnConv in the place of self-attention, as in Rao et al., HorNet, NeurIPS 2022 (isotropic models)",
                     gnconv_vit::recognises, gnconv_vit::read, build, blocks, mixers,
                     /*cam_layer=*/""});
}

}  // namespace

ORDERSCOPE_PLUGIN("gnconv-vit", "1.0", "isotropic networks whose token mixer is gnConv", add)
