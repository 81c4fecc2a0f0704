// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace orderscope {

/// Pictures sorted into one folder a class.
struct LabelledFiles {
  std::vector<std::string> folders;             ///< of the classes, in the order of their labels
  std::vector<std::filesystem::path> files;
  std::vector<int> labels;

  /// The folders' names; without the numbers in front ("07_Melon") where all have one.
  std::vector<std::string> class_names() const;
};

/// Reads root/class/picture, sorted by name as torchvision's ImageFolder. With `folders`, labels are places in that
/// list, and another folder is an error. Errors: FileAccess, InvalidInput (no classes, no pictures, unknown class).
Result<LabelledFiles> read_class_folders(const std::filesystem::path& root,
                                         const std::vector<std::string>& folders = {});

}  // namespace orderscope
