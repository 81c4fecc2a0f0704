// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace orderscope {

/// Text from a file that anybody may have written, as JSON: nested at most `depth` deep, so that nothing that walks it
/// runs out of stack. Errors: Broken, with the place.
Result<nlohmann::json> parse_json(std::string_view text, const std::string& subject, int depth = 64);

/// Reads a JSON object field by field. The first field that does not hold what it should is remembered as an error and
/// every getter gives its fallback from then on, so that a reader is one straight list of fields with one check at the
/// end. An absent field and null give the fallback.
class JsonFields {
 public:
  /// `where` is the object's place in the file, "figure.panels[2]"; empty for the whole.
  JsonFields(const nlohmann::json& object, std::string where, std::optional<Error>& error);

  std::string text(const char* name, std::string fallback = {}, std::size_t longest = 4096);
  std::int64_t integer(const char* name, std::int64_t fallback, std::int64_t low, std::int64_t high);
  double real(const char* name, double fallback, double low, double high);
  bool flag(const char* name, bool fallback);
  /// Nullptr if absent.
  const nlohmann::json* array(const char* name, std::size_t longest = 100'000);
  const nlohmann::json* object(const char* name);

  bool has(const char* name) const;
  std::string place(const std::string& name) const;  ///< of a field, for errors of the caller's own
  void refuse(const std::string& name, const std::string& what);
  /// The fields that nobody asked for: what a later version may have added.
  nlohmann::json unknown() const;

 private:
  const nlohmann::json* find(const char* name);

  const nlohmann::json& object_;
  std::string where_;
  std::optional<Error>& error_;
  std::set<std::string, std::less<>> known_;
};

/// "figure.panels" and 2: "figure.panels[2]".
std::string json_place(const std::string& array, std::size_t index);

}  // namespace orderscope
