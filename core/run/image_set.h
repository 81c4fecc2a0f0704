// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/analysis/tensor_source.h"
#include "core/base/result.h"
#include "core/image/image.h"

namespace orderscope {

/// Pictures for the analyses that look at many: a folder (with its sub-folders, in the order of their paths), a text
/// file that lists pictures, one path a line relative to it, a single picture, or an array: a .npy file of uint8
/// N x H x W x 3. Decoded on demand, nothing is held.
class ImageSet {
 public:
  /// What a list names must lie beside it or below, unless `allow_outside`; links are followed.
  /// Errors: FileAccess, InvalidInput (no pictures; an array of another dtype or shape; a picture outside), and as
  /// read_npy.
  static Result<ImageSet> open(const std::filesystem::path& path, ExifOrientation exif = ExifOrientation::Apply,
                               bool allow_outside = false);
  /// Pictures by name, in this order; none is looked at yet.
  static ImageSet of(std::vector<std::filesystem::path> files, ExifOrientation exif = ExifOrientation::Apply);

  std::int64_t size() const;
  std::string name(std::int64_t index) const;  ///< the file's path, or its place in the array
  Result<DecodedImage> picture(std::int64_t index) const;
  ExifOrientation exif() const { return exif_; }

  /// SHA-256 over those of these pictures' files (array: of each picture's bytes), in this order: one figure for all.
  Result<std::string> hash(const std::vector<std::int64_t>& indices) const;

 private:
  std::span<const std::byte> array_bytes(std::int64_t index) const;

  std::vector<std::filesystem::path> files_;
  std::filesystem::path array_path_;
  at::Tensor array_;  ///< [N, H, W, 3] uint8; undefined for files
  ExifOrientation exif_ = ExifOrientation::Apply;
};

/// How the pictures of a set become a model's input. Without a resize every picture keeps its size.
struct SetPreprocessing {
  Preprocessing how;
  bool resize = true;

  std::string text() const;  ///< for provenance
};

/// The picture as the model sees it. Errors as preprocess.
Result<InputImage> prepare(const DecodedImage& picture, const SetPreprocessing& how, ExifOrientation exif);

/// The pictures of a set as a model's inputs on `device`. `set` must outlive it.
TensorSource tensor_source(const ImageSet& set, const SetPreprocessing& how, const std::string& device);

}  // namespace orderscope
