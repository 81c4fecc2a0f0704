// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "core/base/sha256.h"
#include "core/image/image.h"

namespace orderscope {

inline std::filesystem::path preprocess_dir() { return std::filesystem::path(ORDERSCOPE_GOLDEN_DIR) / "preprocess"; }
inline std::filesystem::path samples_dir() {
  return std::filesystem::path(ORDERSCOPE_SOURCE_DIR) / "resources" / "samples";
}

/// This folder's own pictures.
inline std::filesystem::path data_dir() {
  return std::filesystem::path(ORDERSCOPE_SOURCE_DIR) / "tests" / "core" / "image" / "data";
}

/// Lives as long as the program: a loop over a part of a temporary would read what is gone.
inline const nlohmann::json& preprocess_manifest() {
  static const nlohmann::json manifest = nlohmann::json::parse(std::ifstream(preprocess_dir() / "manifest.json"));
  return manifest;
}

/// SHA-256 of the pixels, as the manifest gives it.
inline std::string pixel_hash(const Image& image) { return sha256(std::as_bytes(std::span(image.rgb))); }

inline std::string file_bytes(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace orderscope
