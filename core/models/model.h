// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/job.h"
#include "core/base/preprocessing.h"
#include "core/checkpoint/architecture.h"

namespace orderscope {

class Backbone;

/// A block of the network, in order: where its maps are found and how large they are.
struct BlockInfo {
  std::string name;   ///< "stages.2.5", "layers.2.blocks.5"
  int stage = 0;      ///< from 0
  int index = 0;      ///< in the stage, from 0
  int channels = 0;
  int stride = 4;     ///< input pixels a map pixel
  int order = 0;      ///< HorNet: order of the gnConv; 0 otherwise
};

/// A checkpoint turned into a network, with what people want to know of it. No LibTorch in this header.
struct Model {
  std::string name;  ///< file name without ending
  std::filesystem::path path;
  Architecture architecture;
  Preprocessing preprocessing;
  std::vector<std::string> class_names;  ///< empty where the file has none
  std::vector<std::string> mixers;       ///< one a stage: "gnconv-7x7", "gnconv-gf", "window-attention", "dwconv-7x7"
  std::vector<BlockInfo> blocks;
  std::int64_t parameters = 0;
  std::int64_t macs = 0;  ///< at the native image size
  std::string container, key, naming;
  std::map<std::string, std::string> metadata;
  std::vector<std::string> warnings;
  std::string sha256;
  std::string device = "cpu";

  std::shared_ptr<Backbone> backbone;  ///< evaluation mode, parameters frozen

  std::string class_name(int index) const;  ///< "class 281" where there are no names
};

struct LoadOptions {
  std::string key;           ///< which state dict, see read_checkpoint
  std::string device = "cpu";
  bool hash = true;          ///< compute `sha256` (reads the whole file)
};

/// Opens a checkpoint. Errors as read_checkpoint and infer_architecture; Broken also for a missing key or a wrong shape
/// (named, with found and expected shape). Unknown keys and NaN or Inf weights are warnings.
Result<std::shared_ptr<const Model>> load_model(const std::filesystem::path& path, const LoadOptions& options = {},
                                                const JobContext& job = {});

}  // namespace orderscope
