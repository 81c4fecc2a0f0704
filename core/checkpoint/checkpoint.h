// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/mapped_file.h"
#include "core/base/result.h"

namespace orderscope {

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

/// The tensors of a model in the order of the file.
using StateDict = std::vector<NamedTensor>;

/// A checkpoint file as it was read. The tensors may point into the mapped file, which they keep alive.
struct Checkpoint {
  std::filesystem::path path;
  std::string container;                ///< "zip", "legacy" or "safetensors"
  std::string key;                      ///< where the state dict was found: "model", "state_dict", ...; "" if bare
  std::vector<std::string> other_keys;  ///< further state dicts in the file, e.g. "model_ema"
  std::string naming;                   ///< whose names the file used, see use_official_names
  StateDict state_dict;                 ///< under the official names, dtypes as stored
  std::map<std::string, std::string> metadata;  ///< of a safetensors file, or mmcv's meta (see take_mm_meta)
  std::vector<std::string> warnings;
  std::shared_ptr<const MappedFile> file;

  std::string sha256() const;  ///< of the whole file; computed at each call
};

/// Reads a .pth (zip or legacy container) or .safetensors file, told apart by content, not by name.
/// Nothing in the file is executed: a pickled object that is no plain data becomes an inert placeholder.
/// `key` picks one of several state dicts; empty: the first of model, state_dict, module, model_ema, or the bare dict.
/// Errors: FileAccess, NotThisFormat, Broken, Unsupported; the message names the file and the cause.
Result<Checkpoint> read_checkpoint(const std::filesystem::path& path, const std::string& key = {});

}  // namespace orderscope
