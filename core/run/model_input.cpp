// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/model_input.h"

#include <ATen/ATen.h>

#include "core/base/mapped_file.h"
#include "core/base/sha256.h"
#include "core/base/version.h"
#include "core/checkpoint/npy.h"
#include "core/plugins/plugins.h"

namespace orderscope {

namespace {

/// Undoes the normalisation: the picture behind an input array.
Image picture_of(const at::Tensor& image, const Preprocessing& how) {
  const at::Tensor mean = at::tensor(at::ArrayRef<float>(how.mean.data(), 3)).view({3, 1, 1});
  const at::Tensor std = at::tensor(at::ArrayRef<float>(how.std.data(), 3)).view({3, 1, 1});
  const at::Tensor bytes =
      ((image * std + mean) * 255).nan_to_num(0).round().clamp(0, 255).to(at::kByte).permute({1, 2, 0}).contiguous();
  Image picture;
  picture.height = static_cast<int>(bytes.size(0));
  picture.width = static_cast<int>(bytes.size(1));
  const std::uint8_t* data = bytes.const_data_ptr<std::uint8_t>();
  picture.rgb.assign(data, data + bytes.numel());
  return picture;
}

}  // namespace

std::string describe(const Preprocessing& how) {
  const std::string size = std::to_string(how.size);
  if (how.warp) return "warp to " + size;
  return "resize short side to " + std::to_string(static_cast<int>(how.size / how.crop_pct)) + ", crop " + size;
}

ModelInput model_input(const InputImage& image) {
  const std::vector<float> values = image.normalized();
  ModelInput input;
  input.images = at::tensor(values).view({1, 3, image.pixels.height, image.pixels.width});
  input.picture = image.pixels;
  input.sha256 = image.source_sha256;
  input.preprocessing = describe(image.preprocessing) + ", exif " + image.exif;
  return input;
}

Result<ModelInput> read_image_input(const std::filesystem::path& path, const Preprocessing& how, ExifOrientation exif) {
  TRY(const DecodedImage decoded, decode_image(path, exif));
  TRY(const InputImage prepared, preprocess(decoded, how, exif));
  return model_input(prepared);
}

Result<ModelInput> read_array_input(const std::filesystem::path& path, const Preprocessing& how) {
  TRY(const at::Tensor array, read_npy(path));
  if (array.scalar_type() != at::kFloat || array.dim() != 4 || array.size(1) != 3 || array.numel() == 0)
    return fail(Error::Kind::InvalidInput, "the input must hold float32 of shape N x 3 x H x W", path.string());
  TRY(const auto file, MappedFile::open(path));
  ModelInput input;
  input.images = array.contiguous();
  input.picture = picture_of(input.images[0], how);
  input.sha256 = sha256(file->bytes());
  input.preprocessing = "none (array)";
  return input;
}

Provenance provenance_of(const Model& model, const ModelInput& input) {
  Provenance provenance;
  provenance.program = version_text() + plugin_versions_text();
  provenance.model_sha256 = model.sha256;
  provenance.architecture = family_name(model.architecture);
  provenance.image_sha256 = input.sha256;
  provenance.preprocessing = input.preprocessing;
  provenance.device = model.device;
  provenance.dtype = to_string(model.precision);
  return provenance;
}

void complete_provenance(Map& map, const Provenance& common) {
  Provenance full = common;
  full.layer = map.provenance.layer;
  full.method = map.provenance.method;
  full.parameters = map.provenance.parameters;
  map.provenance = std::move(full);
}

}  // namespace orderscope
