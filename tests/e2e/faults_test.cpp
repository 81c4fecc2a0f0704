// SPDX-License-Identifier: GPL-3.0-or-later
// The programs while the machine fails them: killed, short of memory, in folders of odd names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <regex>
#include <thread>

#include "core/base/files.h"
#include "core/checkpoint/npy.h"
#include "core/run/session_file.h"
#include "core/run/session_sources.h"
#include "tests/e2e/run_program.h"
#include "tests/golden.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using test::run_program;
using testing::HasSubstr;

const std::string kCli = "orderscope-cli";
const std::string kHornet = test::golden("small/hornet_7x7/official.pth");
const std::string kPhoto = std::string(ORDERSCOPE_SOURCE_DIR) + "/resources/samples/chelsea.png";
const bool kWithFigures = fs::exists(std::string(ORDERSCOPE_BINARY_DIR) + "/bin/orderscope");

std::ptrdiff_t lines(const std::string& text) { return std::ranges::count(text, '\n'); }

/// True if a file of that kind is whole: its end is there and its start, too.
bool whole(const fs::path& path) {
  const std::string bytes = read_text_file(path).value_or("");
  if (path.extension() == ".pdf") return bytes.starts_with("%PDF") && bytes.ends_with("%%EOF\n");
  if (path.extension() == ".png") return bytes.ends_with(std::string("IEND\xae\x42\x60\x82", 8));
  if (path.extension() == ".json") return nlohmann::json::accept(bytes);
  if (path.extension() == ".npy") return read_npy(path).has_value();
  return !bytes.empty();
}

TEST(SlowFaults, AFigureWhoseWriterIsKilledIsWholeOrAbsent) {
  if (!kWithFigures) GTEST_SKIP() << "built without Qt: no figures";
  const test::TemporaryFolder folder;
  SessionFile session;
  session.models = {{kHornet, {}, -1, {}}};
  session.images = {{kPhoto, {}, -1, {}}};
  session.model = session.image = 0;
  session.block = "stages.2.1";
  session.class_index = 3;
  ASSERT_TRUE(complete_hashes(session));
  ASSERT_TRUE(write_session(session, folder / "s.orderscope"));
  const auto draw = [&](const std::string& name) {
    return std::vector<std::string>{"figure", folder / "s.orderscope", "--allow-outside", "-o", folder / name};
  };
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(run_program(kCli, draw("whole.pdf")).exit_code, 0);
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start);

  std::mt19937 random(3);
  int killed = 0, checked = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "f" + std::to_string(i) + (i % 2 == 0 ? ".pdf" : ".png");
    test::RunningProgram program(kCli, draw(name), folder / "log");
    // What writes comes last.
    std::this_thread::sleep_for(took * std::uniform_real_distribution<>(0.6, 1.1)(random));
    if (program.running()) {
      program.signal(SIGKILL);
      ++killed;
    }
    program.wait();
  }
  // The figures, and the numbers they were drawn from in the folders beside them.
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    const std::string name = fs::relative(entry.path(), folder.path()).string();
    if (!name.starts_with("f") || !entry.is_regular_file() || name.find(".part-") != std::string::npos) continue;
    EXPECT_TRUE(whole(entry.path())) << name;
    ++checked;
  }
  EXPECT_GT(killed + checked, 0);
}

