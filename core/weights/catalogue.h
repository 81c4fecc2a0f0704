// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace orderscope {

/// Who published weights, and under which terms.
struct WeightsSource {
  std::string title;  ///< "raoyongming/HorNet"
  std::string page;
  std::string licence;       ///< SPDX identifier
  std::string licence_note;  ///< what the licence is of
  std::string citation;
};

/// A checkpoint that somebody published. What is not known is empty.
struct PublishedWeights {
  std::string name;     ///< what a user types; unique
  std::string family;   ///< "HorNet", "Swin", "ConvNeXt"
  std::string variant;  ///< "HorNet-T GF"
  std::string file;     ///< name under which it is kept
  std::vector<std::string> urls;
  WeightsSource source;
  std::int64_t parameters = 0;  ///< with the head
  int classes = 0;
  std::string trained_on;
  int image_size = 0;
  std::optional<double> top1;         ///< per cent, as its publisher states it
  std::optional<std::int64_t> bytes;  ///< where the publisher states it
  std::string sha256;                 ///< all 64 digits or the first few, where the publisher states them
  std::string note;

  /// What float32 parameters alone take; none of the publishers states sizes.
  std::int64_t estimated_bytes() const { return bytes.value_or(4 * parameters); }
};

using WeightsCatalogue = std::vector<PublishedWeights>;

/// The HorNet, Swin and ConvNeXt classification checkpoints of their authors, and OpenMMLab's copies of HorNet's.
const WeightsCatalogue& published_weights();

/// A list in the form of resources/weights/published.json. Errors: Broken, with what is wrong with which entry; file
/// names that would leave the folder and addresses other than http and https are refused.
Result<WeightsCatalogue> parse_weights_catalogue(std::string_view json);

/// Errors: InvalidInput; its advice has the names that are alike.
Result<PublishedWeights> find_weights(const WeightsCatalogue& catalogue, const std::string& name);

}  // namespace orderscope
