// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/trace/find_taps.h"

#include <algorithm>
#include <numeric>

#include "core/models/backbone.h"
#include "core/trace/glob.h"

namespace orderscope {

namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0u);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string> nearest_names(const std::vector<std::string>& names, const std::string& wanted,
                                       std::size_t count) {
  // A name as long as a line is no misspelt tap, and the distance costs the product of both lengths.
  const std::string start = wanted.substr(0, 120);
  std::vector<std::pair<std::size_t, std::size_t>> ranked;
  for (std::size_t i = 0; i < names.size(); ++i) ranked.emplace_back(edit_distance(names[i], start), i);
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> nearest;
  for (std::size_t i = 0; i < std::min(count, ranked.size()); ++i) nearest.push_back(names[ranked[i].second]);
  return nearest;
}

Result<std::vector<std::string>> find_taps(const Backbone& backbone, const std::string& pattern) {
  const std::vector<std::string> names = backbone.tap_names();
  std::vector<std::string> found;
  std::copy_if(names.begin(), names.end(), std::back_inserter(found),
               [&](const std::string& name) { return glob_match(pattern, name); });
  if (!found.empty()) return found;
  std::string advice = "the nearest are";
  for (const std::string& name : nearest_names(names, pattern)) advice += " " + name;
  return fail(Error::Kind::InvalidInput, "the model has no such layer", pattern, advice);
}

Result<std::string> find_tap(const Backbone& backbone, const std::string& name) {
  TRY(auto found, find_taps(backbone, name));
  return std::move(found.front());
}

}  // namespace orderscope
