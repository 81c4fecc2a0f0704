// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/compare_settings.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace orderscope {
namespace {

using nlohmann::json;

constexpr const char* kScales[] = {"shared", "row", "image"};

template <class T>
void take(const json& from, const char* key, T& to) {
  const auto found = from.find(key);
  if (found == from.end()) return;
  try {
    to = found->get<T>();
  } catch (const json::exception&) {
    // Of another version or edited by hand: the setting stays as it is.
  }
}

void take_colormap(const json& from, const char* key, std::optional<Colormap>& to) {
  std::string name;
  take(from, key, name);
  if (const auto known = colormap_named(name)) to = *known;
}

json to_json(const ComparePair& pair) { return {pair.model_a, pair.model_b}; }

std::optional<ComparePair> pair_in(const json& from, const char* key) {
  const auto pair = from.find(key);
  if (pair == from.end() || !pair->is_array() || pair->size() != 2) return std::nullopt;
  if (!(*pair)[0].is_string() || !(*pair)[1].is_string()) return std::nullopt;
  return ComparePair{(*pair)[0].get<std::string>(), (*pair)[1].get<std::string>()};
}

}  // namespace

json to_json(const CompareSettings& settings) {
  json result{{"rows", settings.rows == CompareRows::Stages ? "stages" : "maps"},
              {"quantity", settings.quantity},
              {"stage", settings.stage},
              {"scale", kScales[static_cast<int>(settings.scale)]},
              {"opacity", settings.style.opacity},
              {"interpolate", settings.style.interpolate},
              {"contours", settings.style.contours},
              {"divide", settings.divide},
              {"class", settings.class_name},
              {"left_out", settings.left_out},
              {"by_depth", settings.by_depth},
              {"degree", settings.degree},
              {"least_score", settings.least_score}};
  if (settings.style.colormap) result["colormap"] = name_of(*settings.style.colormap);
  if (settings.style.signed_colormap) result["signed_colormap"] = name_of(*settings.style.signed_colormap);
  if (const auto& layers = settings.layers)
    result["layers"] = {layers->model_a, layers->block_a, layers->model_b, layers->block_b};
  if (settings.similarity) result["similarity"] = to_json(*settings.similarity);
  if (settings.divided) result["divided"] = to_json(*settings.divided);
  return result;
}

void read_json(const json& from, CompareSettings& settings) {
  if (!from.is_object()) return;
  std::string text;
  take(from, "rows", text);
  if (text == "stages" || text == "maps") settings.rows = text == "stages" ? CompareRows::Stages : CompareRows::Maps;
  take(from, "quantity", settings.quantity);
  take(from, "stage", settings.stage);
  text.clear();
  take(from, "scale", text);
  for (int i = 0; i < 3; ++i)
    if (text == kScales[i]) settings.scale = static_cast<CompareScale>(i);
  take(from, "opacity", settings.style.opacity);
  settings.style.opacity = std::clamp(settings.style.opacity, 0.0, 1.0);
  take(from, "interpolate", settings.style.interpolate);
  take(from, "contours", settings.style.contours);
  settings.style.contours = std::clamp(settings.style.contours, 0, 20);
  settings.style.colormap.reset();
  settings.style.signed_colormap.reset();
  take_colormap(from, "colormap", settings.style.colormap);
  take_colormap(from, "signed_colormap", settings.style.signed_colormap);
  take(from, "divide", settings.divide);
  take(from, "class", settings.class_name);
  take(from, "left_out", settings.left_out);
  take(from, "by_depth", settings.by_depth);
  take(from, "degree", settings.degree);
  settings.degree = std::clamp(settings.degree, 0, 8);
  take(from, "least_score", settings.least_score);
  settings.least_score = std::clamp(settings.least_score, 0.0, 1.0);
  settings.similarity = pair_in(from, "similarity");
  settings.divided = pair_in(from, "divided");
  settings.layers.reset();
  const auto layers = from.find("layers");
  if (layers != from.end() && layers->is_array() && layers->size() == 4 && (*layers)[0].is_string() &&
      (*layers)[1].is_number_integer() && (*layers)[2].is_string() && (*layers)[3].is_number_integer())
    settings.layers = CompareLayers{(*layers)[0].get<std::string>(), (*layers)[2].get<std::string>(),
                                    (*layers)[1].get<int>(), (*layers)[3].get<int>()};
}

}  // namespace orderscope
