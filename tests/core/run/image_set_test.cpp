// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/image_set.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/checkpoint/npy.h"
#include "tests/golden.h"
#include "tests/small_models.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

const std::string kSamples = std::string(ORDERSCOPE_SOURCE_DIR) + "/resources/samples";

TEST(ImageSet, AnArrayIsTakenAsItIsAndNormalised) {
  const auto set = ImageSet::open(test::golden("erf/images.npy"));
  ASSERT_TRUE(set) << set.error().message();
  EXPECT_EQ(set->size(), 6);
  const TensorSource source = tensor_source(*set, {{}, false}, "cpu");
  const auto image = source.image(4);
  ASSERT_TRUE(image);
  const at::Tensor bytes = test::golden_array("erf/images.npy")[4];
  const float expected = (bytes[7][9][1].item<float>() / 255 - 0.456F) / 0.224F;
  EXPECT_FLOAT_EQ((*image)[0][1][7][9].item<float>(), expected);
  const auto hash = set->hash({0, 1}), other = set->hash({1, 0});
  ASSERT_TRUE(hash && other);
  EXPECT_NE(*hash, *other);
}

TEST(ImageSet, ReadsFoldersAndLists) {
  const auto folder = ImageSet::open(kSamples);
  ASSERT_TRUE(folder);
  EXPECT_EQ(folder->size(), 12);
  const test::TemporaryFolder out;
  std::filesystem::copy_file(kSamples + "/dog.jpg", out / "dog.jpg");
  std::ofstream(out / "list.txt") << "# comment\r\n\n  dog.jpg \n" << kSamples << "/chelsea.png";
  const auto refused = ImageSet::open(out / "list.txt");
  ASSERT_FALSE(refused) << "chelsea.png is not beside the list";
  EXPECT_THAT(refused.error().message(),
              testing::AllOf(testing::HasSubstr("chelsea.png: lies outside the folder of the list"),
                             testing::HasSubstr("--allow-outside")));
  const auto list = ImageSet::open(out / "list.txt", ExifOrientation::Apply, true);
  ASSERT_TRUE(list) << list.error().message();
  ASSERT_EQ(list->size(), 2);
  EXPECT_EQ(list->name(0), (out / "dog.jpg").string());
  Preprocessing how;
  how.size = 64;
  how.warp = true;
  const auto image = tensor_source(*list, {how, true}, "cpu").image(1);
  ASSERT_TRUE(image);
  EXPECT_EQ(image->sizes(), (std::vector<std::int64_t>{1, 3, 64, 64}));
  std::filesystem::create_symlink(kSamples + "/chelsea.png", out / "link.png");
  std::ofstream(out / "list.txt") << "dog.jpg\n";
  EXPECT_TRUE(ImageSet::open(out / "list.txt"));
  std::ofstream(out / "list.txt") << "link.png\n";
  EXPECT_FALSE(ImageSet::open(out / "list.txt")) << "by a link";
}

TEST(ImageSet, RefusesWhatHoldsNoPictures) {
  const test::TemporaryFolder out;
  EXPECT_FALSE(ImageSet::open(out.path()));
  EXPECT_FALSE(ImageSet::open(out / "nowhere"));
  std::ofstream(out / "empty.txt") << "# nothing\n";
  EXPECT_FALSE(ImageSet::open(out / "empty.txt"));
  ASSERT_TRUE(write_npy(out / "float.npy", at::zeros({2, 8, 8, 3})));
  const auto wrong = ImageSet::open(out / "float.npy");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), testing::HasSubstr("uint8"));
  ASSERT_TRUE(write_npy(out / "planes.npy", at::zeros({2, 3, 8, 8}, at::kByte)));
  EXPECT_FALSE(ImageSet::open(out / "planes.npy"));
}

}  // namespace
}  // namespace orderscope
