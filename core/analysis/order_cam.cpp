// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/order_cam.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/analysis/block_patterns.h"
#include "core/analysis/cam_layer.h"
#include "core/analysis/cam_rule.h"
#include "core/analysis/order_decomposition.h"
#include "core/base/guard.h"
#include "core/models/backbone.h"
#include "core/trace/find_taps.h"

namespace orderscope {

namespace {

const std::string kOutput = ".gnconv.proj_out";

/// Blocks whose own name, or whose gnConv's output, matches the layer.
Result<std::vector<BlockInfo>> blocks_of(const Model& model, const MethodValues& values) {
  if (std::none_of(model.blocks.begin(), model.blocks.end(), [](const BlockInfo& block) { return block.order > 0; }))
    return fail(Error::Kind::InvalidInput, "this model has no gnConv, so it has no orders", model.name);
  const std::string& layer = values.text("layer");
  TRY(const auto taps, find_taps(*model.backbone, layer == "last" ? model.blocks.back().name : layer));
  std::vector<BlockInfo> blocks;
  std::copy_if(model.blocks.begin(), model.blocks.end(), std::back_inserter(blocks), [&](const BlockInfo& block) {
    return block.order > 0 && std::any_of(taps.begin(), taps.end(), [&](const std::string& tap) {
             return tap == block.name || tap == block.name + kOutput;
           });
  });
  if (!blocks.empty()) return blocks;
  return fail(Error::Kind::InvalidInput, "is no gnConv's output", layer, "name a block, like stages.2.1");
}

OrderTerms terms_of(const BlockInfo& block, const Model& model, const MethodValues& values) {
  const std::string& by = values.text("decompose");
  if (by != "auto") return by == "gates" ? OrderTerms::Gates : OrderTerms::Degree;
  const auto& filters = model.architecture.filters;
  const auto stage = static_cast<std::size_t>(block.stage);
  return stage < filters.size() && filters[stage] ? OrderTerms::Gates : OrderTerms::Degree;
}

/// [terms, h, w] by the rule.
at::Tensor term_maps(const at::Tensor& terms, const at::Tensor& gradient, bool mean) {
  const at::Tensor weights = mean ? gradient.mean({1, 2}, true) : gradient;
  return (terms * weights).sum(1);
}

Result<MethodResult> finish(const MethodCall& call, const JobContext& job) {
  const Model& model = *call.subject.model;
  TRY(const auto blocks, blocks_of(model, call.values));
  TRY(const OrderOrigin origin, order_origin_from_string(call.values.text("origin")));
  const bool mean = call.values.text("rule") == "gradcam";
  MethodResult result;
  for (const BlockInfo& block : blocks) {
    const OrderTerms by = terms_of(block, model, call.values);
    TRY(const auto possible, decomposable_blocks(model, block.name, by, result.warnings));
    const at::Tensor gradient = call.trace.gradient_result(call.first_probe + 1, block.name + kOutput);
    if (!gradient.defined())
      return fail(Error::Kind::InvalidInput, "no gradient of the class reaches this layer", block.name + kOutput);
    const auto use = [&](BlockDecomposition& found) -> Result<void> {
      at::Tensor maps;
      TRY_VOID(guarded([&] { maps = term_maps(found.terms, gradient[0], mean); }));
      for (std::size_t i = 0; i < found.names.size(); ++i) {
        const at::Tensor map = maps[static_cast<std::int64_t>(i)];
        add_map(result, block.name + "." + found.names[i], map, "logit", /*is_signed=*/true);
        result.numbers.push_back({result.maps.back().name, map.sum(at::kDouble).item<double>(), "logit"});
      }
      add_map(result, block.name + ".sum", maps.sum(0), "logit", /*is_signed=*/true);
      result.warnings.insert(result.warnings.end(), found.warnings.begin(), found.warnings.end());
      return {};
    };
    TRY_VOID(decompose_orders(call.trace, call.first_probe, model, possible, {by, origin}, use, false, job));
  }
  return result;
}

}  // namespace

const Method& order_cam_method() {
  static const MethodDescriptor descriptor{
      "order-cam",
      "Order-CAM",
      "OrderScope's: Selvaraju et al., Grad-CAM, ICCV 2017, and Draelos and Carin, HiResCAM, 2020, on the exact terms "
      "of a gnConv",
      {cam_layer_parameter(),
       class_parameter(),
       {"rule",
        MethodParameter::Type::Choice,
        "gradcam: gradients averaged over space; hirescam: each pixel's own",
        "gradcam",
        {"gradcam", "hirescam"},
        0,
        0},
       {"decompose",
        MethodParameter::Type::Choice,
        "degree: by polynomial degree (depthwise gates only); gates: by the gates passed; auto: the first that can be",
        "auto",
        {"auto", "degree", "gates"},
        0,
        0},
       order_origin_parameter()},
      /*needs_gradient=*/true,
      /*needs_gnconv=*/true,
      "maps by order"};
  static const Method method{descriptor,
                             [](const Subject& subject, const MethodValues& values) -> std::vector<Probe> {
                               const auto blocks = blocks_of(*subject.model, values);
                               if (!blocks) return {};  // finish says why
                               return decomposition_probes(*subject.model, *blocks, /*gradient=*/true);
                             },
                             finish};
  return method;
}

}  // namespace orderscope
