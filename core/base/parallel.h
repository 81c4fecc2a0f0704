// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>

namespace orderscope {

/// Calls body(first, last) for consecutive ranges that cover [0, count), at least `grain` long, on LibTorch's worker
/// threads. at::parallel_for will not do: it is a template, and compiled here, without LibTorch's own OpenMP, it is a
/// plain loop; with another OpenMP there would be two pools that fight for the cores.
void parallel_for(std::int64_t count, std::int64_t grain, const std::function<void(std::int64_t, std::int64_t)>& body);

}  // namespace orderscope
