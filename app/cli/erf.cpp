// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/erf.h"

#include <ATen/ATen.h>

#include <cstdio>

#include "app/cli/image_set.h"
#include "app/cli/map_files.h"
#include "app/cli/target.h"
#include "app/cli/values_json.h"
#include "core/analysis/block_patterns.h"
#include "core/analysis/order_ablation.h"
#include "core/analysis/segment.h"
#include "core/analysis/tensor_map.h"
#include "core/base/version.h"
#include "core/image/chart.h"
#include "core/image/plate.h"
#include "core/image/png.h"
#include "core/run/dense_input.h"
#include "core/run/model_input.h"

namespace orderscope::cli {

namespace {

using nlohmann::json;

struct Options {
  ModelOptions model;
  ImageSetOptions images;
  MethodOptions method;
  TargetOptions target;
  std::optional<int> channel;
  bool control = false, by_order = false;
  std::int64_t batch = 1;
  double control_layer_scale = 1e-6;
  std::string blocks = "*";
  std::optional<int> ablated_order;
  std::string ablation = "zero";
};

/// A field with its name in files and figures.
struct NamedField {
  std::string file, caption;
  const ErfField* field;
};

std::string threshold_text(double threshold) {
  char text[16];
  std::snprintf(text, sizeof text, "%g", threshold);
  return text;
}

json to_json(const std::vector<AreaMeasure>& measures) {
  json all = json::object();
  for (const AreaMeasure& m : measures) {
    json& entry = all[threshold_text(m.threshold)];
    if (!m.value) continue;  // null: not reached
    entry = {{"side", m.value->side}, {"ratio", m.value->ratio}};
    if (!m.has_interval) continue;
    entry["low"] = m.low ? json(*m.low) : json(nullptr);
    entry["high"] = m.high ? json(*m.high) : json(nullptr);
  }
  return all;
}

json to_json(const Curve& curve, const char* x, const char* y) { return {{x, curve.x}, {y, curve.y}}; }

json describe(const ErfField& field, const ErfProtocol& protocol) {
  json entry{{"ratios", to_json(field.ratios)},
             {"ratios_linear", to_json(field.ratios_linear)},
             {"half_mass_radius", number_or_null(field.profile.half_mass_radius)},
             {"profile", to_json(field.profile.mean, "radius", "mean")}};
  if (protocol.scale != ErfScale::Linear) entry["ratios_float32"] = to_json(field.ratios_f32);
  json& mass = entry["radial_mass"];
  for (const int radius : {5, 10, 20, 30, 40, 60, 80})
    mass[std::to_string(radius)] = number_or_null(mass_within(field.profile, radius));
  if (field.order) entry["order"] = *field.order;
  return entry;
}

Result<void> write_figures(const std::vector<NamedField>& fields, const ErfReport& report, const ErfProtocol& protocol,
                           const std::string& subtitle, const Provenance& provenance,
                           const std::filesystem::path& folder) {
  std::vector<Map> scaled;
  for (const NamedField& named : fields) {
    const Map& mean = named.field->mean;
    scaled.push_back(to_map(erf_scaled(at::tensor(mean.values).view({mean.height, mean.width}), protocol.scale)));
  }
  TRY(json ignored, write_map(scaled.front(), folder, "erf.scaled"));

  std::vector<const Map*> pointers;
  for (const Map& map : scaled) pointers.push_back(&map);
  // The orders have a row of their own, in the same colours.
  std::vector<PlateRow> rows;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i == 0 || fields[i].field->order == 0) rows.push_back({"", {}, scale_for(pointers), to_string(protocol.scale)});
    rows.back().tiles.push_back({&scaled[i], fields[i].caption, {}});
  }
  PlateOptions plate;
  plate.title = "Effective receptive field, " + protocol.title + " protocol, " + report.layer;
  plate.subtitle = subtitle;
  plate.overlay.opacity = 1;
  plate.tile_width = std::clamp(scaled.front().width, 224, 448);
  Image picture;
  picture.width = plate.tile_width;
  picture.height = std::max(1, plate.tile_width * scaled.front().height / scaled.front().width);
  picture.rgb.assign(static_cast<std::size_t>(3) * picture.width * picture.height, 128);
  TRY(const Image figure, draw_plate(picture, rows, plate));
  TRY_VOID(write_png(folder / "erf.png", figure, provenance.fields()));

