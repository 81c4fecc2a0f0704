// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/layer_similarity.h"

#include <ATen/ATen.h>

#include "core/analysis/cka.h"
#include "core/image/image.h"
#include "core/models/backbone.h"
#include "core/run/model_input.h"

namespace orderscope {

namespace {

/// Photos are scaled and cropped as for a classifier, to the size of a segmenter's windows or a detector's short side:
/// what is compared must have one size.
CkaSide side_of(const Model& model, const std::vector<std::filesystem::path>& pictures) {
  CkaSide side;
  side.backbone = model.backbone;
  for (const BlockInfo& block : model.blocks) side.layers.push_back(block.name);
  side.images.count = static_cast<std::int64_t>(pictures.size());
  side.images.image = [pictures, how = model.preprocessing,
                       device = model.device](std::int64_t i) -> Result<at::Tensor> {
    TRY(const ModelInput input, read_image_input(pictures[static_cast<std::size_t>(i)], how, ExifOrientation::Apply));
    return input.images.to(at::Device(device));
  };
  return side;
}

}  // namespace

Result<LayerSimilarity> layer_similarity(const std::shared_ptr<const Model>& a, const std::shared_ptr<const Model>& b,
                                         const std::vector<std::filesystem::path>& pictures, const JobContext& job) {
  if (pictures.size() < 2)
    return fail(Error::Kind::InvalidInput, "layers are compared over several pictures", "", "add at least two");
  CkaOptions options;
  options.estimator = pictures.size() < 4 ? CkaEstimator::Biased : CkaEstimator::Unbiased;
  TRY(CkaResult found, linear_cka(side_of(*a, pictures), side_of(*b, pictures), options, job));
  return LayerSimilarity{std::move(found.matrix), to_string(options.estimator), static_cast<int>(found.images),
                         std::move(found.warnings)};
}

}  // namespace orderscope
