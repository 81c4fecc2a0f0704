// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/job.h"
#include "core/base/run_length.h"

namespace orderscope {

struct CocoImage {
  std::int64_t id = 0;
  std::string file;
  PixelSize size;
};

struct CocoCategory {
  std::int64_t id = 0;
  std::string name;
};

struct CocoAnnotation {
  std::int64_t id = 0, image = 0, category = 0;
  std::array<double, 4> box{};     ///< x, y, width, height
  std::optional<RunLengths> mask;  ///< none where there is no segmentation
  double area = 0;
  bool crowd = false;
};

/// A COCO annotation file of instances.
struct CocoSet {
  std::vector<CocoImage> images;
  std::vector<CocoCategory> categories;  ///< in rising order of id
  std::vector<CocoAnnotation> annotations;
  std::vector<std::string> warnings;
};

/// Reads images, categories and annotations; polygons and both forms of run lengths become masks. Annotations of images
/// or categories that the file does not list are left out with a warning. Errors: FileAccess; Broken, naming the entry.
Result<CocoSet> read_coco(const std::filesystem::path& path, const JobContext& job = {});

}  // namespace orderscope
