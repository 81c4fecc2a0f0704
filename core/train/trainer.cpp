// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/trainer.h"

#include <ATen/Context.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/threads.h"
#include "core/base/version.h"
#include "core/checkpoint/safetensors.h"
#include "core/train/batch_loader.h"
#include "core/train/labelled_files.h"
#include "core/train/training.h"

namespace orderscope {

namespace fs = std::filesystem;

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

nlohmann::json to_json(const Preprocessing& how) {
  return {{"size", how.size}, {"warp", how.warp}, {"crop_pct", how.crop_pct}, {"mean", how.mean}, {"std", how.std}};
}

struct Validation {
  LabelledFiles files;
  ImageCache images;
};

/// One call of train(), after the data was read.
class Run {
 public:
  Run(const TrainOptions& options, const LabelledFiles& data, const ImageCache& images, const Validation* val,
      Training training, const JobContext& job)
      : options_(options),
        data_(data),
        images_(images),
        val_(val),
        training_(std::move(training)),
        job_(job),
        recipe_(recipe(options)),
        steps_per_epoch_(orderscope::steps_per_epoch(options, images.size())),
        total_(steps_per_epoch_ * options.epochs) {
    recipe_["classes"] = data.classes;
    recipe_["images"] = data.files.size();
  }

  Result<TrainingSummary> operator()();

 private:
  fs::path state_path() const { return options_.out / "last.safetensors"; }
  Result<void> resume();
  Result<void> save() { return save_state(state_path(), state_, recipe_, training_.tensors()); }
  Result<void> train_steps();
  Result<void> end_epoch();
  Result<std::optional<Accuracy>> validate() const;
  Result<void> write_model(const std::optional<Accuracy>& val) const;

