// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_images.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "core/base/csv.h"
#include "core/base/mapped_file.h"
#include "core/dataset/image_folder.h"
#include "core/run/batch_config.h"

namespace orderscope {

namespace fs = std::filesystem;

namespace {

class Listing {
 public:
  Listing(const std::vector<std::string>& known, fs::path list_folder, PathScope list_scope)
      : known_(known.begin(), known.end()), list_folder_(std::move(list_folder)), list_scope_(std::move(list_scope)) {}

  Result<void> add_folder(const fs::path& root) {
    TRY(ImageFolder folder, open_image_folder(root));
    if (!folder.labelled() || knows_any(folder.classes)) return take(std::move(folder));
    // None of the folders is a class of the models: are they splits of one data set?
    std::vector<ImageFolder> splits;
    std::error_code error;
    std::vector<fs::path> inside;
    for (auto entry = fs::directory_iterator(root, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
      std::error_code ignored;
      if (entry->is_directory(ignored) && !entry->path().filename().native().starts_with('.'))
        inside.push_back(entry->path());
    }
    std::ranges::sort(inside);
    bool all = !known_.empty();
    for (const fs::path& path : inside) {
      auto split = all ? open_image_folder(path) : Result<ImageFolder>();
      if (!all || !split) continue;
      all = split->labelled() && knows_any(split->classes);
      splits.push_back(std::move(*split));
    }
    if (!all || splits.empty()) return take(std::move(folder));
    folder = {};
    for (ImageFolder& split : splits) TRY_VOID(take(std::move(split)));
    return {};
  }

  Result<void> add_csv(const fs::path& path) {
    TRY(const auto file, MappedFile::open(path));
    std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const std::vector<std::string> header = next_csv_record(text);
    const auto column = [&](std::initializer_list<const char*> names) -> std::optional<std::size_t> {
      for (const char* name : names)
        for (std::size_t i = 0; i < header.size(); ++i)
          if (header[i] == name) return i;
      return std::nullopt;
    };
    const auto path_column = column({"path", "image", "file"}), label_column = column({"label", "class"});
    const auto name_column = column({"label_name"}), hash_column = column({"sha256"});
    if (!path_column) {
      return fail(Error::Kind::InvalidInput, "its header has no column path, image or file", path.string(),
                  "a plain list of paths must not end in .csv");
    }
    std::vector<ListedImage> rows;
    std::vector<std::string> labels;
    std::map<std::string, std::string> names;  // of numbers
    for (std::int64_t line = 2; !text.empty(); ++line) {
      std::vector<std::string> fields = next_csv_record(text);
      if (fields.size() == 1 && fields[0].empty()) continue;
      if (fields.size() > header.size() || fields.size() <= *path_column || fields[*path_column].empty()) {
        return fail(Error::Kind::InvalidInput, "does not fit its header or names no path",
                    path.string() + ", record " + std::to_string(line));
      }
      const auto text_at = [&](const std::optional<std::size_t>& at) {
        return at && *at < fields.size() ? std::move(fields[*at]) : std::string();
      };
      labels.push_back(text_at(label_column));
      if (std::string name = text_at(name_column); !name.empty()) names.emplace(labels.back(), std::move(name));
      TRY(std::string file, joined(path, text_at(path_column)));
      rows.push_back({std::move(file), -1, text_at(hash_column)});
    }
    return take_rows(std::move(rows), labels, names, path);
  }

  Result<void> add_list(const fs::path& path) {
    TRY(const auto file, MappedFile::open(path));
    std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
    if (text.find('\0') != std::string_view::npos)
      return fail(Error::Kind::NotThisFormat, "is neither a picture nor a list of pictures", path.string());
    while (!text.empty()) {
      std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
      line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
      if (line.empty() || line[0] == '#') continue;
      TRY(std::string named, joined(path, std::string(line)));
      add({std::move(named), -1, {}});
    }
    return {};
  }

  void add(ListedImage image) {
    if (!deduplicate_ || seen_.insert(image.path).second) {
      result_.images.push_back(std::move(image));
    } else {
      ++result_.repeated;
    }
  }

  /// One folder cannot name a path twice; several sources, and lists, can.
  void set_deduplicate(bool on) { deduplicate_ = on; }

  BatchImages result() && { return std::move(result_); }

 private:
  /// Errors: InvalidInput, where a list may not name it.
  Result<std::string> joined(const fs::path& list, const std::string& path) {
    const fs::path folder = list_folder_.empty() ? list.parent_path() : list_folder_;
    std::string file = folder.empty() || folder == "." ? path : (folder / path).string();
    if (!list_scope_.contains(file)) return fail(outside_of("list", file));
    return file;
  }

  bool knows_any(const std::vector<std::string>& names) const {
    return std::ranges::any_of(names, [&](const std::string& name) { return known_.contains(name); });
  }

  int label_named(const std::string& name) {
    const auto [at, added] = labels_.emplace(name, static_cast<int>(result_.classes.size()));
    if (added) result_.classes.push_back(name);
    return at->second;
  }

  Result<void> take(ImageFolder folder) {
    // The first set keeps its numbers, unused ones included; what comes later is fitted in by name.
    std::vector<int> place;
    for (std::size_t i = 0; i < folder.classes.size(); ++i) {
      if (folder.classes[i].empty() && result_.classes.size() == i) result_.classes.emplace_back();
      place.push_back(folder.classes[i].empty() ? -1 : label_named(folder.classes[i]));
    }
    result_.skipped += static_cast<std::int64_t>(folder.skipped);
    for (ImageFile& image : folder.images) {
      add({image.path.string(), image.label < 0 ? -1 : place[static_cast<std::size_t>(image.label)], {}});
      image.path.clear();
    }
    return {};
  }

  Result<void> take_rows(std::vector<ListedImage> rows, const std::vector<std::string>& labels,
                         const std::map<std::string, std::string>& names_of_numbers, const fs::path& path) {
    const auto number = [](const std::string& text) -> std::optional<int> {
      int value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > 1000000) return std::nullopt;
      return value;
    };
    const bool numbers =
        std::ranges::all_of(labels, [&](const std::string& text) { return text.empty() || number(text).has_value(); });
    std::vector<std::string> names;
    for (const std::string& text : labels)
      if (!text.empty()) names.push_back(text);
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    if (numbers && !names.empty()) {
      int highest = 0;
      for (const std::string& name : names) highest = std::max(highest, *number(name));
      if (!result_.classes.empty()) {
        return fail(Error::Kind::InvalidInput,
                    "numbers its classes, which cannot be brought together with those before", path.string(),
                    "name the classes");
      }
      for (int i = 0; i <= highest; ++i) {
        const auto named = names_of_numbers.find(std::to_string(i));
        const bool unused = !names_of_numbers.empty() && named == names_of_numbers.end();
        result_.classes.push_back(unused ? "" : named == names_of_numbers.end() ? std::to_string(i) : named->second);
        if (!unused) labels_.emplace(result_.classes.back(), i);
      }
    } else {
      for (const std::string& name : names) label_named(name);
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!labels[i].empty()) rows[i].label = numbers ? *number(labels[i]) : label_named(labels[i]);
      add(std::move(rows[i]));
    }
    return {};
  }

