// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/method.h"
#include "core/base/job.h"
#include "core/image/image.h"
#include "core/models/model.h"

namespace orderscope::cli {

/// What every command takes.
struct CommonOptions {
  bool json = false;
  std::string device = "cpu";
  int threads = 0;
  std::filesystem::path output;
  std::vector<std::filesystem::path> plugins;  ///< folders; loaded before the options are made
};

/// A command: registers its options on a subcommand and hands back what runs once they are parsed.
using Run = std::function<Result<void>(const JobContext& job)>;
struct Command {
  const char* name;
  const char* help;
  Run (*make)(CLI::App& app, CommonOptions& common);
};

Run make_info(CLI::App& app, CommonOptions& common);
Run make_forward(CLI::App& app, CommonOptions& common);
Run make_segment(CLI::App& app, CommonOptions& common);
Run make_detect(CLI::App& app, CommonOptions& common);
Run make_preprocess(CLI::App& app, CommonOptions& common);
Run make_orders(CLI::App& app, CommonOptions& common);
Run make_flow(CLI::App& app, CommonOptions& common);
Run make_spectrum(CLI::App& app, CommonOptions& common);
Run make_kernels(CLI::App& app, CommonOptions& common);
Run make_cam(CLI::App& app, CommonOptions& common);
Run make_erf(CLI::App& app, CommonOptions& common);
Run make_cka(CLI::App& app, CommonOptions& common);
Run make_agreement(CLI::App& app, CommonOptions& common);
Run make_pca(CLI::App& app, CommonOptions& common);
Run make_layers(CLI::App& app, CommonOptions& common);
Run make_diff(CLI::App& app, CommonOptions& common);
Run make_ablate(CLI::App& app, CommonOptions& common);
Run make_attention(CLI::App& app, CommonOptions& common);
Run make_interactions(CLI::App& app, CommonOptions& common);
Run make_faithfulness(CLI::App& app, CommonOptions& common);
Run make_eval(CLI::App& app, CommonOptions& common);
Run make_batch(CLI::App& app, CommonOptions& common);
Run make_train(CLI::App& app, CommonOptions& common);
Run make_curves(CLI::App& app, CommonOptions& common);
Run make_figure(CLI::App& app, CommonOptions& common);
Run make_methods(CLI::App& app, CommonOptions& common);
Run make_plugins(CLI::App& app, CommonOptions& common);

/// What a command can work on: most ask for the class of a whole image.
enum class Accepts { Classifiers, AnyModel };

/// MODEL with --key; where any model is accepted also --align-corners.
struct ModelOptions {
  std::filesystem::path path;
  std::string key;
  std::optional<bool> align_corners;

  Precision precision = Precision::Float32;

  void add_to(CLI::App& app, Accepts accepts = Accepts::Classifiers);
  /// --precision, for commands that can do with bfloat16.
  void add_precision_to(CLI::App& app);
  /// Loads it on the chosen device; prints its warnings to stderr. Errors: as load_model; InvalidInput for a backbone,
  /// segmenter or detector where the command accepts classifiers only, and for --align-corners without a segmenter.
  Result<std::shared_ptr<const Model>> load(const CommonOptions& common, const JobContext& job,
                                            Accepts accepts = Accepts::Classifiers) const;
};

/// apply or ignore.
void add_exif_option(CLI::App& app, ExifOrientation& exif);

/// Options of one or several methods, made from their descriptors; methods that share a parameter share the option.
class MethodOptions {
 public:
  void add_to(CLI::App& app, const MethodDescriptor& method);

  /// What the user gave, or the default of the method that was added first.
  const std::string& text(const std::string& name) const { return entries_.at(name).text; }
  std::optional<int> integer(const std::string& name) const;

  /// What the user gave of this method's parameters, with its own defaults for the rest. Errors: as check_values.
  Result<MethodValues> for_method(const MethodDescriptor& method) const;

  /// Names of options that the user gave and none of these methods has.
  std::vector<std::string> given_beyond(const std::vector<const MethodDescriptor*>& methods) const;

 private:
  struct Entry {
    std::string text;
    CLI::Option* option = nullptr;
  };
  std::map<std::string, Entry> entries_;
};

/// Makes -o required.
void require_output(CLI::App& app);

void print_warning(const std::string& text);

/// --precision float32|bfloat16 into `precision`.
CLI::Option* add_precision_option(CLI::App& app, Precision& precision);

/// For a model of reduced precision: says on stderr how far it is from float32 on these images, and adds it to `result`
/// as "precision". Errors: as precision_error.
Result<void> tell_precision_error(const Model& model, const at::Tensor& images, nlohmann::json& result,
                                  const JobContext& job);
void print_json(const nlohmann::json& json);
Result<void> write_json(const std::filesystem::path& path, const nlohmann::json& json);

}  // namespace orderscope::cli