  Chart profile;
  profile.title = "Gradient by distance, " + protocol.title + " protocol, " + report.layer;
  profile.subtitle = subtitle;
  profile.x_label = "distance from the unit's centre, px";
  profile.y_label = "log10 of the mean over circles, relative to the largest";
  Chart mass = profile;
  mass.title = "Share of the gradient within a radius, " + protocol.title + " protocol, " + report.layer;
  mass.x_label = "radius, px";
  mass.y_label = "share";
  mass.y_range = ChartRange{0, 1};
  for (const NamedField& named : fields) {
    const Curve& mean = named.field->profile.mean;
    const double largest = mean.y.empty() ? 0 : *std::ranges::max_element(mean.y);
    if (!(largest > 0)) continue;
    ChartLine line{named.caption, mean.x, {}};
    for (const double y : mean.y) line.y.push_back(y > 0 ? std::log10(y / largest) : std::nan(""));
    // Grey for what is no finding of the model's own; an order keeps its colour.
    const bool is_control = named.file == "erf.control";
    const int order = named.field->order.value_or(0);
    line.dashed = is_control || named.field->order == 0;
    line.color = line.dashed ? (is_control ? light_theme.line : light_theme.muted) : model_color(order);
    ChartLine share = line;
    share.x = named.field->profile.mass.x;
    share.y = named.field->profile.mass.y;
    profile.lines.push_back(std::move(line));
    mass.lines.push_back(std::move(share));
  }
  if (profile.lines.empty()) return {};
  TRY(const Image profile_figure, draw_chart(profile));
  TRY_VOID(write_png(folder / "erf.profile.png", profile_figure, provenance.fields()));
  TRY(const Image mass_figure, draw_chart(mass));
  return write_png(folder / "erf.mass.png", mass_figure, provenance.fields());
}

void print_table(const std::vector<NamedField>& fields) {
  std::printf("%-16s", "");
  for (const double threshold : kErfThresholds) std::printf("  %20s", ("r(" + threshold_text(threshold) + ")").c_str());
  std::printf("  half-mass radius\n");
  for (const NamedField& named : fields) {
    std::printf("%-16s", named.caption.c_str());
    for (const AreaMeasure& m : named.field->ratios) {
      char text[48] = "not reached";
      if (m.value) std::snprintf(text, sizeof text, "%.2f %%", 100 * m.value->ratio);
      if (m.value && m.low && m.high)
        std::snprintf(text, sizeof text, "%.2f (%.2f-%.2f) %%", 100 * m.value->ratio, 100 * *m.low, 100 * *m.high);
      std::printf("  %20s", text);
    }
    std::printf("  %.1f px\n", named.field->profile.half_mass_radius);
  }
}

/// The pixels that a box touches: x, y, width, height.
std::array<std::int64_t, 4> pixels_of(const Box& box, const PixelSize& photo) {
  const auto whole = [](float v, std::int64_t low, std::int64_t high) {
    return std::clamp(static_cast<std::int64_t>(v), low, high);
  };
  const std::int64_t x = whole(std::floor(box[0]), 0, photo.width - 1),
                     y = whole(std::floor(box[1]), 0, photo.height - 1);
  return {x, y, whole(std::ceil(box[2]), x + 1, photo.width) - x, whole(std::ceil(box[3]), y + 1, photo.height) - y};
}

