// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <string>

#include "core/base/files.h"
#include "core/checkpoint/architecture.h"
#include "core/checkpoint/checkpoint.h"
#include "tests/golden.h"

namespace orderscope::test {

/// A folder that goes with the test.
class ScratchFolder {
 public:
  ScratchFolder() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(info->test_suite_name()) + "-" + info->name();
    for (char& c : name)
      if (c == '/') c = '-';
    path_ = std::filesystem::temp_directory_path() / ("orderscope-" + name + "-" + std::to_string(::getpid()));
    std::filesystem::create_directories(path_);
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  /// Writes the bytes and gives the path.
  std::filesystem::path write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;  // no fsync: some tests write thousands
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// Reference files that are kept beside the source tree, where there are any.
inline std::filesystem::path beside_the_sources(const std::string& relative) {
  return std::filesystem::path(ORDERSCOPE_SOURCE_DIR) / ".." / "shared" / relative;
}

inline std::string bytes_of(const std::filesystem::path& path) { return read_text_file(path).value(); }

inline bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes() || a.scalar_type() != b.scalar_type()) return false;
  const at::Tensor x = a.contiguous(), y = b.contiguous();
  return x.nbytes() == 0 || std::memcmp(x.const_data_ptr(), y.const_data_ptr(), x.nbytes()) == 0;
}

inline std::map<std::string, at::Tensor> by_name(const StateDict& state_dict) {
  std::map<std::string, at::Tensor> result;
  for (const auto& [name, tensor] : state_dict) result[name] = tensor;
  return result;
}

/// True if both hold the same names with the same bits; Swin's buffers, which not every container keeps, aside.
inline testing::AssertionResult same_weights(const StateDict& found, const StateDict& expected) {
  auto a = by_name(found), b = by_name(expected);
  for (auto* map : {&a, &b})
    std::erase_if(*map, [](const auto& entry) {
      return entry.first.ends_with("attn_mask") || entry.first.ends_with("relative_position_index");
    });
  for (const auto& [name, tensor] : b) {
    if (!a.contains(name)) return testing::AssertionFailure() << name << " is missing";
    if (!same_bits(a[name], tensor)) return testing::AssertionFailure() << name << " differs";
  }
  for (const auto& [name, tensor] : a)
    if (!b.contains(name)) return testing::AssertionFailure() << name << " is too many";
  return testing::AssertionSuccess();
}

inline StateDict official(const std::string& model) {
  auto checkpoint = read_checkpoint(golden("small/" + model + "/official.pth"));
  EXPECT_TRUE(checkpoint) << checkpoint.error().message();
  return checkpoint ? checkpoint->state_dict : StateDict{};
}

/// The HorNet behind the files of golden/bad.
inline Architecture nano_hornet() {
  Architecture a;
  a.family = Family::HorNet;
  a.classes = 3;
  a.depths = {1, 1, 1, 1};
  a.dims = {2, 4, 8, 16};
  a.orders = {2, 3, 4, 5};
  a.filters.resize(4);
  return a;
}

}  // namespace orderscope::test
