// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/class_folders.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace orderscope {

namespace fs = std::filesystem;

namespace {

bool is_picture(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::array endings{".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"};
  return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

Result<std::vector<fs::directory_entry>> entries(const fs::path& folder) {
  std::vector<fs::directory_entry> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (!it->path().filename().string().starts_with('.')) found.push_back(*it);
  }
  if (error) return fail(Error::Kind::FileAccess, "cannot be listed: " + error.message(), folder.string());
  std::sort(found.begin(), found.end());
  return found;
}

std::size_t number_prefix(const std::string& name) {
  const std::size_t digits = name.find_first_not_of("0123456789");
  return digits != 0 && digits != std::string::npos && name[digits] == '_' && digits + 1 < name.size() ? digits + 1 : 0;
}

}  // namespace

std::vector<std::string> LabelledFiles::class_names() const {
  std::vector<std::string> names = folders;
  if (std::all_of(names.begin(), names.end(), number_prefix))
    for (std::string& name : names) name.erase(0, number_prefix(name));
  return names;
}

Result<LabelledFiles> read_class_folders(const fs::path& root, const std::vector<std::string>& folders) {
  LabelledFiles found;
  found.folders = folders;
  TRY(const auto classes, entries(root));
  for (const fs::directory_entry& entry : classes) {
    std::error_code error;
    if (!entry.is_directory(error)) continue;
    const std::string name = entry.path().filename().string();
    auto place = std::find(found.folders.begin(), found.folders.end(), name);
    if (place == found.folders.end()) {
      if (!folders.empty())
        return fail(Error::Kind::InvalidInput, "is none of the classes", entry.path().string(),
                    "use the class folders of the training set");
      found.folders.push_back(name);
      place = found.folders.end() - 1;
    }
    const int label = static_cast<int>(place - found.folders.begin());
    TRY(const auto pictures, entries(entry.path()));
    for (const fs::directory_entry& picture : pictures) {
      if (!is_picture(picture.path())) continue;
      found.files.push_back(picture.path());
      found.labels.push_back(label);
    }
  }
  if (found.files.empty()) {
    return fail(Error::Kind::InvalidInput, "holds no pictures in class folders", root.string(),
                "sort them as FOLDER/class/picture.jpg");
  }
  return found;
}

}  // namespace orderscope
