// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/segment.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>

#include "app/cli/command.h"
#include "app/cli/input.h"
#include "app/cli/tap_files.h"
#include "core/checkpoint/npy.h"
#include "core/image/label_image.h"
#include "core/image/png.h"
#include "core/image/resize_linear.h"

namespace orderscope::cli {

namespace {

using nlohmann::json;

struct Options {
  ModelOptions model;
  InputOptions input;
  std::string mode, taps, original_size;
  int crop = 0, stride = 0;
  float opacity = 0.5F;
  bool certainty = false;
};

std::optional<std::array<std::int64_t, 2>> parse_size(const std::string& text) {
  long long height = 0, width = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%6lld,%6lld%c", &height, &width, &rest) != 2 || height < 1 || width < 1) return {};
  return std::array<std::int64_t, 2>{height, width};
}

SegmentationTest test_of(const Options& options, const Model& model) {
  SegmentationTest test = model.segmentation_test;
  if (!options.mode.empty()) test.slide = options.mode == "slide";
  if (options.crop > 0) {
    test.crop = options.crop;
    // As far apart as the official 512 / 341 and 640 / 426.
    if (options.stride == 0) test.stride = std::max(1, options.crop * 2 / 3);
  }
  if (options.stride > 0) test.stride = options.stride;
  return test;
}

/// Classes that are there, the most pixels first.
json classes_of(const std::vector<std::int32_t>& labels, const Model& model) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(model.architecture.classes));
  for (const std::int32_t label : labels) ++counts[static_cast<std::size_t>(label)];
  std::vector<int> order;
  for (int c = 0; c < model.architecture.classes; ++c)
    if (counts[static_cast<std::size_t>(c)] > 0) order.push_back(c);
  std::ranges::stable_sort(
      order, [&](int a, int b) { return counts[static_cast<std::size_t>(a)] > counts[static_cast<std::size_t>(b)]; });
  json classes = json::array();
  for (const int c : order) {
    const auto pixels = counts[static_cast<std::size_t>(c)];
    classes.push_back({{"index", c},
                       {"name", model.class_name(c)},
                       {"color", model.palette[static_cast<std::size_t>(c)]},
                       {"pixels", pixels},
                       {"share", static_cast<double>(pixels) / static_cast<double>(labels.size())}});
  }
  return classes;
}

std::vector<std::int32_t> values_of(const at::Tensor& labels) {
  const at::Tensor flat = labels.to(at::kInt).contiguous();
  const auto* data = flat.const_data_ptr<std::int32_t>();
  return {data, data + flat.numel()};
}

Result<void> write_pictures(const at::Tensor& labels, const std::vector<std::int32_t>& values, const Model& model,
                            const Image& photo, float opacity, const PngText& provenance,
                            const std::filesystem::path& folder) {
  const auto height = static_cast<int>(labels.size(0)), width = static_cast<int>(labels.size(1));
  const Image colors = paint_labels(values, width, height, model.palette);
  TRY_VOID(write_png(folder / "mask.png", colors, provenance));
  if (labels.scalar_type() == at::kByte) {
    const at::Tensor bytes = labels.contiguous();
    TRY_VOID(write_gray_png(folder / "labels.png",
                            {bytes.const_data_ptr<std::uint8_t>(), static_cast<std::size_t>(bytes.numel())}, width,
                            height, provenance));
  }
  return write_png(folder / "overlay.png", blend(photo, colors, opacity), provenance);
}

void print_classes(const json& classes) {
  for (const json& entry : classes)
    std::printf("%6.2f %%  %-24s %5d\n", 100 * entry["share"].get<double>(), entry["name"].get<std::string>().c_str(),
                entry["index"].get<int>());
}

/// The picture under the overlay at the size of the labels.
Result<Image> picture_under(const DenseInput& input) {
  if (!input.photo.empty()) return input.photo;
  return resize_linear(input.input.picture, static_cast<int>(input.original[1]), static_cast<int>(input.original[0]));
}

