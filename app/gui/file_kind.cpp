// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/file_kind.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <string>
#include <string_view>

namespace orderscope {
namespace {

std::string first_bytes(const std::filesystem::path& path) {
  std::array<char, 16> buffer{};
  std::ifstream file(path, std::ios::binary);
  file.read(buffer.data(), buffer.size());
  return {buffer.data(), static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0))};
}

std::string lower_extension(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

constexpr std::array<std::string_view, 8> kImageExtensions{".jpg", ".jpeg", ".png", ".webp",
                                                           ".tif", ".tiff", ".bmp", ".jpe"};
constexpr std::array<std::string_view, 6> kModelExtensions{".pth", ".pt", ".safetensors", ".bin", ".ckpt", ".tar"};

}  // namespace

FileKind classify_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return FileKind::Missing;
  if (std::filesystem::is_directory(path, error)) return FileKind::Folder;
  const std::string head = first_bytes(path);
  const auto starts = [&](std::string_view magic) { return head.starts_with(magic); };
  using namespace std::string_view_literals;
  if (starts("\xFF\xD8\xFF"sv) || starts("\x89PNG"sv) || starts("II*\0"sv) || starts("MM\0*"sv) || starts("BM"sv))
    return FileKind::Image;
  if (starts("RIFF"sv) && head.size() >= 12 && head.substr(8, 4) == "WEBP") return FileKind::Image;
  // Zip (torch.save since 1.6), pickle protocol 2 (before it), and safetensors' header length followed by JSON.
  if (starts("PK\3\4"sv) || starts("\x80\x02"sv) || (head.size() > 8 && head[8] == '{')) return FileKind::Model;
  const std::string extension = lower_extension(path);
  if (contains(kImageExtensions, extension)) return FileKind::Image;
  if (contains(kModelExtensions, extension)) return FileKind::Model;
  return FileKind::Unknown;
}

std::vector<std::filesystem::path> images_in(const std::filesystem::path& folder, std::size_t limit) {
  std::vector<std::filesystem::path> images;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (contains(kImageExtensions, lower_extension(it->path()))) images.push_back(it->path());
  std::sort(images.begin(), images.end());
  if (images.size() > limit) images.resize(limit);
  return images;
}

}  // namespace orderscope
