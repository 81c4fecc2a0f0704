// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/taps.h"

#include <ATen/ATen.h>

namespace orderscope {

std::string TapScope::full_name(std::string_view name) const {
  if (name.empty()) return module_;
  if (module_.empty()) return std::string(name);
  return module_ + "." + std::string(name);
}

TapScope TapScope::child(std::string_view name) const { return taps_ ? TapScope(taps_, full_name(name)) : TapScope(); }

bool TapScope::wants(std::string_view name) const { return taps_ && taps_->wants(full_name(name)); }

at::Tensor TapScope::as_is(std::string_view name, at::Tensor x) const {
  if (!taps_) return x;
  const std::string tap = full_name(name);
  return taps_->wants(tap) ? taps_->tap(tap, std::move(x)) : x;
}

at::Tensor TapScope::as_nchw(std::string_view name, at::Tensor x) const {
  if (!wants(name)) return x;
  return taps_->tap(full_name(name), x.permute({0, 3, 1, 2})).permute({0, 2, 3, 1});
}

at::Tensor TapScope::as_tokens(std::string_view name, at::Tensor x) const {
  if (!wants(name)) return x;
  const auto shape = x.sizes().vec();
  return taps_->tap(full_name(name), x.flatten(1, 2)).reshape(shape);
}

}  // namespace orderscope
