// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/order_mixer.h"

#include <algorithm>

#include "core/analysis/order_ablation.h"

namespace orderscope {

Result<at::Tensor> OrderMixer::mix(std::span<const OrderFactor> factors, const JobContext& job) {
  Factors wanted;
  std::map<std::pair<std::size_t, int>, Edit> edits;
  for (const OrderFactor& one : factors) {
    const auto block = std::find_if(model_->blocks.begin(), model_->blocks.end(),
                                    [&](const BlockInfo& info) { return info.name == one.block; });
    if (block == model_->blocks.end())
      return fail(Error::Kind::InvalidInput, "the model has no such block", one.block, "blocks are named stages.2.5");
    if (one.order < 1)
      return fail(Error::Kind::InvalidInput, "orders count from 1, not " + std::to_string(one.order), one.block);
    TRY(auto made, order_edits(*model_, {one.block, one.order, GateReplacement::Scale, one.factor}));
    const std::pair key{static_cast<std::size_t>(block - model_->blocks.begin()), one.order};
    wanted.erase(key);
    edits.erase(key);
    if (one.factor == 1) continue;
    wanted[key] = one.factor;
    edits.emplace(key, std::move(made.front()));
  }

  std::size_t first = model_->blocks.size();
  const auto look = [&](const Factors& here, const Factors& there) {
    for (const auto& [key, factor] : here) {
      const auto other = there.find(key);
      if (other == there.end() || other->second != factor) first = std::min(first, key.first);
    }
  };
  look(wanted, factors_);
  look(factors_, wanted);
  const Trace& base = current_ ? *current_ : origin_;
  if (first == model_->blocks.size()) return base.logits();

  std::vector<Edit> list;
  for (auto& [key, edit] : edits) list.push_back(std::move(edit));
  TRY(Trace mixed, base.rerun_from(model_->blocks[first].name + ".gnconv.gate.1", std::move(list), {}, job));
  current_ = std::move(mixed);
  factors_ = std::move(wanted);
  return current_->logits();
}

}  // namespace orderscope
