// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/labelled_files.h"

#include <algorithm>

#include "core/dataset/image_folder.h"

namespace orderscope {

Result<LabelledFiles> read_labelled_files(const std::filesystem::path& root, const std::vector<std::string>& classes) {
  TRY(const ImageFolder folder, open_image_folder(root));
  if (!folder.labelled()) {
    return fail(Error::Kind::InvalidInput, "its pictures are not sorted into class folders", root.string(),
                "sort them as FOLDER/class/picture.jpg");
  }
  LabelledFiles found;
  found.classes = classes.empty() ? folder.classes : classes;
  for (const ImageFile& image : folder.images) {
    const std::string& name = folder.classes[static_cast<std::size_t>(image.label)];
    const auto place = std::find(found.classes.begin(), found.classes.end(), name);
    if (place == found.classes.end()) {
      return fail(Error::Kind::InvalidInput, "is of class " + name + ", which the training set lacks",
                  image.path.string());
    }
    found.files.push_back(image.path);
    found.labels.push_back(static_cast<int>(place - found.classes.begin()));
  }
  return found;
}

}  // namespace orderscope
