// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "core/run/batch_config.h"
#include "core/run/batch_shard.h"
#include "core/run/class_labels.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

void touch(const fs::path& path, const std::string& content = {}) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << content;
}

std::vector<std::string> names(const BatchImages& images, const fs::path& root) {
  std::vector<std::string> all;
  for (const ListedImage& image : images.images)
    all.push_back(image.path.substr(root.string().size() + 1) + ":" + std::to_string(image.label));
  return all;
}

Result<BatchImages> listed(std::vector<fs::path> paths, const std::vector<std::string>& known = {},
                           const fs::path& list_folder = {}) {
  return list_batch_images(paths, known, list_folder);
}

TEST(BatchImages, FoldersLabelTheirPictures) {
  const test::TemporaryFolder folder;
  for (const char* file : {"a/2.png", "a/1.jpg", "b/sub/3.png", "b/notes.txt"}) touch(folder / file);
  const auto images = listed({folder.path()});
  ASSERT_TRUE(images) << images.error().message();
  EXPECT_THAT(images->classes, ElementsAre("a", "b"));
  EXPECT_THAT(names(*images, folder.path()), ElementsAre("a/1.jpg:0", "a/2.png:0", "b/sub/3.png:1"));
  EXPECT_EQ(images->skipped, 1);
}

TEST(BatchImages, SplitsAreOneDataSetWhereTheirFoldersAreTheModelsClasses) {
  const test::TemporaryFolder folder;
  for (const char* file : {"test/01_Pear/1.jpg", "train/00_Apple/1.jpg", "train/01_Pear/2.jpg"}) touch(folder / file);
  const auto images = listed({folder.path()}, {"Apple", "Pear"});
  ASSERT_TRUE(images) << images.error().message();
  ASSERT_EQ(images->images.size(), 3u);
  std::vector<std::string> labels;
  for (const ListedImage& image : images->images) labels.push_back(images->classes[image.label]);
  EXPECT_THAT(labels, ElementsAre("Pear", "Apple", "Pear"));
  // Nobody knows these classes: the folders themselves are the classes.
  const auto others = listed({folder.path()}, {"Cat"});
  EXPECT_THAT(others->classes, ElementsAre("test", "train"));
}

TEST(BatchImages, ListsAndTablesAreRelativeToTheirFolder) {
  const test::TemporaryFolder folder;
  touch(folder / "list.txt", "# remark\n a.jpg \n\nsub/b.jpg\r\na.jpg\n");
  auto images = listed({folder / "list.txt"});
  ASSERT_TRUE(images) << images.error().message();
  EXPECT_THAT(names(*images, folder.path()), ElementsAre("a.jpg:-1", "sub/b.jpg:-1"));
  EXPECT_EQ(images->repeated, 1);

  touch(folder / "table.csv", "label,path,sha256\nPear,\"with, comma.jpg\",\nApple,b.jpg,ab12\n,c.jpg,\n");
  images = listed({folder / "table.csv"});
  ASSERT_TRUE(images) << images.error().message();
  EXPECT_THAT(images->classes, ElementsAre("Apple", "Pear"));
  EXPECT_THAT(names(*images, folder.path()), ElementsAre("with, comma.jpg:1", "b.jpg:0", "c.jpg:-1"));
  EXPECT_EQ(images->images[1].sha256, "ab12");

  touch(folder / "numbers.csv", "file,label,label_name\nx.jpg,2,Kiwi\ny.jpg,0,Plum\n");
  images = listed({folder / "numbers.csv"}, {}, ".");
  ASSERT_TRUE(images) << images.error().message();
  EXPECT_THAT(images->classes, ElementsAre("Plum", "", "Kiwi"));
  EXPECT_EQ(images->images[0].path, "x.jpg");

  // What is written reads back to the same.
  touch(folder / "again.csv", batch_images_csv(*images));
  const auto again = listed({folder / "again.csv"}, {}, ".");
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->classes, images->classes);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(again->images[i].path, images->images[i].path);
    EXPECT_EQ(again->images[i].label, images->images[i].label);
  }
}

TEST(BatchImages, BadListsSayWhatIsWrong) {
  const test::TemporaryFolder folder;
  touch(folder / "headless.csv", "photo,label\na.jpg,1\n");
  EXPECT_THAT(listed({folder / "headless.csv"}).error().message(), HasSubstr("no column path"));
  touch(folder / "wide.csv", "path\na.jpg,1\n");
  EXPECT_THAT(listed({folder / "wide.csv"}).error().message(), HasSubstr("record 2"));
  touch(folder / "empty.txt", "\n# nothing\n");
  EXPECT_THAT(listed({folder / "empty.txt"}).error().message(), HasSubstr("no pictures"));
  EXPECT_EQ(listed({folder / "missing"}).error().kind, Error::Kind::FileAccess);
}

