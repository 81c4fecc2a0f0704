// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unordered_map>

#include "core/base/guard.h"
#include "core/base/mapped_pages.h"
#include "core/base/sha256.h"
#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/infer.h"
#include "core/models/backbone.h"
#include "core/models/dense/dense_network.h"
#include "core/models/dense/detector.h"
#include "core/models/dense/test_settings.h"
#include "core/models/describe.h"
#include "core/models/model.h"

namespace orderscope {

namespace {

std::string shape_text(at::IntArrayRef shape) {
  std::ostringstream text;
  text << shape;
  return text.str();
}

/// What official files hold beyond the parameters that an evaluation needs.
bool is_expected_extra(const std::string& name) {
  return name.ends_with(".relative_position_index") || name.ends_with(".attn_mask") ||
         name.ends_with(".num_batches_tracked") || name.starts_with("auxiliary_head.");
}

/// "decode_head.* (24)" stands for every name that starts with "decode_head.".
bool is_left_out(const std::string& name, const std::vector<std::string>& groups) {
  return std::ranges::any_of(
      groups, [&](const std::string& group) { return name.starts_with(group.substr(0, group.find('*'))); });
}

/// Puts the file's tensors in place of the backbone's parameters: float32 ones without a copy.
Result<void> assign(Backbone& backbone, const Checkpoint& checkpoint, const std::vector<std::string>& left_out,
                    std::vector<std::string>& warnings) {
  std::unordered_map<std::string, const at::Tensor*> stored;
  for (const NamedTensor& item : checkpoint.state_dict) stored[item.name] = &item.tensor;

  for (auto& item : backbone.named_parameters()) {
    const std::string& name = item.key();
    const auto found = stored.find(name);
    if (found == stored.end())
      return fail(Error::Kind::Broken, "the tensor " + name + " is missing", {},
                  "expected shape " + shape_text(item.value().sizes()));
    const at::Tensor& tensor = *found->second;
    if (tensor.sizes() != item.value().sizes()) {
      return fail(Error::Kind::Broken, "the tensor " + name + " has shape " + shape_text(tensor.sizes()) +
                                           ", expected " + shape_text(item.value().sizes()));
    }
    if (!at::isFloatingType(tensor.scalar_type()))
      return fail(Error::Kind::Broken, "the tensor " + name + " holds " +
                                           std::string(c10::toString(tensor.scalar_type())) + ", not floating point");
    const at::Tensor value = tensor.to(at::kFloat).contiguous();
    if (!at::isfinite(value.sum()).item<bool>() && !at::isfinite(value).all().item<bool>())
      warnings.push_back("the tensor " + name + " holds NaN or infinite values");
    item.value().set_data(value);
    item.value().set_requires_grad(false);
    stored.erase(found);
  }

  std::vector<std::string> unknown;
  for (const NamedTensor& item : checkpoint.state_dict)
    if (stored.count(item.name) && !is_expected_extra(item.name) && !is_left_out(item.name, left_out))
      unknown.push_back(item.name);
  for (std::size_t i = 0; i < unknown.size() && i < 8; ++i)
    warnings.push_back("the tensor " + unknown[i] + " is unknown and was ignored");
  if (unknown.size() > 8) warnings.push_back("and " + std::to_string(unknown.size() - 8) + " more unknown tensors");
  return {};
}

/// The official evaluation transform for this native size, overridden by the file's metadata if it has any.
Preprocessing preprocessing_of(const Architecture& a, const Checkpoint& checkpoint,
                               std::vector<std::string>& warnings) {
  Preprocessing how;
  how.size = a.image_size;
  how.warp = a.image_size >= 384 && a.levels.empty();
  const auto found = checkpoint.metadata.find("preprocessing");
  if (found == checkpoint.metadata.end()) return how;
  const auto json = nlohmann::json::parse(found->second, nullptr, false);
  try {
    Preprocessing stored = how;
    stored.size = json.at("size").get<int>();
    stored.warp = json.value("warp", stored.warp);
    stored.crop_pct = json.value("crop_pct", stored.crop_pct);
    stored.mean = json.at("mean").get<std::array<float, 3>>();
    stored.std = json.at("std").get<std::array<float, 3>>();
    const bool sane = stored.size >= 1 && stored.size <= 16384 && stored.crop_pct > 0 && stored.crop_pct <= 1 &&
                      std::all_of(stored.std.begin(), stored.std.end(), [](float s) { return s > 0; });
    if (sane) return stored;
  } catch (const nlohmann::json::exception&) {
  }
  warnings.push_back("the preprocessing in the file's metadata cannot be used; ImageNet's is assumed");
  return how;
}

std::vector<std::string> class_names_of(const Architecture& a, const Checkpoint& checkpoint,
                                        std::vector<std::string>& warnings) {
  const auto found = checkpoint.metadata.find("class_names");
  if (found == checkpoint.metadata.end() || a.classes == 0) return {};
  const auto json = nlohmann::json::parse(found->second, nullptr, false);
  if (json.is_array() && json.size() == static_cast<std::size_t>(a.classes) &&
      std::all_of(json.begin(), json.end(), [](const auto& name) { return name.is_string(); }))
    return json.get<std::vector<std::string>>();
  warnings.push_back("the class names in the file do not fit its " + std::to_string(a.classes) + " classes");
  return {};
}

/// The text of an OpenMMLab config that the file brings along.
std::string config_of(const Checkpoint& checkpoint) {
  const auto found = checkpoint.metadata.find("config");
  return found == checkpoint.metadata.end() ? std::string() : found->second;
}

/// What is taken for granted of a segmenter because neither weights nor config tell.
void warn_of_guesses(const DenseArchitecture& dense, const Checkpoint& checkpoint, std::vector<std::string>& warnings) {
  if (!dense.uper_head) return;
  const auto& scales = dense.uper_head->pool_scales;
  const bool told = config_of(checkpoint).find("pool_scales") != std::string::npos;
  if (scales.size() != 4 && !told) {
    std::string text;
    for (const int scale : scales) text += (text.empty() ? "" : ", ") + std::to_string(scale);
    warnings.push_back("it pools at " + std::to_string(scales.size()) + " scales and nothing tells which; " + text +
                       " are assumed");
  }
  if (dense.uper_head->classes == 1)
    warnings.push_back(
        "its head gives one logit: pixels whose sigmoid is above 0.3 are of class 1, the others of class 0, as "
        "mmsegmentation does it unless a config says another threshold");
}

/// The first tensor of neck or heads that the network has no place for: it computes less than the file means.
std::optional<std::string> beyond_the_heads(const Backbone& network, const Checkpoint& checkpoint) {
  const auto parameters = network.named_parameters();
  for (const NamedTensor& tensor : checkpoint.state_dict) {
    const bool in_head = std::ranges::any_of(std::array{"decode_head.", "neck.", "rpn_head.", "roi_head."},
                                             [&](const char* head) { return tensor.name.starts_with(head); });
    if (in_head && !is_expected_extra(tensor.name) && !parameters.contains(tensor.name)) return tensor.name;
  }
  return std::nullopt;
}

/// The network of a backbone with levels and of the heads on it that are known.
Result<void> make_dense(Model& model, const Checkpoint& checkpoint, const LoadOptions& options) {
  TRY(model.dense, infer_dense(checkpoint, model.architecture));
  const auto give_up = [&](const std::string& why) {
    model.warnings.push_back(why);
    model.dense = without_heads(checkpoint);
  };
  if (model.dense->is_detector())
    if (const auto fits = check_detector(model.architecture, *model.dense, config_of(checkpoint)); !fits)
      give_up(fits.error().message());
  if (model.dense->uper_head && options.align_corners) model.dense->uper_head->align_corners = *options.align_corners;
  const auto make = [&]() -> Result<void> {
    model.architecture.classes = model.dense->classes();
    take_test_settings(model);
    TRY(model.backbone, make_dense_network(model.architecture, *model.dense));
    return {};
  };
  TRY_VOID(make());
  if (model.dense->is_known()) {
    if (const auto beyond = beyond_the_heads(*model.backbone, checkpoint)) {
      give_up(model.dense->name() + ": it also has " + *beyond + ", which is not known");
      TRY_VOID(make());
    }
  }
  warn_of_guesses(*model.dense, checkpoint, model.warnings);
  if (!model.dense->left_out.empty()) {
    std::string groups;
    for (const std::string& group : model.dense->left_out) groups += (groups.empty() ? "" : ", ") + group;
    model.warnings.push_back("its head is not known, so it opens as a backbone; left out: " + groups);
  }
  return {};
}

Result<void> set_precision(Model& model, Precision precision) {
  if (precision == Precision::Float32) return {};
  if (!model.is_classifier())
    return fail(Error::Kind::InvalidInput, "only classifiers compute in bfloat16", {}, "use float32");
  if (!has_bfloat16_units(model.device))
    model.warnings.push_back("this CPU has no units for bfloat16, which makes it slower than float32");
  model.precision = precision;
  return guarded([&] { model.backbone->to(at::kBFloat16); });
}

Result<std::shared_ptr<const Model>> build(const Checkpoint& checkpoint, const LoadOptions& options) {
  auto model = std::make_shared<Model>();
  model->path = checkpoint.path;
  model->name = checkpoint.path.stem().string();
  model->device = options.device;
  model->container = checkpoint.container;
  model->key = checkpoint.key;
  model->naming = checkpoint.naming;
  model->metadata = checkpoint.metadata;
  model->warnings = checkpoint.warnings;
  for (const std::string& key : checkpoint.other_keys)
    model->warnings.push_back("the file also holds other weights under " + key + "; --key chooses them");
  TRY(model->architecture, infer_architecture(checkpoint.state_dict));
  const Architecture& a = model->architecture;

  if (a.levels.empty()) {
    TRY(model->backbone, make_backbone(a));
  } else {
    TRY_VOID(make_dense(*model, checkpoint, options));
  }
  const std::vector<std::string> left_out = model->dense ? model->dense->left_out : std::vector<std::string>();
  TRY_VOID(assign(*model->backbone, checkpoint, left_out, model->warnings));
  model->backbone->eval();
  auto moved = guarded([&] {
    const at::Device device(options.device);
    // float32 means float32: by default cuDNN rounds what it convolves to TF32, 10 bits of mantissa.
    if (device.is_cuda()) at::globalContext().setAllowTF32CuDNN(false);
    model->backbone->to(device);
  });
  if (!moved && moved.error().kind == Error::Kind::OutOfMemory) return fail(std::move(moved).error());
  if (!moved) return fail(Error::Kind::InvalidInput, moved.error().what, "device " + options.device, "use cpu or cuda");
  TRY_VOID(set_precision(*model, options.precision));

  model->preprocessing = preprocessing_of(a, checkpoint, model->warnings);
  // Where the weights leave the native size open, the file's own word counts. A Swin's is tied to its tables.
  if (a.family != Family::Swin) model->architecture.image_size = model->preprocessing.size;
  model->class_names = class_names_of(a, checkpoint, model->warnings);
  if (model->dense) name_dense_classes(*model);
  TRY_VOID(describe_blocks(*model));
  for (const auto& parameter : model->backbone->named_parameters())
    if (parameter.key().find(".running_") == std::string::npos) model->parameters += parameter.value().numel();
  TRY_VOID(guarded([&] { model->macs = model->backbone->macs(a.image_size, a.image_size); }));
  if (options.hash) model->sha256 = sha256(checkpoint.file->bytes());
  TRY_VOID(check_mapped(checkpoint.file->bytes().data()));
  return std::shared_ptr<const Model>(std::move(model));
}

}  // namespace

std::string Model::class_name(int index) const {
  if (index >= 0 && static_cast<std::size_t>(index) < class_names.size()) return class_names[index];
  return "class " + std::to_string(index);
}

Result<std::shared_ptr<const Model>> load_model(const std::filesystem::path& path, const LoadOptions& options,
                                                const JobContext& job) {
  job.progress(0, 2, "reading the checkpoint");
  TRY(const Checkpoint checkpoint, read_checkpoint(path, options.key));
  TRY_VOID(job.check());
  job.progress(1, 2, "building the network");
  auto model = build(checkpoint, options);
  if (!model) return fail(std::move(model.error()).on(path.string()));
  job.progress(2, 2, "ready");
  return model;
}

}  // namespace orderscope
