// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace orderscope {

struct Rgb {
  std::uint8_t r = 0, g = 0, b = 0;
  bool operator==(const Rgb&) const = default;
};

/// Viridis, magma and cividis (matplotlib's, as OpenCV ships them) for magnitudes; Diverging (blue, white, red) for
/// signed values, with OKLab lightness falling evenly and alike from white to either side. Values after Diverging are
/// those of register_colormap.
enum class Colormap { Viridis, Magma, Cividis, Gray, Diverging };

std::vector<Colormap> all_colormaps();  ///< built-in ones first

std::string_view name_of(Colormap map);  ///< "viridis", "magma", "cividis", "gray", "diverging" or as registered
std::optional<Colormap> colormap_named(std::string_view name);

using ColorTable = std::array<Rgb, 256>;
const ColorTable& table_of(Colormap map);

/// Whether its middle stands for 0.
bool is_diverging(Colormap map);

/// Adds a colour map for as long as the program runs; it may be used from any thread at once. Errors: InvalidInput if
/// the name is taken or no word of a-z, 0-9, - and _, or if there are too many.
Result<Colormap> register_colormap(const std::string& name, const ColorTable& table, bool diverging = false);

/// Whether register_colormap would take the name. Errors: the same.
Result<void> check_colormap_name(const std::string& name);

/// The colour of a value in [0, 1], between table entries by linear interpolation; values outside get the end's colour,
/// NaN the colour of missing.
Rgb color(Colormap map, float value);

/// What stands for "no value": a colour that does not occur in the map (of a registered one: the farthest from it among
/// a few).
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

/// The same values in another map: a diverging one is centred at 0.
ColorScale with_colormap(const ColorScale& scale, Colormap colormap);

/// Signed values: the diverging map from -extent to extent, so that 0 is white.
ColorScale signed_scale(float extent);

/// The colours of Okabe and Ito (Color Universal Design, 2008), which stay apart for colour-blind readers, for model
/// number `index`. The eighth, black, is left out; after seven they repeat.
Rgb model_color(std::size_t index);

}  // namespace orderscope
