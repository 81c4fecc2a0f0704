// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/input.h"

#include <ATen/ATen.h>

namespace orderscope::cli {

CLI::Option_group* InputOptions::add_to(CLI::App& app) {
  CLI::Option_group* group = app.add_option_group("input", "what the model looks at");
  group->add_option("--image", image, "a photo: JPEG, PNG, WebP, TIFF or BMP; preprocessed as the model wants it");
  group->add_option("--input", array, "a float32 N x 3 x H x W .npy array, fed to the model as it is");
  group->require_option(1);
  app.add_option("--size", size,
                 "side of the model's input in pixels, if not its own; of a segmenter's or detector's the short one")
      ->check(CLI::Range(1, 16384));
  add_exif_option(app, exif);
  return group;
}

Result<ModelInput> InputOptions::read(const Model& model) const {
  if (!model.is_classifier()) {
    TRY(DenseInput dense, read_dense(model));
    return std::move(dense.input);
  }
  Preprocessing how = model.preprocessing;
  if (size > 0) how.size = size;
  return array.empty() ? read_image_input(image, how, exif) : read_array_input(array, how);
}

Result<DenseInput> InputOptions::read_dense(const Model& model) const {
  const DensePreprocessing how = resized_short_side(model.dense_preprocessing, size);
  return array.empty() ? read_dense_image(image, how, exif)
                       : read_dense_array(array, how, original[0] > 0 ? original : content, content);
}

Result<ModelInput> InputOptions::read_one(const Model& model) const {
  TRY(ModelInput input, read(model));
  if (input.images.size(0) != 1) {
    return fail(Error::Kind::InvalidInput,
                "holds " + std::to_string(input.images.size(0)) + " images; this command takes one", array.string());
  }
  return input;
}

void SubjectOptions::add_to(CLI::App& app, Accepts accepts) {
  model.add_to(app, accepts);
  input.add_to(app);
}

Result<LoadedSubject> SubjectOptions::load(const CommonOptions& common, const JobContext& job, Accepts accepts) const {
  LoadedSubject loaded;
  TRY(loaded.model, model.load(common, job, accepts));
  if (loaded.model->is_classifier()) {
    TRY(loaded.input, input.read_one(*loaded.model));
  } else {
    TRY(DenseInput dense, input.read_dense(*loaded.model));
    loaded.photo = dense.original;
    loaded.resized = dense.resized;
    loaded.input = std::move(dense.input);
  }
  return loaded;
}

nlohmann::json top_five(const Model& model, const at::Tensor& logits) {
  if (!logits.defined() || logits.dim() != 2) return nullptr;
  nlohmann::json images = nlohmann::json::array();
  const at::Tensor cpu = logits.to(at::kCPU);
  const at::Tensor probabilities = at::softmax(cpu, 1);
  const auto [values, indices] = cpu.topk(std::min<std::int64_t>(5, cpu.size(1)), 1);
  for (std::int64_t n = 0; n < cpu.size(0); ++n) {
    nlohmann::json classes = nlohmann::json::array();
    for (std::int64_t i = 0; i < indices.size(1); ++i) {
      const auto index = indices[n][i].item<std::int64_t>();
      classes.push_back({{"index", index},
                         {"name", model.class_name(static_cast<int>(index))},
                         {"logit", values[n][i].item<float>()},
                         {"probability", probabilities[n][index].item<float>()}});
    }
    images.push_back(std::move(classes));
  }
  return images;
}

}  // namespace orderscope::cli
