// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/resources.h"

#include <algorithm>
#include <cstdlib>

#include "app/gui/file_kind.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

}  // namespace

fs::path resource_folder(const fs::path& program_folder) {
  if (const char* given = std::getenv("ORDERSCOPE_RESOURCES"); given != nullptr && *given != '\0') return given;
  const fs::path installed = program_folder.parent_path() / "share" / "orderscope";
  if (is_folder(installed)) return installed;
  // build/PRESET/bin in the source tree, or another depth of build folder.
  for (fs::path folder = program_folder; folder.has_relative_path(); folder = folder.parent_path())
    if (is_folder(folder / "resources" / "samples")) return folder / "resources";
  return {};
}

std::vector<fs::path> demo_models(const fs::path& resources) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(resources / "models", error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".safetensors") found.push_back(it->path());
  std::ranges::sort(found, {}, [](const fs::path& path) {
    return std::pair(path.filename() != "hornet-7x7.safetensors", path.filename().string());
  });
  return found;
}

std::vector<fs::path> sample_images(const fs::path& resources) {
  std::vector<fs::path> images = images_in(resources / "samples");
  const auto first = std::find_if(images.begin(), images.end(),
                                  [](const fs::path& path) { return path.stem() == "Golden-Delicious_008"; });
  if (first != images.end()) std::rotate(images.begin(), first, first + 1);
  return images;
}

}  // namespace orderscope
