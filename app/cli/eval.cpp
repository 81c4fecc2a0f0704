// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>
#include <thread>

#include "app/cli/command.h"
#include "core/dataset/image_folder.h"
#include "core/train/evaluate.h"

namespace orderscope::cli {

namespace {

struct Options {
  ModelOptions model;
  std::filesystem::path images;
  int batch = 32;
};

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  if (common.device != "cpu")
    return fail(Error::Kind::Unsupported, "eval runs on the cpu only", "--device " + common.device);
  TRY(const auto model, options.model.load(common, job));
  TRY(const ImageFolder folder, open_image_folder(options.images));
  if (!folder.labelled())
    return fail(Error::Kind::InvalidInput, "has no class folders, so nothing to compare with", options.images.string());
  std::vector<std::filesystem::path> files;
  std::vector<int> labels;
  for (const ImageFile& image : folder.images) {
    files.push_back(image.path);
    labels.push_back(image.label);
  }
  ImageCache cache(std::move(files), load_preprocessed(model->preprocessing), std::int64_t{1} << 30);
  TRY_VOID(cache.fill(static_cast<int>(std::thread::hardware_concurrency()), job));
  TRY(const Accuracy accuracy, evaluate(*model->backbone, cache, labels, model->preprocessing, options.batch, job));

  const nlohmann::json result{{"images", accuracy.images},
                              {"top1", accuracy.top1},
                              {"top5", accuracy.top5},
                              {"loss", accuracy.loss},
                              {"model_sha256", model->sha256}};
  if (!common.output.empty()) TRY_VOID(write_json(common.output / "eval.json", result));
  if (common.json) {
    print_json(result);
  } else {
    std::printf("%lld images   top-1 %.2f %%   top-5 %.2f %%   cross entropy %.4f\n",
                static_cast<long long>(accuracy.images), 100 * accuracy.top1, 100 * accuracy.top5, accuracy.loss);
  }
  return {};
}

}  // namespace

Run make_eval(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  options->model.add_to(app);
  app.add_option("--images", options->images, "a folder with a folder a class, in the order of the model's classes")
      ->required();
  app.add_option("--batch", options->batch, "pictures at a time")->check(CLI::Range(1, 4096))->capture_default_str();
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
