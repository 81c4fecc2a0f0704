// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/taps.h"

#include <ATen/ATen.h>

#include "core/models/layers.h"

namespace orderscope {

std::string TapScope::full_name(std::string_view name) const {
  if (name.empty()) return module_;
  if (module_.empty()) return std::string(name);
  return module_ + "." + std::string(name);
}

TapScope TapScope::child(std::string_view name) const { return taps_ ? TapScope(taps_, full_name(name)) : TapScope(); }

bool TapScope::wants(std::string_view name) const { return taps_ && taps_->wants(full_name(name)); }

at::Tensor TapScope::as_is(std::string_view name, at::Tensor x) const {
  return taps_ && taps_->wants(full_name(name)) ? pass(name, std::move(x)) : x;
}

at::Tensor TapScope::pass(std::string_view name, const at::Tensor& x) const {
  return taps_->tap(full_name(name), widened(x)).to(x.scalar_type());
}

at::Tensor TapScope::as_nchw(std::string_view name, at::Tensor x) const {
  if (!wants(name)) return x;
  return pass(name, x.permute({0, 3, 1, 2})).permute({0, 2, 3, 1});
}

at::Tensor TapScope::as_tokens(std::string_view name, at::Tensor x) const {
  if (!wants(name)) return x;
  const auto shape = x.sizes().vec();
  return pass(name, x.flatten(1, 2)).reshape(shape);
}

}  // namespace orderscope
