// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/compared_model.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/analysis/attention.h"
#include "core/analysis/grad_cam.h"
#include "core/analysis/method.h"
#include "core/analysis/order_spectrum.h"
#include "core/analysis/pca_rgb.h"
#include "core/analysis/tensor_map.h"
#include "core/models/backbone.h"
#include "core/run/class_scores.h"
#include "core/run/dense_subject.h"
#include "core/run/model_input.h"
#include "core/trace/trace.h"

namespace orderscope {

namespace {

constexpr std::size_t kEnergy = 0, kCam = 1;  // probes
constexpr double kFullColor = 2.5;            // root mean squares

std::string names_of(const Model& model, const std::vector<int>& blocks) {
  std::string names;
  for (const int block : blocks) names += (names.empty() ? "" : ",") + model.blocks[block].name;
  return names;
}

std::string all_names(const Model& model) {
  std::vector<int> all(model.blocks.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int>(i);
  return names_of(model, all);
}

at::Tensor root_mean_square(const at::Tensor& x) {
  // Channels are second, or last where tokens are.
  return x.square().mean(x.dim() == 3 ? 2 : 1).sqrt();
}

/// An activation [1, C, h, w] or [1, L, C] as [C, h, w].
at::Tensor with_places(const at::Tensor& x, const at::Tensor& images) {
  if (x.dim() == 4) return x[0];
  const auto [h, w] = token_grid(x.size(1), images.size(2), images.size(3));
  return x[0].t().reshape({x.size(2), h, w});
}

Image colors_of(const at::Tensor& rgb) {
  const at::Tensor bytes =
      (127.5 * (1 + rgb / kFullColor)).round().clamp(0, 255).to(at::kByte).permute({1, 2, 0}).contiguous();
  Image image;
  image.height = static_cast<int>(bytes.size(0));
  image.width = static_cast<int>(bytes.size(1));
  const auto* data = bytes.const_data_ptr<std::uint8_t>();
  image.rgb.assign(data, data + bytes.numel());
  return image;
}

}  // namespace

struct ComparedModel::State {
  std::shared_ptr<const Model> model;
  InputImage input;
  std::shared_ptr<DenseSubject> subject;  ///< of a segmenter or detector
  Provenance provenance;
  std::unique_ptr<Trace> trace;
  std::vector<ClassScore> scores;
  std::vector<Map> energies;
  std::map<int, BlockAttention> attention;
};

ComparedModel::ComparedModel() : state_(std::make_unique<State>()) {}
ComparedModel::~ComparedModel() = default;

const Model& ComparedModel::model() const { return *state_->model; }
const InputImage& ComparedModel::input() const { return state_->input; }
const std::vector<ClassScore>& ComparedModel::scores() const { return state_->scores; }
const std::vector<Map>& ComparedModel::energies() const { return state_->energies; }

std::shared_ptr<const DensePrediction> ComparedModel::prediction() const {
  return state_->subject ? state_->subject->prediction : nullptr;
}

Result<std::shared_ptr<ComparedModel>> ComparedModel::run(std::shared_ptr<const Model> model, const InputImage& image,
                                                          const JobContext& job) {
  if (!model->is_classifier())
    return fail(Error::Kind::InvalidInput, "is no classifier, and prepares photos otherwise", model->name);
  std::shared_ptr<ComparedModel> compared(new ComparedModel());
  State& state = *compared->state_;
  const ModelInput input = model_input(image);
  state.model = model;
  state.input = image;
  state.provenance = provenance_of(*model, input);
  TRY_VOID(compared->forward(input.images.to(at::Device(model->device)), job));
  state.scores = class_scores(*model, state.trace->logits());
  return compared;
}

Result<std::shared_ptr<ComparedModel>> ComparedModel::run(std::shared_ptr<DenseSubject> subject,
                                                          const JobContext& job) {
  std::shared_ptr<ComparedModel> compared(new ComparedModel());
  State& state = *compared->state_;
  state.model = subject->model;
  state.input = subject->input;
  state.provenance = subject->provenance;
  state.subject = std::move(subject);
  TRY_VOID(compared->forward(state.subject->images(), job));
  TRY_VOID(predict(*state.subject, *state.trace, job));
  state.scores = state.subject->scores;
  return compared;
}

Result<void> ComparedModel::forward(const at::Tensor& images, const JobContext& job) {
  State& state = *state_;
  const std::string blocks = all_names(*state.model);
  std::vector<Probe> probes{{blocks, root_mean_square, {}}, grad_cam_probe(blocks)};
  TRY(Trace trace, Trace::forward(state.model->backbone, images, std::move(probes), {}, job));
  state.trace = std::make_unique<Trace>(std::move(trace));
  for (const BlockInfo& block : state.model->blocks) {
    const at::Tensor reduced = state.trace->result(kEnergy, block.name);
    if (!reduced.defined()) return fail(Error::Kind::OutOfMemory, "the maps of this block did not fit", block.name);
    Map map = to_map(spatial(reduced, 0, images.size(2), images.size(3)));
    map.unit = "activation";
    map.provenance.layer = block.name;
    map.provenance.method = "energy";
    map.provenance.parameters["reduction"] = "root mean square over channels";
    complete_provenance(map, state.provenance);
    state.energies.push_back(std::move(map));
  }
  return {};
}

Result<Target> ComparedModel::target(std::optional<int> number) const {
  const State& state = *state_;
  if (state.subject) return state.subject->target({number, {}}, *state.trace);
  TRY(const int known, choose_class(number, *state.model, state.trace->logits()));
  return class_target(known);
}

Result<std::vector<Map>> ComparedModel::cams(int class_index, const JobContext& job) {
  State& state = *state_;
  TRY(const Target explained, target(class_index));
  TRY_VOID(state.trace->backward(explained, job));
  std::vector<Map> maps;
  for (const BlockInfo& block : state.model->blocks) {
    TRY(Map map, grad_cam(*state.trace, kCam, block.name));
    map.provenance.parameters["class"] = std::to_string(explained.class_index);
    if (state.subject) map.provenance.parameters["target"] = explained.description;
    if (state.model->is_detector()) map.unit = "probability";
    complete_provenance(map, state.provenance);
    maps.push_back(std::move(map));
  }
  return maps;
}

Result<Map> ComparedModel::attention(int block, int x, int y, const JobContext& job) {
  State& state = *state_;
  TRY_VOID(attention_blocks(*state.model));
  const BlockInfo& info = state.model->blocks.at(static_cast<std::size_t>(block));
  auto found = state.attention.find(block);
  if (found == state.attention.end()) {
    const at::Tensor& images = state.trace->images();
    TRY(const WindowLayout layout, window_layout(*state.model, info, images.size(2), images.size(3)));
    TRY(at::Tensor probs, state.trace->activation(info.name + ".attn.probs", job));
    found = state.attention.emplace(block, BlockAttention{info, layout, std::move(probs)}).first;
  }
  TRY(Map map, found->second.from_pixel(x, y));
  map.provenance.method = attention_method().descriptor.id;
  map.provenance.parameters["x"] = std::to_string(x);
  map.provenance.parameters["y"] = std::to_string(y);
  complete_provenance(map, state.provenance);
  return map;
}

Result<std::vector<Map>> ComparedModel::method_maps(const std::string& id, const std::vector<int>& blocks,
                                                    std::optional<int> class_index, const JobContext& job) {
  State& state = *state_;
  const Method* method = find_method(id);
  if (method == nullptr) return fail(Error::Kind::InvalidInput, "there is no such method", id);
  std::map<std::string, std::string> given;
  for (const MethodParameter& parameter : method->descriptor.parameters)
    if (parameter.type == MethodParameter::Type::Layer) given[parameter.name] = names_of(*state.model, blocks);
  TRY(MethodValues values, check_values(method->descriptor, given));
  const std::vector<MethodRequest> requests{{method, std::move(values)}};
  Subject subject{state.model, state.trace->images()};
  if (state.subject) subject.target = chooser_of(state.subject, {class_index, {}});
  TRY(MethodsOutcome outcome, run_methods(subject, requests, class_index, job));
  if (!outcome.results[0]) return tl::unexpected(outcome.results[0].error());
  std::vector<NamedMap>& found = outcome.results[0]->maps;
  if (found.empty()) return fail(Error::Kind::InvalidInput, "gives no maps of this model", id);
  std::vector<Map> maps;
  for (const int block : blocks) {
    const std::string& name = state.model->blocks[static_cast<std::size_t>(block)].name;
    const auto same = std::find_if(found.begin(), found.end(), [&](const NamedMap& named) {
      return named.name == name || named.map.provenance.layer == name;
    });
    if (same != found.end())
      maps.push_back(same->map);
    else
      maps.push_back(given.empty() ? found.front().map : Map{});
    complete_provenance(maps.back(), state.provenance);
  }
  return maps;
}

Result<std::vector<MixerSpectrum>> ComparedModel::spectra(const JobContext& job) {
  State& state = *state_;
  TRY(const auto found, order_spectra(*state.trace, *state.model, "*", OrderOrigin::NormBias, job));
  std::vector<MixerSpectrum> spectra;
  for (std::size_t i = 0; i < found.size(); ++i)
    spectra.push_back({found[i].block, found[i].kind, state.model->blocks[i].stage, found[i].degree, found[i].origin,
                       found[i].unexplained});
  return spectra;
}

Result<std::vector<PcaMap>> pca_colors(std::span<ComparedModel* const> models, std::span<const int> blocks,
                                       const JobContext& job) {
  std::vector<at::Tensor> activations;
  for (std::size_t i = 0; i < models.size(); ++i) {
    job.progress(static_cast<std::int64_t>(i), static_cast<std::int64_t>(models.size()), "principal components");
    ComparedModel::State& state = *models[i]->state_;
    const std::string& layer = state.model->blocks.at(static_cast<std::size_t>(blocks[i])).name;
    TRY(const at::Tensor x, state.trace->activation(layer, job));
    activations.push_back(with_places(x, state.trace->images()));
  }
  TRY(const auto found, pca_rgb(activations));
  std::vector<PcaMap> maps;
  for (const PcaRgb& one : found) maps.push_back({colors_of(one.rgb), one.variance, one.alignment});
  return maps;
}

std::vector<std::string> comparable_methods() {
  std::vector<std::string> ids;
  for (const Method* method : all_methods()) {
    const MethodDescriptor& about = method->descriptor;
    const bool maps = about.yields.find("map") != std::string::npos;
    if (maps && !about.needs_gnconv && about.id != attention_method().descriptor.id) ids.push_back(about.id);
  }
  return ids;
}

std::vector<int> last_blocks(const Model& model) {
  std::vector<int> last;
  for (std::size_t i = 0; i < model.blocks.size(); ++i) {
    const auto stage = static_cast<std::size_t>(model.blocks[i].stage);
    if (last.size() <= stage) last.resize(stage + 1, 0);
    last[stage] = static_cast<int>(i);
  }
  return last;
}

Result<std::shared_ptr<ComparedModel>> compare_photo(std::shared_ptr<const Model> model, const DecodedImage& photo,
                                                     const JobContext& job) {
  if (!model->is_classifier()) {
    TRY(auto subject, dense_subject(std::move(model), photo));
    return ComparedModel::run(std::move(subject), job);
  }
  TRY(const InputImage input, preprocess(photo, model->preprocessing));
  return ComparedModel::run(std::move(model), input, job);
}

}  // namespace orderscope
