// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace orderscope {

struct Rgb {
  std::uint8_t r = 0, g = 0, b = 0;
  bool operator==(const Rgb&) const = default;
};

/// Viridis, magma and cividis (matplotlib's, as OpenCV ships them) for magnitudes; Diverging (blue, white, red) for
/// signed values, with OKLab lightness falling evenly and alike from white to either side.
enum class Colormap { Viridis, Magma, Cividis, Gray, Diverging };

inline constexpr std::array all_colormaps{Colormap::Viridis, Colormap::Magma, Colormap::Cividis, Colormap::Gray,
                                          Colormap::Diverging};

std::string_view name_of(Colormap map);  ///< "viridis", "magma", "cividis", "gray", "diverging"
std::optional<Colormap> colormap_named(std::string_view name);

const std::array<Rgb, 256>& table_of(Colormap map);

/// The colour of a value in [0, 1], between table entries by linear interpolation; values outside get the end's colour,
/// NaN the colour of missing.
Rgb color(Colormap map, float value);

/// What stands for "no value": a colour that does not occur in the map.
Rgb missing_color(Colormap map);

/// How raw values become colours: low and high are drawn in the map's ends. A scale of no extent (low == high) shows
/// everything in its lowest colour, the diverging one in its middle.
struct ColorScale {
  Colormap colormap = Colormap::Viridis;
  float low = 0;
  float high = 1;

  Rgb operator()(float raw) const;
  bool operator==(const ColorScale&) const = default;
};

/// Signed values: the diverging map from -extent to extent, so that 0 is white.
ColorScale signed_scale(float extent);

/// The colours of Okabe and Ito (Color Universal Design, 2008), which stay apart for colour-blind readers, for model
/// number `index`. The eighth, black, is left out; after seven they repeat.
Rgb model_color(std::size_t index);

}  // namespace orderscope
