// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/area_measure.h"
#include "core/analysis/radial.h"
#include "core/base/job.h"
#include "core/models/model.h"

namespace orderscope {

/// How the effective receptive fields of several models are measured; see ErfOptions and ErfProtocol.
struct FieldPlan {
  static constexpr int kOwnSize = 0, kPublishedSize = -1;

  std::string protocol = "replknet";
  /// "last"; "stage 2": the last block of the second stage; or the name of a tap.
  std::string layer = "last";
  int size = kOwnSize;     ///< side of the images, pixels; or that of the model, or of the protocol
  std::int64_t count = 0;  ///< images; 0: as the protocol says
  int bootstrap = 1000;
  std::uint64_t seed = 0;
  bool by_order = false;  ///< of models with gnConvs also a field an order
  double control_layer_scale = 1e-6;

  bool operator==(const FieldPlan&) const = default;
};

/// A field and what is drawn of it.
struct MeasuredField {
  std::optional<int> order;         ///< see ErfField
  Map mean;                         ///< raw, H x W in pixels of the input
  Map scaled;                       ///< what the areas are measured on
  Map decades;                      ///< log10 of the mean by its largest value; no less than kLeastDecade
  std::vector<AreaMeasure> ratios;  ///< one a threshold
  RadialProfile profile;
};
inline constexpr float kLeastDecade = -6;

/// What is known of a model's field after some images.
struct FieldSnapshot {
  std::string layer;                  ///< the tap
  std::string preprocessing;          ///< in words
  std::int64_t used = 0, wanted = 0;  ///< images
  std::array<double, 2> centre{};     ///< of the unit, (y, x) in pixels of the input
  std::vector<MeasuredField> fields;  ///< the ordinary one; by order, then those of 0, 1, ..., n
  std::vector<std::string> warnings;
  bool complete = false;  ///< all images, with intervals and provenance
};

/// The pictures of several runs. The one that was decoded last is kept: runs take turns.
class FieldPictures {
 public:
  explicit FieldPictures(std::vector<std::filesystem::path> files);
  /// All that ImageSet takes. Errors: as ImageSet::open.
  static Result<std::shared_ptr<FieldPictures>> open(const std::filesystem::path& folder);
  ~FieldPictures();
  std::int64_t size() const;

 private:
  friend class FieldRun;
  struct State;
  explicit FieldPictures(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The effective receptive field of one model as it grows, an image at a time, so that it can be shown meanwhile, left
/// and gone on with. Not thread safe. No LibTorch in this header.
class FieldRun {
 public:
  /// `control`: the same architecture with random weights, without fields by order. `memory_budget`: bytes for the maps
  /// of the single images, see ErfOptions. Errors: InvalidInput (no such protocol, stage, layer), and as
  /// random_control.
  static Result<std::shared_ptr<FieldRun>> start(std::shared_ptr<const Model> model,
                                                 std::shared_ptr<FieldPictures> pictures, const FieldPlan& plan,
                                                 bool control, std::int64_t memory_budget);
  ~FieldRun();

  std::int64_t used() const;
  std::int64_t wanted() const;
  bool done() const;
  /// The plan with another number of images: those that were averaged stay.
  void set_count(std::int64_t count);

  /// Errors: as ErfMean::add_next; after Cancelled all is as it was.
  Result<void> add_next(const JobContext& job = {});
  /// `complete`: with intervals and with the images' hash. Errors: as ErfMean::report, FileAccess.
  Result<FieldSnapshot> look(bool complete, const JobContext& job = {}) const;

 private:
  struct State;
  explicit FieldRun(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// What a run is expected to cost, in multiply-adds of forward and backward passes, for `images` images.
double field_cost(const Model& model, const FieldPlan& plan, std::int64_t images, bool control);

}  // namespace orderscope