  std::unordered_set<std::string> known_;
  fs::path list_folder_;
  ScopeOfFiles list_scope_;
  std::unordered_map<std::string, int> labels_;
  std::unordered_set<std::string> seen_;
  bool deduplicate_ = false;
  BatchImages result_;
};

Result<void> check_scope(const BatchImages& images, const PathScope& scope, const JobContext& job) {
  ScopeOfFiles files(scope);
  for (const ListedImage& image : images.images) {
    TRY_VOID(job.check());
    if (!files.contains(image.path)) return fail(outside_of("settings", image.path));
  }
  return {};
}

}  // namespace

Result<BatchImages> list_batch_images(std::span<const fs::path> paths, const std::vector<std::string>& known_classes,
                                      const fs::path& list_folder, const PathScope& scope, const PathScope& list_scope,
                                      const JobContext& job) {
  Listing listing(known_classes, list_folder, list_scope);
  std::error_code error;
  listing.set_deduplicate(paths.size() > 1 || (paths.size() == 1 && !fs::is_directory(paths[0], error)));
  for (const fs::path& path : paths) {
    TRY_VOID(job.check());
    job.progress(0, 0, "listing images");
    if (fs::is_directory(path, error)) {
      TRY_VOID(listing.add_folder(path));
    } else if (!fs::exists(path, error)) {
      return fail(Error::Kind::FileAccess, "there is no such file or folder", path.string());
    } else if (has_image_name(path)) {
      listing.add({path.string(), -1, {}});
    } else if (path.extension() == ".csv") {
      TRY_VOID(listing.add_csv(path));
    } else {
      TRY_VOID(listing.add_list(path));
    }
  }
  BatchImages result = std::move(listing).result();
  if (result.images.empty()) {
    return fail(Error::Kind::InvalidInput, "there are no pictures in it", paths.empty() ? "images" : paths[0].string());
  }
  if (!scope.is_anywhere()) TRY_VOID(check_scope(result, scope, job));
  return result;
}

PathScope scope_of_lists(std::span<const fs::path> paths) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (const fs::path& path : paths)
    folders.push_back(fs::is_directory(path, error) ? path : fs::absolute(path).parent_path());
  return PathScope::below(folders);
}

std::string batch_images_csv(const BatchImages& images) {
  CsvWriter csv;
  csv.add("path").add("label").add("label_name").add("sha256").end_row();
  for (const ListedImage& image : images.images) {
    csv.add(image.path);
    if (image.label < 0) {
      csv.add("").add("");
    } else {
      csv.add(image.label).add(images.classes[static_cast<std::size_t>(image.label)]);
    }
    csv.add(image.sha256).end_row();
  }
  return csv.text();
}

}  // namespace orderscope
