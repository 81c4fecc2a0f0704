// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/image_set.h"

#include <charconv>

namespace orderscope::cli {

namespace {

constexpr const char* kImagesHelp = "a folder of photos, a text file that lists them, or a .npy of uint8 N x H x W x 3";

std::string is_size(const std::string& text) {
  int side = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (text == "native" || (whole && side >= 1 && side <= 16384)) return {};
  return "a size is a number of pixels from 1 to 16384, or native, not " + text;
}

}  // namespace

void ImageSetOptions::add_to(CLI::App& app) {
  app.add_option("--images", path, kImagesHelp)->required();
  add_size_and_exif(app);
}

void ImageSetOptions::add_to(CLI::App& app, std::filesystem::path& input) {
  auto* group = app.add_option_group("pictures", "what the models look at");
  group->add_option("--images", path, kImagesHelp);
  group->add_option("--input", input, "a float32 N x 3 x H x W .npy array, fed to the models as it is");
  group->require_option(1);
  add_size_and_exif(app);
}

void ImageSetOptions::add_size_and_exif(CLI::App& app) {
  app.add_option("--size", size, "side of the images in pixels; native: as they are")->check(is_size);
  add_exif_option(app, exif);
  app.add_flag("--allow-outside", allow_outside, "a list may name pictures outside its folder");
}

SetPreprocessing ImageSetOptions::preprocessing(const Preprocessing& normal) const {
  SetPreprocessing how{normal, size != "native"};
  if (how.resize && !size.empty()) how.how.size = std::stoi(size);
  return how;
}

std::int64_t limited_count(std::int64_t count, std::int64_t available) {
  if (count == 0 || count == available) return available;
  if (count < available) return count;
  print_warning("there are only " + std::to_string(available) + " images, not " + std::to_string(count));
  return available;
}

std::vector<std::string> names_of(const ImageSet& set, const std::vector<std::int64_t>& indices) {
  std::vector<std::string> names;
  for (const std::int64_t index : indices) names.push_back(set.name(index));
  return names;
}

}  // namespace orderscope::cli
