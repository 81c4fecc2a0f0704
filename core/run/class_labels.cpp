// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/class_labels.h"

#include <algorithm>
#include <unordered_map>

namespace orderscope {

std::vector<int> place_classes(const std::vector<std::string>& names, const std::vector<std::string>& model_names,
                               int classes) {
  std::unordered_map<std::string, int> known;
  for (std::size_t i = 0; i < model_names.size(); ++i) known.emplace(model_names[i], static_cast<int>(i));
  std::vector<int> places(names.size(), -1);
  bool any = false;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto found = known.find(names[i]);
    if (names[i].empty() || found == known.end()) continue;
    places[i] = found->second;
    any = true;
  }
  if (any || (!model_names.empty() && static_cast<int>(names.size()) != classes)) return places;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (static_cast<int>(i) < classes && !names[i].empty()) places[i] = static_cast<int>(i);
  return places;
}

}  // namespace orderscope
