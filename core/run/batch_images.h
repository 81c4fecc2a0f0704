// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/base/job.h"
#include "core/base/path_scope.h"

namespace orderscope {

struct ListedImage {
  std::string path;
  int label = -1;      ///< index into BatchImages::classes; -1: nobody said
  std::string sha256;  ///< of the file; empty unless the list says it
};

/// What a batch run looks at, in a fixed order, each path once.
struct BatchImages {
  std::vector<ListedImage> images;
  std::vector<std::string> classes;  ///< by label; empty text: not in use
  std::int64_t skipped = 0;          ///< files in the folders that are no pictures by their name
  std::int64_t repeated = 0;         ///< paths that came again
};

/// Each of `paths` is
/// - a folder: pictures labelled by their class folders (see open_image_folder); where none of these is one of
///   `known_classes` but those inside them are, the folders are splits ("train", "val") of one data set;
/// - a CSV file (by its ending) with a header: "path" (or "image", "file"), and if it likes "label", "label_name" and
///   "sha256"; labels are numbers from 0 on in every row (with names if it has that column), or names;
/// - another text file: one path a line, # for remarks;
/// - a picture.
/// Paths in lists are relative to `list_folder`, or if that is empty to the list. Labels are brought together by the
/// classes' names.
/// Errors: FileAccess, InvalidInput (no pictures, a list without such a column, more columns than its header has, a
/// picture outside `scope`, or one that a list names outside `list_scope`).
Result<BatchImages> list_batch_images(std::span<const std::filesystem::path> paths,
                                      const std::vector<std::string>& known_classes,
                                      const std::filesystem::path& list_folder = {},
                                      const PathScope& scope = PathScope::anywhere(),
                                      const PathScope& list_scope = PathScope::anywhere(), const JobContext& job = {});

/// What the lists among `paths` may name where somebody named the paths but knows not what stands in the lists: what
/// lies beside the lists or in one of the folders, and below.
PathScope scope_of_lists(std::span<const std::filesystem::path> paths);

/// The list as a CSV file that list_batch_images reads to the same images with list_folder ".".
std::string batch_images_csv(const BatchImages& images);

}  // namespace orderscope
