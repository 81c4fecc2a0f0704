// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/checkpoint/architecture.h"
#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/dense_architecture.h"

namespace orderscope {

/// Where a tensor stands in a backbone: "stages.2.5.norm1.weight" is stage 2, block 5, rest "norm1.weight".
struct BlockKey {
  const NamedTensor* tensor = nullptr;
  int stage = 0;
  int block = 0;
  std::string_view rest;
};

/// A state dict, sorted for the reading of its architecture.
struct KeyIndex {
  std::vector<BlockKey> blocks;
  std::map<std::string_view, const NamedTensor*> by_name;

  const NamedTensor* find(const std::string& name) const;
};

/// `stages` and `blocks` are what stands before the numbers: "stages." and "." or "layers." and ".blocks.".
KeyIndex index_keys(const StateDict& state_dict, std::string_view stages, std::string_view blocks);

/// Blocks in each of the four stages. Errors: Broken if a stage or a block is missing between others.
Result<std::vector<int>> count_blocks(const KeyIndex& index);

/// A number that several tensors tell. One damaged tensor is outvoted, and found when the weights are loaded.
class Votes {
 public:
  void add(std::int64_t value, const std::string& key);
  bool empty() const { return votes_.empty(); }

  /// What more than half of the tensors say. Errors: Broken, naming two keys that contradict each other, or if the
  /// value is not in 1..limit; `what` and `missing_key` for messages.
  Result<int> decide(const std::string& what, const std::string& missing_key, int limit = 1 << 20) const;

 private:
  struct Vote {
    int count = 0;
    std::string first_key;
  };
  std::map<std::int64_t, Vote> votes_;
};

/// Adds a size of every tensor whose name in the block is `rest` to the votes of its stage.
void vote(const KeyIndex& index, std::string_view rest, int dimension, std::vector<Votes>& stages);

/// What is known of a segmenter or detector whose heads are not used: which keys are left out.
DenseArchitecture without_heads(const Checkpoint& checkpoint);

/// Hidden width of the MLPs by their input width. Errors: Broken.
Result<int> decide_mlp_ratio(const KeyIndex& index, std::string_view first_layer, const std::vector<int>& dims);

/// How the backbone ends: `classes` from the rows of the head, or `levels` from the norms of a backbone for dense
/// prediction. Errors: Unsupported if there is neither; Broken.
Result<void> decide_output(const KeyIndex& index, Architecture& architecture);

/// Input channels of the stem; 3 if its weight is missing or malformed.
int stem_channels(const KeyIndex& index, const std::string& weight);

/// Widths of the stages of HorNet and ConvNeXt; `output` is the block's last projection.
Result<std::vector<int>> decide_dims(const KeyIndex& index, std::vector<std::string_view> vectors,
                                     std::string_view output);

Result<Architecture> infer_hornet(const StateDict& state_dict);
Result<Architecture> infer_swin(const StateDict& state_dict);
Result<Architecture> infer_convnext(const StateDict& state_dict);

}  // namespace orderscope
