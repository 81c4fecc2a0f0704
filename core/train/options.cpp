// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/options.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace orderscope {

namespace {

nlohmann::json to_json(const Architecture& a) {
  nlohmann::json json{{"family", to_string(a.family)}, {"depths", a.depths},         {"dims", a.dims},
                      {"mlp_ratio", a.mlp_ratio},      {"image_size", a.image_size}, {"layer_scale", a.layer_scale}};
  if (a.family == Family::HorNet) {
    json["orders"] = a.orders;
    json["filters"] = nlohmann::json::array();
    for (const auto& filter : a.filters)
      json["filters"].push_back(filter ? nlohmann::json{filter->h, filter->w} : nlohmann::json());
  }
  if (a.family == Family::Swin) {
    json["heads"] = a.heads;
    json["windows"] = a.windows;
  } else {
    json["kernel_size"] = a.kernel_size;
  }
  return json;
}

struct Range {
  const char* option;
  double value, min, max;
};

}  // namespace

Preprocessing evaluation_preprocessing(const TrainOptions& options) {
  Preprocessing how;
  how.size = options.architecture.image_size;
  how.crop_pct = options.crop_pct;
  return how;
}

nlohmann::json recipe(const TrainOptions& o) {
  const AugmentOptions& a = o.augment;
  return {{"architecture", to_json(o.architecture)},
          {"layer_scale_init", o.layer_scale_init},
          {"epochs", o.epochs},
          {"batch", o.batch},
          {"optimizer", o.optimizer == OptimizerKind::Muon ? "muon" : "adamw"},
          {"learning_rate", o.learning_rate},
          {"min_learning_rate", o.min_learning_rate},
          {"warmup_epochs", o.warmup_epochs},
          {"weight_decay", o.weight_decay},
          {"betas", {o.beta1, o.beta2}},
          {"clip_norm", o.clip_norm},
          {"label_smoothing", o.label_smoothing},
          {"drop_path", o.drop_path},
          {"ema_decay", o.ema_decay},
          {"crop_scale", {a.min_scale, a.max_scale}},
          {"crop_ratio", {a.min_ratio, a.max_ratio}},
          {"flip", a.flip},
          {"color_jitter", {a.brightness, a.contrast, a.saturation}},
          {"random_erasing", a.erase},
          {"mix_probability", o.mix.probability},
          {"mixup_alpha", o.mix.mixup_alpha},
          {"cutmix_alpha", o.mix.cutmix_alpha},
          {"crop_pct", o.crop_pct},
          {"matmul_precision", o.matmul_precision},
          {"seed", o.seed}};
}

Result<void> check_options(const TrainOptions& o) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  const AugmentOptions& a = o.augment;
  const Range ranges[] = {{"--epochs", double(o.epochs), 1, 1e6},
                          {"--batch", double(o.batch), 1, 65536},
                          {"--size", double(o.architecture.image_size), 8, 4096},
                          {"--lr", o.learning_rate, 0, 1e3},
                          {"--min-lr", o.min_learning_rate, 0, o.learning_rate},
                          {"--warmup", o.warmup_epochs, 0, double(o.epochs)},
                          {"--weight-decay", o.weight_decay, 0, 1e3},
                          {"--beta1", o.beta1, 0, 1 - 1e-9},
                          {"--beta2", o.beta2, 0, 1 - 1e-9},
                          {"--clip", o.clip_norm, 0, inf},
                          {"--smoothing", o.label_smoothing, 0, 1},
                          {"--drop-path", o.drop_path, 0, 0.99},
                          {"--ema", o.ema_decay, 0, 1},
                          {"--crop-pct", o.crop_pct, 0.05, 1},
                          {"--scale (minimum)", a.min_scale, 1e-4, a.max_scale},
                          {"--scale (maximum)", a.max_scale, 1e-4, 1},
                          {"--ratio (minimum)", a.min_ratio, 1e-2, a.max_ratio},
                          {"--ratio (maximum)", a.max_ratio, 1e-2, 1e2},
                          {"--flip", a.flip, 0, 1},
                          {"--jitter (brightness)", a.brightness, 0, 1},
                          {"--jitter (contrast)", a.contrast, 0, 1},
                          {"--jitter (saturation)", a.saturation, 0, 1},
                          {"--erase", a.erase, 0, 1},
                          {"--mix", o.mix.probability, 0, 1},
                          {"--mixup", o.mix.mixup_alpha, 0, 1e3},
                          {"--cutmix", o.mix.cutmix_alpha, 0, 1e3},
                          {"--threads", double(o.threads), 0, 4096},
                          {"--workers", double(o.workers), 1, 4096}};
  for (const Range& range : ranges) {
    if (range.value >= range.min && range.value <= range.max) continue;
    return fail(Error::Kind::InvalidInput,
                "must lie between " + nlohmann::json(range.min).dump() + " and " + nlohmann::json(range.max).dump(),
                range.option);
  }
  if (o.matmul_precision != "highest" && o.matmul_precision != "high" && o.matmul_precision != "medium")
    return fail(Error::Kind::InvalidInput, "must be highest, high or medium", "--matmul-precision");
  if (o.architecture.layer_scale && o.architecture.family != Family::Swin && !(o.layer_scale_init > 0))
    return fail(Error::Kind::InvalidInput, "must be positive", "--layer-scale");
  return {};
}

}  // namespace orderscope