  const TrainOptions& options_;
  const LabelledFiles& data_;
  const ImageCache& images_;
  const Validation* val_;
  Training training_;
  const JobContext& job_;
  nlohmann::json recipe_;
  std::int64_t steps_per_epoch_, total_;
  TrainingState state_;
  double earlier_seconds_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

Result<void> Run::resume() {
  std::error_code error;
  if (!fs::exists(state_path(), error)) return {};
  StateDict tensors = training_.tensors();
  TRY(state_, load_state(state_path(), recipe_, tensors));
  training_.set_steps(state_.step);
  earlier_seconds_ = state_.seconds;
  return {};
}

Result<std::optional<Accuracy>> Run::validate() const {
  if (val_ == nullptr) return std::nullopt;
  TRY(const auto predictions, predict(training_.averaged(), val_->images, val_->files.labels,
                                      evaluation_preprocessing(options_), options_.batch, {job_.stop, {}}));
  return accuracy_of(predictions);
}

Result<void> Run::end_epoch() {
  TRY(const auto accuracy, validate());
  EpochLog row;
  row.epoch = static_cast<int>(state_.step / steps_per_epoch_);
  row.step = state_.step;
  row.learning_rate = training_.learning_rate(state_.step - 1);
  row.train_loss = state_.loss_sum / static_cast<double>(steps_per_epoch_);
  if (accuracy) {
    row.val_top1 = accuracy->top1;
    row.val_top5 = accuracy->top5;
  }
  row.seconds = state_.seconds;
  state_.log.push_back(row);
  state_.loss_sum = 0;
  TRY_VOID(save());
  return write_file(options_.out / "log.csv", log_csv(state_.log));
}

Result<void> Run::train_steps() {
  BatchLoader loader(images_, data_.labels, options_, state_.step, total_);
  auto saved = std::chrono::steady_clock::now();
  const std::int64_t first = state_.step;
  start_ = saved;
  while (state_.step < total_) {
    if (auto stopped = job_.check(); !stopped) {
      TRY_VOID(save());
      return stopped;
    }
    TRY(const Batch batch, loader.next());
    TRY(const double loss, training_.step(batch, state_.step));
    ++state_.step;
    state_.loss_sum += loss;
    state_.seconds = earlier_seconds_ + seconds_since(start_);

    if (job_.report) {
      const double speed = static_cast<double>((state_.step - first) * batch.images.size(0)) / seconds_since(start_);
      char text[120];
      std::snprintf(text, sizeof text, "epoch %d/%d, loss %.3f, %.0f images/s",
                    static_cast<int>((state_.step - 1) / steps_per_epoch_) + 1, options_.epochs, loss, speed);
      job_.progress(state_.step, total_, text);
    }
    if (state_.step % steps_per_epoch_ == 0) {
      TRY_VOID(end_epoch());
      saved = std::chrono::steady_clock::now();
    } else if (seconds_since(saved) > 60 * options_.save_minutes) {
      TRY_VOID(save());
      saved = std::chrono::steady_clock::now();
    }
  }
  return {};
}

Result<void> Run::write_model(const std::optional<Accuracy>& val) const {
  nlohmann::json summary{{"steps", state_.step},
                         {"epochs", options_.epochs},
                         {"seconds", state_.seconds},
                         {"train_images", data_.files.size()},
                         {"train_loss", state_.log.empty() ? 0 : state_.log.back().train_loss}};
  if (val) {
    summary["val_images"] = val->images;
    summary["val_top1"] = val->top1;
    summary["val_top5"] = val->top5;
  }
  TRY(const StateDict weights, training_.weights(options_.half));
  std::map<std::string, std::string> metadata{{"format", "pt"},
                                              {"class_names", nlohmann::json(data_.classes).dump()},
                                              {"preprocessing", to_json(evaluation_preprocessing(options_)).dump()},
                                              {"recipe", recipe_.dump()},
                                              {"seed", std::to_string(options_.seed)},
                                              {"training", summary.dump()},
                                              {"program", version_text()}};
  metadata.insert(options_.metadata.begin(), options_.metadata.end());
  return write_safetensors(options_.out / "model.safetensors", weights, metadata);
}

Result<TrainingSummary> Run::operator()() {
  TRY_VOID(resume());
  TrainingSummary summary;
  summary.model = options_.out / "model.safetensors";
  summary.resumed_at = state_.step;
  std::error_code error;
  summary.already_finished = state_.step >= total_ && fs::exists(summary.model, error);
  TRY_VOID(train_steps());
  const double seconds = state_.seconds - earlier_seconds_;
  TRY(summary.val, validate());
  if (!summary.already_finished) TRY_VOID(write_model(summary.val));
  summary.steps = state_.step;
  summary.epochs = options_.epochs;
  if (!state_.log.empty()) summary.train_loss = state_.log.back().train_loss;
  if (seconds > 0) {
    summary.images_per_second =
        static_cast<double>((state_.step - summary.resumed_at) * batch_size(options_, images_.size())) / seconds;
  }
  return summary;
}

}  // namespace

Result<TrainingSummary> train(const TrainOptions& given, const JobContext& job) {
  TRY_VOID(check_options(given));
  TrainOptions options = given;
  set_up_compute_threads(options.threads);
  at::globalContext().setFloat32MatmulPrecision(options.matmul_precision);
  TRY(const LabelledFiles data, read_labelled_files(options.data));
  options.architecture.classes = static_cast<int>(data.classes.size());
  TRY(Training training, Training::create(options, steps_per_epoch(options, data.files.size())));

  ImageCache images(data.files, load_decoded(), options.cache_bytes);
  TRY_VOID(images.fill(options.workers, job));
  std::optional<Validation> val;
  if (!options.val.empty()) {
    TRY(LabelledFiles files, read_labelled_files(options.val, data.classes));
    ImageCache pictures(files.files, load_preprocessed(evaluation_preprocessing(options)), options.cache_bytes / 2);
    TRY_VOID(pictures.fill(options.workers, job));
    val.emplace(std::move(files), std::move(pictures));
  }
  return Run(options, data, images, val ? &*val : nullptr, std::move(training), job)();
}

}  // namespace orderscope
