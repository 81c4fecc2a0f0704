// SPDX-License-Identifier: GPL-3.0-or-later
// Batch runs as a user meets them: begun, stopped, killed, gone on with, out of room.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "core/base/csv.h"
#include "tests/core/run/batch_set.h"
#include "tests/e2e/run_program.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::run_program;
using testing::HasSubstr;

const std::string kCli = "orderscope-cli";

std::string content(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> run_arguments(const fs::path& images, const fs::path& run) {
  return {"batch",    "run",  "--model", test::small_checkpoint("hornet_7x7"),
          "--images", images, "--size",  "64",
          "--batch",  "4",    "--chunk", "6",
          "-o",       run};
}

std::int64_t done(const fs::path& run) {
  const auto query = BatchQuery::open(run);
  if (!query) return 0;
  const auto counts = query->counts();
  return counts ? counts->done : 0;
}

TEST(BatchCli, InBFloat16ItSaysHowFarItIsFromFloat32AndKeepsTheSetting) {
  const test::TemporaryFolder folder;
  test::write_striped_set(folder / "photos", 4, 48, 1);
  std::vector<std::string> arguments = run_arguments(folder / "photos", folder / "run");
  arguments.insert(arguments.end(), {"--precision", "bfloat16", "--ablate", "network"});
  const auto ran = run_program(kCli, arguments);
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.err, testing::AllOf(HasSubstr("bfloat16 beside float32: logits off by"), HasSubstr("of 4 images")));
  const auto query = BatchQuery::open(folder / "run");
  ASSERT_TRUE(query) << query.error().message();
  EXPECT_THAT(query->config_json(), HasSubstr("\"precision\":\"bfloat16\""));
  const auto other = run_program(kCli, run_arguments(folder / "photos", folder / "run"));
  EXPECT_NE(other.exit_code, 0);
  EXPECT_THAT(other.err, HasSubstr("other settings"));
}

