// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/segmentation_report.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/dataset/image_folder.h"

namespace orderscope {

namespace {

/// Pictures below `root` by their path in it without ending.
Result<std::map<std::string, std::filesystem::path>> files_by_stem(const std::filesystem::path& root) {
  std::map<std::string, std::filesystem::path> files;
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(root, error), end;
  if (error) return fail(Error::Kind::FileAccess, "cannot be read: " + error.message(), root.string());
  for (; entry != end; entry.increment(error)) {
    if (error) return fail(Error::Kind::FileAccess, "cannot be read: " + error.message(), root.string());
    if (!entry->is_regular_file(error) || !has_image_name(entry->path())) continue;
    auto stem = entry->path().lexically_relative(root);
    files.emplace(stem.replace_extension().generic_string(), entry->path());
  }
  return files;
}

template <class Figure>
double mean_of(const std::vector<ClassPixels>& classes, Figure&& figure) {
  double sum = 0;
  std::int64_t count = 0;
  for (const ClassPixels& c : classes) {
    const double value = figure(c);
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
}

double ratio(std::int64_t a, std::int64_t b) {
  return b > 0 ? static_cast<double>(a) / static_cast<double>(b) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Result<AnnotatedSet> open_annotated_folder(const std::filesystem::path& root) {
  TRY(const auto images, files_by_stem(root / "images"));
  TRY(const auto annotations, files_by_stem(root / "annotations"));
  AnnotatedSet set;
  for (const auto& [stem, image] : images) {
    const auto found = annotations.find(stem);
    if (found == annotations.end()) {
      set.without.push_back(image);
    } else {
      set.files.push_back({image, found->second});
    }
  }
  if (set.files.empty())
    return fail(Error::Kind::InvalidInput, "holds no picture with an annotation of its name", root.string(),
                "wanted: images/NAME.jpg and annotations/NAME.png");
  return set;
}

std::int32_t LabelRule::operator()(std::int32_t stored) const {
  if (!reduce_zero_label) return stored;
  // As mmsegmentation does it on 8 bits: 0 becomes 255, then all go down by one, then 254 is 255 again.
  return stored == 0 || stored == ignore ? ignore : stored - 1;
}

Result<void> SegmentationReport::add(std::span<const std::int32_t> predicted, std::span<const std::int32_t> stored,
                                     LabelRule rule) {
  if (predicted.size() != stored.size())
    return fail(Error::Kind::InvalidInput, "the annotation has " + std::to_string(stored.size()) +
                                               " pixels where the picture has " + std::to_string(predicted.size()));
  ++images_;
  const auto count = static_cast<std::int32_t>(classes_.size());
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    const std::int32_t label = rule(stored[i]), guess = predicted[i];
    if (label == rule.ignore) continue;
    ++pixels_;
    if (guess >= 0 && guess < count) ++classes_[static_cast<std::size_t>(guess)].predicted;
    if (label < 0 || label >= count) {
      ++unknown_;
      continue;
    }
    ++classes_[static_cast<std::size_t>(label)].labelled;
    if (label == guess) ++classes_[static_cast<std::size_t>(label)].both;
  }
  return {};
}

double SegmentationReport::iou(const ClassPixels& c) { return ratio(c.both, c.either()); }
double SegmentationReport::accuracy(const ClassPixels& c) { return ratio(c.both, c.labelled); }
double SegmentationReport::mean_iou() const { return mean_of(classes_, iou); }
double SegmentationReport::mean_accuracy() const { return mean_of(classes_, accuracy); }

double SegmentationReport::pixel_accuracy() const {
  std::int64_t both = 0, labelled = 0;
  for (const ClassPixels& c : classes_) both += c.both, labelled += c.labelled;
  return ratio(both, labelled);
}

}  // namespace orderscope
