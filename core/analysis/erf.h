// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/area_ratio.h"
#include "core/analysis/erf_protocol.h"
#include "core/analysis/map.h"
#include "core/analysis/radial.h"
#include "core/analysis/tensor_source.h"
#include "core/base/job.h"
#include "core/models/model.h"
#include "core/trace/trace.h"

namespace orderscope {

struct ErfOptions {
  ErfProtocol protocol = erf_protocols().front();
  std::string layer = "last";  ///< a tap; last: the output of the last block
  std::int64_t count = 0;      ///< images to average over; 0: as the protocol says
  std::int64_t batch = 1;      ///< images a pass, of which each has its own gradient; with a region: always 1
  int bootstrap = 1000;        ///< resamplings for the intervals; 0: none
  std::uint64_t seed = 0;      ///< of the drawn images and of the bootstrap

  /// Also one field an order of the gnConvs that match `blocks` (ErfField::order).
  bool by_order = false;
  std::string blocks = "*";

  /// Instead of the unit in the middle: all units of the layer under a part of the image, each weighted by the share of
  /// it that is inside. Given an image [1, 3, H, W], the part as [H, W], not 0 inside.
  std::function<Result<at::Tensor>(const at::Tensor& image)> region{};
  std::optional<int> channel{};  ///< this channel of the units alone, e.g. a class of "logits"; none: all

  std::vector<Edit> edits{};  ///< in force during every pass: the field of a changed network (see order_edits)

  /// Bytes that the maps of the single images may take; beyond it there are no intervals.
  std::int64_t memory_budget = std::int64_t{1} << 30;
  std::function<void(const Map& mean, std::int64_t images)> on_mean;  ///< told after each image; may be empty
};

/// An effective receptive field and what is measured on it.
struct ErfField {
  /// Which gates let the gradient through. None: all of them, the ordinary field. k: in every gnConv only gate k, the
  /// other gates counting as constants; the pointwise ways (value, residual, MLP) and downsampling stay open. Gates are
  /// the only part of a HorNet that looks beyond its own place, so the field of k shows how far order k alone carries,
  /// and that of 0, with all gates shut, is the patch under the unit. The fields do not add up to the ordinary one:
  /// ways that change order from block to block are in none of them.
  std::optional<int> order;
  Map mean;                             ///< H x W in image pixels, raw
  std::vector<AreaMeasure> ratios;      ///< by the protocol's scale, in float64
  std::vector<AreaMeasure> ratios_f32;  ///< the same in the float32 arithmetic of the published scripts, no intervals
  std::vector<AreaMeasure> ratios_linear;  ///< of the mean as it is, no intervals
  RadialProfile profile;                   ///< of the mean, around the unit's own centre
};

struct ErfReport {
  std::string layer;
  std::vector<ErfField> fields;      ///< the ordinary one; then, by order, 0, 1, ..., n
  std::vector<std::int64_t> images;  ///< indices of those averaged
  std::int64_t skipped_nan = 0;      ///< left out because their gradient held NaN or Inf
  std::vector<std::string> unreadable;
  std::array<std::int64_t, 2> grid{}, cell{};  ///< of the layer: size and the unit looked at, (y, x)
  std::array<double, 2> centre{};              ///< of that unit in image pixels, (y, x)
  std::vector<std::string> warnings;
};

/// Mean over images of the gradient of the unit in the middle of a layer, or of those of a region, with respect to the
/// image, as the protocol has it. Images that give NaN or cannot be read are left out, counted and replaced by the next
/// ones. One forward and one backward pass a batch; one more backward an order, and one for order 0. Errors:
/// InvalidInput (no such layer, one without space, input size, images of different sizes, none that worked, no gnConv),
/// Cancelled, OutOfMemory.
Result<ErfReport> effective_receptive_field(const std::shared_ptr<const Backbone>& backbone, const TensorSource& images,
                                            const ErfOptions& options, const JobContext& job = {});

/// The same architecture with random weights, as at the start of a training: the control that shows what of a field the
/// architecture alone makes. Draws from torch's global generator after seeding it. `layer_scale`: the official code
/// starts at 1e-6, so that blocks hardly count. Errors: as make_backbone.
Result<std::shared_ptr<const Backbone>> random_control(const Backbone& backbone, std::uint64_t seed,
                                                       double layer_scale = 1e-6);

}  // namespace orderscope
