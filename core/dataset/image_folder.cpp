// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/dataset/image_folder.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <system_error>

namespace orderscope {

namespace fs = std::filesystem;

namespace {

constexpr int max_classes = 100'000;

bool is_hidden(const fs::path& path) { return path.filename().native().starts_with('.'); }

struct Listing {
  std::vector<fs::path> folders, files;  ///< folders and pictures, sorted by name
  std::size_t hidden = 0, others = 0;
};

tl::unexpected<Error> unreadable(const fs::path& path, const std::error_code& error) {
  return fail(Error::Kind::FileAccess, "cannot be read: " + error.message(), path.string());
}

Result<Listing> list(const fs::path& folder) {
  std::error_code error;
  Listing listing;
  auto entry = fs::directory_iterator(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;  // a link to nowhere or in a circle is neither a folder nor a file
    if (is_hidden(entry->path())) {
      ++listing.hidden;
    } else if (entry->is_directory(ignored)) {
      listing.folders.push_back(entry->path());
    } else if (has_image_name(entry->path()) && entry->is_regular_file(ignored)) {
      listing.files.push_back(entry->path());
    } else {
      ++listing.others;
    }
  }
  if (error) return unreadable(folder, error);
  std::ranges::sort(listing.folders);
  // In one folder the whole text sorts as the name does; comparing paths part by part would take much longer.
  std::ranges::sort(listing.files, {}, [](const fs::path& path) -> const std::string& { return path.native(); });
  return listing;
}

/// Adds the pictures of `root` and its sub-folders, by folder, then by name.
Result<void> collect(const fs::path& root, int label, ImageFolder& result) {
  // By folder: what lies in one comes sorted, so that a million files need few comparisons.
  std::map<std::string, std::vector<fs::path>> files;
  std::set<fs::path> entered;
  std::vector<fs::path> waiting{root};
  while (!waiting.empty()) {
    const fs::path folder = std::move(waiting.back());
    waiting.pop_back();
    std::error_code error;
    const fs::path real = fs::canonical(folder, error);
    if (error) return unreadable(folder, error);
    if (!entered.insert(real).second) continue;
    TRY(Listing listing, list(folder));
    result.skipped += listing.hidden + listing.others;
    if (!listing.files.empty()) files.emplace(listing.files.front().parent_path().native(), std::move(listing.files));
    waiting.insert(waiting.end(), listing.folders.rbegin(), listing.folders.rend());
  }
  for (auto& [folder, paths] : files)
    for (fs::path& path : paths) result.images.push_back({std::move(path), label});
  return {};
}

/// "07_Sweet_Pear" is {7, "Sweet_Pear"}.
std::optional<std::pair<int, std::string>> numbered(const std::string& name) {
  int index = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
  const auto digits = static_cast<std::size_t>(end - name.data());
  if (error != std::errc() || index < 0 || index >= max_classes || name.front() == '-') return std::nullopt;
  if (digits + 1 >= name.size() || name[digits] != '_') return std::nullopt;
  return std::pair(index, name.substr(digits + 1));
}

struct ClassFolders {
  std::vector<int> labels;           ///< of each folder
  std::vector<std::string> classes;  ///< by label
};

ClassFolders label_folders(const std::vector<fs::path>& folders) {
  ClassFolders result;
  for (const fs::path& folder : folders) {
    const auto parsed = numbered(folder.filename().string());
    const auto label = parsed ? static_cast<std::size_t>(parsed->first) : 0;
    if (!parsed || (label < result.classes.size() && !result.classes[label].empty())) {
      result = {};
      for (const fs::path& each : folders) {
        result.labels.push_back(static_cast<int>(result.classes.size()));
        result.classes.push_back(each.filename().string());
      }
      return result;
    }
    result.classes.resize(std::max(result.classes.size(), label + 1));
    result.classes[label] = parsed->second;
    result.labels.push_back(parsed->first);
  }
  return result;
}

Result<void> check_folder(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return fail(Error::Kind::FileAccess, "there is no such folder", path.string());
  if (!fs::is_directory(status)) return fail(Error::Kind::FileAccess, "not a folder", path.string());
  return {};
}

tl::unexpected<Error> no_images(const fs::path& path) {
  return fail(Error::Kind::InvalidInput, "there are no pictures in it", path.string(),
              "JPEG, PNG, WebP, TIFF and BMP files are looked for, in sub-folders, too");
}

}  // namespace

bool has_image_name(const fs::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return c < 128 ? std::tolower(c) : c; });
  static const std::set<std::string, std::less<>> known{".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"};
  return known.contains(extension) && !is_hidden(path);
}

Result<ImageFolder> open_image_folder(const fs::path& root) {
  TRY_VOID(check_folder(root));
  TRY(Listing top, list(root));
  // A link back to the root itself is no class.
  std::erase_if(top.folders, [&](const fs::path& folder) {
    std::error_code ignored;
    return fs::equivalent(folder, root, ignored);
  });
  ImageFolder result;
  result.skipped = top.hidden + top.others + top.files.size();
  const ClassFolders classes = label_folders(top.folders);
  for (std::size_t i = 0; i < top.folders.size(); ++i) TRY_VOID(collect(top.folders[i], classes.labels[i], result));
  if (!result.images.empty()) {
    result.classes = classes.classes;
    return result;
  }
  const fs::path folders[] = {root};
  return list_images(folders);
}

Result<ImageFolder> list_images(std::span<const fs::path> paths) {
  ImageFolder result;
  for (const fs::path& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      TRY_VOID(collect(path, -1, result));
    } else if (fs::exists(path, error)) {
      result.images.push_back({path, -1});
    } else {
      return fail(Error::Kind::FileAccess, "there is no such file or folder", path.string());
    }
  }
  if (result.images.empty()) return no_images(paths.empty() ? fs::path() : paths.front());
  return result;
}

}  // namespace orderscope
