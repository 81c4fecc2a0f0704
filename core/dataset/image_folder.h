// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace orderscope {

struct ImageFile {
  std::filesystem::path path;
  int label = -1;  ///< index into ImageFolder::classes; -1 if nobody said
};

/// Picture files on disk, labelled by the folder they lie in or not at all. Nothing is decoded here.
struct ImageFolder {
  std::vector<ImageFile> images;
  std::vector<std::string> classes;  ///< by label; empty text: this split has no folder for the label
  std::size_t skipped = 0;           ///< files that are no pictures by their name, and hidden files and folders

  bool labelled() const { return !classes.empty(); }
};

/// True for a name ending in jpg, jpeg, png, webp, tif, tiff or bmp, upper or lower case, that is not hidden.
bool has_image_name(const std::filesystem::path& path);

/// root/class/.../picture in the order of torchvision's ImageFolder: classes by name, inside each by folder, then by
/// file name. When every class folder starts with its own index ("00_Apple", "07_Pear"), the index is the label and the
/// rest the name, so that a split that lacks classes still has the right labels. A folder without sub-folders that hold
/// pictures gives its own pictures, unlabelled. Links are followed, each real folder being entered once per class.
/// Errors: FileAccess (missing, unreadable), InvalidInput (no pictures in it).
Result<ImageFolder> open_image_folder(const std::filesystem::path& root);

/// Files in the order given, folders replaced by the pictures in them and their sub-folders; unlabelled. A file that is
/// named here is taken whatever its name. Errors: as above.
Result<ImageFolder> list_images(std::span<const std::filesystem::path> paths);

}  // namespace orderscope
