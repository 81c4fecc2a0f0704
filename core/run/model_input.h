// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>

#include "core/analysis/map.h"
#include "core/image/image.h"
#include "core/models/model.h"

namespace orderscope {

/// What a model is run on: normalised images, with the picture that maps are drawn over.
struct ModelInput {
  at::Tensor images;          ///< [N, 3, H, W], float32
  Image picture;              ///< of the first one
  std::string sha256;         ///< of the file
  std::string preprocessing;  ///< what was done to it, for people and provenance
};

std::string describe(const Preprocessing& how);  ///< "resize short side to 256, crop 224"

ModelInput model_input(const InputImage& image);

/// Decodes and preprocesses a picture. Errors as decode_image and preprocess.
Result<ModelInput> read_image_input(const std::filesystem::path& path, const Preprocessing& how, ExifOrientation exif);

/// An array that is fed to the model as it is; `how` only serves to draw it. Errors: as read_npy; InvalidInput unless
/// it holds float32 of shape N x 3 x H x W.
Result<ModelInput> read_array_input(const std::filesystem::path& path, const Preprocessing& how);

/// Everything that is known of a result before its method: model, image, device, program.
Provenance provenance_of(const Model& model, const ModelInput& input);

/// Completes a map's provenance, which has layer, method and parameters, by `common`.
void complete_provenance(Map& map, const Provenance& common);

}  // namespace orderscope
