// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/dataset/image_folder.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

namespace orderscope {
namespace {

using testing::ElementsAre;
namespace fs = std::filesystem;

class ImageFolderTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(root_); }
  void TearDown() override { fs::remove_all(root_); }

  void touch(const fs::path& path) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << "x";
  }
  std::vector<std::string> names(const ImageFolder& folder) const {
    std::vector<std::string> result;
    for (const ImageFile& file : folder.images)
      result.push_back(fs::relative(file.path, root_).generic_string() + " " + std::to_string(file.label));
    return result;
  }

  fs::path root_ = fs::temp_directory_path() / ("orderscope-folder-" + std::to_string(::getpid()));
};

TEST_F(ImageFolderTest, ClassesAndFilesComeInTorchvisionsOrder) {
  // torchvision walks sorted(os.walk(...)), so "b-c" (0x2D) comes between "b" and "b/z" (0x2F).
  for (const char* file :
       {"pear/2.jpg", "pear/10.jpg", "apple/b/z/1.png", "apple/a.JPEG", "apple/b-c/3.webp", "Fig/x.bmp"})
    touch(file);
  const auto folder = open_image_folder(root_);
  ASSERT_TRUE(folder) << folder.error().message();
  EXPECT_THAT(folder->classes, ElementsAre("Fig", "apple", "pear"));
  EXPECT_THAT(names(*folder), ElementsAre("Fig/x.bmp 0", "apple/a.JPEG 1", "apple/b-c/3.webp 1", "apple/b/z/1.png 1",
                                          "pear/10.jpg 2", "pear/2.jpg 2"));
}

TEST_F(ImageFolderTest, NumbersInFrontAreTheLabels) {
  for (const char* file : {"00_Apple/a.jpg", "03_Sweet_Pear/a.jpg", "02_Fig/a.jpg"}) touch(file);
  const auto folder = open_image_folder(root_);
  ASSERT_TRUE(folder);
  EXPECT_THAT(folder->classes, ElementsAre("Apple", "", "Fig", "Sweet_Pear"));
  EXPECT_THAT(names(*folder), ElementsAre("00_Apple/a.jpg 0", "02_Fig/a.jpg 2", "03_Sweet_Pear/a.jpg 3"));
}

TEST_F(ImageFolderTest, NumbersAreNamesUnlessEveryFolderHasItsOwn) {
  for (const char* file : {"00_a/a.jpg", "00_b/a.jpg"}) touch(file);
  EXPECT_THAT(open_image_folder(root_)->classes, ElementsAre("00_a", "00_b"));
  fs::remove_all(root_ / "00_b");
  touch("plain/a.jpg");
  EXPECT_THAT(open_image_folder(root_)->classes, ElementsAre("00_a", "plain"));
  fs::remove_all(root_ / "plain");
  touch("99999999999_x/a.jpg");
  EXPECT_THAT(open_image_folder(root_)->classes, ElementsAre("00_a", "99999999999_x"));
}

TEST_F(ImageFolderTest, SkipsAndCountsWhatIsNoPicture) {
  for (const char* file : {"a/1.jpg", "a/notes.txt", "a/.hidden.jpg", "a/.cache/2.jpg", "a/anim.gif", "README.md"})
    touch(file);
  const auto folder = open_image_folder(root_);
  ASSERT_TRUE(folder);
  EXPECT_EQ(folder->images.size(), 1u);
  EXPECT_EQ(folder->skipped, 5u);  // the hidden folder counts once
}

TEST_F(ImageFolderTest, LinksInCirclesEnd) {
  touch("a/1.jpg");
  touch("b/2.jpg");
  fs::create_directory_symlink(root_ / "a", root_ / "a" / "self");
  fs::create_directory_symlink(root_ / "b", root_ / "a" / "other");
  fs::create_directory_symlink(root_ / "a", root_ / "b" / "back");
  fs::create_directory_symlink(root_, root_ / "root");
  fs::create_symlink("nowhere", root_ / "a" / "dead.jpg");
  fs::create_symlink("loop.jpg", root_ / "a" / "loop.jpg");
  const auto folder = open_image_folder(root_);
  ASSERT_TRUE(folder) << folder.error().message();
  EXPECT_THAT(folder->classes, ElementsAre("a", "b"));
  EXPECT_THAT(folder->images.size(), 4u);  // a and b each see the other's picture through the link
}

TEST_F(ImageFolderTest, PlainFoldersAndListsHaveNoLabels) {
  touch("2.jpg");
  touch("1.png");
  touch("deep/er/3.jpg");
  fs::create_directories(root_ / "empty");
  fs::remove_all(root_ / "deep");
  const auto plain = open_image_folder(root_);
  ASSERT_TRUE(plain) << plain.error().message();
  EXPECT_FALSE(plain->labelled());
  EXPECT_THAT(names(*plain), ElementsAre("1.png -1", "2.jpg -1"));

  touch("deep/er/3.jpg");
  touch("named.data");
  const fs::path paths[] = {root_ / "named.data", root_ / "deep", root_ / "1.png"};
  const auto listed = list_images(paths);
  ASSERT_TRUE(listed);
  EXPECT_THAT(names(*listed), ElementsAre("named.data -1", "deep/er/3.jpg -1", "1.png -1"));
}

TEST_F(ImageFolderTest, ErrorsNameTheFolder) {
  EXPECT_EQ(open_image_folder(root_ / "none").error().kind, Error::Kind::FileAccess);
  EXPECT_EQ(open_image_folder(root_).error().kind, Error::Kind::InvalidInput);
  EXPECT_THAT(open_image_folder(root_).error().message(), testing::HasSubstr(root_.filename().string()));
  touch("file.jpg");
  EXPECT_EQ(open_image_folder(root_ / "file.jpg").error().kind, Error::Kind::FileAccess);
  const fs::path missing[] = {root_ / "none.jpg"};
  EXPECT_EQ(list_images(missing).error().kind, Error::Kind::FileAccess);
  EXPECT_EQ(list_images({}).error().kind, Error::Kind::InvalidInput);
}

TEST_F(ImageFolderTest, UnreadableFoldersAreErrors) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  touch("a/1.jpg");
  fs::permissions(root_ / "a", fs::perms::none);
  EXPECT_EQ(open_image_folder(root_).error().kind, Error::Kind::FileAccess);
  fs::permissions(root_ / "a", fs::perms::owner_all);
}

// The Grocery Store photographs, where they are at hand: the official split, 37 of 43 classes in val.
TEST(GroceryFolder, HasTheOfficialSplit) {
  const fs::path grocery = fs::path(ORDERSCOPE_SOURCE_DIR) / ".." / "shared" / "data" / "grocery";
  if (!fs::exists(grocery)) GTEST_SKIP() << "no photographs here";
  for (const auto& [split, count, last] : {std::tuple{"train", 2640u, 42}, {"val", 296u, 42}, {"test", 2485u, 42}}) {
    const auto folder = open_image_folder(grocery / split);
    ASSERT_TRUE(folder) << folder.error().message();
    EXPECT_EQ(folder->images.size(), count) << split;
    EXPECT_EQ(folder->classes.size(), 43u) << split;
    EXPECT_EQ(folder->classes[0], "Apple");
    EXPECT_EQ(folder->classes[42], "Zucchini");
    EXPECT_EQ(folder->images.back().label, last);
    EXPECT_EQ(folder->skipped, 0u);
  }
}

}  // namespace
}  // namespace orderscope
