// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/model_cache.h"

namespace orderscope {

Result<std::shared_ptr<const Model>> ModelCache::open(const std::filesystem::path& path, const JobContext& job) {
  const std::lock_guard lock(mutex_);
  if (const auto found = models_.find(path); found != models_.end()) return found->second;
  TRY_VOID(job.check());
  TRY(auto model, load_model(path, {}, job));
  models_[path] = model;
  return model;
}

void ModelCache::forget() {
  const std::lock_guard lock(mutex_);
  models_.clear();
}

}  // namespace orderscope