TEST(BatchImages, StayInTheirScope) {
  const test::TemporaryFolder folder, elsewhere;
  touch(folder / "photos/a/1.jpg");
  touch(elsewhere / "2.jpg");
  touch(folder / "list.txt", "photos/a/1.jpg\n" + (elsewhere / "2.jpg").string() + "\n");
  touch(folder / "inside.txt", "photos/a/1.jpg\nphotos/../photos/a/none.jpg\n");
  touch(folder / "climbs.csv", "path\n../" + elsewhere.path().filename().string() + "/2.jpg\n");
  const PathScope own = PathScope::below({folder.path()});
  const auto within = [&](const fs::path& path) {
    const auto images = list_batch_images(std::vector<fs::path>{path}, {}, {}, own);
    return images ? std::string() : images.error().message();
  };
  EXPECT_EQ(within(folder / "photos"), "");
  EXPECT_EQ(within(folder / "inside.txt"), "");
  EXPECT_THAT(within(folder / "list.txt"), HasSubstr((elsewhere / "2.jpg").string() + ": lies outside"));
  EXPECT_THAT(within(folder / "climbs.csv"), HasSubstr("--allow-outside"));
  fs::create_symlink(elsewhere / "2.jpg", folder / "photos/a/2.jpg");
  EXPECT_THAT(within(folder / "photos"), HasSubstr("2.jpg: lies outside")) << "by a link";
  fs::remove(folder / "photos/a/2.jpg");
  fs::create_directory_symlink(elsewhere.path(), folder / "photos/b");
  EXPECT_THAT(within(folder / "photos"), HasSubstr("2.jpg: lies outside")) << "by a link to a folder";
  EXPECT_TRUE(listed({folder / "photos"})) << "a folder that the user named";
}

TEST(BatchImages, AListThatTheUserNamedStaysBesideItUnlessTheUserSaysSo) {
  const test::TemporaryFolder folder, elsewhere;
  touch(folder / "photos/1.jpg");
  touch(elsewhere / "2.jpg");
  const std::string outside = (elsewhere / "2.jpg").string();
  touch(folder / "inside.txt", "photos/1.jpg\n");
  touch(folder / "list.txt", "photos/1.jpg\n" + outside + "\n");
  touch(folder / "list.csv", "path,label\n" + outside + ",3\n");
  const auto refusal = [&](const std::vector<fs::path>& paths) {
    const auto images = list_batch_images(paths, {}, {}, PathScope::anywhere(), scope_of_lists(paths));
    return images ? std::string() : images.error().message();
  };
  EXPECT_EQ(refusal({folder / "inside.txt"}), "");
  EXPECT_EQ(refusal({outside}), "") << "a picture that the user named";
  EXPECT_EQ(refusal({elsewhere.path(), folder / "list.txt"}), "") << "in a folder that the user named";
  for (const char* list : {"list.txt", "list.csv"}) {
    EXPECT_THAT(refusal({folder / list}), HasSubstr(outside + ": lies outside the folder of the list"));
    EXPECT_THAT(refusal({folder / list}), HasSubstr("--allow-outside"));
    EXPECT_TRUE(listed({folder / list})) << "anywhere is allowed";
  }
  fs::create_directory_symlink(elsewhere.path(), folder / "photos/link");
  touch(folder / "linked.txt", "photos/link/2.jpg\n");
  EXPECT_THAT(refusal({folder / "linked.txt"}), HasSubstr("lies outside")) << "by a link";
}

TEST(ClassPlaces, NamesCountBeforeOrder) {
  EXPECT_THAT(place_classes({"Pear", "Cat", ""}, {"Apple", "Pear"}, 2), ElementsAre(1, -1, -1));
  EXPECT_THAT(place_classes({"x", "y"}, {"Apple", "Pear"}, 2), ElementsAre(0, 1));
  EXPECT_THAT(place_classes({"x", "y", "z"}, {"Apple", "Pear"}, 2), ElementsAre(-1, -1, -1));
  EXPECT_THAT(place_classes({"x", "y", "z"}, {}, 2), ElementsAre(0, 1, -1));
}

