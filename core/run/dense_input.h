// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>

#include "core/base/preprocessing.h"
#include "core/run/model_input.h"

namespace orderscope {

/// What a segmenter or detector is run on, and how its pixels lie in the photo.
struct DenseInput {
  ModelInput input;  ///< `picture` as the model sees it, padding included
  Image photo;       ///< upright, at its own size; empty for an array

  // Rows and columns.
  std::array<std::int64_t, 2> original{};  ///< of the photo
  std::array<std::int64_t, 2> resized{};   ///< of what is no padding (mmdet's img_shape)
  std::array<std::int64_t, 2> padded{};    ///< of input.images

  /// Resized over original, as float32 along rows and columns (mmdet's scale_factor, the other way round).
  std::array<float, 2> scale() const;
};

/// The same for pictures whose short side is `size` pixels, the long one in proportion; 0: as it is.
DensePreprocessing resized_short_side(DensePreprocessing how, int size);

std::string describe(const DensePreprocessing& how);  ///< "resize to 2048 x 512 keeping the ratio, bilinear"

/// Decodes a picture and prepares it as the official test pipeline does. Errors as decode_image; OutOfMemory.
Result<DenseInput> read_dense_image(const std::filesystem::path& path, const DensePreprocessing& how,
                                    ExifOrientation exif);
Result<DenseInput> prepare_dense(const DecodedImage& decoded, const DensePreprocessing& how, ExifOrientation exif);

/// An array [1, 3, H, W] that is fed to the model as it is. `original` and `resized` are its own size unless given.
/// Errors as read_array_input; InvalidInput for several images.
Result<DenseInput> read_dense_array(const std::filesystem::path& path, const DensePreprocessing& how,
                                    std::array<std::int64_t, 2> original = {},
                                    std::array<std::int64_t, 2> resized = {});

}  // namespace orderscope
