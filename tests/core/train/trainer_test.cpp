// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/trainer.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/checkpoint/checkpoint.h"
#include "core/models/model.h"
#include "core/train/architecture_options.h"
#include "tests/core/train/synthetic_set.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

class Trainer : public testing::Test {
 protected:
  void SetUp() override { test::write_striped_set(folder.path() / "train", 10, 36, 1); }

  TrainOptions options(const std::string& out) const {
    TrainOptions o;
    o.data = folder.path() / "train";
    o.out = folder.path() / out;
    o.architecture = *make_architecture(
        {.family = Family::HorNet, .size = 32, .dims = {8, 8, 16, 16}, .depths = {1, 1, 1, 1}, .orders = {2, 3, 4, 5}});
    o.layer_scale_init = 0.1;
    o.epochs = 3;
    o.batch = 8;
    o.warmup_epochs = 1;
    o.threads = 1;
    return o;
  }

  StateDict weights(const std::string& out) const {
    const auto checkpoint = read_checkpoint(folder.path() / out / "model.safetensors");
    EXPECT_TRUE(checkpoint.has_value());
    StateDict weights;
    if (checkpoint)
      for (const auto& [name, tensor] : checkpoint->state_dict) weights.push_back({name, tensor.clone()});
    return weights;
  }

  void expect_equal_weights(const std::string& a, const std::string& b) const {
    const StateDict first = weights(a), second = weights(b);
    ASSERT_FALSE(first.empty());
    ASSERT_EQ(first.size(), second.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
      EXPECT_EQ(first[i].name, second[i].name);
      EXPECT_TRUE(at::equal(first[i].tensor, second[i].tensor)) << first[i].name;
    }
  }

  test::TemporaryFolder folder;
};

std::string log_without_seconds(const fs::path& path) {
  std::string log = read_text_file(path).value_or(""), kept;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) kept += line.substr(0, line.rfind(',')) + "\n";
  return kept;
}

TEST_F(Trainer, OverfitsThirtyPictures) {
  TrainOptions o = options("out");
  o.val = o.data;
  o.epochs = 80;
  o.batch = 10;
  o.learning_rate = 5e-3;
  o.drop_path = 0;
  o.label_smoothing = 0;
  o.ema_decay = 0.8;
  o.layer_scale_init = 1;
  o.mix.probability = 0;
  o.augment = {.min_scale = 0.9, .min_ratio = 1, .max_ratio = 1, .brightness = 0, .contrast = 0, .saturation = 0};
  o.crop_pct = 1;
  const auto summary = train(o);
  ASSERT_TRUE(summary.has_value()) << summary.error().message();
  ASSERT_TRUE(summary->val.has_value());
  EXPECT_EQ(summary->val->images, 30);
  EXPECT_GT(summary->val->top1, 0.95);
  EXPECT_EQ(summary->val->top5, 1.0) << "three classes are all among the first five";
  EXPECT_LT(summary->train_loss, 0.3);
}

TEST_F(Trainer, ContinuesAfterAKillToTheSameWeights) {
  ASSERT_TRUE(train(options("straight")).has_value());

  // Two epochs, then what a kill leaves: the state and half a temporary file. The rest of the third epoch is lost.
  TrainOptions o = options("killed");
  std::stop_source source;
  fs::path kept = folder.path() / "after-two-epochs";
  const JobContext job{source.get_token(), [&](const Progress& progress) {
                         if (progress.activity.starts_with("epoch") && progress.done == 7) {
                           fs::copy_file(o.out / "last.safetensors", kept);
                           source.request_stop();
                         }
                       }};
  const auto stopped = train(o, job);
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().kind, Error::Kind::Cancelled);
  EXPECT_FALSE(fs::exists(o.out / "model.safetensors"));
  fs::copy_file(kept, o.out / "last.safetensors", fs::copy_options::overwrite_existing);
  ASSERT_TRUE(write_file(o.out / "last.safetensors.part-1-0", "half").has_value());

  const auto resumed = train(o);
  ASSERT_TRUE(resumed.has_value()) << resumed.error().message();
  EXPECT_EQ(resumed->resumed_at, 6);
  expect_equal_weights("straight", "killed");
  EXPECT_EQ(log_without_seconds(folder.path() / "straight" / "log.csv"), log_without_seconds(o.out / "log.csv"));
}

