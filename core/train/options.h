// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/base/preprocessing.h"
#include "core/base/result.h"
#include "core/checkpoint/architecture.h"

namespace orderscope {

/// What happens to one picture before it is learned from. Probabilities and ranges of 0 switch a step off.
struct AugmentOptions {
  double min_scale = 0.25, max_scale = 1.0;                   ///< area of the crop, as a fraction of the picture
  double min_ratio = 3.0 / 4, max_ratio = 4.0 / 3;            ///< width / height of the crop
  double flip = 0.5;                                          ///< probability of a horizontal flip
  double brightness = 0.4, contrast = 0.4, saturation = 0.4;  ///< factors are drawn from [1 - v, 1 + v]
  double erase = 0.0;                                         ///< probability of random erasing (Zhong et al. 2017)
};

/// MixUp (Zhang et al. 2017) and CutMix (Yun et al. 2019) of a batch with itself in reverse order.
struct MixOptions {
  double probability = 0.8;   ///< that a batch is mixed at all
  double mixup_alpha = 0.0;   ///< of the Beta distribution of the weight; 0: no MixUp
  double cutmix_alpha = 1.0;  ///< 0: no CutMix. With both, each is chosen half of the time
};

enum class OptimizerKind { AdamW, Muon };  ///< Muon: for hidden matrices, with AdamW for everything else

struct TrainOptions {
  std::filesystem::path data;  ///< folder with a folder a class
  std::filesystem::path val;   ///< the same for validation; may be empty
  std::filesystem::path out;   ///< folder of last.safetensors, log.csv and model.safetensors

  Architecture architecture;  ///< `classes` is taken from the data; `image_size` is the side of the training crops
  double layer_scale_init = 1e-6;

  int epochs = 100;
  int batch = 64;
  OptimizerKind optimizer = OptimizerKind::AdamW;
  double learning_rate = 2e-3;      ///< at the end of the warm-up
  double min_learning_rate = 1e-5;  ///< at the end of the cosine
  double warmup_epochs = 5;
  double weight_decay = 0.05;
  double beta1 = 0.9, beta2 = 0.999;
  double clip_norm = 5.0;  ///< of the gradient of all parameters; 0: not clipped
  double label_smoothing = 0.1;
  double drop_path = 0.1;
  double ema_decay = 0.999;  ///< smaller in the first steps: min(decay, (1 + step) / (10 + step))

  AugmentOptions augment;
  MixOptions mix;
  double crop_pct = 0.875;  ///< of the evaluation, see Preprocessing
  std::uint64_t seed = 1;

  /// How float32 matrix products are computed: "highest", or "high" and "medium", which let the CPU use kernels with
  /// bfloat16 inside where it has them and its wider vectors where it has not. As torch.set_float32_matmul_precision.
  std::string matmul_precision = "highest";

  // What does not change the result.
  int threads = 0;                                   ///< of tensor operations; 0: as many as cores
  int workers = 2;                                   ///< threads that decode and augment
  double save_minutes = 10;                          ///< the state is saved that often within an epoch, and after each
  std::int64_t cache_bytes = std::int64_t{2} << 30;  ///< memory for decoded pictures
  bool half = false;                                 ///< model.safetensors in float16
  std::map<std::string, std::string> metadata{};     ///< added to that of model.safetensors, e.g. the data's licence
};

/// How the trained model wants its pictures.
Preprocessing evaluation_preprocessing(const TrainOptions& options);

/// Everything that decides about the result, as it is written into the files. Two runs with one recipe, one data set
/// and one number of threads give the same weights.
nlohmann::json recipe(const TrainOptions& options);

/// Errors: InvalidInput for a value out of range; names the option.
Result<void> check_options(const TrainOptions& options);

}  // namespace orderscope
