// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "app/gui/inspection_engine.h"

namespace orderscope::test {

inline Map flat_map(int side, float value, bool is_signed = false) {
  Map map;
  map.height = map.width = side;
  map.values.assign(static_cast<std::size_t>(side) * side, value);
  map.is_signed = is_signed;
  return map;
}

/// A HorNet of three blocks (orders 2, 3, 3), or of as many blocks without orders.
inline std::shared_ptr<const Model> fake_model(const std::filesystem::path& path, bool orders = true) {
  auto model = std::make_shared<Model>();
  model->name = path.stem().string();
  model->path = path;
  model->architecture.family = orders ? Family::HorNet : Family::Swin;
  model->architecture.classes = 3;
  model->architecture.depths = {1, 2};
  model->architecture.orders = {2, 3};
  model->architecture.windows = {7, 7};
  model->mixers.assign(2, orders ? "gnconv-7x7" : "window-attention");
  model->blocks = {{"stages.0.0", 0, 0, 8, 4, orders ? 2 : 0},
                   {"stages.1.0", 1, 0, 16, 8, orders ? 3 : 0},
                   {"stages.1.1", 1, 1, 16, 8, orders ? 3 : 0}};
  model->class_names = {"cat", "dog", "cup"};
  return model;
}

/// Answers at once, or only after `hold` was lifted; counts what it was asked. Files with "broken" in their name fail,
/// for those with "huge" there is no memory.
class FakeEngine : public InspectionEngine {
 public:
  struct Log {
    std::mutex mutex;
    std::vector<std::string> calls;
    std::atomic<bool> hold{false};  ///< inspect waits while this is set
    std::atomic<bool> inspecting{false};
    std::atomic<int> cancelled{0};
    std::atomic<bool> with_orders{true};

    void add(const std::string& call) {
      const std::lock_guard lock(mutex);
      calls.push_back(call);
    }
    std::vector<std::string> copy() {
      const std::lock_guard lock(mutex);
      return calls;
    }
  };

  explicit FakeEngine(std::shared_ptr<Log> log) : log_(std::move(log)) {}

  Result<std::shared_ptr<const Model>> open_model(const std::filesystem::path& path, const JobContext&) override {
    log_->add("open " + path.filename().string());
    if (path.string().find("huge") != std::string::npos) throw std::bad_alloc();
    if (path.string().find("broken") != std::string::npos)
      return fail(Error::Kind::Broken, "the tensor norm.weight is missing", path.filename().string());
    return fake_model(path, log_->with_orders);
  }

  Result<std::shared_ptr<const ForwardResult>> inspect(std::shared_ptr<const Model> model,
                                                       const std::filesystem::path& image,
                                                       const JobContext& job) override {
    log_->add("inspect " + image.filename().string());
    log_->inspecting = true;
    while (log_->hold) {
      if (job.stop.stop_requested()) {
        ++log_->cancelled;
        log_->inspecting = false;
        return fail(Error::Kind::Cancelled, "cancelled");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    log_->inspecting = false;
    if (image.string().find("huge") != std::string::npos) throw std::bad_alloc();
    if (image.string().find("broken") != std::string::npos)
      return fail(Error::Kind::Broken, "the picture ends before its data does", image.filename().string());
    auto result = std::make_shared<ForwardResult>();
    result->model = model;
    result->image_path = image;
    result->image_width = 64;
    result->image_height = 48;
    result->input.pixels.width = result->input.pixels.height = 32;
    result->input.pixels.rgb.assign(32 * 32 * 3, 100);
    result->scores = {{1, "dog", 2, 0.7F}, {0, "cat", 1, 0.2F}, {2, "cup", 0, 0.1F}};
    for (const BlockInfo& block : model->blocks) result->blocks.push_back(maps_of(block));
    return result;
  }

  Result<ClassView> explain_region(const PhotoRegion&, const JobContext&) override {
    return fail(Error::Kind::InvalidInput, "is a classifier");
  }

  Result<ClassView> explain(int class_index, const JobContext&) override {
    log_->add("explain " + std::to_string(class_index));
    ClassView view;
    view.class_index = class_index;
    const std::vector<int> orders = log_->with_orders ? std::vector<int>{2, 3, 3} : std::vector<int>{0, 0, 0};
    for (const int order : orders) {
      view.contributions.emplace_back(static_cast<std::size_t>(order), flat_map(4, -1, true));
      view.cams.push_back(flat_map(4, 2, true));
    }
    return view;
  }

 private:
  static BlockOrderMaps maps_of(const BlockInfo& block) {
    BlockOrderMaps maps;
    maps.block = block.name;
    maps.order = block.order;
    if (block.order == 0) return maps;
    maps.value.assign(kReductions, flat_map(4, 0.5F));
    for (int k = 1; k <= block.order; ++k) {
      maps.channels.push_back(block.channels >> (block.order - k));
      maps.gate.emplace_back(kReductions, flat_map(4, static_cast<float>(k)));
      maps.state.emplace_back(kReductions, flat_map(4, static_cast<float>(k)));
    }
    return maps;
  }

  std::shared_ptr<Log> log_;
};

}  // namespace orderscope::test
