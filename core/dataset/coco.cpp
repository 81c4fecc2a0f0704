// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/dataset/coco.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "core/base/files.h"

namespace orderscope {

namespace {

using nlohmann::json;

constexpr std::int64_t kLargestSide = 1 << 16;

Result<PixelSize> size_of(const json& height, const json& width) {
  const PixelSize size{height.get<std::int64_t>(), width.get<std::int64_t>()};
  if (size.height < 1 || size.width < 1 || size.height > kLargestSide || size.width > kLargestSide)
    return fail(Error::Kind::Broken, "a size of " + std::to_string(size.height) + " x " + std::to_string(size.width));
  return size;
}

Result<RunLengths> polygons_mask(const json& polygons, const PixelSize& image) {
  std::optional<RunLengths> mask;
  for (const json& polygon : polygons) {
    const auto corners = polygon.get<std::vector<double>>();
    if (corners.size() < 6 || corners.size() % 2 != 0 ||
        !std::ranges::all_of(corners, [](double v) { return std::isfinite(v); }))
      return fail(Error::Kind::Broken, "a polygon needs three corners or more");
    RunLengths one = fill_polygon(corners, image);
    mask = mask ? unite(*mask, one) : std::move(one);
  }
  if (!mask) return fail(Error::Kind::Broken, "no polygon");
  return *mask;
}

Result<std::optional<RunLengths>> mask_of(const json& annotation, const PixelSize& image) {
  const auto found = annotation.find("segmentation");
  if (found == annotation.end() || found->is_null() || found->empty()) return std::nullopt;
  if (found->is_array()) {
    TRY(RunLengths mask, polygons_mask(*found, image));
    return mask;
  }
  TRY(const PixelSize size, size_of(found->at("size").at(0), found->at("size").at(1)));
  if (size != image) return fail(Error::Kind::Broken, "the mask has another size than the image");
  const json& counts = found->at("counts");
  if (counts.is_string()) {
    TRY(RunLengths mask, from_coco_text(counts.get<std::string>(), image));
    return mask;
  }
  TRY(RunLengths mask, from_counts(counts.get<std::vector<std::uint32_t>>(), image));
  return mask;
}

Result<CocoAnnotation> read_annotation(const json& entry, const PixelSize& image) {
  CocoAnnotation annotation;
  annotation.id = entry.at("id").get<std::int64_t>();
  annotation.image = entry.at("image_id").get<std::int64_t>();
  annotation.category = entry.at("category_id").get<std::int64_t>();
  annotation.box = entry.at("bbox").get<std::array<double, 4>>();
  annotation.crowd = entry.value("iscrowd", 0) != 0;
  TRY(annotation.mask, mask_of(entry, image));
  annotation.area = entry.value("area", annotation.box[2] * annotation.box[3]);
  return annotation;
}

Result<CocoSet> read(const json& file, const JobContext& job) {
  CocoSet set;
  std::map<std::int64_t, PixelSize> sizes;
  std::map<std::int64_t, bool> known;
  std::string at = "images";
  try {
    for (const json& entry : file.at("images")) {
      CocoImage image{entry.at("id").get<std::int64_t>(), entry.at("file_name").get<std::string>(), {}};
      TRY(image.size, size_of(entry.at("height"), entry.at("width")));
      if (!sizes.emplace(image.id, image.size).second)
        return fail(Error::Kind::Broken, "two images have the id " + std::to_string(image.id));
      set.images.push_back(std::move(image));
    }
    at = "categories";
    for (const json& entry : file.at("categories")) {
      set.categories.push_back({entry.at("id").get<std::int64_t>(), entry.at("name").get<std::string>()});
      if (!known.emplace(set.categories.back().id, true).second)
        return fail(Error::Kind::Broken, "two categories have the id " + std::to_string(set.categories.back().id));
    }
    std::ranges::sort(set.categories, {}, &CocoCategory::id);
    const json& annotations = file.at("annotations");
    std::int64_t strangers = 0;
    for (std::size_t i = 0; i < annotations.size(); ++i) {
      at = "annotation " + std::to_string(i);
      if (i % 256 == 0) {
        TRY_VOID(job.check());
        job.progress(static_cast<std::int64_t>(i), static_cast<std::int64_t>(annotations.size()),
                     "reading annotations");
      }
      const json& entry = annotations[i];
      const auto image = sizes.find(entry.at("image_id").get<std::int64_t>());
      if (image == sizes.end() || !known.contains(entry.at("category_id").get<std::int64_t>())) {
        ++strangers;
        continue;
      }
      auto annotation = read_annotation(entry, image->second);
      if (!annotation) return fail(std::move(annotation.error()).on(at));
      set.annotations.push_back(std::move(*annotation));
    }
    if (strangers > 0)
      set.warnings.push_back(std::to_string(strangers) +
                             " annotations of images or categories that are not listed were left out");
  } catch (const json::exception& error) {
    return fail(Error::Kind::Broken, std::string("is no COCO annotation file: ") + error.what(), at);
  }
  return set;
}

}  // namespace

Result<CocoSet> read_coco(const std::filesystem::path& path, const JobContext& job) {
  TRY(const std::string text, read_text_file(path, std::size_t{2} << 30));
  const json file = json::parse(text, nullptr, false);
  if (file.is_discarded() || !file.is_object()) return fail(Error::Kind::Broken, "is no JSON object", path.string());
  auto set = read(file, job);
  if (set) return set;
  Error error = std::move(set.error());
  error.subject = error.subject.empty() ? path.string() : path.string() + ", " + error.subject;
  return fail(std::move(error));
}

}  // namespace orderscope