/// One picture, prepared as a segmenter's or detector's test prepares it, and the region of it that is looked at.
Result<TensorSource> look_at_region(const Options& options, const std::shared_ptr<const Model>& model,
                                    const ImageSet& set, const std::string& device, ErfOptions& erf,
                                    std::string& preprocessing, const JobContext& job) {
  if (model->is_classifier())
    return fail(Error::Kind::InvalidInput, "has no regions: it is no segmenter and no detector", model->name);
  if (options.target.class_region && !model->is_segmenter())
    return fail(Error::Kind::InvalidInput, "predicts no class for each pixel: it is no segmenter", model->name);
  if (set.size() != 1)
    return fail(Error::Kind::InvalidInput, "a region is that of one picture", "--images", "name a single file");
  TRY(const DecodedImage picture, set.picture(0));
  TRY(const DenseInput dense, prepare_dense(picture, model->dense_preprocessing, set.exif()));
  // As large as the photo would be if the padding were part of it: what a region's pixels are scaled by.
  std::array<std::int64_t, 2> photo{};
  for (std::size_t axis = 0; axis < 2; ++axis)
    photo[axis] = std::llround(double(dense.original[axis]) * double(dense.padded[axis]) / double(dense.resized[axis]));
  TRY(RegionRequest request, options.target.request(photo));
  const DetectionFrame frame{{dense.resized[0], dense.resized[1]}, {dense.original[0], dense.original[1]}};
  TRY(const auto chosen, options.target.find_box(*model, dense.input.images, frame, job));
  if (chosen) request.box = pixels_of(chosen->detection.box, frame.original);
  preprocessing = dense.input.preprocessing;
  erf.region = [model, request](const at::Tensor& image) -> Result<at::Tensor> {
    SegmentOptions whole;
    whole.test.slide = false;
    at::Tensor labels = at::empty({image.size(2), image.size(3)}, at::kByte);
    if (request.class_region) {
      TRY(const at::Tensor logits, segment(*model, image, whole));
      labels = logits[0].argmax(0);
    }
    return region_mask(request, labels);
  };
  const at::Tensor image = dense.input.images.to(at::Device(device));
  return TensorSource{1, [image](std::int64_t) -> Result<at::Tensor> { return image; }};
}

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  TRY(const MethodValues values, options.method.for_method(erf_descriptor()));
  ErfOptions erf;
  TRY(erf.protocol, erf_protocol(values.text("protocol")));
  erf.layer = values.text("layer");
  erf.count = values.integer("count");
  erf.batch = options.batch;
  erf.bootstrap = static_cast<int>(values.integer("bootstrap"));
  erf.seed = static_cast<std::uint64_t>(values.integer("seed"));
  erf.by_order = options.by_order;
  erf.blocks = options.blocks;
  erf.channel = options.channel;

  TRY(const auto model, options.model.load(common, job, Accepts::AnyModel));
  if (options.by_order || options.ablated_order) {
    TRY(const auto blocks, find_gnconv_blocks(*model, options.blocks));
    erf.blocks.clear();
    for (const BlockInfo& block : blocks) erf.blocks += (erf.blocks.empty() ? "" : ",") + block.name;
  }
  TRY(const ImageSet set, options.images.open());
  const SetPreprocessing how = options.images.preprocessing(erf_preprocessing(erf.protocol, model->preprocessing));
  TensorSource source = tensor_source(set, how, common.device);
  std::string preprocessing = how.text() + ", exif " + (set.exif() == ExifOrientation::Apply ? "apply" : "ignore");
  if (options.target.given()) {
    TRY(source, look_at_region(options, model, set, common.device, erf, preprocessing, job));
  }
  TRY(const ErfReport report, effective_receptive_field(model->backbone, source, erf, job));
  for (const std::string& warning : report.warnings) print_warning(warning);

  std::vector<NamedField> fields{{"erf", model->name, &report.fields[0]}};
  std::optional<ErfReport> control;
  if (options.control) {
    TRY(const auto random, random_control(*model->backbone, erf.seed, options.control_layer_scale));
    ErfOptions plain = erf;
    plain.by_order = false;
    TRY(control, effective_receptive_field(random, source, plain, job));
    fields.push_back({"erf.control", "random weights", &control->fields[0]});
  }
  std::optional<ErfReport> ablated;
  if (options.ablated_order) {
    OrderEdit edit;
    edit.blocks = options.blocks;
    edit.order = *options.ablated_order;
    edit.mode = options.ablation == "mean" ? GateReplacement::Mean : GateReplacement::Zero;
    ErfOptions changed = erf;
    changed.by_order = false;
    TRY(changed.edits, order_edits(*model, edit));
    TRY(ablated, effective_receptive_field(model->backbone, source, changed, job));
    fields.push_back({"erf.ablated", "without order " + std::to_string(edit.order), &ablated->fields[0]});
  }
  for (std::size_t f = 1; f < report.fields.size(); ++f) {
    const std::string order = std::to_string(*report.fields[f].order);
    fields.push_back({"erf.order." + order, order == "0" ? "no gate" : "order " + order, &report.fields[f]});
  }

  Provenance provenance = provenance_of(*model, {});
  provenance.preprocessing = preprocessing;
  provenance.layer = report.layer;
  provenance.method = erf_descriptor().id;
  provenance.parameters = values.all();
  TRY(provenance.image_sha256, set.hash(report.images));

  const auto used = static_cast<std::int64_t>(report.images.size());
  json result{{"protocol", erf.protocol.id},
              {"citation", erf.protocol.citation},
              {"scale", to_string(erf.protocol.scale)},
              {"layer", report.layer},
              {"grid", report.grid},
              {"cell", report.cell},
              {"centre", report.centre},
              {"images",
               {{"used", used},
                {"available", set.size()},
                {"skipped_nan", report.skipped_nan},
                {"unreadable", report.unreadable.size()},
                {"names", names_of(set, report.images)}}},
              {"warnings", report.warnings},
              {"provenance", provenance.fields()}};
  for (const NamedField& named : fields) {
    Map map = named.field->mean;
    complete_provenance(map, provenance);
    TRY(json entry, write_map(map, common.output, named.file));
    json described = describe(*named.field, erf.protocol);
    described["map"] = std::move(entry);
    if (named.file == "erf") {
      result.update(described);
    } else if (named.file == "erf.control") {
      described["images"] = {{"used", control->images.size()}, {"skipped_nan", control->skipped_nan}};
      described["layer_scale"] = options.control_layer_scale;
      described["warnings"] = control->warnings;
      result["control"] = std::move(described);
    } else if (named.file == "erf.ablated") {
      described["images"] = {{"used", ablated->images.size()}, {"skipped_nan", ablated->skipped_nan}};
      described["ablation"] = {
          {"order", *options.ablated_order}, {"block", options.blocks}, {"mode", options.ablation}};
      described["warnings"] = ablated->warnings;
      result["ablated"] = std::move(described);
    } else {
      result["orders"].push_back(std::move(described));
    }
  }
  const std::string subtitle =
      model->name + ", mean of " + std::to_string(used) + (used == 1 ? " image, " : " images, ") + preprocessing;
  TRY_VOID(write_figures(fields, report, erf.protocol, subtitle, provenance, common.output));
  TRY_VOID(write_json(common.output / "erf.json", result));
  if (common.json) {
    print_json(result);
  } else {
    print_table(fields);
    std::printf("%lld images at %s, written to %s\n", static_cast<long long>(used), report.layer.c_str(),
                common.output.c_str());
  }
  return {};
}

}  // namespace

Run make_erf(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  options->model.add_to(app, Accepts::AnyModel);
  options->images.add_to(app);
  options->method.add_to(app, erf_descriptor());
  options->target.add_to(app);
  app.add_option("--channel", options->channel, "one channel of the layer instead of all, e.g. a class of logits")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--control", options->control, "also the same architecture with random weights");
  app.add_option("--control-layer-scale", options->control_layer_scale,
                 "layer scale of the random weights; the official code starts at 1e-6, where blocks hardly count")
      ->capture_default_str();
  app.add_flag("--by-order", options->by_order, "HorNet: also how far each order of the gnConvs reaches by itself");
  app.add_option("--batch", options->batch, "images a pass: more than one pays on a GPU and takes as much more memory")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--ablate-order", options->ablated_order,
                 "HorNet: also the field without this order: its gates zeroed, or replaced as --ablate-mode says")
      ->check(CLI::Range(1, 64));
  app.add_option("--ablate-mode", options->ablation, "zero, or the gate's mean over space")
      ->check(CLI::IsMember({"zero", "mean"}))
      ->capture_default_str();
  app.add_option("--block", options->blocks, "whose gates --by-order and --ablate-order mean: a block or a pattern")
      ->capture_default_str();
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
