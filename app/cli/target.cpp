// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/target.h"

#include <ATen/ATen.h>

#include <cstdio>

#include "core/checkpoint/npy.h"
#include "core/models/backbone.h"

namespace orderscope::cli {

namespace {

std::optional<std::array<std::int64_t, 4>> parse_box(const std::string& text) {
  std::array<long long, 4> v{};
  char rest = 0;
  if (std::sscanf(text.c_str(), "%9lld,%9lld,%9lld,%9lld%c", &v[0], &v[1], &v[2], &v[3], &rest) != 4) return {};
  return std::array<std::int64_t, 4>{v[0], v[1], v[2], v[3]};
}

}  // namespace

void TargetOptions::add_to(CLI::App& app) {
  CLI::Option_group* group = app.add_option_group("target", "a segmenter's: which part of the prediction is explained");
  group
      ->add_option("--region", region,
                   "x,y,width,height in pixels of the photo: the score is the sum of the class' logits there")
      ->check([](const std::string& text) {
        return parse_box(text) ? std::string() : "a region is x,y,width,height, not " + text;
      });
  group->add_option("--class-region", class_region, "all pixels that are predicted as this class")
      ->check(CLI::NonNegativeNumber);
  group->add_option("--mask", mask, "a .npy array of the photo's or the input's size that is not 0 inside the region");
  group->require_option(0, 1);
}

Result<RegionRequest> TargetOptions::request(std::array<std::int64_t, 2> photo) const {
  RegionRequest request;
  request.photo = photo;
  if (!region.empty()) request.box = parse_box(region);
  request.class_region = class_region;
  if (!mask.empty()) {
    TRY(request.mask, read_npy(mask));
    if (request.mask.dim() == 3 && request.mask.size(0) == 1) request.mask = request.mask[0];
    if (request.mask.dim() != 2)
      return fail(Error::Kind::InvalidInput, "a mask has rows and columns and nothing else", mask.string());
  }
  return request;
}

Result<TargetChooser> TargetOptions::chooser(const Model& model, std::array<std::int64_t, 2> photo) const {
  if (model.is_segmenter()) {
    TRY(RegionRequest region_request, request(photo));
    return region_target(std::move(region_request));
  }
  if (given())
    return fail(Error::Kind::InvalidInput, "has no regions: it is no segmenter", model.name,
                model.is_classifier() ? "--class names what a classifier is asked for" : "");
  if (!model.backbone->has_logits())
    return fail(Error::Kind::InvalidInput, "has no head, so there is no score to explain", model.name,
                "`forward --taps` writes its activations");
  return TargetChooser();
}

}  // namespace orderscope::cli
