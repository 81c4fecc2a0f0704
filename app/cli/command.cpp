// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"

#include <algorithm>
#include <cstdio>

#include "core/base/files.h"
#include "core/run/precision_error.h"

namespace orderscope::cli {

void ModelOptions::add_to(CLI::App& app, Accepts accepts) {
  app.add_option("MODEL", path, "checkpoint: .pth or .safetensors")->required();
  app.add_option("--key", key, "which state dict of the file, e.g. model_ema");
  if (accepts == Accepts::Classifiers) return;
  // A function, because CLI11 gives an optional flag a value even where it is absent.
  app.add_flag_function(
      "--align-corners,!--no-align-corners", [this](std::int64_t count) { align_corners = count > 0; },
      "a segmenter's head interpolates with aligned corners, or does not, whatever the file says");
}

namespace {

std::string kind_of(const Model& model) {
  if (model.dense && model.dense->is_segmenter()) return "a segmenter";
  if (model.dense && model.dense->is_detector()) return "a detector";
  return "a backbone without a head";
}

}  // namespace

Result<std::shared_ptr<const Model>> ModelOptions::load(const CommonOptions& common, const JobContext& job,
                                                        Accepts accepts) const {
  LoadOptions options;
  options.key = key;
  options.device = common.device;
  options.align_corners = align_corners;
  options.precision = precision;
  TRY(auto model, load_model(path, options, job));
  for (const std::string& warning : model->warnings) print_warning(path.string() + ": " + warning);
  if (align_corners && !model->is_segmenter())
    return fail(Error::Kind::InvalidInput, "is no segmenter, whose head alone interpolates", path.string(),
                "leave --align-corners out");
  if (accepts == Accepts::Classifiers && !model->is_classifier())
    return fail(Error::Kind::InvalidInput, "this command takes classifiers; this is " + kind_of(*model), path.string(),
                "segment, detect, orders, spectrum, cam, erf, cka, eval, batch, forward and info take it");
  return model;
}

CLI::Option* add_precision_option(CLI::App& app, Precision& precision) {
  static const std::map<std::string, Precision> names{{"float32", Precision::Float32},
                                                      {"bfloat16", Precision::BFloat16}};
  return app
      .add_option(
          "--precision", precision,
          "bfloat16 is faster where the CPU or GPU has units for it, and rounds; how far the logits of the first "
          "images are from float32 is said")
      ->transform(CLI::CheckedTransformer(names))
      ->default_str("float32");
}

void ModelOptions::add_precision_to(CLI::App& app) { add_precision_option(app, precision); }

Result<void> tell_precision_error(const Model& model, const at::Tensor& images, nlohmann::json& result,
                                  const JobContext& job) {
  if (model.precision == Precision::Float32) return {};
  TRY(const PrecisionError error, precision_error(model, images, job));
  std::fprintf(stderr, "%s\n", error.text().c_str());
  result["precision"] = {{"dtype", to_string(model.precision)},
                         {"logit_error", error.logits},
                         {"images", error.images},
                         {"same_class", error.same_class}};
  return {};
}

void add_exif_option(CLI::App& app, ExifOrientation& exif) {
  static const std::map<std::string, ExifOrientation> names{{"apply", ExifOrientation::Apply},
                                                            {"ignore", ExifOrientation::Ignore}};
  app.add_option("--exif", exif, "apply turns the photo upright; ignore does as the official evaluation")
      ->transform(CLI::CheckedTransformer(names))
      ->default_str("apply");
}

namespace {

std::string is_class_index(const std::string& text) {
  const bool fits = !text.empty() && text.size() <= 9 && text.find_first_not_of("0123456789") == std::string::npos;
  return fits ? std::string() : "a class is a number from 0 on, not " + text;
}

}  // namespace

void MethodOptions::add_to(CLI::App& app, const MethodDescriptor& method) {
  for (const MethodParameter& parameter : method.parameters) {
    if (entries_.contains(parameter.name)) continue;
    Entry& entry = entries_[parameter.name];
    entry.text = parameter.default_value;
    CLI::Option* option = app.add_option("--" + parameter.name, entry.text, parameter.help);
    entry.option = option;
    if (!parameter.default_value.empty()) option->default_str(parameter.default_value);
    switch (parameter.type) {
      case MethodParameter::Type::Choice: option->check(CLI::IsMember(parameter.choices)); break;
      case MethodParameter::Type::Class: option->check(is_class_index); break;
      case MethodParameter::Type::Integer: option->check(CLI::TypeValidator<std::int64_t>()); break;
      case MethodParameter::Type::Real: option->check(CLI::TypeValidator<double>()); break;
      case MethodParameter::Type::Layer:
        if (parameter.default_value.empty()) option->required();
        break;
    }
    if (parameter.low < parameter.high) option->check(CLI::Range(parameter.low, parameter.high));
  }
}

std::optional<int> MethodOptions::integer(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end() || found->second.text.empty()) return std::nullopt;
  return std::stoi(found->second.text);
}

Result<MethodValues> MethodOptions::for_method(const MethodDescriptor& method) const {
  std::map<std::string, std::string> given;
  for (const MethodParameter& parameter : method.parameters) {
    const auto found = entries_.find(parameter.name);
    if (found != entries_.end() && found->second.option->count() > 0) given[parameter.name] = found->second.text;
  }
  return check_values(method, given);
}

std::vector<std::string> MethodOptions::given_beyond(const std::vector<const MethodDescriptor*>& methods) const {
  const auto known = [&](const std::string& name) {
    return std::any_of(methods.begin(), methods.end(), [&](const MethodDescriptor* method) {
      return std::any_of(method->parameters.begin(), method->parameters.end(),
                         [&](const MethodParameter& parameter) { return parameter.name == name; });
    });
  };
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_)
    if (entry.option->count() > 0 && !known(name)) names.push_back(name);
  return names;
}

void print_warning(const std::string& text) { std::fprintf(stderr, "warning: %s\n", text.c_str()); }

namespace {

// Names from files may hold anything: broken UTF-8 is replaced.
std::string text_of(const nlohmann::json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

void require_output(CLI::App& app) { app.get_option("--output")->required(); }

void print_json(const nlohmann::json& json) { std::fputs(text_of(json).c_str(), stdout); }

Result<void> write_json(const std::filesystem::path& path, const nlohmann::json& json) {
  return write_file(path, std::string_view(text_of(json)));
}

}  // namespace orderscope::cli
