// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>

#include "core/base/result.h"

namespace orderscope {

/// As write_npy, for an array of this shape that need not fit into memory: `row(i)` gives entry i of the first
/// dimension. At least one dimension, and no empty one but the first. Errors: as write_npy.
Result<void> write_npy_rows(const std::filesystem::path& path, at::ScalarType dtype, at::IntArrayRef shape,
                            const std::function<at::Tensor(std::int64_t)>& row);

}  // namespace orderscope
