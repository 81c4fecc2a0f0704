// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/models/backbone.h"
#include "core/train/architecture_options.h"
#include "core/train/labelled_files.h"
#include "tests/core/train/synthetic_set.h"

namespace orderscope {
namespace {

TEST(MakeArchitecture, FillsInTheAuthorsTinyModels) {
  const auto hornet = make_architecture({});
  ASSERT_TRUE(hornet.has_value());
  EXPECT_THAT(hornet->dims, testing::ElementsAre(64, 128, 256, 512));
  EXPECT_THAT(hornet->depths, testing::ElementsAre(2, 3, 18, 2));
  EXPECT_THAT(hornet->orders, testing::ElementsAre(2, 3, 4, 5));
  const auto swin = make_architecture({.family = Family::Swin});
  ASSERT_TRUE(swin.has_value());
  EXPECT_THAT(swin->heads, testing::ElementsAre(3, 6, 12, 24));
  EXPECT_THAT(swin->windows, testing::ElementsAre(7, 7, 7, 7));
  const auto convnext = make_architecture({.family = Family::ConvNeXt});
  ASSERT_TRUE(convnext.has_value());
  EXPECT_THAT(convnext->depths, testing::ElementsAre(3, 3, 9, 3));
}

TEST(MakeArchitecture, FiltersAndWindowsFollowTheInputSize) {
  const auto hornet = make_architecture({.size = 128, .width = 32, .global_filters = true});
  ASSERT_TRUE(hornet.has_value());
  EXPECT_FALSE(hornet->filters[1]);
  EXPECT_EQ(hornet->filters[2], (FilterSize{8, 5}));
  EXPECT_EQ(hornet->filters[3], (FilterSize{4, 3}));
  const auto swin = make_architecture({.family = Family::Swin, .size = 128, .width = 32});
  ASSERT_TRUE(swin.has_value());
  EXPECT_THAT(swin->windows, testing::ElementsAre(8, 8, 8, 4));
}

TEST(MakeArchitecture, EveryFamilyGivesABackbone) {
  for (const Family family : {Family::HorNet, Family::Swin, Family::ConvNeXt}) {
    for (const int size : {64, 96, 128, 192, 224}) {
      const auto a = make_architecture({.family = family, .size = size, .width = 32, .depths = {1, 1, 1, 1}});
      ASSERT_TRUE(a.has_value());
      const auto backbone = make_backbone(*a);
      ASSERT_TRUE(backbone.has_value()) << backbone.error().message();
      EXPECT_TRUE((*backbone)->check_input(size, size).has_value()) << to_string(family) << " at " << size;
    }
  }
}

TEST(MakeArchitecture, NamesTheOptionThatDoesNotFit) {
  const auto refused = make_architecture({.dims = {32, 64}, .depths = {1, 1, 1, 1}});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().subject, "--dims");
  EXPECT_FALSE(make_architecture({.orders = {2, 3}}).has_value());
  EXPECT_FALSE(make_architecture({.size = 16}).has_value());
}

TEST(CheckOptions, NamesTheOptionOutOfRange) {
  TrainOptions options;
  EXPECT_TRUE(check_options(options).has_value());
  options.drop_path = 1.5;
  const auto refused = check_options(options);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().subject, "--drop-path");
  options = {};
  options.learning_rate = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(check_options(options).has_value());
  options = {};
  options.augment.min_scale = 0.9;
  options.augment.max_scale = 0.5;
  EXPECT_FALSE(check_options(options).has_value());
}

TEST(Recipe, ChangesWithWhatChangesTheResultOnly) {
  TrainOptions a, b;
  b.threads = 7;
  b.workers = 5;
  b.out = "elsewhere";
  EXPECT_EQ(recipe(a), recipe(b));
  b.augment.erase = 0.25;
  EXPECT_NE(recipe(a), recipe(b));
}

TEST(ReadLabelledFiles, LabelsArePlacesInTheClassesOfTheTrainingSet) {
  const test::TemporaryFolder folder;
  test::write_striped_set(folder.path() / "train", 2, 8, 1);
  const auto set = read_labelled_files(folder.path() / "train");
  ASSERT_TRUE(set.has_value()) << set.error().message();
  EXPECT_THAT(set->classes, testing::ElementsAre("Horizontal", "Vertical", "Plain"));
  EXPECT_THAT(set->labels, testing::ElementsAre(0, 0, 1, 1, 2, 2));

  // Without numbers, and without the first class.
  std::filesystem::create_directories(folder.path() / "val");
  std::filesystem::rename(folder.path() / "train" / "02_Plain", folder.path() / "val" / "Plain");
  const auto val = read_labelled_files(folder.path() / "val", set->classes);
  ASSERT_TRUE(val.has_value()) << val.error().message();
  EXPECT_THAT(val->labels, testing::ElementsAre(2, 2));
  EXPECT_FALSE(read_labelled_files(folder.path() / "val", {"Horizontal", "Vertical"}).has_value());
}

TEST(ReadLabelledFiles, NothingToLearnFromIsAnError) {
  const test::TemporaryFolder folder;
  EXPECT_FALSE(read_labelled_files(folder.path()).has_value());
  EXPECT_FALSE(read_labelled_files(folder.path() / "missing").has_value());
  test::write_striped_set(folder.path(), 1, 8, 1);
  EXPECT_FALSE(read_labelled_files(folder.path() / "02_Plain").has_value()) << "no class folders in it";
}

}  // namespace
}  // namespace orderscope
