// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <cstdio>

#include "app/cli/command.h"
#include "core/checkpoint/npy.h"
#include "core/image/png.h"
#include "core/run/model_input.h"

namespace orderscope::cli {

namespace {

struct Options {
  std::filesystem::path image;
  Preprocessing how;
  ExifOrientation exif = ExifOrientation::Apply;
  std::filesystem::path uint8;
};

Result<void> run(const Options& options, const CommonOptions& common) {
  TRY(const DecodedImage decoded, decode_image(options.image, options.exif));
  for (const std::string& warning : decoded.warnings) print_warning(options.image.string() + ": " + warning);
  TRY(const InputImage prepared, preprocess(decoded, options.how, options.exif));
  const ModelInput input = model_input(prepared);
  TRY_VOID(write_npy(common.output, input.images));
  if (!options.uint8.empty()) TRY_VOID(write_png(options.uint8, prepared.pixels));

  const nlohmann::json result{{"output", common.output.string()},
                              {"shape", input.images.sizes().vec()},
                              {"preprocessing", input.preprocessing},
                              {"format", decoded.format},
                              {"exif_orientation", decoded.orientation},
                              {"image_sha256", decoded.sha256},
                              {"crop", {prepared.crop.x, prepared.crop.y, prepared.crop.width, prepared.crop.height}}};
  if (common.json) {
    print_json(result);
  } else {
    std::printf("%s: %s, %s\n", common.output.c_str(), decoded.format.c_str(), input.preprocessing.c_str());
  }
  return {};
}

}  // namespace

Run make_preprocess(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  app.add_option("IMAGE", options->image, "a photo: JPEG, PNG, WebP, TIFF or BMP")->required();
  app.add_option("--size", options->how.size, "side of the result in pixels")->required()->check(CLI::Range(1, 16384));
  app.add_flag("--warp", options->how.warp, "squash to a square instead of cropping, as the 384 models want");
  app.add_option("--uint8", options->uint8, "also write the picture before normalisation, as PNG");
  add_exif_option(app, options->exif);
  require_output(app);
  return [=, &common](const JobContext&) { return run(*options, common); };
}

}  // namespace orderscope::cli
