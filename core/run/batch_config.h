// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/path_scope.h"
#include "core/base/result.h"
#include "core/image/image.h"
#include "core/models/precision.h"

namespace orderscope {

struct BatchModel {
  std::filesystem::path path;
  std::string key;  ///< which state dict of the file, see LoadOptions
};

/// A method to run on every image, by its descriptor's id, with what differs from its defaults.
struct BatchMethod {
  std::string id;
  std::map<std::string, std::string> parameters;
};

/// What a batch run does. Everything but `workers` and the scopes decides what is stored; a run is gone on with by the
/// same settings only.
struct BatchConfig {
  std::vector<BatchModel> models;
  std::vector<std::filesystem::path> images;  ///< folders, lists or CSV files, see list_batch_images
  std::filesystem::path list_folder;          ///< what paths in lists are relative to; empty: the list's folder
  std::vector<BatchMethod> methods;
  bool gradients = true;            ///< contributions of the orders and Grad-CAM's figures: a backward pass an image
  bool faithfulness = false;        ///< of Grad-CAM and of the first map of each method
  std::vector<std::string> ablate;  ///< scopes of order ablation: "network", "stage", "block"
  std::vector<std::string> maps;    ///< kept as float16: "orders", "contribution", "cam", or a method's id
  int batch = 16;                   ///< images a pass
  int chunk = 64;                   ///< images a transaction: what a kill costs at most
  int size = 0;                     ///< side of the models' input in pixels; 0: each its own
  ExifOrientation exif = ExifOrientation::Apply;
  std::string device = "cpu";
  Precision precision = Precision::Float32;
  std::optional<bool> align_corners;  ///< of segmenters' heads, see LoadOptions
  int workers = 2;                    ///< threads that decode
  PathScope scope{};                  ///< of settings from a file: where what they and their lists name may lie
  PathScope list_scope{};             ///< where what lists name may lie; see scope_of_lists
};

/// Reads a JSON object with the names above; "images" and "models" may be one or a list, a model a path or {"path",
/// "key"}, a method an id or {"id", PARAMETER: value, ...}. Paths are relative to the file and stay below its folder,
/// unless `allow_outside`: links are followed, and lists are held to it too. Errors: FileAccess, Broken (no JSON),
/// InvalidInput (an unknown name, a wrong type, a path that leads outside, and as check_batch_config).
Result<BatchConfig> read_batch_config(const std::filesystem::path& path, bool allow_outside = false);
Result<BatchConfig> parse_batch_config(const std::string& json, const std::filesystem::path& base = {},
                                       const PathScope& scope = PathScope::anywhere());

/// The settings as JSON, always the same text for the same settings; without `workers`.
std::string batch_config_json(const BatchConfig& config);

/// "order-cam:rule=hirescam,block=stages.3.0". Errors: InvalidInput.
Result<BatchMethod> batch_method_from_text(const std::string& text);

/// Errors: InvalidInput for no model, no images, an unknown method, parameter, scope or kind of map, a number out of
/// range.
Result<void> check_batch_config(const BatchConfig& config);

}  // namespace orderscope
