// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/test_settings.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/checkpoint/mm_meta.h"

namespace orderscope {

namespace {

/// Square settings only: the rest keeps the default.
std::optional<int> side(const std::string& config, std::string_view name) {
  const auto numbers = config_numbers(config, name);
  if (!numbers || numbers->size() > 2 || numbers->front() != numbers->back()) return {};
  return numbers->front() >= 1 && numbers->front() <= 16384 ? std::optional(numbers->front()) : std::nullopt;
}

/// Part of a config; all of it where it is no config but an extract.
std::string section_or_all(const std::string& config, std::string_view section, std::string_view name) {
  std::string part = config_section(config, section, name);
  return part.empty() ? config : part;
}

/// img_scale of mmcv's pipelines, scale of MMEngine's.
std::optional<std::vector<int>> picture_size(const std::string& config) {
  if (const auto size = config_numbers(config_section(config, "test_pipeline", "img_scale"), "img_scale")) return size;
  if (const auto size = config_numbers(config_section(config, "test_pipeline", "scale"), "scale")) return size;
  return config_numbers(config, "img_scale");
}

SegmentationTest usual_test(const Architecture& a) {
  if (a.family == Family::Swin) return {false, 512, 341};
  // HorNet-L was trained on crops of 640; of ConvNeXt's weights nothing tells.
  if (a.family == Family::HorNet && a.dims.front() >= 192) return {true, 640, 426};
  return {};
}

std::vector<ClassColor> palette_of(Model& model, const ClassList* list) {
  const auto classes = static_cast<std::size_t>(model.architecture.classes);
  if (const auto found = model.metadata.find("palette"); found != model.metadata.end()) {
    const auto json = nlohmann::json::parse(found->second, nullptr, false);
    try {
      auto colors = json.get<std::vector<ClassColor>>();
      if (colors.size() == classes) return colors;
    } catch (const nlohmann::json::exception&) {
    }
    model.warnings.push_back("the palette in the file does not fit its " + std::to_string(classes) + " classes");
  }
  return list && list->colors.size() == classes ? list->colors : made_up_colors(classes);
}

}  // namespace

void take_test_settings(Model& model) {
  const auto found = model.metadata.find("config");
  const std::string config = found == model.metadata.end() ? std::string() : found->second;
  SegmentationTest& test = model.segmentation_test;
  test = usual_test(model.architecture);
  DensePreprocessing& how = model.dense_preprocessing;
  how.short_side = test.crop == 640 ? 640 : 512;
  how.long_side = 4 * how.short_side;
  if (model.dense->is_detector()) how = {.long_side = 1333, .short_side = 800, .multiple = 32};

  const std::string test_cfg = section_or_all(config, "test_cfg", "mode");
  if (const std::string mode = config_word(test_cfg, "mode"); mode == "slide" || mode == "whole")
    test.slide = mode == "slide";
  if (test.slide) {
    test.crop = side(test_cfg, "crop_size").value_or(test.crop);
    test.stride = side(test_cfg, "stride").value_or(test.stride);
  }
  if (const auto scale = picture_size(config);
      scale && scale->size() == 2 && std::ranges::all_of(*scale, [](int s) { return s >= 1 && s <= 16384; })) {
    how.long_side = std::max(scale->front(), scale->back());
    how.short_side = std::min(scale->front(), scale->back());
  }
  if (!model.architecture.absolute_position_embedding)
    model.architecture.image_size = model.dense->is_detector() ? 800 : test.crop;
}

void name_dense_classes(Model& model) {
  if (!model.dense->is_known()) return;
  const ClassList& list = model.is_segmenter() ? ade20k_classes() : coco_classes();
  const bool fits = static_cast<std::size_t>(model.architecture.classes) == list.names.size();
  if (model.class_names.empty() && fits) model.class_names = list.names;
  model.palette = palette_of(model, fits ? &list : nullptr);
}

}  // namespace orderscope
