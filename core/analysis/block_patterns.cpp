// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/block_patterns.h"

#include <algorithm>
#include <iterator>

#include "core/trace/find_taps.h"
#include "core/trace/glob.h"

namespace orderscope {

namespace {

/// "s3b2", as in the names of files.
std::string short_name(const BlockInfo& block) {
  return "s" + std::to_string(block.stage + 1) + "b" + std::to_string(block.index + 1);
}

}  // namespace

Result<std::vector<BlockInfo>> find_blocks(const Model& model, const std::string& pattern) {
  // A plain name of a stage stands for its blocks; "*.1" does not.
  const auto matches = [](const std::string& part, const BlockInfo& block) {
    const bool plain = part.find_first_of("*?[") == std::string::npos;
    return glob_match(part, block.name) || (plain && block.name.starts_with(part + ".")) || part == short_name(block);
  };
  const std::vector<std::string> parts = split_patterns(pattern);
  for (const std::string& part : parts) {
    if (std::ranges::any_of(model.blocks, [&](const BlockInfo& block) { return matches(part, block); })) continue;
    std::vector<std::string> names;
    for (const BlockInfo& block : model.blocks) names.push_back(block.name);
    std::string advice = "the nearest are";
    for (const std::string& name : nearest_names(names, part)) advice += " " + name;
    return fail(Error::Kind::InvalidInput, "no block matches", "--block " + part, advice);
  }
  std::vector<BlockInfo> found;
  std::ranges::copy_if(model.blocks, std::back_inserter(found), [&](const BlockInfo& block) {
    return std::ranges::any_of(parts, [&](const std::string& part) { return matches(part, block); });
  });
  return found;
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