TEST(Faults, AFigureIsTheSameWhereNumbersHaveDecimalCommas) {
  if (!kWithFigures) GTEST_SKIP() << "built without Qt: no figures";
  const test::TemporaryFolder folder;
  const std::string make = "localedef -i de_DE -f UTF-8 " + (folder / "de_DE.UTF-8").string() + " 2>/dev/null";
  if (std::system(make.c_str()) != 0) GTEST_SKIP() << "needs localedef and Debian's package locales";
  setenv("LOCPATH", folder.path().c_str(), 1);
  setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
  for (const char* locale : {"C", "de_DE.UTF-8"}) {
    setenv("LC_ALL", locale, 1);
    const auto figure =
        run_program("orderscope", {kHornet, kPhoto, "--export-figure", folder / (std::string(locale) + ".svg")});
    EXPECT_EQ(figure.exit_code, 0) << figure.err;
    const auto numbers = run_program(kCli, {"orders", kHornet, "--image", kPhoto, "-o", folder / locale, "--json"});
    EXPECT_EQ(numbers.exit_code, 0) << numbers.err;
  }
  for (const char* name : {"LOCPATH", "SOURCE_DATE_EPOCH", "LC_ALL"}) unsetenv(name);
  const std::string drawn = read_text_file(folder / "C.svg").value_or("");
  EXPECT_GT(drawn.size(), 10'000U);
  EXPECT_TRUE(drawn == read_text_file(folder / "de_DE.UTF-8.svg").value_or(""));
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder / "C")) {
    if (!entry.is_regular_file() || entry.path().extension() == ".json") continue;  // those name their folder
    const std::string there = read_text_file(folder / "de_DE.UTF-8" / entry.path().filename()).value_or("");
    EXPECT_TRUE(read_text_file(entry.path()).value_or("none") == there) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 10);
}

TEST(Faults, ATwoGigabyteCheckpointInLittleMemoryIsOneClearLine) {
  if (std::string(ORDERSCOPE_SANITIZED) != "") GTEST_SKIP() << "sanitizers reserve more address space than the limit";
  const test::TemporaryFolder folder;
  constexpr std::uint64_t kBytes = std::uint64_t{2} << 30;
  const fs::path path = folder / "large.safetensors";
  std::string header = R"({"head.weight":{"dtype":"F32","shape":[)" + std::to_string(kBytes / 4) +
                       R"(],"data_offsets":[0,)" + std::to_string(kBytes) + "]}}";
  // Weights that start where floats may start are not copied.
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::string length(8, '\0');
  length[0] = static_cast<char>(header.size());
  std::ofstream(path, std::ios::binary) << length << header;
  fs::resize_file(path, 8 + header.size() + kBytes);  // a hole: it takes no room on the disk

  const auto limited = [&](int kilobytes) {
    const std::string command = "ulimit -v " + std::to_string(kilobytes) + "; '" + ORDERSCOPE_BINARY_DIR +
                                "/bin/orderscope-cli' info '" + path.string() + "' >/dev/null 2>'" +
                                (folder / "err").string() + "'";
    return std::system(command.c_str());
  };
  EXPECT_EQ(WEXITSTATUS(limited(1'500'000)), 1);
  std::string error = read_text_file(folder / "err").value();
  EXPECT_THAT(error, HasSubstr("large.safetensors: cannot be mapped: Cannot allocate memory"));
  EXPECT_EQ(lines(error), 1);
  // With room for the mapping, though not for a copy of it, the file is read.
  EXPECT_EQ(WEXITSTATUS(limited(3'500'000)), 1);
  error = read_text_file(folder / "err").value();
  EXPECT_THAT(error, HasSubstr("they begin with \"head.weight\""));
}

TEST(Faults, PathsOfAnyKindAreOpenedAndWritten) {
  for (const std::string name :
       {"with space", "quote'\"s", "line\nbreak", "\xc3\xa9\xe7\x8c\xab", "\xff\xfe", "%s\\n"}) {
    SCOPED_TRACE(name);
    const test::TemporaryFolder folder;
    const fs::path inside = folder / name;
    fs::create_directories(inside);
    fs::copy_file(kHornet, inside / "model.pth");
    fs::copy_file(kPhoto, inside / "photo.png");
    const auto ran = run_program(
        kCli, {"orders", inside / "model.pth", "--image", inside / "photo.png", "--json", "-o", inside / "out"});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_TRUE(nlohmann::json::accept(ran.out)) << ran.out;
    EXPECT_FALSE(fs::is_empty(inside / "out"));
    const auto missing = run_program(kCli, {"info", inside / "none.pth"});
    EXPECT_EQ(missing.exit_code, 1);
    EXPECT_EQ(lines(missing.err), 1) << missing.err;
  }
}

