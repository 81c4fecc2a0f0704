// SPDX-License-Identifier: GPL-3.0-or-later
// A batch run as an array of jobs on a real Slurm, one of them killed midway, beside the same run by one process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/core/run/batch_set.h"
#include "tests/e2e/run_program.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using test::run_program;

std::string output_of(const std::string& command) {
  std::string output;
  FILE* pipe = popen((command + " 2>&1 </dev/null").c_str(), "r");
  char buffer[4096];
  while (pipe && fgets(buffer, sizeof buffer, pipe)) output += buffer;
  if (pipe) pclose(pipe);
  while (!output.empty() && output.back() == '\n') output.pop_back();
  return output;
}

bool installed() {
  for (const char* program : {"slurmctld", "slurmd", "sbatch", "munged", "python3"})
    if (std::system(("command -v " + std::string(program) + " >/dev/null 2>&1").c_str()) != 0) return false;
  return true;
}

/// The cluster of one node, up for as long as this lives.
class Cluster {
 public:
  explicit Cluster(const fs::path& folder) : folder_(folder) {
    up_ = std::system((script("start") + " >'" + (folder / "start.log").string() + "' 2>&1 </dev/null").c_str()) == 0;
    setenv("SLURM_CONF", (folder / "slurm.conf").c_str(), 1);
  }
  ~Cluster() {
    std::system((script("stop") + " >/dev/null 2>&1 </dev/null").c_str());
    unsetenv("SLURM_CONF");
  }
  bool up() const { return up_; }
  std::string log() const { return output_of("cat '" + (folder_ / "start.log").string() + "'"); }

 private:
  std::string script(const std::string& command) const {
    return "'" ORDERSCOPE_SOURCE_DIR "/tests/e2e/slurm_cluster.sh' " + command + " '" + folder_.string() + "'";
  }
  fs::path folder_;
  bool up_ = false;
};

TEST(SlowSlurm, AnArrayOfShardsWithOneKilledAndRequeuedEqualsASingleRun) {
  if (!installed())
    GTEST_SKIP() << "Slurm is not installed (Debian: slurm-wlm, munge); ORDERSCOPE_SLURM=1 ./scripts/setup";
  if (geteuid() != 0) GTEST_SKIP() << "slurmd must be started by root";
  const test::TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms(0755));
  fs::create_directories(folder / "cluster");
  const Cluster cluster(folder / "cluster");
  if (!cluster.up()) GTEST_SKIP() << "Slurm's daemons do not start here:\n" << cluster.log();

  test::write_striped_set(folder / "photos", 60, 48, 1);
  std::ofstream(folder / "photos/01_Vertical/broken.png") << "no picture";
  const std::string model = test::small_checkpoint("hornet_7x7");
  const std::vector<std::string> what{"--model", model,     "--images", folder / "photos", "--size", "64", "--batch",
                                      "4",       "--chunk", "6",        "--ablate",        "block"};
  std::vector<std::string> single{"batch", "run"}, submit{"batch", "submit", "--slurm", "--shards", "3", "--json"};
  for (auto* arguments : {&single, &submit}) arguments->insert(arguments->end(), what.begin(), what.end());
  single.insert(single.end(), {"-o", folder / "single"});
  submit.insert(submit.end(), {"-o", folder / "run", "--threads", "1", "--workers", "1"});
  const auto submitted = run_program("orderscope-cli", submit);
  ASSERT_EQ(submitted.exit_code, 0) << submitted.err;
  const std::string array = nlohmann::json::parse(submitted.out)["array_job"];
  const std::string merge = nlohmann::json::parse(submitted.out)["merge_job"];

  // Once a shard has something to lose, it is killed hard, thrown off the node and put back into the queue.
  const fs::path shard = folder / "run/shards/1-of-3";
  const auto done = [&] {
    const auto query = BatchQuery::open(shard);
    return query ? query->counts()->done : 0;
  };
  for (int i = 0; i < 1200 && done() == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const std::int64_t before = done();
  ASSERT_GT(before, 0) << output_of("squeue; cat '" + (folder / "run/slurm").string() + "'/*.log");
  int process = 0;  // the lock says whose it is
  ASSERT_EQ(std::sscanf(output_of("cat '" + (shard / "lock").string() + "'").c_str(), "process %d", &process), 1);
  EXPECT_EQ(kill(process, SIGKILL), 0);
  EXPECT_EQ(output_of("scontrol requeue " + array + "_1"), "");
  // Slurm holds a requeued job back for a while.
  std::this_thread::sleep_for(std::chrono::seconds(7));
  output_of("scontrol update job=" + array + "_1 StartTime=now");

  std::string state;
  for (int i = 0; i < 600; ++i) {
    state = output_of("squeue -h -t all -o '%i %T' -j " + merge);
    if (state.find("COMPLETED") != std::string::npos || state.find("FAILED") != std::string::npos) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
  ASSERT_THAT(state, testing::HasSubstr("COMPLETED"))
      << output_of("squeue -t all; tail -n 5 '" + (folder / "run/slurm").string() + "'/*.log");
  EXPECT_THAT(output_of("scontrol show job " + array + "_1"), testing::HasSubstr("Restarts=1"));

  const auto ran = run_program("orderscope-cli", single);
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const auto merged = test::content_of(folder / "run");
  EXPECT_EQ(merged.entries.size(), 181u);
  // Other images share a batch, and one thread adds in another order than two.
  test::expect_same(test::content_of(folder / "single"), merged, 5e-5);
}

}  // namespace
}  // namespace orderscope
