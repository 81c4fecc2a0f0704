// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/faithfulness.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/analysis/baseline_image.h"
#include "core/analysis/cam_layer.h"
#include "core/analysis/road.h"
#include "core/base/guard.h"

namespace orderscope {

FaithfulnessSettings FaithfulnessSettings::of(const MethodValues& values) {
  return {static_cast<int>(values.integer("steps")), values.text("baseline"), values.real("road-noise"),
          static_cast<std::uint64_t>(values.integer("seed")), std::nullopt};
}

const MethodDescriptor& faithfulness_descriptor() {
  static const MethodDescriptor descriptor{
      "faithfulness",
      "Faithfulness of a map",
      "Petsiuk et al., RISE, BMVC 2018; Rong et al., ROAD, ICML 2022; Chattopadhay et al., Grad-CAM++, WACV 2018; "
      "Zhang et al., Excitation backprop, ECCV 2016; Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018",
      {class_parameter(),
       {"steps", MethodParameter::Type::Integer, "of the deletion and insertion curves", "50", {}, 1, 10000},
       baseline_parameter(),
       {"road-noise",
        MethodParameter::Type::Real,
        "standard deviation of the noise on imputed pixels, in the values that the model is fed",
        "0.01",
        {},
        0,
        10},
       {"randomise",
        MethodParameter::Type::Choice,
        "make the map again with the weights shuffled from the head down, a stage or a block at a time",
        "stages",
        {"no", "stages", "blocks"},
        0,
        0},
       {"seed", MethodParameter::Type::Integer, "of the random numbers", "0", {}, 0, 9007199254740992.0}},
      /*needs_gradient=*/false,
      /*needs_gnconv=*/false,
      "numbers and curves"};
  return descriptor;
}

ConfidenceChange confidence_change(double full, double explained) {
  return {full > 0 ? 100 * std::max(0.0, full - explained) / full : 0.0, explained > full ? 1 : 0};
}

at::Tensor explanation_mask(const at::Tensor& saliency) {
  const at::Tensor positive = saliency.clamp_min(0);
  const at::Tensor lifted = positive - positive.min();
  const double high = lifted.max().item<double>();
  return high > 0 ? lifted / high : lifted;
}

namespace {

Result<void> check_box(const PixelBox& box, std::int64_t height, std::int64_t width) {
  if (box.width > 0 && box.height > 0 && box.x >= 0 && box.y >= 0 && box.x < width && box.y < height) return {};
  return fail(Error::Kind::InvalidInput, "the box is empty or outside the image of " + std::to_string(width) + " x " +
                                             std::to_string(height) + " pixels that the model sees");
}

void point(MethodResult& result, const at::Tensor& saliency, const PixelBox& box) {
  const auto place = saliency.flatten().argmax().item<std::int64_t>();
  const std::int64_t x = place % saliency.size(1), y = place / saliency.size(1);
  const bool hit =
      x >= box.x && y >= box.y && x < std::int64_t{box.x} + box.width && y < std::int64_t{box.y} + box.height;
  result.numbers.push_back({"pointing.hit", hit ? 1.0 : 0.0});
  result.numbers.push_back({"pointing.x", static_cast<double>(x), "px"});
  result.numbers.push_back({"pointing.y", static_cast<double>(y), "px"});
}

}  // namespace

Result<MethodResult> faithfulness(const Subject& subject, const Map& map, int class_index,
                                  const FaithfulnessSettings& settings, const JobContext& job) {
  const at::Tensor image = subject.image[0];
  at::Tensor saliency, order, baseline, blurred, explained;
  TRY_VOID(guarded([&] {
    saliency = enlarged(map, image.size(1), image.size(2));
    order = pixel_order(saliency);
    baseline = baseline_image(subject, settings.baseline);
    blurred = baseline_image(subject, "blur");
    explained = image * explanation_mask(saliency).to(image.device());
  }));
  MethodResult result;
  if (!at::isfinite(saliency).all().item<bool>())
    return fail(Error::Kind::InvalidInput, "the map holds NaN or Inf", map.provenance.layer);
  if ((saliency == saliency[0][0]).all().item<bool>())
    result.warnings.push_back("the map is uniform: the order of its pixels, and all that follows, means nothing");
  if (settings.box) TRY_VOID(check_box(*settings.box, image.size(1), image.size(2)));

  const ImageScore score = class_probability(subject.model->backbone, class_index, job);
  TRY(Curve deletion, replacement_curve("deletion", image, baseline, order, settings.steps, score));
  TRY(Curve insertion, replacement_curve("insertion", blurred, image, order, settings.steps, score));
  static const std::vector<double> shares{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
  TRY(RoadCurves removed, road(image, order, shares, settings.road_noise, settings.seed, score, job));
  TRY(const at::Tensor confidence,
      score(
          2, [&](std::int64_t i) { return i == 0 ? image : explained; }, "explained image"));
  const ConfidenceChange change = confidence_change(confidence[0].item<double>(), confidence[1].item<double>());

  result.numbers.insert(result.numbers.end(), {{"confidence", confidence[0].item<double>(), "probability"},
                                               {"deletion.auc", area_under(deletion), "probability"},
                                               {"insertion.auc", area_under(insertion), "probability"},
                                               {"road.combined", removed.combined, "probability"},
                                               {"average_drop", change.average_drop, "%"},
                                               {"increase_in_confidence", static_cast<double>(change.increase)}});
  if (settings.box) point(result, saliency, *settings.box);
  result.curves = {std::move(deletion), std::move(insertion), std::move(removed.most), std::move(removed.least)};
  return result;
}

}  // namespace orderscope
