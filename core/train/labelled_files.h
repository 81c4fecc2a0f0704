// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace orderscope {

/// The pictures of an image folder, as a training wants them.
struct LabelledFiles {
  std::vector<std::string> classes;
  std::vector<std::filesystem::path> files;
  std::vector<int> labels;  ///< of each file, index into `classes`
};

/// Reads root/class/picture. With `classes`, labels are places in that list, found by name.
/// Errors: those of open_image_folder; InvalidInput for pictures outside class folders or of a class not in the list.
Result<LabelledFiles> read_labelled_files(const std::filesystem::path& root,
                                          const std::vector<std::string>& classes = {});

}  // namespace orderscope
