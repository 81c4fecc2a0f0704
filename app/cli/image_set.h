// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "app/cli/command.h"
#include "core/analysis/values.h"
#include "core/run/image_set.h"

namespace orderscope::cli {

/// --images DIR|LIST|FILE.npy, with --size, --exif and --allow-outside.
struct ImageSetOptions {
  std::filesystem::path path;
  std::string size;  ///< pixels, "native", or empty: the command's own default
  ExifOrientation exif = ExifOrientation::Apply;
  bool allow_outside = false;  ///< a list may name pictures outside its folder

  void add_to(CLI::App& app);
  /// Either these images or --input X.npy, which is fed to the model as it is.
  void add_to(CLI::App& app, std::filesystem::path& input);
  /// Errors: as ImageSet::open.
  Result<ImageSet> open() const { return ImageSet::open(path, exif, allow_outside); }

  /// `normal`, unless --size says another size or none.
  SetPreprocessing preprocessing(const Preprocessing& normal) const;

 private:
  void add_size_and_exif(CLI::App& app);
};

/// `count` of what there is, 0 standing for all; a warning where that is fewer than asked for.
std::int64_t limited_count(std::int64_t count, std::int64_t available);

std::vector<std::string> names_of(const ImageSet& set, const std::vector<std::int64_t>& indices);

}  // namespace orderscope::cli
