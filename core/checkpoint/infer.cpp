// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/infer.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "core/base/guard.h"
#include "core/checkpoint/family_reader.h"
#include "core/checkpoint/quote.h"

namespace orderscope {

namespace {

constexpr std::size_t kStages = 4;

/// The number at the start of `text`, taken off. A number that no block can have is not one.
std::optional<int> take_index(std::string_view& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take_text(std::string_view& text, std::string_view start) {
  if (!text.starts_with(start)) return false;
  text.remove_prefix(start.size());
  return true;
}

bool has_part(const StateDict& state_dict, std::string_view part) {
  return std::ranges::any_of(state_dict, [&](const NamedTensor& t) { return t.name.find(part) != std::string::npos; });
}

}  // namespace

const NamedTensor* KeyIndex::find(const std::string& name) const {
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

KeyIndex index_keys(const StateDict& state_dict, std::string_view stages, std::string_view blocks) {
  KeyIndex index;
  for (const auto& tensor : state_dict) {
    index.by_name.emplace(tensor.name, &tensor);
    BlockKey key{&tensor, 0, 0, tensor.name};
    if (!take_text(key.rest, stages)) continue;
    const auto stage = take_index(key.rest);
    if (!stage || !take_text(key.rest, blocks)) continue;
    const auto block = take_index(key.rest);
    if (!block || !take_text(key.rest, ".")) continue;
    key.stage = *stage;
    key.block = *block;
    index.blocks.push_back(key);
  }
  return index;
}

Result<std::vector<int>> count_blocks(const KeyIndex& index) {
  std::map<int, std::map<int, std::string_view>> stages;  // stage, block, a key of it
  for (const auto& key : index.blocks) stages[key.stage].emplace(key.block, key.tensor->name);
  std::vector<int> depths;
  for (const auto& [stage, blocks] : stages) {
    if (depths.size() == kStages)
      return fail(Error::Kind::Broken, quote(blocks.begin()->second) + " does not fit: there are four stages");
    if (stage != static_cast<int>(depths.size()))
      return fail(Error::Kind::Broken, quote(blocks.begin()->second) + " does not fit: stage " +
                                           std::to_string(depths.size()) + " is missing");
    int count = 0;
    for (const auto& [block, name] : blocks)
      if (block != count++)
        return fail(Error::Kind::Broken, quote(name) + " does not fit: block " + std::to_string(count - 1) +
                                             " of stage " + std::to_string(stage) + " is missing");
    depths.push_back(count);
  }
  if (depths.size() != kStages)
    return fail(Error::Kind::Broken, "the model has " + std::to_string(depths.size()) + " stages instead of 4");
  return depths;
}

void Votes::add(std::int64_t value, const std::string& key) {
  auto& vote = votes_[value];
  if (vote.count++ == 0) vote.first_key = key;
}

Result<int> Votes::decide(const std::string& what, const std::string& missing_key, int limit) const {
  if (votes_.empty())
    return fail(Error::Kind::Broken, "the " + what + " is unknown: " + quote(missing_key) + " is missing");
  int total = 0;
  for (const auto& [value, vote] : votes_) total += vote.count;
  const auto winner = std::ranges::max_element(votes_, {}, [](const auto& v) { return v.second.count; });
  if (2 * winner->second.count <= total) {
    const auto other = winner == votes_.begin() ? std::next(winner) : votes_.begin();
    return fail(Error::Kind::Broken, "the " + what + " is " + std::to_string(winner->first) + " by " +
                                         quote(winner->second.first_key) + " but " + std::to_string(other->first) +
                                         " by " + quote(other->second.first_key));
  }
  if (winner->first < 1 || winner->first > limit)
    return fail(Error::Kind::Broken, "the " + what + " cannot be " + std::to_string(winner->first) + ", as " +
                                         quote(winner->second.first_key) + " has it");
  return static_cast<int>(winner->first);
}

void vote(const KeyIndex& index, std::string_view rest, int dimension, std::vector<Votes>& stages) {
  for (const auto& key : index.blocks)
    if (key.rest == rest && key.tensor->tensor.dim() > dimension)
      stages[static_cast<std::size_t>(key.stage)].add(key.tensor->tensor.size(dimension), key.tensor->name);
}

Result<int> decide_mlp_ratio(const KeyIndex& index, std::string_view first_layer, const std::vector<int>& dims) {
  Votes ratio;
  for (const auto& key : index.blocks) {
    if (key.rest != first_layer || key.tensor->tensor.dim() == 0) continue;
    const std::int64_t rows = key.tensor->tensor.size(0);
    const int dim = dims[static_cast<std::size_t>(key.stage)];
    // A width that is no multiple counts as 0, which no ratio can be.
    ratio.add(rows % dim == 0 ? rows / dim : 0, key.tensor->name);
  }
  return ratio.decide("MLP ratio", "stages.0.0." + std::string(first_layer), 64);
}

Result<void> decide_output(const KeyIndex& index, Architecture& architecture) {
  for (const auto* name : {"head.weight", "head.bias"})
    if (const auto* head = index.find(name); head != nullptr && head->tensor.dim() > 0) {
      Votes classes;
      classes.add(head->tensor.size(0), head->name);
      TRY(architecture.classes, classes.decide("number of classes", "head.weight"));
      return {};
    }
  for (int level = 0; level < static_cast<int>(kStages); ++level) {
    const std::string norm = "norm" + std::to_string(level);
    if (index.find(norm + ".weight") || index.find(norm + ".bias")) architecture.levels.push_back(level);
  }
  if (!architecture.levels.empty()) {
    architecture.classes = 0;
    return {};
  }
  return fail(Error::Kind::Unsupported, "the model has no classification head: \"head.weight\" is missing");
}

int stem_channels(const KeyIndex& index, const std::string& weight) {
  const auto* stem = index.find(weight);
  if (stem == nullptr || stem->tensor.dim() != 4) return 3;
  const std::int64_t channels = stem->tensor.size(1);
  return channels >= 1 && channels <= 1024 ? static_cast<int>(channels) : 3;
}

Result<std::vector<int>> decide_dims(const KeyIndex& index, std::vector<std::string_view> vectors,
                                     std::string_view output) {
  std::vector<Votes> stages(kStages);
  vectors.push_back(output);
  for (const auto rest : vectors) vote(index, rest, 0, stages);
  std::vector<int> dims;
  for (std::size_t i = 0; i < kStages; ++i) {
    const std::string number = std::to_string(i);
    const auto* down = index.find("downsample_layers." + number + (i == 0 ? ".0.weight" : ".1.weight"));
    if (down != nullptr && down->tensor.dim() > 0) stages[i].add(down->tensor.size(0), down->name);
    const std::string missing = "stages." + number + ".0." + std::string(vectors[0]);
    TRY(const int dim, stages[i].decide("width of stage " + number, missing));
    dims.push_back(dim);
  }
  return dims;
}

namespace {

Result<Architecture> read_with(const FamilyReader& reader, const StateDict& state_dict) {
  TRY(Architecture read, guarded([&] { return reader.read(state_dict); }));
  read.family = Family::Plugin;
  read.plugin_family = reader.family;
  return read;
}

}  // namespace

Result<Architecture> infer_architecture(const StateDict& state_dict) {
  if (const FamilyReader* reader = find_family_reader(state_dict)) return read_with(*reader, state_dict);
  if (has_part(state_dict, ".gnconv.")) return infer_hornet(state_dict);
  if (has_part(state_dict, ".w_msa.") || has_part(state_dict, ".depthwise_conv."))
    return fail(Error::Kind::Unsupported, "of mmpretrain's models only HorNet is read", {},
                "use the official or timm's file of this model");
  if (has_part(state_dict, ".cpb_mlp.")) return fail(Error::Kind::Unsupported, "Swin V2 is not read, only Swin V1");
  if (has_part(state_dict, ".relative_position_bias_table")) return infer_swin(state_dict);
  if (has_part(state_dict, ".grn.")) return fail(Error::Kind::Unsupported, "ConvNeXt V2 is not read, only ConvNeXt V1");
  if (has_part(state_dict, ".dwconv.") && has_part(state_dict, ".pwconv1.")) return infer_convnext(state_dict);
  std::string names;
  for (std::size_t i = 0; i < std::min<std::size_t>(state_dict.size(), 3); ++i)
    names += (i > 0 ? ", " : "") + quote(state_dict[i].name);
  return fail(Error::Kind::Unsupported, "the weights are not those of a HorNet, Swin or ConvNeXt" +
                                            (names.empty() ? std::string() : "; they begin with " + names));
}

}  // namespace orderscope
