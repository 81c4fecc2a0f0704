// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>

#include "core/models/model.h"

namespace orderscope {

/// Models that were opened, so that several parts of a program share one copy of the weights. Safe to use from several
/// threads; one file is read at a time.
class ModelCache {
 public:
  /// Errors: as load_model; a failure is not remembered.
  Result<std::shared_ptr<const Model>> open(const std::filesystem::path& path, const JobContext& job = {});

  /// The next open reads the files again. Whoever holds a model keeps it.
  void forget();

 private:
  std::mutex mutex_;
  std::map<std::filesystem::path, std::shared_ptr<const Model>> models_;
};

}  // namespace orderscope
