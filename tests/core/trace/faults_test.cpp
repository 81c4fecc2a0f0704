// SPDX-License-Identifier: GPL-3.0-or-later
// Passes that are cancelled, run out of memory, or lose the file their weights lie in.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <thread>

#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/safetensors.h"
#include "core/models/backbone.h"
#include "core/trace/trace.h"
#include "tests/golden.h"
#include "tests/small_models.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct TraceFaults : testing::Test {
  at::Tensor input = test::golden_array("small/hornet_7x7/in64x64/input.npy");
  const std::string kGates = "stages.*.gnconv.gate.*";
};

struct SlowTraceFaults : TraceFaults {};

TEST_F(SlowTraceFaults, CancelledFiveHundredTimesThereIsAWholeResultOrNone) {
  const auto model = test::small_model("hornet_7x7");
  const auto pass = [&](const JobContext& job) -> Result<Trace> {
    TRY(Trace trace,
        Trace::forward(model->backbone, input, {Probe::record(kGates), Probe::record_gradient("stages.3.0")}, {}, job));
    TRY_VOID(trace.backward({0}, job));
    return trace;
  };
  const Trace whole = pass({}).value();
  // Of a pass that finds its kernels prepared; the first one takes several times as long.
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(pass({}));
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);

  std::mt19937 random(5);
  int cancelled = 0, finished = 0;
  for (int i = 0; i < 500; ++i) {
    std::stop_source stop;
    JobContext job;
    job.stop = stop.get_token();
    const std::chrono::microseconds delay(random() % static_cast<unsigned>(took.count() + 1));
    std::jthread canceller([&stop, delay] {
      std::this_thread::sleep_for(delay);
      stop.request_stop();
    });
    const auto trace = pass(job);
    if (!trace) {
      ASSERT_EQ(trace.error().kind, Error::Kind::Cancelled) << trace.error().message();
      ++cancelled;
      continue;
    }
    ++finished;
    // The same machine and the same passes: equal to the bit.
    ASSERT_EQ(trace->taps_of(0), whole.taps_of(0));
    ASSERT_TRUE(at::equal(trace->logits(), whole.logits()));
    ASSERT_TRUE(at::equal(trace->gradient_result(1, "stages.3.0"), whole.gradient_result(1, "stages.3.0")));
  }
  EXPECT_EQ(cancelled + finished, 500);
  EXPECT_GT(cancelled, 50);
  // And the model is as it was.
  EXPECT_TRUE(at::equal(pass({}).value().logits(), whole.logits()));
}

TEST_F(TraceFaults, ALackOfMemoryIsAnErrorAndTheModelGoesOn) {
  const auto model = test::small_model("hornet_7x7");
  // More than a process can address, in the memory of one number.
  const std::int64_t side = std::int64_t{1} << 24;
  const auto trace = Trace::forward(model->backbone, at::zeros({}).expand({1, 3, side, side}), {Probe::record(kGates)});
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().message().find('\n'), std::string::npos);
  EXPECT_EQ(trace.error().kind, Error::Kind::OutOfMemory) << trace.error().message();
  EXPECT_TRUE(Trace::forward(model->backbone, input, {}));
}

struct WeightsInAFile : TraceFaults {
  WeightsInAFile() {
    const auto official = read_checkpoint(test::golden("small/hornet_7x7/official.pth")).value();
    EXPECT_TRUE(write_safetensors(path, official.state_dict));
    model = load_model(path).value();
    whole = Trace::forward(model->backbone, input, {}).value().logits();
  }

  test::TemporaryFolder folder;
  fs::path path = folder / "m.safetensors";
  std::shared_ptr<const Model> model;
  at::Tensor whole;
};

TEST_F(WeightsInAFile, AreMissedWhenItIsShortened) {
  fs::resize_file(path, 0);
  const auto trace = Trace::forward(model->backbone, input, {});
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().kind, Error::Kind::FileAccess);
  EXPECT_THAT(trace.error().message(), HasSubstr("m.safetensors: was shortened"));
}

TEST_F(WeightsInAFile, AreRefusedWhenItIsWrittenOver) {
  std::fstream(path, std::ios::binary | std::ios::in | std::ios::out).seekp(-4, std::ios::end).write("\0\0\0\0", 4);
  EXPECT_THAT(Trace::forward(model->backbone, input, {}).error().message(), HasSubstr("was changed while it was open"));
}

TEST_F(WeightsInAFile, StayWhenItIsRemovedOrReplaced) {
  ASSERT_TRUE(write_safetensors(path, {{"a", at::zeros({1})}}));
  fs::remove(path);
  EXPECT_TRUE(at::equal(Trace::forward(model->backbone, input, {}).value().logits(), whole));
}

}  // namespace
}  // namespace orderscope
