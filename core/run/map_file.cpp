// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/map_file.h"

#include <ATen/ATen.h>

#include "core/checkpoint/npy.h"

namespace orderscope {

Result<void> write_map_file(const std::filesystem::path& path, const Map& map) {
  return write_npy(path, at::from_blob(const_cast<float*>(map.values.data()), {map.height, map.width}));
}

}  // namespace orderscope