TEST(BatchCli, RunsExportsAndReports) {
  const test::TemporaryFolder folder;
  test::write_striped_set(folder / "photos", 4, 48, 1);
  std::ofstream(folder / "photos/02_Plain/broken.png") << "no picture";
  std::ofstream(folder / "batch.json") << json{{"models", test::small_checkpoint("hornet_7x7").string()},
                                               {"images", "photos"},
                                               {"size", 64},
                                               {"ablate", {"network"}},
                                               {"methods", {"gradcam"}}};
  const auto refused = run_program(kCli, {"batch", "run", folder / "batch.json", "-o", folder / "run"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err,
              testing::AllOf(HasSubstr("lies outside the folder of the settings"), HasSubstr("--allow-outside")));
  EXPECT_FALSE(fs::exists(folder / "run"));
  fs::copy_file(test::small_checkpoint("hornet_7x7"), folder / "official.pth");
  std::ofstream(folder / "inside.json") << json{{"models", "official.pth"}, {"images", "photos"}, {"size", 64}};
  const auto inside = run_program(kCli, {"batch", "run", folder / "inside.json", "-o", folder / "another"});
  EXPECT_EQ(inside.exit_code, 0) << inside.err;

  const auto ran =
      run_program(kCli, {"batch", "run", folder / "batch.json", "--allow-outside", "-o", folder / "run", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(json::parse(ran.out)["images"], 13);
  EXPECT_EQ(json::parse(ran.out)["broken"], 1);

  const auto again =
      run_program(kCli, {"batch", "run", folder / "batch.json", "--allow-outside", "-o", folder / "run"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("13 of them before"));
  const auto status = run_program(kCli, {"batch", "status", folder / "run", "--json"});
  ASSERT_EQ(status.exit_code, 0) << status.err;
  EXPECT_EQ(json::parse(status.out)["parts"][0]["done"], 13);

  const auto exported =
      run_program(kCli, {"batch", "export", folder / "run", "--format", "csv", "-o", folder / "out.csv"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  const std::string csv = content(folder / "out.csv");
  std::string_view rest = csv;
  EXPECT_EQ(next_csv_record(rest)[0], "path");
  int rows = 0;
  for (; !rest.empty(); ++rows) EXPECT_THAT(next_csv_record(rest)[0], HasSubstr("photos/0"));
  EXPECT_EQ(rows, 13);

  const auto report = run_program(kCli, {"batch", "report", folder / "run", "-o", folder / "report"});
  ASSERT_EQ(report.exit_code, 0) << report.err;
  EXPECT_THAT(content(folder / "report/report.html"), HasSubstr("when the gates of one order"));
  EXPECT_THAT(content(folder / "report/report.pdf"), HasSubstr("%PDF-"));
}

TEST(BatchCli, ARunOfSomebodyElseStaysInItsFolder) {
  const test::TemporaryFolder folder;
  test::write_striped_set(folder / "photos", 1, 48, 1);
  ASSERT_EQ(run_program(kCli, run_arguments(folder / "photos", folder / "run")).exit_code, 0);
  EXPECT_EQ(run_program(kCli, {"batch", "resume", folder / "run"}).exit_code, 0) << "begun here";
  const auto whole = run_program(kCli, {"batch", "report", folder / "run"});
  EXPECT_EQ(whole.exit_code, 0);
  EXPECT_THAT(whole.err, testing::Not(HasSubstr("outside")));

  fs::copy(folder / "run", folder / "moved", fs::copy_options::recursive);
  const auto refused = run_program(kCli, {"batch", "resume", folder / "moved"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err,
              testing::AllOf(HasSubstr("lies outside the folder of the run"), HasSubstr("--allow-outside")));
  EXPECT_EQ(run_program(kCli, {"batch", "resume", folder / "moved", "--allow-outside"}).exit_code, 0);
  const auto report = run_program(kCli, {"batch", "report", folder / "moved"});
  EXPECT_EQ(report.exit_code, 0) << "charts come from the store";
  EXPECT_THAT(report.err, HasSubstr("lies outside the folder of the run"));
  EXPECT_LT(fs::file_size(folder / "moved/report.html"), fs::file_size(folder / "run/report.html"));
  EXPECT_THAT(run_program(kCli, {"batch", "report", folder / "moved", "--allow-outside"}).err,
              testing::Not(HasSubstr("outside")));

  // A list, too.
  fs::create_directories(folder / "lists");
  std::ofstream(folder / "lists/all.txt") << (folder / "photos/01_Vertical/0.png").string() << "\n";
  auto arguments = run_arguments(folder / "lists/all.txt", folder / "listed");
  const auto listed = run_program(kCli, arguments);
  EXPECT_EQ(listed.exit_code, 1);
  EXPECT_THAT(listed.err, HasSubstr("lies outside the folder of the list"));
  arguments.emplace_back("--allow-outside");
  EXPECT_THAT(run_program(kCli, arguments).err, testing::Not(HasSubstr("lies outside")));
}

TEST(BatchCli, SaysWhatIsWrong) {
  const test::TemporaryFolder folder;
  const auto nothing = run_program(kCli, {"batch", "status", folder / "none"});
  EXPECT_EQ(nothing.exit_code, 1);
  EXPECT_THAT(nothing.err, HasSubstr("there is no batch run"));
  EXPECT_EQ(run_program(kCli, {"batch"}).exit_code, 2);
  EXPECT_EQ(run_program(kCli, {"batch", "export", folder / "none", "--format", "xls", "-o", "f"}).exit_code, 2);
  const auto model =
      run_program(kCli, {"batch", "run", "--model", "none.pth", "--images", folder.path(), "-o", folder / "r"});
  EXPECT_EQ(model.exit_code, 1);
  EXPECT_THAT(model.err, HasSubstr("none.pth"));
  const auto shard = run_program(kCli, {"batch", "run", "--model", test::small_checkpoint("hornet_7x7"), "--images",
                                        folder.path(), "--shard", "3/3", "-o", folder / "r"});
  EXPECT_EQ(shard.exit_code, 1);
  EXPECT_THAT(shard.err, HasSubstr("is no shard"));
}

TEST(BatchCli, ARunWithoutAReadableImageFailsAndIsKept) {
  const test::TemporaryFolder folder;
  fs::create_directories(folder / "photos");
  for (const char* name : {"a.png", "b.jpg"}) std::ofstream(folder / "photos" / name) << "no picture";
  const auto arguments = run_arguments(folder / "photos", folder / "run");
  for (const char* what : {"begun", "gone on with"}) {
    const auto ran = run_program(kCli, arguments);
    EXPECT_EQ(ran.exit_code, 1) << what;
    EXPECT_THAT(ran.out, HasSubstr("2 images done, 2 of them broken")) << what;
    EXPECT_THAT(ran.err, HasSubstr("none of its 2 images could be read; the first, ")) << what;
    EXPECT_THAT(ran.err, HasSubstr("photos/a.png: not a picture")) << what;
  }
  EXPECT_EQ(done(folder / "run"), 2);
  const auto exported = run_program(kCli, {"batch", "export", folder / "run", "-o", folder / "out.csv"});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;

  // An array of jobs that fails is not merged: a shard warns, and the merge says it.
  std::vector<std::string> shard = run_arguments(folder / "photos", folder / "shards");
  shard.insert(shard.end(), {"--shard", "0/2"});
  EXPECT_EQ(run_program(kCli, shard).exit_code, 0);
  shard.back() = "1/2";
  EXPECT_EQ(run_program(kCli, shard).exit_code, 0);
  const auto merged = run_program(kCli, {"batch", "merge", folder / "shards"});
  EXPECT_EQ(merged.exit_code, 1);
  EXPECT_THAT(merged.err, HasSubstr("none of its 2 images could be read"));
}

TEST(BatchCli, AFullDiskIsAnErrorAndTheStoreStaysReadable) {
  const test::TemporaryFolder folder;
  const fs::path disk = folder / "disk";
  fs::create_directories(disk);
  if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0)
    GTEST_SKIP() << "a small disk can be mounted by root only";
  struct Unmount {
    fs::path path;
    ~Unmount() { umount2(path.c_str(), MNT_DETACH); }
  } const unmount{disk};
  test::write_striped_set(folder / "photos", 40, 48, 1);
  std::vector<std::string> arguments = run_arguments(folder / "photos", disk / "run");
  arguments.insert(arguments.end(), {"--maps", "orders,contribution"});
  const auto ran = run_program(kCli, arguments);
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("the disk is full"));
  const std::int64_t kept = done(disk / "run");
  EXPECT_GT(kept, 0);
  EXPECT_LT(kept, 120);
  EXPECT_EQ(kept % 6, 0);
  const auto exported = run_program(kCli, {"batch", "export", disk / "run", "-o", folder / "out.csv"});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;
  // With room again it goes on.
  ASSERT_EQ(mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
  const auto resumed = run_program(kCli, {"batch", "resume", disk / "run"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(done(disk / "run"), 120);
}

TEST(SlowBatchCli, KilledAtAnyMomentItEndsAsIfUndisturbed) {
  const test::TemporaryFolder folder;
  test::write_striped_set(folder / "photos", 24, 48, 1);
  std::vector<std::string> whole = run_arguments(folder / "photos", folder / "whole");
  std::vector<std::string> killed = run_arguments(folder / "photos", folder / "killed");
  for (auto* arguments : {&whole, &killed}) arguments->insert(arguments->end(), {"--ablate", "block"});
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  ASSERT_EQ(run_program(kCli, whole).exit_code, 0);
  const auto took = std::chrono::duration<double>(Clock::now() - start).count();

  std::mt19937 random(7);
  int kills = 0;
  for (int attempt = 0; attempt < 40 && done(folder / "killed") < 72; ++attempt) {
    const std::int64_t before = done(folder / "killed");
    test::RunningProgram program(kCli, killed, folder / "log");
    // At any moment, but not after two chunks of the twelve: what the first run took says little on a busy machine.
    const auto moment =
        Clock::now() + std::chrono::duration<double>(took * std::uniform_real_distribution<>(0.2, 0.7)(random));
    while (program.running() && Clock::now() < moment && done(folder / "killed") < before + 12)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    program.signal(SIGKILL);
    const int code = program.wait();
    if (code == 0) continue;  // it had come to its end
    EXPECT_EQ(code, 128 + SIGKILL);
    ++kills;
  }
  EXPECT_GE(kills, 2);
  ASSERT_EQ(run_program(kCli, killed).exit_code, 0) << content(folder / "log");
  // The same batches on the same machine.
  test::expect_same(test::content_of(folder / "whole"), test::content_of(folder / "killed"), 0);
}

TEST(SlowBatchCli, CtrlCFinishesTheChunkAndSaysHowToGoOn) {
  const test::TemporaryFolder folder;
  test::write_striped_set(folder / "photos", 100, 48, 1);
  std::vector<std::string> arguments = run_arguments(folder / "photos", folder / "run");
  arguments.insert(arguments.end(), {"--ablate", "block"});
  test::RunningProgram program(kCli, arguments, folder / "log");
  for (int i = 0; i < 600 && done(folder / "run") == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  // Nobody else may write meanwhile.
  const auto second = run_program(kCli, arguments);
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err, HasSubstr("is being written by process"));
  ASSERT_TRUE(program.running()) << "too fast to be interrupted";
  program.signal(SIGINT);
  EXPECT_EQ(program.wait(), 1);
  EXPECT_THAT(content(folder / "log"), HasSubstr("batch resume"));
  const std::int64_t kept = done(folder / "run");
  EXPECT_GT(kept, 0);
  EXPECT_EQ(kept % 6, 0);
  EXPECT_EQ(run_program(kCli, {"batch", "resume", folder / "run"}).exit_code, 0);
  EXPECT_EQ(done(folder / "run"), 300);
}

}  // namespace
}  // namespace orderscope
