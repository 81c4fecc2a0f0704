// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/mm_meta.h"

#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>

namespace orderscope {

namespace {

using Kind = PickleValue::Kind;

constexpr std::size_t kMostClasses = 1 << 16;
constexpr std::size_t kLongestText = 1 << 20;

bool is_sequence(const PickleValue& value) { return value.is(Kind::List) || value.is(Kind::Tuple); }

/// Text of another encoding would make JSON throw later.
bool is_utf8(const std::string& text) {
  using Json = nlohmann::json;
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::ignore) ==
         Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<std::string> class_names(const PickleValue& value) {
  if (!is_sequence(value) || value.items.empty() || value.items.size() > kMostClasses) return {};
  nlohmann::json names = nlohmann::json::array();
  for (const PickleValue* item : value.items) {
    if (!item->is(Kind::String) || !is_utf8(item->text)) return {};
    names.push_back(item->text);
  }
  return names.dump();
}

std::optional<std::string> palette(const PickleValue& value) {
  if (!is_sequence(value) || value.items.empty() || value.items.size() > kMostClasses) return {};
  nlohmann::json colors = nlohmann::json::array();
  for (const PickleValue* item : value.items) {
    if (!is_sequence(*item) || item->items.size() != 3) return {};
    nlohmann::json color = nlohmann::json::array();
    for (const PickleValue* part : item->items) {
      if (!part->is(Kind::Int) || part->integer < 0 || part->integer > 255) return {};
      color.push_back(part->integer);
    }
    colors.push_back(std::move(color));
  }
  return colors.dump();
}

/// What follows each "name=" that is a word of its own, until `use` is content; blanks around the sign are skipped.
template <typename Use>
void for_each_behind(std::string_view config, std::string_view name, Use&& use) {
  for (std::size_t at = config.find(name); at != std::string_view::npos; at = config.find(name, at + 1)) {
    const bool starts = at == 0 || !(std::isalnum(static_cast<unsigned char>(config[at - 1])) || config[at - 1] == '_');
    std::string_view rest = config.substr(at + name.size());
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    if (!starts || rest.empty() || rest.front() != '=') continue;
    rest.remove_prefix(1);
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    if (use(rest)) return;
  }
}

/// What follows the first of them.
std::string_view behind(std::string_view config, std::string_view name) {
  std::string_view found;
  for_each_behind(config, name, [&](std::string_view rest) {
    found = rest;
    return true;
  });
  return found;
}

/// "dict(a=(1, 2), b=3)" at the start of a text: up to where its brackets close. All of it where they do not.
std::string_view bracketed(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '(' || c == '[' || c == '{') ++depth;
    if ((c == ')' || c == ']' || c == '}') && --depth <= 0) return text.substr(0, i + 1);
    if (c == '\n' && depth == 0) return text.substr(0, i);
  }
  return text;
}

}  // namespace

void take_mm_meta(const PickleValue& root, Checkpoint& checkpoint) {
  const PickleValue* meta = root.find("meta");
  if (meta == nullptr || !meta->is(Kind::Dict)) return;
  // MMEngine keeps what the data set said of itself in a dict of its own, with names in small letters.
  const PickleValue* data_set = meta->find("dataset_meta");
  const bool has_data_set = data_set != nullptr && data_set->is(Kind::Dict);
  const auto take = [&](const char* key, const char* small, const char* as, auto&& read) {
    const PickleValue* value = meta->find(key);
    for (const char* other : {small, key})
      if (value == nullptr && has_data_set) value = data_set->find(other);
    // A palette may also be a word, "random".
    if (value == nullptr || value->is(Kind::None) || value->is(Kind::String)) return;
    if (auto text = read(*value)) {
      checkpoint.metadata[as] = *std::move(text);
    } else {
      checkpoint.warnings.push_back(std::string("the file's ") + key + " cannot be read: it is " +
                                    value->description() + " of another form");
    }
  };
  take("CLASSES", "classes", "class_names", class_names);
  take("PALETTE", "palette", "palette", palette);
  for (const char* key : {"mmcv_version", "mmengine_version", "mmseg_version", "mmdet_version", "time", "exp_name",
                          "experiment_name", "cfg", "config", "epoch", "iter", "seed"}) {
    const PickleValue* value = meta->find(key);
    if (value == nullptr) continue;
    const std::string name = std::string_view(key) == "cfg" ? "config" : key;
    if (value->is(Kind::Int)) checkpoint.metadata[name] = std::to_string(value->integer);
    if (value->is(Kind::String) && value->text.size() <= kLongestText && is_utf8(value->text))
      checkpoint.metadata[name] = value->text;
  }
}

std::string config_section(const std::string& config, std::string_view section, std::string_view name) {
  std::string_view found;
  for_each_behind(config, section, [&](std::string_view rest) {
    const std::string_view text = bracketed(rest);
    if (behind(text, name).empty()) return false;
    found = text;
    return true;
  });
  return std::string(found);
}

namespace {

template <typename Number>
std::optional<std::vector<Number>> numbers_behind(const std::string& config, std::string_view name) {
  std::string_view rest = behind(config, name);
  const bool bracket = !rest.empty() && (rest.front() == '(' || rest.front() == '[');
  if (bracket) rest.remove_prefix(1);
  std::vector<Number> numbers;
  while (numbers.size() < 64) {
    while (!rest.empty() && (std::isspace(static_cast<unsigned char>(rest.front())) || rest.front() == ','))
      rest.remove_prefix(1);
    Number number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc()) break;
    numbers.push_back(number);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (!bracket) break;
  }
  if (numbers.empty() || (bracket && (rest.empty() || (rest.front() != ')' && rest.front() != ']')))) return {};
  return numbers;
}

}  // namespace

std::optional<std::vector<int>> config_numbers(const std::string& config, std::string_view name) {
  return numbers_behind<int>(config, name);
}

std::optional<std::vector<double>> config_reals(const std::string& config, std::string_view name) {
  return numbers_behind<double>(config, name);
}

std::string config_word(const std::string& config, std::string_view name) {
  std::string_view rest = behind(config, name);
  while (!rest.empty() && (rest.front() == '\'' || rest.front() == '"')) rest.remove_prefix(1);
  std::size_t end = 0;
  while (end < rest.size() && (std::isalnum(static_cast<unsigned char>(rest[end])) || rest[end] == '_')) ++end;
  return std::string(rest.substr(0, end));
}

}  // namespace orderscope
