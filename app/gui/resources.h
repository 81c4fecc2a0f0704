// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <vector>

namespace orderscope {

/// The folder with demo models and sample photos: $ORDERSCOPE_RESOURCES, else share/orderscope of the installation,
/// else the source tree the program was built in. Empty if there is none.
std::filesystem::path resource_folder(const std::filesystem::path& program_folder);

/// The folder's models, hornet-7x7.safetensors, which the window shows first, at the front.
std::vector<std::filesystem::path> demo_models(const std::filesystem::path& resources);

/// The sample photos, the one to show first at the front.
std::vector<std::filesystem::path> sample_images(const std::filesystem::path& resources);

}  // namespace orderscope
