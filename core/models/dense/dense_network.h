// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/checkpoint/dense_architecture.h"
#include "core/models/backbone.h"

namespace orderscope {

/// A backbone's pyramid with heads on it, as one list of steps. Parameters carry the names of the file without
/// "backbone.": those of the backbone stand where a classifier has them, so that the blocks' names are the same.
class DenseNetwork : public Backbone {
 public:
  Result<void> check_input(int64_t height, int64_t width) const override {
    return pyramid_->check_input(height, width);
  }
  void set_drop_path(double rate) override { pyramid_->set_drop_path(rate); }
  std::string last_block() const override { return last_block_; }

 protected:
  /// Takes over the steps and parameters of a backbone with levels. The steps of the heads are the derived class' to
  /// add; the first step notes the image's size.
  explicit DenseNetwork(std::shared_ptr<Backbone> pyramid);

  const Backbone& pyramid() const { return *pyramid_; }
  std::vector<std::string> level_names() const;
  /// Pixels of each level for an image of this size.
  std::vector<int64_t> level_pixels(int64_t height, int64_t width) const;

 private:
  std::shared_ptr<Backbone> pyramid_;
  std::string last_block_;
};

/// The network of a segmenter or detector with uninitialised parameters. Errors: InvalidInput if the architectures
/// contradict themselves; Unsupported for a detector whose layout is not known.
Result<std::shared_ptr<Backbone>> make_dense_network(const Architecture& backbone, const DenseArchitecture& dense);

}  // namespace orderscope
