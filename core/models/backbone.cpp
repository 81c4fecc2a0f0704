// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/backbone.h"

#include <ATen/ATen.h>

#include "core/base/guard.h"
#include "core/models/convnext.h"
#include "core/models/family.h"
#include "core/models/hornet.h"
#include "core/models/swin.h"

namespace orderscope {

std::vector<std::string> Backbone::tap_names() const {
  std::vector<std::string> names{"input"};
  for (const Step& step : steps_) names.insert(names.end(), step.taps.begin(), step.taps.end());
  return names;
}

bool Backbone::has_logits() const {
  return !steps_.empty() && !steps_.back().taps.empty() && steps_.back().taps.back() == "logits";
}

std::string Backbone::last_block() const {
  // The step before the head.
  return steps_[steps_.size() - 2].taps.back();
}

Activations Backbone::run(const at::Tensor& images, Taps* taps) const {
  Activations at_hand = TapScope(taps, "").as_is("input", images);
  for (const Step& step : steps_) at_hand = step.run(at_hand, taps);
  return at_hand;
}

namespace {

Result<void> check_sizes(const Architecture& a) {
  const auto refuse = [](const std::string& what) { return fail(Error::Kind::InvalidInput, what, "architecture"); };
  const std::size_t stages = a.dims.size();
  if (stages == 0 || stages > 8 || a.depths.size() != stages) return refuse("needs as many depths as dims");
  if (a.in_channels < 1 || a.mlp_ratio < 1 || a.classes < (a.levels.empty() ? 1 : 0))
    return refuse("channels, classes and MLP ratio must be positive");
  for (const int level : a.levels)
    if (level < 0 || static_cast<std::size_t>(level) >= stages) return refuse("levels must be stages");
  for (std::size_t i = 0; i < stages; ++i) {
    if (a.dims[i] < 1 || a.depths[i] < 0) return refuse("dims must be positive and depths not negative");
  }
  return {};
}

Result<void> check_hornet(const Architecture& a) {
  const auto refuse = [](const std::string& what) { return fail(Error::Kind::InvalidInput, what, "architecture"); };
  if (a.orders.size() != a.dims.size() || a.filters.size() != a.dims.size())
    return refuse("a HorNet needs an order and a filter entry for each stage");
  for (std::size_t i = 0; i < a.dims.size(); ++i) {
    const int order = a.orders[i];
    if (order < 1 || order > 16) return refuse("orders must lie between 1 and 16");
    if (a.dims[i] % (1 << (order - 1)) != 0) {
      return refuse("dim " + std::to_string(a.dims[i]) + " is not divisible by 2^(order - 1), order " +
                    std::to_string(order));
    }
    if (a.filters[i] && (a.filters[i]->h < 1 || a.filters[i]->w < 1)) return refuse("filter sizes must be positive");
  }
  return {};
}

Result<void> check_swin(const Architecture& a) {
  const auto refuse = [](const std::string& what) { return fail(Error::Kind::InvalidInput, what, "architecture"); };
  if (a.heads.size() != a.dims.size() || a.windows.size() != a.dims.size())
    return refuse("a Swin needs heads and a window for each stage");
  for (std::size_t i = 0; i < a.dims.size(); ++i) {
    const int64_t resolution = (a.image_size / 4) >> i;
    if (a.heads[i] < 1 || a.dims[i] % a.heads[i] != 0) return refuse("dims must be multiples of the number of heads");
    if (a.windows[i] < 1 || a.windows[i] > 1024) return refuse("windows must be sides of at least a token");
    if (a.levels.empty() && (resolution < 1 || resolution % a.windows[i] != 0)) {
      return refuse("window " + std::to_string(a.windows[i]) + " does not divide the map of stage " +
                    std::to_string(i + 1) + ", " + std::to_string(resolution) + " a side");
    }
  }
  return {};
}

Result<std::shared_ptr<Backbone>> make_plugin_backbone(const Architecture& a) {
  const BackboneFamily* family = find_family(a);
  if (!family)
    return fail(Error::Kind::InvalidInput, "unknown family", a.plugin_family, "load the plugin that brings it");
  if (a.image_size < 1 || a.image_size > 16384)
    return fail(Error::Kind::InvalidInput, "the native image size is out of range", a.plugin_family);
  TRY(auto backbone, family->build(a));
  if (!backbone || backbone->steps().empty())
    return fail(Error::Kind::InvalidInput, "the plugin made no network", a.plugin_family);
  return backbone;
}

Result<std::shared_ptr<Backbone>> make_family(const Architecture& a) {
  switch (a.family) {
    case Family::HorNet: TRY_VOID(check_hornet(a)); return std::make_shared<HorNet>(a);
    case Family::Swin: TRY_VOID(check_swin(a)); return std::make_shared<Swin>(a);
    case Family::ConvNeXt:
      if (a.kernel_size < 1 || a.kernel_size % 2 == 0) return fail(Error::Kind::InvalidInput, "kernel must be odd");
      return std::make_shared<ConvNeXt>(a);
    case Family::Plugin: return make_plugin_backbone(a);
  }
  return fail(Error::Kind::InvalidInput, "unknown family");
}

}  // namespace

Result<std::shared_ptr<Backbone>> make_backbone(const Architecture& a) {
  TRY_VOID(check_sizes(a));
  Result<std::shared_ptr<Backbone>> made;
  const auto ran = guarded([&] { made = make_family(a); });
  if (!ran) return fail(ran.error().kind, "the network cannot be made: " + ran.error().what);
  return made;
}

void initialize(Backbone& backbone, double layer_scale_init) {
  const at::NoGradGuard no_grad;
  for (auto& item : backbone.named_parameters()) {
    const std::string& name = item.key();
    at::Tensor& p = item.value();
    const std::string last = name.substr(name.rfind('.') + 1);
    if (last == "gamma" || last == "gamma1" || last == "gamma2") {
      p.fill_(layer_scale_init);
    } else if (last == "bias" || last == "running_mean") {
      p.zero_();
    } else if (p.dim() == 1) {
      p.fill_(1);  // LayerNorm
    } else {
      // Cut at +-2, a hundred standard deviations, as the official trunc_normal_ with its default limits.
      p.normal_(0, 0.02).clamp_(-2, 2);
    }
  }
}

}  // namespace orderscope
