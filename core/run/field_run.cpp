// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/field_run.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/analysis/erf_mean.h"
#include "core/analysis/tensor_map.h"
#include "core/models/backbone.h"
#include "core/run/compared_model.h"
#include "core/run/image_set.h"
#include "core/run/model_input.h"

namespace orderscope {

struct FieldPictures::State {
  ImageSet set;
  std::int64_t decoded_index = -1;
  DecodedImage decoded;

  Result<const DecodedImage*> picture(std::int64_t index) {
    if (index != decoded_index) {
      TRY(decoded, set.picture(index));
      decoded_index = index;
    }
    return &decoded;
  }
};

FieldPictures::FieldPictures(std::unique_ptr<State> state) : state_(std::move(state)) {}
FieldPictures::FieldPictures(std::vector<std::filesystem::path> files)
    : state_(std::make_unique<State>(State{ImageSet::of(std::move(files)), -1, {}})) {}
FieldPictures::~FieldPictures() = default;

Result<std::shared_ptr<FieldPictures>> FieldPictures::open(const std::filesystem::path& folder) {
  TRY(ImageSet set, ImageSet::open(folder));
  return std::shared_ptr<FieldPictures>(new FieldPictures(std::make_unique<State>(State{std::move(set), -1, {}})));
}

std::int64_t FieldPictures::size() const { return state_->set.size(); }

namespace {

/// "stage 2" is the last block of the second stage.
Result<std::string> layer_of(const Model& model, const std::string& wanted) {
  constexpr std::string_view kStage = "stage ";
  if (!wanted.starts_with(kStage)) return wanted;
  int stage = 0;
  const char* end = wanted.data() + wanted.size();
  const auto [rest, error] = std::from_chars(wanted.data() + kStage.size(), end, stage);
  const std::vector<int> last = last_blocks(model);
  if (error != std::errc() || rest != end || stage < 1 || stage > static_cast<int>(last.size()))
    return fail(Error::Kind::InvalidInput, "has no " + wanted, model.name,
                "it has " + std::to_string(last.size()) + " stages");
  return model.blocks[static_cast<std::size_t>(last[static_cast<std::size_t>(stage) - 1])].name;
}

Preprocessing preprocessing_of(const Model& model, const ErfProtocol& protocol, const FieldPlan& plan) {
  Preprocessing how = erf_preprocessing(protocol, model.preprocessing);
  if (plan.size == FieldPlan::kOwnSize) how.size = model.preprocessing.size;
  if (plan.size > 0) how.size = plan.size;
  return how;
}

Map decades_of(const Map& mean) {
  Map decades = mean;
  decades.unit = "log10";
  const float largest = range_of(mean).high;
  for (float& value : decades.values)
    value = value > 0 && largest > 0 ? std::max(std::log10(value / largest), kLeastDecade) : kLeastDecade;
  return decades;
}

bool has_orders(const Model& model) {
  return std::any_of(model.blocks.begin(), model.blocks.end(), [](const BlockInfo& block) { return block.order > 0; });
}

}  // namespace

struct FieldRun::State {
  std::shared_ptr<const Model> model;
  std::shared_ptr<FieldPictures> pictures;
  FieldPlan plan;
  bool control = false;
  ErfProtocol protocol;
  SetPreprocessing how;
  ErfMean mean;

  std::string preprocessing() const {
    const bool upright = pictures->state_->set.exif() == ExifOrientation::Apply;
    return how.text() + ", exif " + (upright ? "apply" : "ignore");
  }

