// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>

#include "app/cli/command.h"
#include "core/train/architecture_options.h"
#include "core/train/trainer.h"

namespace orderscope::cli {

namespace {

struct Options {
  ArchitectureOptions architecture;
  TrainOptions train;
  std::vector<double> scale{0.25, 1.0}, jitter{0.4, 0.4, 0.4};
  std::vector<std::string> metadata;
};

void add_architecture_options(CLI::App& app, ArchitectureOptions& a) {
  static const std::map<std::string, Family> families{
      {"hornet", Family::HorNet}, {"swin", Family::Swin}, {"convnext", Family::ConvNeXt}};
  app.add_option("--arch", a.family, "hornet, swin or convnext")
      ->transform(CLI::CheckedTransformer(families))
      ->default_str("hornet");
  app.add_option("--size", a.size, "side of the input, pixels")->capture_default_str();
  app.add_option("--width", a.width, "channels of the first stage, doubled at each further one");
  app.add_option("--dims", a.dims, "channels of the stages, e.g. 32,64,128,256")->delimiter(',')->excludes("--width");
  app.add_option("--depths", a.depths, "blocks of the stages, e.g. 2,3,18,2")->delimiter(',');
  app.add_option("--orders", a.orders, "HorNet: orders of the stages (default 2,3,4,5)")->delimiter(',');
  app.add_flag("--gf", a.global_filters, "HorNet: global-local filters in stages 3 and 4");
  app.add_option("--kernel", a.kernel, "HorNet, ConvNeXt: side of the depthwise kernels")->capture_default_str();
  app.add_option("--window", a.window, "Swin: side of the attention windows (default: what fits, up to 8)");
  app.add_option("--heads", a.heads, "Swin: heads of the stages (default: 32 channels each)")->delimiter(',');
}

void add_recipe_options(CLI::App& app, Options& o) {
  TrainOptions& t = o.train;
  app.add_option("--epochs", t.epochs, "passes over the data")->capture_default_str();
  app.add_option("--batch", t.batch, "pictures a step")->capture_default_str();
  static const std::map<std::string, OptimizerKind> optimizers{{"adamw", OptimizerKind::AdamW},
                                                               {"muon", OptimizerKind::Muon}};
  app.add_option("--optimizer", t.optimizer, "adamw, or muon for matrices with adamw for the rest")
      ->transform(CLI::CheckedTransformer(optimizers))
      ->default_str("adamw");
  app.add_option("--lr", t.learning_rate, "learning rate after the warm-up")->capture_default_str();
  app.add_option("--min-lr", t.min_learning_rate, "learning rate at the end")->capture_default_str();
  app.add_option("--warmup", t.warmup_epochs, "epochs of linear warm-up")->capture_default_str();
  app.add_option("--weight-decay", t.weight_decay, "decoupled, of matrices only")->capture_default_str();
  app.add_option("--clip", t.clip_norm, "largest norm of the gradient; 0: any")->capture_default_str();
  app.add_option("--smoothing", t.label_smoothing, "label smoothing")->capture_default_str();
  app.add_option("--drop-path", t.drop_path, "rate of stochastic depth at the last block")->capture_default_str();
  app.add_option("--layer-scale", t.layer_scale_init, "initial layer scale")->capture_default_str();
  app.add_option("--ema", t.ema_decay, "decay of the weights' moving average; 0: the last weights")
      ->capture_default_str();
  app.add_option("--scale", o.scale, "area of the random crop: smallest and largest fraction")
      ->delimiter(',')
      ->expected(2)
      ->capture_default_str();
  app.add_option("--flip", t.augment.flip, "probability of a horizontal flip")->capture_default_str();
  app.add_option("--jitter", o.jitter, "brightness, contrast, saturation")
      ->delimiter(',')
      ->expected(3)
      ->capture_default_str();
  app.add_option("--erase", t.augment.erase, "probability of random erasing")->capture_default_str();
  app.add_option("--mix", t.mix.probability, "probability that a batch is mixed")->capture_default_str();
  app.add_option("--mixup", t.mix.mixup_alpha, "alpha of MixUp; 0: none")->capture_default_str();
  app.add_option("--cutmix", t.mix.cutmix_alpha, "alpha of CutMix; 0: none")->capture_default_str();
  app.add_option("--crop-pct", t.crop_pct, "evaluation: side of the centre crop by the short side")
      ->capture_default_str();
  app.add_option("--matmul-precision", t.matmul_precision, "of float32 matrix products: highest, high or medium")
      ->capture_default_str();
  app.add_option("--seed", t.seed, "of everything random")->capture_default_str();
}

nlohmann::json to_json(const TrainingSummary& s) {
  nlohmann::json json{{"already_finished", s.already_finished},
                      {"resumed_at", s.resumed_at},
                      {"steps", s.steps},
                      {"epochs", s.epochs},
                      {"train_loss", s.train_loss},
                      {"images_per_second", s.images_per_second},
                      {"model", s.model.string()}};
  if (s.val) json["val"] = {{"images", s.val->images}, {"top1", s.val->top1}, {"top5", s.val->top5}};
  return json;
}

Result<void> run(Options options, const CommonOptions& common, const JobContext& job) {
  if (common.device != "cpu")
    return fail(Error::Kind::Unsupported, "training runs on the CPU", "--device " + common.device);
  TrainOptions& train_options = options.train;
  TRY(train_options.architecture, make_architecture(options.architecture));
  train_options.out = common.output;
  for (const std::string& entry : options.metadata) {
    const auto equals = entry.find('=');
    train_options.metadata[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  train_options.threads = common.threads;
  train_options.augment.min_scale = options.scale[0];
  train_options.augment.max_scale = options.scale[1];
  train_options.augment.brightness = options.jitter[0];
  train_options.augment.contrast = options.jitter[1];
  train_options.augment.saturation = options.jitter[2];

  TRY(const TrainingSummary summary, train(train_options, job));
  if (common.json) {
    print_json(to_json(summary));
    return {};
  }
  if (summary.already_finished) std::printf("This training was finished before; nothing was left to do.\n");
  if (summary.val) {
    std::printf("Validation: top-1 %.2f %%, top-5 %.2f %% of %lld images\n", 100 * summary.val->top1,
                100 * summary.val->top5, static_cast<long long>(summary.val->images));
  }
  std::printf("%d epochs, %lld steps, written to %s\n", summary.epochs, static_cast<long long>(summary.steps),
              summary.model.c_str());
  return {};
}

}  // namespace

Run make_train(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  app.add_option("--data", options->train.data, "training set: a folder with a folder a class")->required();
  app.add_option("--val", options->train.val, "validation set, with the same folders");
  add_architecture_options(app, options->architecture);
  add_recipe_options(app, *options);
  app.add_option("--workers", options->train.workers, "threads that decode and augment")->capture_default_str();
  app.add_option("--save-minutes", options->train.save_minutes, "how often the state is saved within an epoch")
      ->capture_default_str();
  app.add_flag("--half", options->train.half, "write the final weights as float16");
  app.add_option("--metadata", options->metadata, "KEY=VALUE to write into the model file, e.g. the data's licence")
      ->check([](const std::string& entry) {
        const auto equals = entry.find('=');
        return equals != 0 && equals != std::string::npos ? std::string() : "must be KEY=VALUE, not " + entry;
      });
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
