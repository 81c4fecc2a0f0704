// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/block_patterns.h"

#include <algorithm>

#include "core/trace/find_taps.h"
#include "core/trace/glob.h"

namespace orderscope {

Result<std::vector<BlockInfo>> find_blocks(const Model& model, const std::string& pattern) {
  std::vector<BlockInfo> found;
  std::vector<std::string> names;
  for (const BlockInfo& block : model.blocks) {
    names.push_back(block.name);
    if (glob_match(pattern, block.name)) found.push_back(block);
  }
  if (!found.empty()) return found;
  std::string advice = "the nearest are";
  for (const std::string& name : nearest_names(names, pattern)) advice += " " + name;
  return fail(Error::Kind::InvalidInput, "no block matches", "--block " + pattern, advice);
}

Result<std::vector<BlockInfo>> find_gnconv_blocks(const Model& model, const std::string& pattern) {
  const auto has_orders = [](const BlockInfo& block) { return block.order > 0; };
  if (std::ranges::any_of(model.blocks, has_orders)) {
    TRY(std::vector<BlockInfo> found, find_blocks(model, pattern));
    std::erase_if(found, [&](const BlockInfo& block) { return !has_orders(block); });
    if (!found.empty()) return found;
    return fail(Error::Kind::InvalidInput, "these blocks have no gnConv", "--block " + pattern);
  }
  return fail(Error::Kind::InvalidInput, "this model has no gnConv, so it has no orders", model.name,
              "`spectrum` looks at any token mixer");
}

std::string taps_of_blocks(const Model& model, const std::vector<BlockInfo>& blocks,
                           std::initializer_list<std::string> inside) {
  std::string pattern;
  const auto add = [&](const std::string& block) {
    for (const std::string& name : inside) pattern += (pattern.empty() ? "" : ",") + block + "." + name;
  };
  if (blocks.size() == model.blocks.size()) {
    add("*");
  } else {
    for (const BlockInfo& block : blocks) add(block.name);
  }
  return pattern;
}

}  // namespace orderscope
