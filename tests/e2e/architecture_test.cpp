// SPDX-License-Identifier: GPL-3.0-or-later
// The arrows of the house, read off the built libraries and the sources.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>

namespace {

namespace fs = std::filesystem;

std::string dynamic_section(const std::string& library) {
  const std::string command = "readelf -d '" + std::string(ORDERSCOPE_BINARY_DIR) + "/lib/" + library + "'";
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  char buffer[4096];
  while (pipe && fgets(buffer, sizeof buffer, pipe)) text += buffer;
  if (pipe) pclose(pipe);
  return text;
}

TEST(Architecture, TheCoreLinksNoQt) {
  for (const std::string library : {"liborderscope_engine.so", "liborderscope_core.so"}) {
    const std::string section = dynamic_section(library);
    EXPECT_THAT(section, testing::HasSubstr("libtorch")) << library;
    EXPECT_THAT(section, testing::Not(testing::HasSubstr("libQt"))) << library;
  }
}

TEST(Architecture, TheEngineNeedsNoImageLibrary) {
  const std::string section = dynamic_section("liborderscope_engine.so");
  EXPECT_THAT(section, testing::Not(testing::HasSubstr("opencv")));
  EXPECT_THAT(section, testing::Not(testing::HasSubstr("liborderscope_core")));
}

/// LibTorch exports parts of the C++ library of other versions; see cmake/FindLibTorch.cmake.
TEST(Architecture, TheSystemsCppLibraryIsFoundBeforeThatInsideLibTorch) {
  for (const std::string library : {"liborderscope_engine.so", "liborderscope_core.so"}) {
    const std::string section = dynamic_section(library);
    const auto cpp = section.find("[libstdc++.so"), torch = section.find("[libtorch");
    ASSERT_NE(cpp, std::string::npos) << library;
    if (torch != std::string::npos) {
      EXPECT_LT(cpp, torch) << library;
    }
  }
}

/// Folder of a source file as its includes name it: "core/image", "widgets", "app/gui".
std::string folder_of(const std::string& include) {
  std::smatch m;
  if (std::regex_search(include, m, std::regex("^(core/[a-z]+|app/[a-z]+|widgets)/"))) return m[1];
  return {};
}

TEST(Architecture, IncludesPointOneWay) {
  // What each folder may include beside itself and base.
  const std::map<std::string, std::set<std::string>> allowed{
      {"core/base", {}},
      {"core/image", {"core/analysis"}},  // Map, a plain value
      {"core/checkpoint", {}},
      {"core/cuda", {}},
      {"core/models", {"core/checkpoint", "core/cuda"}},
      {"core/trace", {"core/models", "core/checkpoint", "core/cuda"}},
      {"core/analysis", {"core/trace", "core/models", "core/checkpoint", "core/cuda"}},
      {"core/dataset", {"core/image"}},
      {"core/train", {"core/dataset", "core/image", "core/models", "core/checkpoint", "core/run"}},
      {"core/weights", {"core/checkpoint"}},
      {"core/plugins", {"core/analysis", "core/image", "core/models"}},
      {"core/run",
       {"core/plugins", "core/analysis", "core/trace", "core/models", "core/checkpoint", "core/image", "core/dataset"}},
  };
  const std::regex include_line("^#include [\"<]([^\">]+)[\">]");
  int checked = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(ORDERSCOPE_SOURCE_DIR) / "core")) {
    if (!entry.is_regular_file()) continue;
    const std::string file = fs::relative(entry.path(), ORDERSCOPE_SOURCE_DIR).string();
    const auto rule = allowed.find(folder_of(file));
    if (rule == allowed.end()) continue;
    std::ifstream stream(entry.path());
    for (std::string line; std::getline(stream, line);) {
      std::smatch m;
      if (!std::regex_search(line, m, include_line)) continue;
      const std::string include = m[1];
      EXPECT_FALSE(include.starts_with("Q")) << file << " includes " << include;
      const std::string target = folder_of(include);
      if (target.empty() || target == rule->first || target == "core/base") continue;
      EXPECT_TRUE(rule->second.count(target)) << file << " includes " << include;
      ++checked;
    }
  }
  EXPECT_GT(checked, 30);
}

TEST(Architecture, TheCommandLineIncludesNoWidgetsButFigures) {
  for (const auto& entry : fs::directory_iterator(fs::path(ORDERSCOPE_SOURCE_DIR) / "app" / "cli")) {
    std::ifstream stream(entry.path());
    for (std::string line; std::getline(stream, line);) {
      if (!line.starts_with("#include \"widgets/") && !line.starts_with("#include \"app/gui/")) continue;
      EXPECT_EQ(entry.path().filename(), "figure_with_qt.cpp") << line;
      EXPECT_TRUE(line.starts_with("#include \"widgets/figure/")) << line;
    }
  }
}

}  // namespace
