// SPDX-License-Identifier: GPL-3.0-or-later
// Average precision against pycocotools 2.0.11 (tests/golden/coco_ap).
#include "core/analysis/coco_ap.h"

#include <gtest/gtest.h>

#include "core/dataset/coco.h"
#include "tests/golden.h"

namespace orderscope {
namespace {

class CocoAp : public testing::TestWithParam<ApKind> {};

TEST_P(CocoAp, EqualsPycocotools) {
  const auto truth = read_coco(test::golden("coco_ap/truth.json"));
  ASSERT_TRUE(truth);
  std::vector<ApObject> annotated, found;
  std::vector<std::int64_t> images, categories;
  std::map<std::int64_t, PixelSize> sizes;
  for (const CocoImage& image : truth->images) {
    images.push_back(image.id);
    sizes[image.id] = image.size;
  }
  for (const CocoCategory& category : truth->categories) categories.push_back(category.id);
  for (const CocoAnnotation& a : truth->annotations)
    annotated.push_back({a.image, a.category, a.box, a.mask, a.area, a.crowd, a.id, 0});
  for (const auto& entry : test::golden_json("coco_ap/found.json")) {
    ApObject object;
    object.image = entry.at("image_id");
    object.category = entry.at("category_id");
    object.box = entry.at("bbox");
    object.score = entry.at("score");
    object.mask = *from_coco_text(entry.at("segmentation").at("counts"), sizes.at(object.image));
    found.push_back(std::move(object));
  }
  const auto result = average_precision(GetParam(), annotated, found, images, categories);
  ASSERT_TRUE(result);
  const auto manifest = test::golden_json("coco_ap/manifest.json");
  const auto expected = manifest.at("precision").at(GetParam() == ApKind::Box ? "bbox" : "segm");
  const AveragePrecision& r = *result;
  const std::vector<double> stats{r.ap,  r.ap50, r.ap75,  r.ap_small, r.ap_medium, r.ap_large,
                                  r.ar1, r.ar10, r.ar100, r.ar_small, r.ar_medium, r.ar_large};
  // The same float64 operations; only sums may be taken in another order.
  for (std::size_t i = 0; i < stats.size(); ++i) EXPECT_NEAR(stats[i], expected.at("stats").at(i), 1e-12) << i;
  ASSERT_EQ(r.categories.size(), expected.at("categories").size());
  for (std::size_t i = 0; i < r.categories.size(); ++i) {
    EXPECT_EQ(r.categories[i].first, expected.at("categories").at(i).at(0));
    EXPECT_NEAR(r.categories[i].second, expected.at("categories").at(i).at(1), 1e-12);
  }
}

INSTANTIATE_TEST_SUITE_P(, CocoAp, testing::Values(ApKind::Box, ApKind::Mask));

TEST(CocoApAlone, OfNothingIsNothing) {
  const auto result = average_precision(ApKind::Box, {}, {}, {1}, {1});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->ap, -1);
}

}  // namespace
}  // namespace orderscope
