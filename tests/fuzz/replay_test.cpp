// SPDX-License-Identifier: GPL-3.0-or-later
// The fuzzers' targets without a fuzzer: on good and bad files of the tests, on damaged copies of them, and on every
// file that once broke one of them (regressions/TARGET).
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <random>
#include <string>

#include "core/base/files.h"
#include "tests/fuzz/targets.h"

namespace orderscope::fuzz {
namespace {

namespace fs = std::filesystem;

const fs::path kHere = fs::path(ORDERSCOPE_SOURCE_DIR) / "tests/fuzz";

Bytes bytes_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

/// Files of the tests that a target may be given; anything does, but these lead further.
std::vector<fs::path> starts(std::string_view target) {
  const fs::path golden(ORDERSCOPE_GOLDEN_DIR);
  std::vector<fs::path> found;
  if (target == "image")
    for (const auto& entry : fs::directory_iterator(kHere / "../core/image/data")) found.push_back(entry.path());
  if (target == "zip" || target == "legacy" || target == "safetensors" || target == "pickle" || target == "state_dict")
    for (const auto& entry : fs::directory_iterator(golden / "bad")) found.push_back(entry.path());
  if (target == "npy") found = {golden / "bad/logits.npy", golden / "bad/input.npy"};
  found.push_back(kHere / "dictionaries" / (std::string(target) + ".dict"));
  return found;
}

class Replay : public testing::TestWithParam<Target> {};

TEST_P(Replay, FilesThatOnceBrokeItAreTaken) {
  const fs::path folder = kHere / "regressions" / GetParam().name;
  if (!fs::exists(folder)) GTEST_SKIP() << "none so far";
  int count = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path().filename());
    GetParam().run(bytes_of(read_text_file(entry.path()).value()));
    ++count;
  }
  EXPECT_GT(count, 0);
}

TEST_P(Replay, DamagedFilesEndInAValueOrAnError) {
  constexpr std::uintmax_t largest = 70000;
  constexpr int rounds = 40;
  std::mt19937 random(1);
  int runs = 0;
  for (const fs::path& file : starts(GetParam().name)) {
    if (!fs::exists(file) || fs::file_size(file) > largest) continue;
    const std::string original = read_text_file(file).value();
    GetParam().run(bytes_of(original));
    for (int round = 0; round < rounds && !original.empty(); ++round, ++runs) {
      std::string damaged = original;
      for (unsigned change = 0; change < 1 + random() % 6; ++change)
        damaged[random() % damaged.size()] = static_cast<char>(random());
      if (random() % 4 == 0) damaged.resize(random() % damaged.size());
      GetParam().run(bytes_of(damaged));
    }
  }
  // A target that ends the program, or finds something violated, ends the test; so what is left to ask is that it ran.
  EXPECT_TRUE(runs >= rounds || !fs::exists(kHere / "dictionaries" / (std::string(GetParam().name) + ".dict")));
}

INSTANTIATE_TEST_SUITE_P(, Replay, testing::ValuesIn(kTargets),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace orderscope::fuzz
