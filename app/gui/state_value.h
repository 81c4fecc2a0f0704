// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

namespace orderscope {

/// A setting of a page's state, or `otherwise` where it is missing or of another type: states come from files.
template <class T>
T value_or(const nlohmann::json& state, const char* key, T otherwise) {
  const auto found = state.find(key);
  if (found == state.end()) return otherwise;
  const bool fits = (std::is_same_v<T, bool> && found->is_boolean()) ||
                    (std::is_same_v<T, std::string> && found->is_string()) ||
                    (std::is_arithmetic_v<T> && !std::is_same_v<T, bool> && found->is_number());
  return fits ? found->get<T>() : otherwise;
}

}  // namespace orderscope