TEST(BatchConfig, ReadsWhatItWrites) {
  const std::string text = R"({"models": ["a.pth", {"path": "b.pth", "key": "model_ema"}], "images": "photos",
    "methods": ["gradcam", {"id": "order-cam", "rule": "hirescam"}], "ablate": "network", "maps": ["cam"],
    "batch": 8, "exif": "ignore", "faithfulness": true, "workers": 3, "precision": "bfloat16"})";
  const auto config = parse_batch_config(text, "/data");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->models[1].path, "/data/b.pth");
  EXPECT_EQ(config->methods[1].parameters.at("rule"), "hirescam");
  EXPECT_EQ(config->workers, 3);
  EXPECT_EQ(config->precision, Precision::BFloat16);
  const std::string written = batch_config_json(*config);
  EXPECT_EQ(batch_config_json(*parse_batch_config(written)), written);
}

TEST(BatchConfig, RefusesWhatMakesNoSense) {
  const auto message = [](const std::string& text) {
    const auto config = parse_batch_config(text);
    return config ? std::string() : config.error().message();
  };
  const std::string head = R"({"models": "a.pth", "images": "photos")";
  EXPECT_EQ(message(head + "}"), "");
  EXPECT_THAT(message(head + R"(, "bacth": 3})"), HasSubstr("no such setting"));
  EXPECT_THAT(message(head + R"(, "precision": "half"})"), HasSubstr("neither float32 nor bfloat16"));
  EXPECT_THAT(message(head + R"(, "batch": "many"})"), HasSubstr("another type"));
  EXPECT_THAT(message(head + R"(, "batch": 0})"), HasSubstr("1 to 4096"));
  EXPECT_THAT(message(head + R"(, "methods": "gradcma"})"), HasSubstr("no method"));
  EXPECT_THAT(message(head + R"(, "methods": {"id": "gradcam", "rule": "x"}})"), HasSubstr("no parameter"));
  EXPECT_THAT(message(head + R"(, "maps": "gradcam"})"), HasSubstr("none of"));
  EXPECT_THAT(message(head + R"(, "maps": "cam", "gradients": false})"), HasSubstr("turned off"));
  EXPECT_THAT(message(head + R"(, "ablate": "blocks"})"), HasSubstr("network, stage, block"));
  EXPECT_THAT(message("{}"), HasSubstr("no model"));
  EXPECT_THAT(message("[1]"), HasSubstr("no JSON object"));
  EXPECT_EQ(batch_method_from_text("cam:layer=a,rule=b")->parameters.at("rule"), "b");
  EXPECT_FALSE(batch_method_from_text("cam:layer"));
}

TEST(BatchConfig, NamesNothingOutsideItsFolderUnlessTheUserSaysSo) {
  const test::TemporaryFolder folder;
  for (const auto& [model, images] : std::map<std::string, std::string>{
           {"/m.pth", "photos"}, {"../m.pth", "photos"}, {"m.pth", "/photos"}, {"a/../../m.pth", "photos"}}) {
    touch(folder / "c.json", R"({"models": ")" + model + R"(", "images": ")" + images + "\"}");
    const auto config = read_batch_config(folder / "c.json");
    ASSERT_FALSE(config) << model;
    EXPECT_EQ(config.error().kind, Error::Kind::InvalidInput);
    EXPECT_THAT(config.error().message(),
                testing::AllOf(HasSubstr("c.json"), HasSubstr("lies outside"), HasSubstr("--allow-outside")));
    EXPECT_TRUE(read_batch_config(folder / "c.json", true));
  }
  touch(folder / "c.json", R"({"models": "a/../m.pth", "images": ["photos", "list.txt"]})");
  const auto config = read_batch_config(folder / "c.json");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_FALSE(config->scope.is_anywhere()) << "lists are held to it";
}

TEST(BatchConfig, AnErrorIsOneLineWhateverTheNames) {
  for (const char* text : {R"({"bat\nch": 1})", R"({"models": "m", "images": "i", "methods": "grad\u001bcam"})",
                           R"({"models": "m", "images": "i", "ablate": "\r\u007f"})"}) {
    const std::string message = parse_batch_config(text).error().message();
    EXPECT_TRUE(std::ranges::none_of(message, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) << message;
  }
}

TEST(Shards, TextAndContent) {
  EXPECT_EQ(*shard_from_text("2/8"), (Shard{2, 8}));
  for (const char* bad : {"8/8", "-1/8", "1", "1/0", "a/b", "1/8x", "1/ 8"}) EXPECT_FALSE(shard_from_text(bad)) << bad;
  EXPECT_EQ(shard_folder("run", {2, 8}), "run/shards/2-of-8");
  EXPECT_EQ(shard_of("000000000000000a" + std::string(48, 'f'), 4), 2);
}

}  // namespace
}  // namespace orderscope
