// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/detection_input.h"

#include <algorithm>

#include "core/image/resize_linear.h"
#include "core/models/dense/test_settings.h"

namespace orderscope::cli {

namespace {

/// The picture behind an array at the size that boxes refer to: without its padding, scaled back.
Result<Image> photo_of(const Image& padded, const DetectionFrame& frame) {
  Image cut{static_cast<int>(frame.resized.width), static_cast<int>(frame.resized.height), {}};
  cut.rgb.resize(std::size_t{3} * cut.width * cut.height);
  for (int y = 0; y < cut.height; ++y) std::copy_n(padded.row(y), std::size_t{3} * cut.width, cut.row(y));
  return resize_linear(cut, static_cast<int>(frame.original.width), static_cast<int>(frame.original.height));
}

std::array<std::int64_t, 2> pair_of(const std::vector<std::int64_t>& numbers) {
  return numbers.size() == 2 ? std::array{numbers[0], numbers[1]} : std::array<std::int64_t, 2>{};
}

}  // namespace

void DetectionInputOptions::add_to(CLI::App& app) {
  CLI::Option_group* group = app.add_option_group("input", "what the model looks at");
  group->add_option("--image", image,
                    "a photo: JPEG, PNG, WebP, TIFF or BMP; resized and padded as in the official test");
  CLI::Option* input =
      group->add_option("--input", array, "a float32 1 x 3 x H x W .npy array, fed to the model as it is");
  group->require_option(1);
  add_exif_option(app, exif);
  add_frame_options(app, input);
}

void DetectionInputOptions::add_frame_options(CLI::App& app, CLI::Option* input) {
  const auto side = CLI::Range(std::int64_t{1}, std::int64_t{65536});
  app.add_option("--img-shape", img_shape, "of an array: height,width of the picture in it, without its padding")
      ->delimiter(',')
      ->expected(2)
      ->check(side)
      ->needs(input);
  app.add_option("--original-size", original_size, "of an array: height,width of the photo that boxes refer to")
      ->delimiter(',')
      ->expected(2)
      ->check(side)
      ->needs(input);
  app.add_option("--config", config,
                 "JSON with the detector's finest_scale, rpn and rcnn, if not those of its own test");
}

Result<DetectionInput> DetectionInputOptions::read(const Model& model) const {
  DetectionInput found;
  found.settings = detection_test(model);
  if (!config.empty()) {
    TRY(found.settings, read_detection_settings(config, found.settings));
  }
  if (array.empty()) {
    TRY(found.input, read_dense_image(image, model.dense_preprocessing, exif));
    found.source = image.filename().string();
  } else {
    const auto shape = pair_of(img_shape);
    const auto original = original_size.empty() ? shape : pair_of(original_size);
    TRY(found.input, read_dense_array(array, model.dense_preprocessing, original, shape));
    found.source = array.filename().string();
  }
  DenseInput& input = found.input;
  found.frame = {{input.resized[0], input.resized[1]}, {input.original[0], input.original[1]}};
  if (input.photo.empty()) {
    TRY(input.photo, photo_of(input.input.picture, found.frame));
  }
  return found;
}

}  // namespace orderscope::cli