TEST(Faults, NoFileOfARunLiesOutsideItsFolderWhateverTheNamesAre) {
  const test::TemporaryFolder folder;
  const fs::path model = folder / "a/..model..pth", out = folder / "deep/out";
  fs::create_directories(model.parent_path());
  fs::copy_file(kHornet, model);
  std::ofstream(folder / "run.json") << R"({"models":"a/..model..pth","images":")" << kPhoto
                                     << R"(","methods":[{"id":"gradcam","layer":"../../stages.3.0"}]})";
  (void)run_program(kCli, {"batch", "run", "--config", folder / "run.json", "-o", out});
  (void)run_program(kCli, {"cam", model, "--image", kPhoto, "--layer", "../stages.3.0", "-o", out});
  (void)run_program(kCli, {"forward", model, "--image", kPhoto, "--taps", "stages.*", "-o", out});
  std::vector<std::string> outside;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    const std::string name = fs::relative(entry.path(), folder.path()).string();
    if (!name.starts_with("deep") && name != "a" && name != "a/..model..pth" && name != "run.json")
      outside.push_back(name);
  }
  EXPECT_THAT(outside, testing::IsEmpty());
  EXPECT_FALSE(fs::is_empty(out));
}

/// The sources of the programs that hold what the pattern says, relative to the source tree.
std::vector<std::string> sources_with(const std::string& pattern) {
  const std::regex wanted(pattern);
  std::vector<std::string> found;
  for (const char* folder : {"core", "widgets", "app", "plugins"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(ORDERSCOPE_SOURCE_DIR) / folder)) {
      const auto ending = entry.path().extension();
      if (ending != ".cpp" && ending != ".h") continue;
      if (std::regex_search(read_text_file(entry.path()).value(), wanted))
        found.push_back(fs::relative(entry.path(), ORDERSCOPE_SOURCE_DIR).string());
    }
  std::ranges::sort(found);
  return found;
}

TEST(Faults, ATypesNameIsDefinedOnce) {
  // Two types of one name in one namespace break the one-definition rule, which no linker reports: the functions of
  // one, std::vector's among them, are then used for the other.
  const std::regex definition("(?:^|\\n)(?:struct|class) (\\w+)(?: final)?(?: : [^;{]*)? \\{");
  std::map<std::string, std::vector<std::string>> places;
  for (const char* folder : {"core", "widgets", "app"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(ORDERSCOPE_SOURCE_DIR) / folder)) {
      if (entry.path().extension() != ".h") continue;
      const std::string text = read_text_file(entry.path()).value();
      const std::string space = text.find("namespace orderscope::cli") != std::string::npos ? "cli::" : "";
      for (std::sregex_iterator match(text.begin(), text.end(), definition), end; match != end; ++match)
        places[space + (*match)[1].str()].push_back(fs::relative(entry.path(), ORDERSCOPE_SOURCE_DIR).string());
    }
  EXPECT_GT(places.size(), 200u);
  for (const auto& [name, files] : places) {
    if (name == "PixelBox") continue;  // the same four numbers in both
    EXPECT_EQ(files.size(), 1u) << name << " in " << files[0] << " and " << files.back();
  }
}

TEST(Faults, ClockJumpsChangeNoDurationAndNoDecision) {
  // The wall clock is read for two things: the times that a batch run and a download note down.
  EXPECT_THAT(sources_with("system_clock|gettimeofday|[^_a-z]time\\((NULL|nullptr|0)\\)"),
              testing::ElementsAre("core/run/batch_store.cpp", "core/weights/store.cpp"));
}

TEST(Network, IsReachedByOneFileThatOnlyDownloadsOfWeightsUse) {
  EXPECT_THAT(sources_with("#include <(curl/|sys/socket|netdb|QtNetwork|QNetwork|QTcp|QSslSocket|QWeb)"),
              testing::ElementsAre("core/weights/http.cpp"));
  // And that starts with a command or a dialog that the user asked for.
  EXPECT_THAT(sources_with("#include \"core/weights/(http|download|store)\\.h\""),
              testing::Each(testing::ContainsRegex("^(core/weights/|app/cli/weights|(app/gui|widgets)/weights_)")));
}

}  // namespace
}  // namespace orderscope
