// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/state_dict_search.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>

#include "core/checkpoint/mm_meta.h"
#include "core/checkpoint/quote.h"

namespace orderscope {

namespace {

using Kind = PickleValue::Kind;

constexpr std::array<const char*, 4> kPreferredKeys = {"model", "state_dict", "module", "model_ema"};
constexpr std::size_t kMostKeysNamed = 12;
constexpr std::size_t kMostKeysSearched = 64;

struct Found {
  const PickleValue* dict = nullptr;
  std::string key;
};

bool holds_tensors(const PickleValue& value) {
  if (!value.is(Kind::Dict)) return false;
  for (std::size_t i = 0; i + 1 < value.items.size(); i += 2)
    if (value.items[i]->is(Kind::String) && is_tensor(*value.items[i + 1])) return true;
  return false;
}

/// The state dict under `key` of `dict`, directly or one level further down.
std::optional<Found> under(const PickleValue& dict, const std::string& key) {
  const auto* value = dict.find(key);
  if (value == nullptr) return {};
  if (holds_tensors(*value)) return Found{value, key};
  for (const auto* inner : kPreferredKeys)
    if (const auto* nested = value->find(inner); nested != nullptr && holds_tensors(*nested))
      return Found{nested, key + "." + inner};
  return {};
}

std::vector<std::string> text_keys(const PickleValue& dict) {
  std::vector<std::string> keys;
  if (!dict.is(Kind::Dict)) return keys;
  std::unordered_map<std::string_view, bool> seen;
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2)
    if (dict.items[i]->is(Kind::String) && seen.emplace(dict.items[i]->text, true).second)
      keys.push_back(dict.items[i]->text);
  return keys;
}

std::string list_of(const std::vector<std::string>& keys) {
  std::string text;
  for (std::size_t i = 0; i < std::min(keys.size(), kMostKeysNamed); ++i) text += (i > 0 ? ", " : "") + quote(keys[i]);
  if (keys.size() > kMostKeysNamed) text += " and " + std::to_string(keys.size() - kMostKeysNamed) + " more";
  return text;
}

std::vector<Found> all_state_dicts(const PickleValue& root, const std::vector<std::string>& keys) {
  std::vector<Found> found;
  for (const auto* key : kPreferredKeys)
    if (auto state = under(root, key)) found.push_back(*std::move(state));
  if (holds_tensors(root)) found.push_back({&root, ""});
  // Every find() walks along the dict. A training checkpoint has a dozen keys, a bare state dict has nothing below its.
  if (root.items.size() <= 2 * kMostKeysSearched)
    for (const auto& key : keys) {
      if (std::ranges::find(kPreferredKeys, key) != kPreferredKeys.end()) continue;
      if (auto state = under(root, key)) found.push_back(*std::move(state));
    }
  return found;
}

tl::unexpected<Error> no_model(const PickleValue& root, const std::vector<std::string>& keys) {
  const auto refuse = [](const std::string& why) {
    return fail(Error::Kind::Unsupported, "no model in the file: " + why, {}, "save model.state_dict()");
  };
  if (!root.is(Kind::Dict)) return refuse("it holds " + root.description());
  for (const auto* key : kPreferredKeys)
    if (const auto* value = root.find(key))
      return refuse(quote(key) + " is " + (value->is(Kind::Dict) ? "a dict without tensors" : value->description()));
  return refuse(keys.empty() ? "it holds a dict without text keys" : "its keys are " + list_of(keys));
}

Result<void> take_tensors(const PickleValue& dict, TensorBuilder& builder, Checkpoint& checkpoint) {
  std::unordered_map<std::string_view, std::size_t> places;
  std::vector<std::pair<std::string_view, const PickleValue*>> entries;
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    if (!dict.items[i]->is(Kind::String)) continue;
    // As in Python, a key that is set again keeps its place and takes the later value.
    const auto [place, inserted] = places.emplace(dict.items[i]->text, entries.size());
    if (inserted)
      entries.emplace_back(dict.items[i]->text, dict.items[i + 1]);
    else
      entries[place->second].second = dict.items[i + 1];
  }
  std::size_t left_out = 0;
  std::string first_left_out;
  for (const auto& [name, value] : entries) {
    if (!is_tensor(*value)) {
      if (left_out++ == 0) first_left_out = quote(name) + " is " + value->description();
      continue;
    }
    auto tensor = builder.build(*value);
    if (!tensor) {
      tensor.error().what = "tensor " + quote(name) + ": " + tensor.error().what;
      return fail(std::move(tensor).error());
    }
    checkpoint.state_dict.push_back({std::string(name), *std::move(tensor)});
  }
  if (left_out > 0)
    checkpoint.warnings.push_back(std::to_string(left_out) +
                                  " entries of the state dict are no tensors and were left out: " + first_left_out);
  return {};
}

}  // namespace

Result<void> take_state_dict(const PickleValue& root, const std::string& key, TensorBuilder& builder,
                             Checkpoint& checkpoint) {
  const auto keys = text_keys(root);
  const auto candidates = all_state_dicts(root, keys);
  if (candidates.empty()) return no_model(root, keys);

  auto chosen = candidates.begin();
  if (!key.empty()) {
    chosen = std::ranges::find_if(candidates, [&](const Found& f) {
      return f.key == key || (f.key.starts_with(key) && f.key[key.size()] == '.');
    });
    if (chosen == candidates.end()) {
      std::vector<std::string> present;
      for (const auto& candidate : candidates) present.push_back(candidate.key);
      return fail(Error::Kind::InvalidInput, "no state dict under the key " + quote(key), {},
                  "the file has " + list_of(present));
    }
  }
  checkpoint.key = chosen->key;
  for (auto other = candidates.begin(); other != candidates.end(); ++other)
    if (other != chosen && !other->key.empty()) checkpoint.other_keys.push_back(other->key);
  take_mm_meta(root, checkpoint);
  return take_tensors(*chosen->dict, builder, checkpoint);
}

}  // namespace orderscope
