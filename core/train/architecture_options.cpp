// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/architecture_options.h"

#include <algorithm>
#include <string>

namespace orderscope {

namespace {

std::vector<int> default_depths(Family family) {
  switch (family) {
    case Family::HorNet: return {2, 3, 18, 2};
    case Family::Swin: return {2, 2, 6, 2};
    case Family::ConvNeXt: return {3, 3, 9, 3};
    case Family::Plugin: break;
  }
  return {};
}

constexpr std::size_t kStages = 4;  // as all published models have, and as checkpoints are recognised by

/// Side of a stage's maps.
int resolution(int size, std::size_t stage) { return (size / 4) >> stage; }

int largest_window(int size) {
  for (int window = 8; window > 1; --window) {
    bool fits = true;
    for (std::size_t i = 0; i < kStages; ++i) {
      const int side = resolution(size, i);
      fits = fits && (side <= window || side % window == 0);
    }
    if (fits) return window;
  }
  return 1;
}

}  // namespace

Result<Architecture> make_architecture(const ArchitectureOptions& o) {
  Architecture a;
  a.family = o.family;
  a.image_size = o.size;
  a.kernel_size = o.kernel;
  a.depths = o.depths.empty() ? default_depths(o.family) : o.depths;
  a.dims = o.dims;
  if (a.dims.empty()) {
    const int width = o.width > 0 ? o.width : o.family == Family::HorNet ? 64 : 96;
    for (std::size_t i = 0; i < kStages; ++i) a.dims.push_back(width << i);
  }
  const auto need = [&](const char* option, std::size_t given) -> Result<void> {
    if (given == kStages) return {};
    return fail(Error::Kind::InvalidInput, "has " + std::to_string(given) + " entries for the four stages", option);
  };
  TRY_VOID(need("--depths", a.depths.size()));
  TRY_VOID(need("--dims", a.dims.size()));
  if (o.size < 32) return fail(Error::Kind::InvalidInput, "must be 32 at least", "--size");

  if (a.family == Family::HorNet) {
    a.orders = o.orders;
    for (std::size_t i = 0; i < kStages && o.orders.empty(); ++i) a.orders.push_back(static_cast<int>(i) + 2);
    TRY_VOID(need("--orders", a.orders.size()));
    a.filters.resize(kStages);
    for (std::size_t i = 2; i < kStages && o.global_filters; ++i) {
      const int side = resolution(o.size, i);
      a.filters[i] = FilterSize{side, side / 2 + 1};
    }
  }
  if (a.family == Family::Swin) {
    a.layer_scale = false;
    a.heads = o.heads;
    for (std::size_t i = 0; i < kStages && o.heads.empty(); ++i) a.heads.push_back(std::max(1, a.dims[i] / 32));
    TRY_VOID(need("--heads", a.heads.size()));
    const int window = o.window > 0 ? o.window : largest_window(o.size);
    for (std::size_t i = 0; i < kStages; ++i) a.windows.push_back(std::min(window, resolution(o.size, i)));
  }
  return a;
}

}  // namespace orderscope
