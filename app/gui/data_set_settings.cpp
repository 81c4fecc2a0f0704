// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/data_set_settings.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/gui/state_value.h"

namespace orderscope {
namespace {

using nlohmann::json;

constexpr const char* kOutcomes[] = {"all", "right", "wrong", "disagreeing", "broken"};
constexpr const char* kDepths[] = {"gate", "state", "contribution", "entropy", "scale"};

template <class T, std::size_t N>
T named(const json& from, const char* key, const char* const (&names)[N], T otherwise) {
  const std::string text = value_or<std::string>(from, key, names[static_cast<std::size_t>(otherwise)]);
  const auto found = std::find(std::begin(names), std::end(names), text);
  return found == std::end(names) ? otherwise : static_cast<T>(found - std::begin(names));
}

std::optional<int> place_of(const std::vector<std::string>& names, const std::string& name) {
  const auto found = std::ranges::find(names, name);
  if (name.empty() || found == names.end()) return std::nullopt;
  return static_cast<int>(found - names.begin());
}

const BatchModelInfo* model_named(const std::vector<BatchModelInfo>& models, const std::string& name) {
  const auto found = std::ranges::find(models, name, &BatchModelInfo::name);
  return name.empty() || found == models.end() ? nullptr : &*found;
}

}  // namespace

json to_json(const DataSetSettings& s) {
  return {{"run", s.run},
          {"text", s.text},
          {"model", s.model},
          {"label", s.label},
          {"predicted", s.predicted},
          {"outcome", kOutcomes[static_cast<int>(s.outcome)]},
          {"least_confidence", s.least_confidence},
          {"most_confidence", s.most_confidence},
          {"sort", s.sort.key},
          {"descending", s.sort.descending},
          {"chart_model", s.chart_model},
          {"depth", kDepths[static_cast<int>(s.depth)]}};
}

void read_json(const json& from, DataSetSettings& s) {
  if (!from.is_object()) return;
  s.run = value_or(from, "run", s.run);
  s.text = value_or(from, "text", s.text);
  s.model = value_or(from, "model", s.model);
  s.label = value_or(from, "label", s.label);
  s.predicted = value_or(from, "predicted", s.predicted);
  s.outcome = named(from, "outcome", kOutcomes, s.outcome);
  s.least_confidence = std::clamp(value_or(from, "least_confidence", s.least_confidence), 0.0, 1.0);
  s.most_confidence = std::clamp(value_or(from, "most_confidence", s.most_confidence), s.least_confidence, 1.0);
  s.sort.key = value_or(from, "sort", s.sort.key);
  s.sort.descending = value_or(from, "descending", s.sort.descending);
  s.chart_model = value_or(from, "chart_model", s.chart_model);
  s.depth = named(from, "depth", kDepths, s.depth);
}

BatchFilter filter_of(const DataSetSettings& s, const std::vector<BatchModelInfo>& models,
                      const std::vector<std::string>& classes) {
  BatchFilter filter;
  filter.path_contains = s.text;
  if (const BatchModelInfo* model = model_named(models, s.model)) filter.model = model->id;
  filter.label = place_of(classes, s.label);
  filter.predicted = place_of(predicted_names(s, models), s.predicted);
  switch (s.outcome) {
    case DataSetOutcome::All: break;
    case DataSetOutcome::Right: filter.correct = true; break;
    case DataSetOutcome::Wrong: filter.correct = false; break;
    case DataSetOutcome::Disagreeing: filter.disagreeing = true; break;
    case DataSetOutcome::Broken: filter.broken = true; break;
  }
  if (s.least_confidence > 0) filter.least_confidence = s.least_confidence;
  if (s.most_confidence < 1) filter.most_confidence = s.most_confidence;
  return filter;
}

std::vector<std::string> predicted_names(const DataSetSettings& s, const std::vector<BatchModelInfo>& models) {
  if (models.empty()) return {};
  if (const BatchModelInfo* model = model_named(models, s.model)) return model->class_names;
  const auto& first = models.front().class_names;
  const bool same = std::ranges::all_of(models, [&](const BatchModelInfo& m) { return m.class_names == first; });
  return same ? first : std::vector<std::string>();
}

}  // namespace orderscope
