// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_config.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "core/analysis/method.h"
#include "core/base/files.h"
#include "core/base/json_fields.h"

namespace orderscope {

namespace {

using nlohmann::json;

const std::set<std::string> kScopes{"network", "stage", "block"};
const std::set<std::string> kMapKinds{"orders", "contribution", "cam"};

tl::unexpected<Error> wrong(const std::string& what, const std::string& subject, const std::string& advice = {}) {
  return fail(Error::Kind::InvalidInput, what, subject, advice);
}

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::filesystem::path based(const std::filesystem::path& base, const std::string& path) {
  return base.empty() ? std::filesystem::path(path) : base / path;
}

/// One value, or a list of them.
std::vector<json> many(const json& value) {
  if (value.is_array()) return value.get<std::vector<json>>();
  return {value};
}

BatchMethod method_of(const json& entry) {
  BatchMethod method;
  if (entry.is_string()) {
    method.id = entry.get<std::string>();
    return method;
  }
  for (const auto& [name, value] : entry.items()) {
    if (name == "id") {
      method.id = value.get<std::string>();
    } else {
      method.parameters[name] = text_of(value);
    }
  }
  return method;
}

BatchModel model_of(const json& entry, const std::filesystem::path& base) {
  if (entry.is_string()) return {based(base, entry.get<std::string>()), {}};
  return {based(base, entry.at("path").get<std::string>()), entry.value("key", std::string())};
}

/// get<int>() alone would cut large numbers off. Throws nlohmann's exceptions for values of another type.
Result<int> integer_of(const json& value, const std::string& name) {
  if (value.is_number()) {
    const double number = value.get<double>();
    if (number != std::floor(number) || std::abs(number) > std::numeric_limits<int>::max())
      return wrong("must be an integer within 32 bits: " + value.dump(), name);
  }
  return value.get<int>();
}

/// Throws nlohmann's exceptions for values of another type.
Result<void> set(BatchConfig& config, const std::string& name, const json& value, const std::filesystem::path& base) {
  if (name == "models") {
    for (const json& entry : many(value)) config.models.push_back(model_of(entry, base));
  } else if (name == "images") {
    for (const json& entry : many(value)) config.images.push_back(based(base, entry.get<std::string>()));
  } else if (name == "list_folder") {
    config.list_folder = value.get<std::string>();
  } else if (name == "methods") {
    for (const json& entry : many(value)) config.methods.push_back(method_of(entry));
  } else if (name == "ablate") {
    for (const json& entry : many(value)) config.ablate.push_back(entry.get<std::string>());
  } else if (name == "maps") {
    for (const json& entry : many(value)) config.maps.push_back(entry.get<std::string>());
  } else if (name == "gradients") {
    config.gradients = value.get<bool>();
  } else if (name == "faithfulness") {
    config.faithfulness = value.get<bool>();
  } else if (name == "batch") {
    TRY(config.batch, integer_of(value, name));
  } else if (name == "chunk") {
    TRY(config.chunk, integer_of(value, name));
  } else if (name == "size") {
    TRY(config.size, integer_of(value, name));
  } else if (name == "workers") {
    TRY(config.workers, integer_of(value, name));
  } else if (name == "align_corners") {
    config.align_corners = value.get<bool>();
  } else if (name == "device") {
    config.device = value.get<std::string>();
  } else if (name == "precision") {
    const auto text = value.get<std::string>();
    const auto precision = precision_named(text);
    if (!precision) return wrong("\"" + text + "\" is neither float32 nor bfloat16", name);
    config.precision = *precision;
  } else if (name == "exif") {
    const auto text = value.get<std::string>();
    if (text != "apply" && text != "ignore") return wrong("\"" + text + "\" is neither apply nor ignore", name);
    config.exif = text == "apply" ? ExifOrientation::Apply : ExifOrientation::Ignore;
  } else {
    return wrong("there is no such setting", name,
                 "models, images, list_folder, methods, gradients, faithfulness, ablate, maps, batch, chunk, size, "
                 "exif, align_corners, device, precision, workers");
  }
  return {};
}

Result<BatchConfig> settings_of(const std::string& text, const std::filesystem::path& base, const PathScope& scope) {
  // Nested without bound, what names a wrong value in a message would run out of stack.
  TRY(const json parsed, parse_json(text, {}));
  if (!parsed.is_object()) return fail(Error::Kind::Broken, "is no JSON object");
  BatchConfig config;
  for (const auto& [name, value] : parsed.items()) {
    try {
      TRY_VOID(set(config, name, value, base));
    } catch (const json::exception&) {
      return wrong("has a value of another type than it should: " + value.dump().substr(0, 60), name);
    }
  }
  TRY_VOID(check_batch_config(config));
  config.scope = scope;
  for (const BatchModel& model : config.models)
    if (!scope.contains(model.path)) return fail(outside_of("settings", model.path));
  for (const auto& images : config.images)
    if (!scope.contains(images)) return fail(outside_of("settings", images));
  return config;
}

}  // namespace

Result<BatchConfig> parse_batch_config(const std::string& text, const std::filesystem::path& base,
                                       const PathScope& scope) {
  auto config = settings_of(text, base, scope);
  if (config) return config;
  Error error = std::move(config).error();
  // Names from the file stand in it, of settings, methods and parameters.
  for (std::string* part : {&error.what, &error.subject})
    std::ranges::replace_if(
        *part, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return fail(std::move(error));
}

Result<BatchConfig> read_batch_config(const std::filesystem::path& path, bool allow_outside) {
  TRY(const std::string text, read_text_file(path));
  const PathScope scope =
      allow_outside ? PathScope::anywhere() : PathScope::below({std::filesystem::absolute(path).parent_path()});
  auto config = parse_batch_config(text, path.parent_path(), scope);
  if (!config) {
    Error error = std::move(config).error();
    error.what = error.subject.empty() ? error.what : error.subject + ": " + error.what;
    error.subject = path.string();
    return fail(std::move(error));
  }
  return config;
}

std::string batch_config_json(const BatchConfig& config) {
  json models = json::array(), images = json::array(), methods = json::array();
  for (const BatchModel& model : config.models) {
    json entry{{"path", model.path.string()}};
    if (!model.key.empty()) entry["key"] = model.key;
    models.push_back(std::move(entry));
  }
  for (const auto& path : config.images) images.push_back(path.string());
  for (const BatchMethod& method : config.methods) {
    json entry(method.parameters);
    if (entry.is_null()) entry = json::object();
    entry["id"] = method.id;
    methods.push_back(std::move(entry));
  }
  json all{{"models", models},
           {"images", images},
           {"list_folder", config.list_folder.string()},
           {"methods", methods},
           {"gradients", config.gradients},
           {"faithfulness", config.faithfulness},
           {"ablate", config.ablate},
           {"maps", config.maps},
           {"batch", config.batch},
           {"chunk", config.chunk},
           {"size", config.size},
           {"exif", config.exif == ExifOrientation::Apply ? "apply" : "ignore"},
           {"device", config.device}};
  // Only where it was asked for: the text of a run that was begun before there were these settings stays the same.
  if (config.precision != Precision::Float32) all["precision"] = to_string(config.precision);
  if (config.align_corners) all["align_corners"] = *config.align_corners;
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<BatchMethod> batch_method_from_text(const std::string& text) {
  BatchMethod method;
  const std::size_t colon = text.find(':');
  method.id = text.substr(0, colon);
  std::string rest = colon == std::string::npos ? "" : text.substr(colon + 1);
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string part = rest.substr(0, comma);
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos || equals == 0)
      return wrong("\"" + part + "\" is no PARAMETER=VALUE", text, "for example gradcam:layer=stages.3.1");
    method.parameters[part.substr(0, equals)] = part.substr(equals + 1);
  }
  return method;
}

Result<void> check_batch_config(const BatchConfig& config) {
  if (config.models.empty()) return wrong("no model is named", "models");
  if (config.images.empty()) return wrong("no images are named", "images");
  std::set<std::string> kinds = kMapKinds;
  for (const BatchMethod& asked : config.methods) {
    const Method* method = find_method(asked.id);
    if (!method) {
      return wrong("there is no method of this id that looks at one image", asked.id,
                   "`orderscope-cli methods` lists them");
    }
    TRY_VOID(check_values(method->descriptor, asked.parameters));
    kinds.insert(asked.id);
  }
  for (const std::string& scope : config.ablate)
    if (!kScopes.contains(scope)) return wrong("\"" + scope + "\" is none of network, stage, block", "ablate");
  for (const std::string& kind : config.maps) {
    if (!kinds.contains(kind))
      return wrong("\"" + kind + "\" is none of orders, contribution, cam and the methods that run", "maps");
    if (!config.gradients && (kind == "contribution" || kind == "cam"))
      return wrong("\"" + kind + "\" needs gradients, which are turned off", "maps");
  }
  const auto in_range = [](int value, int low, int high) { return value >= low && value <= high; };
  if (!in_range(config.batch, 1, 4096)) return wrong("must be 1 to 4096", "batch");
  if (!in_range(config.chunk, 1, 1000000)) return wrong("must be 1 to 1000000", "chunk");
  if (!in_range(config.size, 0, 16384)) return wrong("must be 1 to 16384 pixels, or 0 for the model's own", "size");
  if (!in_range(config.workers, 1, 256)) return wrong("must be 1 to 256", "workers");
  return {};
}

}  // namespace orderscope
