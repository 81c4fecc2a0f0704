// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/cancellation.h"

#include <algorithm>

#include "core/models/backbone.h"
#include "core/models/dense/pyramid.h"

namespace orderscope {

Cancellation cancellation_at(const Backbone& backbone, const std::string& tap) {
  const Family family = backbone.architecture().family;
  if (family == Family::Plugin) return Cancellation::None;  // nothing says what follows what
  if (family == Family::ConvNeXt && tap.ends_with(".dwconv")) return Cancellation::Pixel;
  const auto& steps = backbone.steps();
  const auto step = std::find_if(steps.begin(), steps.end(), [&](const Step& s) { return s.name == tap; });
  if (step == steps.end() || step + 1 == steps.end()) return Cancellation::None;
  const auto is_level = [&](const std::string& name) {
    return std::ranges::any_of(backbone.architecture().levels, [&](int l) { return name == level_name(l); });
  };
  if (is_level(tap)) return Cancellation::None;  // convolutions read it
  const std::string& next = (step + 1)->name;
  // In a pyramid the level's norm reads the block's output, and the downsampling's does.
  if (is_level(next)) {
    const bool merges = step + 2 != steps.end() && (step + 2)->name.ends_with(".downsample");
    return merges ? Cancellation::Patch : Cancellation::Pixel;
  }
  if (next.starts_with("downsample_layers.")) return Cancellation::Pixel;
  if (next.ends_with(".downsample")) return Cancellation::Patch;
  if (next == "head") return family == Family::Swin ? Cancellation::Pixel : Cancellation::Pooled;
  return Cancellation::None;
}

std::string cancellation_warning(Cancellation cancellation, const std::string& layer) {
  switch (cancellation) {
    case Cancellation::Pixel:
      return "at " + layer +
             " this map is zero by construction: a LayerNorm over channels follows, and scaling a pixel's vector does "
             "not change its output; look inside the block or use a method that averages over space";
    case Cancellation::Patch:
      return "at " + layer +
             " the values of every merged 2 x 2 patch add up to zero by construction: a LayerNorm over the patch "
             "follows";
    case Cancellation::None:
    case Cancellation::Pooled: break;
  }
  return {};
}

}  // namespace orderscope
