// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json_fields.h"

#include <cmath>
#include <utility>

namespace orderscope {

using nlohmann::json;

namespace {

/// How deep brackets nest, strings left aside. What is no JSON at all gives some number; the parser refuses it.
int nesting(std::string_view text, int enough) {
  int depth = 0, deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size() && deepest <= enough; ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

/// The parser's own words without its library's prefix: "parse error at line 3, column 7: …".
std::string reason(const json::exception& error) {
  const std::string text = error.what();
  const std::size_t end = text.find("] ");
  return end == std::string::npos ? text : text.substr(end + 2);
}

}  // namespace

Result<json> parse_json(std::string_view text, const std::string& subject, int depth) {
  if (nesting(text, depth) > depth)
    return fail(Error::Kind::Broken, "its JSON is nested more than " + std::to_string(depth) + " deep", subject);
  try {
    return json::parse(text);
  } catch (const json::exception& error) {
    return fail(Error::Kind::Broken, "no valid JSON: " + reason(error), subject);
  }
}

std::string json_place(const std::string& array, std::size_t index) {
  return array + "[" + std::to_string(index) + "]";
}

JsonFields::JsonFields(const json& object, std::string where, std::optional<Error>& error)
    : object_(object), where_(std::move(where)), error_(error) {
  if (!object_.is_object() && !error_)
    error_ = Error{Error::Kind::Broken, (where_.empty() ? "the file" : where_) + " must be a JSON object", {}, {}};
}

std::string JsonFields::place(const std::string& name) const { return where_.empty() ? name : where_ + "." + name; }

void JsonFields::refuse(const std::string& name, const std::string& what) {
  if (!error_) error_ = Error{Error::Kind::Broken, place(name) + " " + what, {}, {}};
}

bool JsonFields::has(const char* name) const {
  if (!object_.is_object()) return false;
  const auto found = object_.find(name);
  return found != object_.end() && !found->is_null();
}

const json* JsonFields::find(const char* name) {
  known_.insert(name);
  if (error_ || !has(name)) return nullptr;
  return &*object_.find(name);
}

std::string JsonFields::text(const char* name, std::string fallback, std::size_t longest) {
  const json* value = find(name);
  if (value == nullptr) return fallback;
  if (!value->is_string()) return refuse(name, "must be a text"), fallback;
  const auto& text = value->get_ref<const std::string&>();
  if (text.size() > longest) return refuse(name, "is too long"), fallback;
  return text;
}

std::int64_t JsonFields::integer(const char* name, std::int64_t fallback, std::int64_t low, std::int64_t high) {
  const json* value = find(name);
  if (value == nullptr) return fallback;
  const std::string wanted = "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high);
  if (!value->is_number_integer()) return refuse(name, wanted), fallback;
  // An unsigned number beyond int64 would turn negative.
  if (value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
    return refuse(name, wanted), fallback;
  const auto number = value->get<std::int64_t>();
  if (number < low || number > high) return refuse(name, wanted), fallback;
  return number;
}

double JsonFields::real(const char* name, double fallback, double low, double high) {
  const json* value = find(name);
  if (value == nullptr) return fallback;
  const double number = value->is_number() ? value->get<double>() : std::nan("");
  if (number >= low && number <= high) return number;
  refuse(name, "must be a number from " + json(low).dump() + " to " + json(high).dump());
  return fallback;
}

bool JsonFields::flag(const char* name, bool fallback) {
  const json* value = find(name);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) return refuse(name, "must be true or false"), fallback;
  return value->get<bool>();
}

const json* JsonFields::array(const char* name, std::size_t longest) {
  const json* value = find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) return refuse(name, "must be a list"), nullptr;
  if (value->size() > longest)
    return refuse(name, "is a list of more than " + std::to_string(longest) + " entries"), nullptr;
  return value;
}

const json* JsonFields::object(const char* name) {
  const json* value = find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) return refuse(name, "must be an object"), nullptr;
  return value;
}

json JsonFields::unknown() const {
  json rest = json::object();
  if (!object_.is_object()) return rest;
  for (const auto& [name, value] : object_.items())
    if (!known_.contains(name)) rest[name] = value;
  return rest;
}

}  // namespace orderscope
