// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/trace/repeated_trace.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/analysis/grad_cam.h"
#include "core/analysis/order_maps.h"
#include "core/models/backbone.h"
#include "core/trace/packed.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

TEST(RepeatedTrace, EachImageGivesWhatATraceOfItGives) {
  const auto model = test::small_model("hornet_7x7");
  RepeatedTrace repeated(model->backbone, {order_maps_probe(), grad_cam_probe("stages.2.1")});
  for (const std::int64_t side : {64, 96}) {
    const at::Tensor images = at::randn({2, 3, side, side});
    const auto found = repeated.run(images);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_FALSE(repeated.recorded());
    auto trace = Trace::forward(model->backbone, images, {order_maps_probe(), grad_cam_probe("stages.2.1")});
    ASSERT_TRUE(trace);
    ASSERT_TRUE(trace->backward(found->classes));
    EXPECT_EQ(found->classes[1], trace->logits()[1].argmax().item<std::int64_t>());
    // The same passes with the same kernels: no tolerance.
    EXPECT_TRUE(at::equal(found->logits, trace->logits()));
    EXPECT_TRUE(
        at::equal(found->forward[0].at("stages.2.1.gnconv.gate.2"), trace->result(0, "stages.2.1.gnconv.gate.2")));
    EXPECT_TRUE(at::equal(found->backward[1].at("stages.2.1"), trace->gradient_result(1, "stages.2.1")));
    EXPECT_TRUE(found->forward[1].empty());
  }
}

TEST(RepeatedTrace, RefusesWhatTheNetworkDoesNotTake) {
  const auto model = test::small_model("hornet_7x7");
  RepeatedTrace repeated(model->backbone, {order_maps_probe()});
  const auto found = repeated.run(at::randn({1, 3, 8, 8}));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, Error::Kind::InvalidInput);
  std::stop_source stop;
  stop.request_stop();
  JobContext job;
  job.stop = stop.get_token();
  const auto cancelled = repeated.run(at::randn({1, 3, 64, 64}), job);
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().kind, Error::Kind::Cancelled);
}

TEST(Packed, TensorsOfSeveralTypesComeBackAsTheyWere) {
  const std::vector<at::Tensor> tensors{at::randn({2, 3}), at::arange(5), at::empty({0, 4}), at::randn({3, 2}).t()};
  const auto copies = copied_to_cpu(tensors);
  ASSERT_EQ(copies.size(), tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    EXPECT_EQ(copies[i].scalar_type(), tensors[i].scalar_type());
    EXPECT_TRUE(at::equal(copies[i], tensors[i])) << i;
  }
}

}  // namespace
}  // namespace orderscope
