// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/dense_network.h"

#include <ATen/ATen.h>

#include "core/base/guard.h"
#include "core/models/dense/detector.h"
#include "core/models/dense/pyramid.h"
#include "core/models/dense/segmenter.h"

namespace orderscope {

DenseNetwork::DenseNetwork(std::shared_ptr<Backbone> pyramid)
    : Backbone(pyramid->architecture()), pyramid_(std::move(pyramid)) {
  for (const auto& child : pyramid_->named_children()) register_module(child.key(), child.value());
  for (const auto& own : pyramid_->named_parameters(/*recurse=*/false)) register_parameter(own.key(), own.value());
  for (const Step& step : pyramid_->steps()) {
    if (step.name.starts_with("stages.") || step.name.find(".blocks.") != std::string::npos)
      last_block_ = step.taps.back();
    const bool first = steps_.empty();
    steps_.push_back({step.name,
                      [run = step.run, first](const Activations& in, Taps* taps) {
                        Activations out = run(in, taps);
                        if (first) out.height = in.x.size(2), out.width = in.x.size(3);
                        if (!first) out.height = in.height, out.width = in.width;
                        // A step of a plain backbone hands on its activation alone.
                        for (const auto& [name, level] : in.aside) out.aside.emplace(name, level);
                        return out;
                      },
                      step.taps});
  }
}

std::vector<std::string> DenseNetwork::level_names() const {
  std::vector<std::string> names;
  for (const int level : architecture_.levels) names.push_back(level_name(level));
  return names;
}

std::vector<int64_t> DenseNetwork::level_pixels(int64_t height, int64_t width) const {
  std::vector<int64_t> pixels;
  for (const int level : architecture_.levels) {
    const int64_t stride = int64_t{4} << level;
    pixels.push_back((height / stride) * (width / stride));
  }
  return pixels;
}

Result<std::shared_ptr<Backbone>> make_dense_network(const Architecture& backbone, const DenseArchitecture& dense) {
  Architecture architecture = backbone;
  architecture.classes = dense.classes();
  TRY(auto pyramid, make_backbone(architecture));
  if (dense.is_detector()) TRY_VOID(check_detector(architecture, dense));
  std::shared_ptr<Backbone> network = pyramid;
  const auto ran = guarded([&] {
    if (dense.is_segmenter())
      network = std::make_shared<Segmenter>(std::move(pyramid), *dense.uper_head);
    else if (dense.is_detector())
      network = std::make_shared<Detector>(std::move(pyramid), dense);
  });
  if (!ran) return fail(ran.error().kind, "the network cannot be made: " + ran.error().what);
  return network;
}

}  // namespace orderscope