Result<void> run(const Options& given, const CommonOptions& common, const JobContext& job) {
  Options options = given;
  if (!options.original_size.empty() && options.input.array.empty())
    return fail(Error::Kind::InvalidInput, "belongs to --input: a photo has its own size", "--original-size");
  if (!options.original_size.empty()) options.input.original = *parse_size(options.original_size);
  TRY(const auto model, options.model.load(common, job, Accepts::AnyModel));
  if (!model->is_segmenter()) {
    return fail(Error::Kind::InvalidInput, "is no segmenter", options.model.path.string(),
                model->is_classifier() ? "`forward` tells the class of the whole image" : "`info` tells what it is");
  }
  TRY(const DenseInput input, options.input.read_dense(*model));
  TRY(TapFiles taps, TapFiles::make(*model, options.taps, common.output));

  SegmentOptions how;
  how.test = test_of(options, *model);
  how.probes = taps.probes();
  const at::Tensor image = input.input.images.to(at::Device(common.device));
  const std::vector<Window> windows = windows_of(image.size(2), image.size(3), how.test);
  const auto name_window = [&](std::size_t index) {
    if (windows.size() > 1) taps.set_suffix("window" + std::to_string(index));
  };
  name_window(0);
  how.on_window = [&](const Trace&, const Window&, std::size_t index) -> Result<void> {
    name_window(index + 1);
    return taps.status();
  };
  TRY(const at::Tensor logits, segment(*model, image, how, job));
  TRY(const at::Tensor labels,
      labels_at(logits, input.original[0], input.original[1], job, model->dense->uper_head->align_corners));
  if (!at::isfinite(logits.sum()).item<bool>()) print_warning("the logits hold NaN or infinite values");

  Provenance provenance = provenance_of(*model, input.input);
  provenance.method = "segment";
  provenance.parameters["mode"] = how.test.slide ? "slide" : "whole";
  if (how.test.slide) {
    provenance.parameters["crop"] = std::to_string(how.test.crop);
    provenance.parameters["stride"] = std::to_string(how.test.stride);
  }
  const std::filesystem::path& folder = common.output;
  // Of a head with one logit the other class' is made up.
  const bool single = model->dense->uper_head->classes == 1;
  TRY_VOID(write_npy(folder / "logits.npy", single ? logits.slice(1, 1).contiguous() : logits));
  TRY_VOID(write_npy(folder / "labels.npy", labels));
  const std::vector<std::int32_t> values = values_of(labels);
  TRY(const Image photo, picture_under(input));
  TRY_VOID(write_pictures(labels, values, *model, photo, options.opacity, provenance.fields(), folder));
  json files{{"logits", "logits.npy"}, {"labels", "labels.npy"}, {"overlay", "overlay.png"}, {"mask", "mask.png"}};
  if (labels.scalar_type() == at::kByte) files["label_values"] = "labels.png";
  if (options.certainty) {
    const Certainty certainty = certainty_of(logits);
    TRY_VOID(write_npy(folder / "entropy.npy", certainty.entropy));
    TRY_VOID(write_npy(folder / "top2_gap.npy", certainty.gap));
    files["entropy"] = "entropy.npy";
    files["top2_gap"] = "top2_gap.npy";
  }
  json boxes = json::array();
  for (const Window& w : windows) boxes.push_back({w.y, w.x, w.y + w.height, w.x + w.width});
  const json classes = classes_of(values, *model);
  const json result{{"classes", classes},
                    {"mode", provenance.parameters["mode"]},
                    {"crop", how.test.crop},
                    {"stride", how.test.stride},
                    {"windows", boxes},
                    {"input_size", {image.size(2), image.size(3)}},
                    {"original_size", input.original},
                    {"files", files},
                    {"taps", taps.files()},
                    {"warnings", model->warnings},
                    {"provenance", provenance.fields()}};
  TRY_VOID(write_json(folder / "segment.json", result));
  if (common.json) {
    print_json(result);
  } else {
    print_classes(classes);
    std::printf("%zu %s, written to %s\n", windows.size(), windows.size() == 1 ? "window" : "windows", folder.c_str());
  }
  return {};
}

}  // namespace

Run make_segment(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  options->model.add_to(app, Accepts::AnyModel);
  options->input.add_to(app);
  app.add_option("--mode", options->mode, "whole image, or sliding windows; the official test's unless given")
      ->check(CLI::IsMember({"whole", "slide"}));
  app.add_option("--crop", options->crop, "side of the windows in pixels")->check(CLI::Range(1, 16384));
  app.add_option("--stride", options->stride, "from window to window in pixels")->check(CLI::Range(1, 16384));
  app.add_option("--original-size", options->original_size,
                 "H,W of the labels for --input; the input's own unless given")
      ->check([](const std::string& text) { return parse_size(text) ? std::string() : "a size is H,W, not " + text; });
  app.add_option(
      "--taps", options->taps,
      "intermediates to write: patterns as norm*,decode_head.*.gate.*, separated by commas; of several windows "
      "as TAP.windowN.npy");
  app.add_flag("--certainty", options->certainty, "also write the softmax entropy and the gap of the two best logits");
  app.add_option("--opacity", options->opacity, "of the classes over the photo")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
