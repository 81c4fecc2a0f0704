// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/job.h"
#include "core/base/preprocessing.h"
#include "core/checkpoint/architecture.h"
#include "core/checkpoint/class_lists.h"
#include "core/checkpoint/dense_architecture.h"
#include "core/models/precision.h"

namespace orderscope {

class Backbone;

/// A block of the network, in order: where its maps are found and how large they are.
struct BlockInfo {
  std::string name;  ///< "stages.2.5", "layers.2.blocks.5"
  int stage = 0;     ///< from 0
  int index = 0;     ///< in the stage, from 0
  int channels = 0;
  int stride = 4;        ///< input pixels a map pixel
  int order = 0;         ///< of its gnConv; 0 without
  bool in_head = false;  ///< a gnConv of HorFPN, in the neck or the head: its stage is the one after the last
};

/// How a segmenter was tested: on the whole image, or on windows of `crop` pixels every `stride` pixels.
struct SegmentationTest {
  bool slide = true;
  int crop = 512, stride = 341;

  bool operator==(const SegmentationTest&) const = default;
};

/// A checkpoint turned into a network, with what people want to know of it. No LibTorch in this header.
struct Model {
  std::string name;  ///< file name without ending
  std::filesystem::path path;
  Architecture architecture;
  Preprocessing preprocessing;
  std::vector<std::string> class_names;  ///< empty where the file has none
  /// One a stage: "gnconv-7x7", "gnconv-gf", "window-attention", "dwconv-7x7"; HorFPN's after those of the backbone.
  std::vector<std::string> mixers;
  std::vector<BlockInfo> blocks;
  std::int64_t parameters = 0;
  std::int64_t macs = 0;  ///< at the native image size
  std::string container, key, naming;
  std::map<std::string, std::string> metadata;
  std::vector<std::string> warnings;
  std::string sha256;
  std::string device = "cpu";
  Precision precision = Precision::Float32;

  std::optional<DenseArchitecture> dense;  ///< of a backbone with levels: what stands on it, known or not
  DensePreprocessing dense_preprocessing;  ///< of a backbone with levels
  SegmentationTest segmentation_test;      ///< of a segmenter
  std::vector<ClassColor> palette;         ///< of a segmenter or detector, one a class

  bool is_segmenter() const { return dense && dense->is_segmenter(); }
  bool is_detector() const { return dense && dense->is_detector(); }
  bool is_classifier() const { return architecture.levels.empty(); }

  std::shared_ptr<Backbone> backbone;  ///< evaluation mode, parameters frozen

  std::string class_name(int index) const;  ///< "class 281" where there are no names
};

struct LoadOptions {
  std::string key;  ///< which state dict, see read_checkpoint
  std::string device = "cpu";
  Precision precision = Precision::Float32;  ///< bfloat16: of classifiers only
  bool hash = true;                          ///< compute `sha256` (reads the whole file)
  std::optional<bool> align_corners;         ///< of a segmenter's head, instead of what the file says
};

/// Opens a checkpoint. A segmenter or detector whose head is not known opens as a backbone, with a warning that names
/// what was left out. Errors as read_checkpoint and infer_architecture; Broken also for a missing key or a wrong shape
/// (named, with found and expected shape); InvalidInput for bfloat16 and no classifier. Unknown keys, NaN or Inf
/// weights and bfloat16 without units for it are warnings.
Result<std::shared_ptr<const Model>> load_model(const std::filesystem::path& path, const LoadOptions& options = {},
                                                const JobContext& job = {});

}  // namespace orderscope
