// SPDX-License-Identifier: GPL-3.0-or-later
// What `cmake --install` leaves behind serves other projects: one is built with it, and run.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/models/backbone.h"
#include "core/models/gnconv.h"
#include "tests/e2e/run_program.h"
#include "tests/golden.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

// Always the same folder: a compiler cache knows the files again.
const fs::path kFolder = fs::path(ORDERSCOPE_BINARY_DIR) / "package-test";

std::string shell_word(const fs::path& path) { return "'" + path.string() + "'"; }

/// Runs a shell command; fails the test with its output unless it succeeds. Gives the output.
std::string run(const std::string& command) {
  std::string output;
  FILE* pipe = popen(("(" + command + ") 2>&1 </dev/null").c_str(), "r");
  char buffer[4096];
  while (pipe && fgets(buffer, sizeof buffer, pipe)) output += buffer;
  EXPECT_EQ(pipe ? pclose(pipe) : -1, 0) << command << "\n" << output;
  return output;
}

TEST(SlowPackage, AnotherProjectUsesGnConvAndBuildsAPlugin) {
  if (*ORDERSCOPE_SANITIZED) GTEST_SKIP() << "a program without the sanitizer cannot load libraries that have it";
  fs::remove_all(kFolder);
  const fs::path first = kFolder / "first", moved = kFolder / "moved", build = kFolder / "build";
  const std::string cmake = shell_word(ORDERSCOPE_CMAKE);
  for (const char* component : {"library", "development"})
    run(cmake + " --install " + shell_word(ORDERSCOPE_BINARY_DIR) + " --component " + component + " --prefix " +
        shell_word(first));
  // An installed tree may be moved.
  fs::rename(first, moved);
  std::string configure =
      cmake + " -S " + shell_word(fs::path(ORDERSCOPE_SOURCE_DIR) / "tests/package") + " -B " + shell_word(build) +
      " -G '" ORDERSCOPE_GENERATOR "' -DCMAKE_MAKE_PROGRAM=" + shell_word(ORDERSCOPE_MAKE_PROGRAM) +
      " -DCMAKE_CXX_COMPILER=" + shell_word(ORDERSCOPE_COMPILER) + " -DCMAKE_PREFIX_PATH=" + shell_word(moved) +
      " -DOUTSIDE_PLUGIN=" + shell_word(fs::path(ORDERSCOPE_SOURCE_DIR) / "plugins/channel_diversity");
  if (*ORDERSCOPE_CCACHE) configure += " -DCMAKE_CXX_COMPILER_LAUNCHER=" + shell_word(ORDERSCOPE_CCACHE);
  run(configure);
  if (HasFailure()) return;
  run(cmake + " --build " + shell_word(build));
  if (HasFailure()) return;

  const std::string checkpoint = test::golden("small/hornet_7x7/official.pth");
  std::istringstream lines(run(shell_word(build / "outside") + " " + shell_word(checkpoint)));
  std::string word;
  double value = 0;
  const at::NoGradGuard no_grad;
  GnConv mixer(8, 3, 7, std::nullopt);
  for (at::Tensor& parameter : mixer.parameters()) parameter.fill_(0.5);
  const double expected = mixer.forward(at::ones({1, 4, 4, 8}), {}).sum().item<double>();
  lines >> word >> value;
  EXPECT_EQ(word, "gnconv");
  // The same library on the same machine; nine digits are printed.
  EXPECT_NEAR(value, expected, 1e-6 * std::abs(expected));
  const auto model = test::small_model("hornet_7x7");
  const at::Tensor logits = model->backbone->forward(at::full({1, 3, 64, 64}, 0.25));
  for (int64_t i = 0; i < logits.size(1); ++i) {
    lines >> word >> value;
    EXPECT_EQ(word, "logit");
    EXPECT_NEAR(value, logits[0][i].item<double>(), 1e-5);
  }
  EXPECT_FALSE(lines.fail());

  fs::permissions(build / "plugins", fs::perms::owner_all);
  fs::permissions(build / "plugins/channel_diversity.so", fs::perms::owner_all);
  const auto plugins = test::run_program("orderscope-cli", {"plugins", "--json", "--plugins", build / "plugins"});
  const auto report = nlohmann::json::parse(plugins.out);
  EXPECT_EQ(report["loaded"].size(), 1u) << plugins.out;
}

}  // namespace
}  // namespace orderscope