  /// What the maps say of where they come from, but for the images.
  Provenance provenance(const ErfReport& report) const {
    Provenance known = provenance_of(*model, {});
    if (control) known.model_sha256.clear();
    known.preprocessing = preprocessing();
    known.layer = report.layer;
    known.method = erf_descriptor().id;
    known.parameters = {{"protocol", plan.protocol},           {"layer", plan.layer},
                        {"count", std::to_string(plan.count)}, {"bootstrap", std::to_string(plan.bootstrap)},
                        {"seed", std::to_string(plan.seed)},   {"images", std::to_string(report.images.size())}};
    if (control) {
      known.parameters["weights"] = "random";
      char scale[32];
      std::snprintf(scale, sizeof scale, "%g", plan.control_layer_scale);
      known.parameters["layer_scale"] = scale;
    }
    return known;
  }
};

FieldRun::FieldRun(std::unique_ptr<State> state) : state_(std::move(state)) {}
FieldRun::~FieldRun() = default;

Result<std::shared_ptr<FieldRun>> FieldRun::start(std::shared_ptr<const Model> model,
                                                  std::shared_ptr<FieldPictures> pictures, const FieldPlan& plan,
                                                  bool control, std::int64_t memory_budget) {
  ErfOptions options;
  TRY(options.protocol, erf_protocol(plan.protocol));
  TRY(options.layer, layer_of(*model, plan.layer));
  options.count = plan.count;
  options.bootstrap = plan.bootstrap;
  options.seed = plan.seed;
  options.by_order = plan.by_order && !control && has_orders(*model);
  options.memory_budget = memory_budget;
  std::shared_ptr<const Backbone> backbone = model->backbone;
  if (control) {
    TRY(backbone, random_control(*backbone, plan.seed, plan.control_layer_scale));
    const std::vector<std::string> taps = backbone->tap_names();
    const std::vector<std::string> own = model->backbone->tap_names();
    if (std::ranges::find(taps, options.layer) == taps.end() && std::ranges::find(own, options.layer) != own.end())
      return fail(Error::Kind::Unsupported,
                  "weights are made at random for a backbone alone, and this is no layer of it", options.layer,
                  "choose a block or a level of the backbone");
  }
  const SetPreprocessing set_how{preprocessing_of(*model, options.protocol, plan), true};
  const ErfProtocol protocol = options.protocol;
  const TensorSource source{pictures->size(),
                            [pictures, set_how, device = model->device](std::int64_t index) -> Result<at::Tensor> {
                              TRY(const DecodedImage* picture, pictures->state_->picture(index));
                              TRY(const InputImage input, prepare(*picture, set_how, pictures->state_->set.exif()));
                              return model_input(input).images.to(at::Device(device));
                            }};
  TRY(ErfMean mean, ErfMean::start(backbone, source, std::move(options)));
  return std::shared_ptr<FieldRun>(new FieldRun(std::make_unique<State>(
      State{std::move(model), std::move(pictures), plan, control, protocol, set_how, std::move(mean)})));
}

std::int64_t FieldRun::used() const { return state_->mean.used(); }
std::int64_t FieldRun::wanted() const { return state_->mean.wanted(); }
bool FieldRun::done() const { return state_->mean.done(); }

void FieldRun::set_count(std::int64_t count) {
  state_->plan.count = count;
  state_->mean.set_count(count);
}

Result<void> FieldRun::add_next(const JobContext& job) { return state_->mean.add_next(job); }

Result<FieldSnapshot> FieldRun::look(bool complete, const JobContext& job) const {
  const State& state = *state_;
  TRY(ErfReport report, state.mean.report(complete, job));
  FieldSnapshot snapshot;
  snapshot.layer = report.layer;
  snapshot.preprocessing = state.preprocessing();
  snapshot.used = used();
  snapshot.wanted = wanted();
  snapshot.centre = report.centre;
  snapshot.complete = complete;
  Provenance provenance = state.provenance(report);
  if (complete) {
    snapshot.warnings = report.warnings;
    TRY(provenance.image_sha256, state.pictures->state_->set.hash(report.images));
  }
  for (ErfField& field : report.fields) {
    MeasuredField measured;
    measured.order = field.order;
    measured.mean = std::move(field.mean);
    complete_provenance(measured.mean, provenance);
    measured.mean.provenance.parameters = provenance.parameters;
    if (field.order) measured.mean.provenance.parameters["order"] = std::to_string(*field.order);
    const at::Tensor mean = at::tensor(measured.mean.values).view({measured.mean.height, measured.mean.width});
    measured.scaled = to_map(erf_scaled(mean, state.protocol.scale));
    measured.scaled.unit = to_string(state.protocol.scale);
    measured.scaled.provenance = measured.mean.provenance;
    measured.decades = decades_of(measured.mean);
    measured.ratios = std::move(field.ratios);
    measured.profile = std::move(field.profile);
    snapshot.fields.push_back(std::move(measured));
  }
  return snapshot;
}

double field_cost(const Model& model, const FieldPlan& plan, std::int64_t images, bool control) {
  const auto protocol = erf_protocol(plan.protocol);
  const int own = std::max(model.preprocessing.size, 1);
  const int size = plan.size > 0                                                              ? plan.size
                   : plan.size == FieldPlan::kPublishedSize && protocol && protocol->size > 0 ? protocol->size
                                                                                              : own;
  const double side = static_cast<double>(size) / own;
  // Backward to the image costs about twice the forward pass; once more for each order and for none.
  int backward = 1;
  if (plan.by_order)
    for (const BlockInfo& block : model.blocks) backward = std::max(backward, block.order > 0 ? block.order + 2 : 1);
  const double passes = 1 + 2.0 * backward + (control ? 3 : 0);
  return static_cast<double>(model.macs) * side * side * passes * static_cast<double>(images);
}

}  // namespace orderscope
