// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/image_set.h"

#include <ATen/ATen.h>

#include <sstream>

#include "core/base/files.h"
#include "core/base/mapped_file.h"
#include "core/base/path_scope.h"
#include "core/base/sha256.h"
#include "core/checkpoint/npy.h"
#include "core/dataset/image_folder.h"
#include "core/run/model_input.h"

namespace orderscope {

namespace {

Result<std::vector<std::filesystem::path>> read_list(const std::filesystem::path& list, bool allow_outside) {
  TRY(const std::string text, read_text_file(list));
  if (text.find('\0') != std::string::npos)
    return fail(Error::Kind::NotThisFormat, "is neither a picture, an array nor a list of pictures", list.string());
  std::vector<std::filesystem::path> files;
  std::istringstream lines(text);
  ScopeOfFiles scope(allow_outside ? PathScope::anywhere()
                                   : PathScope::below({std::filesystem::absolute(list).parent_path()}));
  for (std::string line; std::getline(lines, line);) {
    line.erase(0, std::min(line.find_first_not_of(" \t"), line.size()));
    line.erase(line.find_last_not_of(" \t\r") + 1);
    if (line.empty() || line[0] == '#') continue;
    files.push_back(list.parent_path() / line);
    if (!scope.contains(files.back())) return fail(outside_of("list", files.back()));
  }
  return files;
}

bool is_array(const std::filesystem::path& path) { return path.extension() == ".npy"; }

}  // namespace

Result<ImageSet> ImageSet::open(const std::filesystem::path& path, ExifOrientation exif, bool allow_outside) {
  ImageSet set;
  set.exif_ = exif;
  std::error_code ignored;
  if (is_array(path)) {
    TRY(set.array_, read_npy(path));
    const at::Tensor& a = set.array_;
    if (a.scalar_type() != at::kByte || a.dim() != 4 || a.size(3) != 3 || a.numel() == 0) {
      return fail(Error::Kind::InvalidInput, "the images must be uint8 of shape N x H x W x 3", path.string(),
                  "float32 arrays N x 3 x H x W are for --input");
    }
    set.array_ = a.contiguous();
    set.array_path_ = path;
    return set;
  }
  if (std::filesystem::is_directory(path, ignored)) {
    TRY(const ImageFolder folder, list_images(std::vector{path}));
    for (const ImageFile& file : folder.images) set.files_.push_back(file.path);
  } else if (has_image_name(path)) {
    set.files_.push_back(path);
  } else {
    TRY(set.files_, read_list(path, allow_outside));
  }
  if (set.files_.empty()) return fail(Error::Kind::InvalidInput, "there are no pictures in it", path.string());
  return set;
}

ImageSet ImageSet::of(std::vector<std::filesystem::path> files, ExifOrientation exif) {
  ImageSet set;
  set.files_ = std::move(files);
  set.exif_ = exif;
  return set;
}

std::int64_t ImageSet::size() const {
  return array_.defined() ? array_.size(0) : static_cast<std::int64_t>(files_.size());
}

std::string ImageSet::name(std::int64_t index) const {
  return array_.defined() ? array_path_.filename().string() + "[" + std::to_string(index) + "]"
                          : files_.at(index).string();
}

std::span<const std::byte> ImageSet::array_bytes(std::int64_t index) const {
  const std::size_t size = array_.numel() / array_.size(0);
  const auto* data = reinterpret_cast<const std::byte*>(array_.const_data_ptr<std::uint8_t>());
  return {data + static_cast<std::size_t>(index) * size, size};
}

Result<DecodedImage> ImageSet::picture(std::int64_t index) const {
  if (!array_.defined()) return decode_image(files_.at(index), exif_);
  DecodedImage decoded;
  decoded.format = "npy";
  decoded.image.height = static_cast<int>(array_.size(1));
  decoded.image.width = static_cast<int>(array_.size(2));
  const auto bytes = array_bytes(index);
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  decoded.image.rgb.assign(data, data + bytes.size());
  decoded.sha256 = sha256(bytes);
  return decoded;
}

std::string SetPreprocessing::text() const { return resize ? describe(how) : "no resize"; }

Result<InputImage> prepare(const DecodedImage& picture, const SetPreprocessing& how, ExifOrientation exif) {
  if (how.resize) return preprocess(picture, how.how, exif);
  InputImage input;
  input.pixels = picture.image;
  input.preprocessing = how.how;
  input.crop = {0, 0, static_cast<double>(picture.image.width), static_cast<double>(picture.image.height)};
  input.source_sha256 = picture.sha256;
  input.exif = exif == ExifOrientation::Apply ? "apply" : "ignore";
  return input;
}

TensorSource tensor_source(const ImageSet& set, const SetPreprocessing& how, const std::string& device) {
  return {set.size(), [&set, how, device](std::int64_t index) -> Result<at::Tensor> {
            TRY(const DecodedImage picture, set.picture(index));
            TRY(const InputImage input, prepare(picture, how, set.exif()));
            return model_input(input).images.to(at::Device(device));
          }};
}

Result<std::string> ImageSet::hash(const std::vector<std::int64_t>& indices) const {
  std::string hashes;
  for (const std::int64_t index : indices) {
    if (array_.defined()) {
      hashes += sha256(array_bytes(index));
    } else {
      TRY(const auto file, MappedFile::open(files_.at(index)));
      hashes += sha256(file->bytes());
    }
  }
  return sha256(std::as_bytes(std::span(hashes)));
}

}  // namespace orderscope
