// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/trace/find_taps.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <optional>
#include <set>

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

namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// "3" as "2"; nothing for what is no number from 1 to 99.
std::optional<std::string> index_of(const std::string& count) {
  if (count.empty() || count.size() > 2 || count.front() == '0') return std::nullopt;
  if (count.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::to_string(std::stoi(count) - 1);
}

/// "s3b2.gnconv" as "stages.2.1.gnconv", or "layers.2.blocks.1.gnconv"; anything else as it is.
std::string spelled_out(const std::vector<std::string>& names, const std::string& name) {
  const std::size_t dot = std::min(name.find('.'), name.size());
  const std::size_t b = name.find('b');
  if (!name.starts_with('s') || b >= dot) return name;
  const auto stage = index_of(name.substr(1, b - 1)), block = index_of(name.substr(b + 1, dot - b - 1));
  if (!stage || !block) return name;
  const std::string swin = "layers." + *stage + ".blocks." + *block;
  return (contains(names, swin) ? swin : "stages." + *stage + "." + *block) + name.substr(dot);
}

/// The tap that a module's output passes, where the module is no tap itself; "" if there is none.
std::string tap_of_module(const Backbone& backbone, const std::vector<std::string>& names, std::string module) {
  if (module.ends_with(".out")) module.resize(module.size() - 4);
  if (contains(names, module)) return module;
  if (module.ends_with(".gnconv") && contains(names, module + ".proj_out")) return module + ".proj_out";
  if (module.empty() || !std::isdigit(static_cast<unsigned char>(module.back()))) return {};
  std::string last;  // a stage gives what its last step gives
  for (const Step& step : backbone.steps())
    if (step.name.starts_with(module + ".") && contains(names, step.name)) last = step.name;
  return last;
}

}  // namespace

Result<std::vector<std::string>> find_taps(const Backbone& backbone, const std::string& pattern) {
  const std::vector<std::string> names = backbone.tap_names();
  std::set<std::string> wanted;
  for (std::string part : split_patterns(pattern)) {
    part = spelled_out(names, part);
    bool any = false;
    for (const std::string& name : names) {
      if (!glob_match(part, name)) continue;
      wanted.insert(name);
      any = true;
    }
    if (any) continue;
    std::string tap = tap_of_module(backbone, names, part);
    if (tap.empty()) {
      std::string advice = "the nearest are";
      for (const std::string& name : nearest_names(names, part)) advice += " " + name;
      return fail(Error::Kind::InvalidInput, "the model has no such layer", part, advice);
    }
    wanted.insert(std::move(tap));
  }
  std::vector<std::string> found;
  std::copy_if(names.begin(), names.end(), std::back_inserter(found),
               [&](const std::string& name) { return wanted.contains(name); });
  return found;
}

Result<std::string> find_tap(const Backbone& backbone, const std::string& name) {
  TRY(auto found, find_taps(backbone, name));
  return std::move(found.front());
}

std::string joined(const std::vector<std::string>& names) {
  std::string pattern;
  for (const std::string& name : names) pattern += (pattern.empty() ? "" : ",") + name;
  return pattern;
}

}  // namespace orderscope
