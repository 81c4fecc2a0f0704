// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/test_settings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/checkpoint/mm_config.h"
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

std::string config_of(const Model& model) {
  const auto found = model.metadata.find("config");
  return found == model.metadata.end() ? std::string() : found->second;
}

/// img_scale of mmcv's pipelines, scale of MMEngine's.
std::optional<std::vector<int>> picture_size(const std::string& config) {
  if (const auto size = config_numbers(config_section(config, "test_pipeline", "img_scale"), "img_scale")) return size;
  if (const auto size = config_numbers(config_section(config, "test_pipeline", "scale"), "scale")) return size;
  return config_numbers(config, "img_scale");
}

std::optional<std::array<float, 3>> three_numbers(const nlohmann::json& values) {
  if (!values.is_array() || values.size() != 3) return {};
  std::array<float, 3> numbers{};
  for (std::size_t i = 0; i < 3; ++i) {
    if (!values[i].is_number()) return {};
    numbers[i] = values[i].get<float>();
  }
  return numbers;
}

/// How colours are normalised: img_norm_cfg of mmcv's configs, the data_preprocessor of MMEngine's.
void take_normalisation(const std::string& config, DensePreprocessing& how, std::vector<std::string>& warnings) {
  nlohmann::json told = config_value(config, "img_norm_cfg");
  if (!told.is_object()) {
    const nlohmann::json model = config_value(config, "model");
    if (model.is_object()) told = model.value("data_preprocessor", nlohmann::json());
  }
  if (!told.is_object() || !told.contains("mean")) return;
  const auto mean = three_numbers(told["mean"]), std = three_numbers(told.value("std", nlohmann::json()));
  const bool rgb =
      told.value("to_rgb", nlohmann::json(true)) == true && told.value("bgr_to_rgb", nlohmann::json(true)) == true;
  if (!rgb || !mean || !std || !std::ranges::all_of(*std, [](float s) { return std::isfinite(s) && s > 0; }) ||
      !std::ranges::all_of(*mean, [](float m) { return std::isfinite(m); })) {
    warnings.push_back("the normalisation in its config cannot be used; ImageNet's, in RGB, is");
    return;
  }
  how.mean = *mean;
  how.std = *std;
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

DetectionSettings detection_test(const Model& model) {
  const auto told = detection_settings_in(config_of(model));
  return told && *told ? **told : DetectionSettings();
}

std::string test_source(const Model& model) {
  const std::string config = config_of(model);
  const bool told = model.is_detector() ? detection_settings_in(config).value_or(std::nullopt).has_value()
                                        : !config_word(section_or_all(config, "test_cfg", "mode"), "mode").empty();
  return told ? "the file's config" : "the official configs";
}

void take_test_settings(Model& model) {
  const std::string config = config_of(model);
  SegmentationTest& test = model.segmentation_test;
  test = usual_test(model.architecture);
  DensePreprocessing& how = model.dense_preprocessing;
  how.short_side = test.crop == 640 ? 640 : 512;
  how.long_side = 4 * how.short_side;
  if (model.dense->is_detector()) {
    how = {.long_side = 1333, .short_side = 800, .multiple = 32};
    if (const auto told = detection_settings_in(config); !told)
      model.warnings.push_back("the test settings in its config cannot be used, the official ones are: " +
                               told.error().message());
  }

  take_normalisation(config, how, model.warnings);
  if (config_word(config_section(config, "test_pipeline", "keep_ratio"), "keep_ratio") == "False")
    model.warnings.push_back("its config resizes pictures without keeping their ratio, which is not done here");
  if (const auto multiple = config_numbers(config_section(config, "test_pipeline", "size_divisor"), "size_divisor");
      multiple && model.dense->is_detector() && multiple->front() >= 1 && multiple->front() <= 1024)
    how.multiple = multiple->front();

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
  if (model.is_segmenter() && model.dense->uper_head->classes == 1) {
    if (model.class_names.empty()) model.class_names = {"background", "foreground"};
    if (model.metadata.find("palette") == model.metadata.end()) {
      model.palette = made_up_colors(2);
      return;
    }
  }
  const ClassList& list = model.is_segmenter() ? ade20k_classes() : coco_classes();
  const bool fits = static_cast<std::size_t>(model.architecture.classes) == list.names.size();
  if (model.class_names.empty() && fits) model.class_names = list.names;
  model.palette = palette_of(model, fits ? &list : nullptr);
}

}  // namespace orderscope