TEST_F(Trainer, StoppingWithinAnEpochLosesNothing) {
  ASSERT_TRUE(train(options("straight")).has_value());
  const TrainOptions o = options("stopped");
  std::stop_source source;
  const JobContext job{source.get_token(), [&](const Progress& progress) {
                         if (progress.activity.starts_with("epoch") && progress.done == 5) source.request_stop();
                       }};
  EXPECT_FALSE(train(o, job).has_value());
  const auto resumed = train(o);
  ASSERT_TRUE(resumed.has_value()) << resumed.error().message();
  EXPECT_EQ(resumed->resumed_at, 5);
  expect_equal_weights("straight", "stopped");
  EXPECT_EQ(log_without_seconds(folder.path() / "straight" / "log.csv"), log_without_seconds(o.out / "log.csv"));
}

TEST_F(Trainer, NumberOfWorkersDoesNotMatter) {
  TrainOptions one = options("one"), four = options("four");
  one.workers = 1;
  four.workers = 4;
  four.cache_bytes = 0;
  ASSERT_TRUE(train(one).has_value());
  ASSERT_TRUE(train(four).has_value());
  expect_equal_weights("one", "four");
}

TEST_F(Trainer, AFinishedRunSaysSo) {
  const TrainOptions o = options("out");
  ASSERT_TRUE(train(o).has_value());
  const auto before = fs::last_write_time(o.out / "model.safetensors");
  const auto again = train(o);
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(again->already_finished);
  EXPECT_EQ(fs::last_write_time(o.out / "model.safetensors"), before);
}

TEST_F(Trainer, RefusesToContinueWithAnotherRecipe) {
  TrainOptions o = options("out");
  ASSERT_TRUE(train(o).has_value());
  o.learning_rate *= 2;
  const auto refused = train(o);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, Error::Kind::InvalidInput);
  EXPECT_THAT(refused.error().what, testing::HasSubstr("learning_rate"));
}

TEST_F(Trainer, TheWrittenModelOpensWithNamesAndPreprocessing) {
  TrainOptions o = options("out");
  o.epochs = 1;
  o.crop_pct = 0.9;
  o.half = true;
  ASSERT_TRUE(train(o).has_value());
  const auto model = load_model(o.out / "model.safetensors");
  ASSERT_TRUE(model.has_value()) << model.error().message();
  EXPECT_THAT((*model)->class_names, testing::ElementsAre("Horizontal", "Vertical", "Plain"));
  EXPECT_EQ((*model)->preprocessing.size, 32);
  EXPECT_EQ((*model)->preprocessing.crop_pct, 0.9);
  EXPECT_EQ((*model)->architecture.dims, o.architecture.dims);
  EXPECT_EQ((*model)->architecture.orders, o.architecture.orders);
  EXPECT_TRUE((*model)->warnings.empty()) << (*model)->warnings.front();
  const auto recipe = nlohmann::json::parse((*model)->metadata.at("recipe"));
  EXPECT_EQ(recipe.at("epochs"), 1);
  EXPECT_EQ((*model)->metadata.at("seed"), "1");
  EXPECT_EQ(nlohmann::json::parse((*model)->metadata.at("training")).at("train_images"), 30);
  for (const auto& [name, tensor] : weights("out")) EXPECT_EQ(tensor.scalar_type(), at::kHalf) << name;
}

TEST_F(Trainer, NamesThePictureThatCannotBeRead) {
  ASSERT_TRUE(write_file(folder.path() / "train" / "01_Vertical" / "torn.jpg", "\xff\xd8\xff no picture").has_value());
  const auto refused = train(options("out"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message(), testing::HasSubstr("torn.jpg"));
}

TEST_F(Trainer, RefusesValidationClassesThatTheTrainingSetLacks) {
  TrainOptions o = options("out");
  o.val = folder.path() / "val";
  fs::create_directories(o.val / "Dotted");
  fs::copy_file(o.data / "02_Plain" / "0.png", o.val / "Dotted" / "0.png");
  const auto refused = train(o);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message(), testing::HasSubstr("Dotted"));
}

TEST_F(Trainer, ALossThatIsNoNumberStopsWithAdvice) {
  TrainOptions o = options("out");
  o.learning_rate = 1e3;
  o.warmup_epochs = 0;
  o.weight_decay = 1e3;
  o.epochs = 50;
  const auto refused = train(o);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message(), testing::HasSubstr("learning rate"));
}

}  // namespace
}  // namespace orderscope
