// SPDX-License-Identifier: GPL-3.0-or-later
// Full-size variants of the three families against logits of the official code, without any weights file.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <regex>

#include "core/trace/trace.h"
#include "tests/formula.h"
#include "tests/golden.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

using nlohmann::json;

Architecture architecture_of(const json& config) {
  const auto depths = config.at("depths").get<std::vector<int>>();
  const int classes = config.at("classes");
  if (config.at("arch") == "hornet")
    return test::hornet_architecture(config.at("base_dim"), !config.at("gf").is_null(), depths, classes);
  if (config.at("arch") == "convnext") return test::convnext_architecture(config.at("dims")[0], depths, classes);
  return test::swin_architecture(config.at("embed"), depths, config.at("heads"), config.at("window"), config.at("img"),
                                 classes);
}

class FullSize : public testing::TestWithParam<std::string> {};

TEST_P(FullSize, EqualsTheOfficialCode) {
  const json manifest = test::golden_json("full/" + GetParam() + ".json");
  Architecture architecture = architecture_of(manifest.at("config"));
  const auto backbone = test::formula_backbone(architecture);

  std::int64_t parameters = 0;
  for (const auto& p : backbone->parameters()) parameters += p.numel();
  EXPECT_EQ(parameters, manifest.at("n_params").get<std::int64_t>());

  const auto shape = manifest.at("input_shape").get<std::vector<std::int64_t>>();
  std::vector<Probe> probes{Probe::record("*")};
  probes[0].forward = [](const at::Tensor& x) {
    const at::Tensor d = x.to(at::kDouble);
    return at::stack({d.mean(), d.std(false), d.abs().max(), at::linalg_vector_norm(d), d.abs().mean()});
  };
  auto trace = Trace::forward(backbone, test::formula_input(shape[2], shape[3]), std::move(probes));
  ASSERT_TRUE(trace) << trace.error().message();

  const auto expected = manifest.at("logits").get<std::vector<float>>();
  const at::Tensor difference = (trace->logits()[0] - at::tensor(expected)).abs();
  EXPECT_LT(difference.max().item<float>(), manifest.at("tolerance_abs").get<float>());
  EXPECT_EQ(trace->logits()[0].argmax().item<std::int64_t>(), manifest.at("argmax").get<std::int64_t>());

  // Statistics of single taps: float32 noise grows with depth like that of the logits, hence the same kind of bound,
  // relative to the largest activation.
  for (const auto& [name, stats] : manifest.at("tap_stats").items()) {
    const std::string tap = test::tap_name(name, architecture.family);
    const at::Tensor found = trace->result(0, tap);
    ASSERT_TRUE(found.defined()) << name << " as " << tap;
    const double bound = 4e-4 * std::max(1.0, stats.at("absmax").get<double>());
    EXPECT_NEAR(found[0].item<double>(), stats.at("mean").get<double>(), bound) << name;
    EXPECT_NEAR(found[1].item<double>(), stats.at("std").get<double>(), bound) << name;
    EXPECT_NEAR(found[2].item<double>(), stats.at("absmax").get<double>(), bound) << name;
  }
  const json gates = manifest.value("gate_mean_abs", json::object());
  for (const auto& [name, value] : gates.items()) {
    const std::string tap = test::tap_name(name, architecture.family);
    const at::Tensor found = trace->result(0, tap);
    ASSERT_TRUE(found.defined()) << tap;
    EXPECT_NEAR(found[4].item<double>(), value.get<double>(), 1e-4 * std::max(1.0, value.get<double>())) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(, FullSize,
                         testing::Values("hornet_tiny_7x7", "hornet_tiny_gf", "hornet_tiny_7x7@256x192",
                                         "hornet_tiny_gf@256x192", "hornet_small_7x7", "hornet_small_gf",
                                         "hornet_base_7x7", "hornet_base_gf", "hornet_large_gf", "swin_T", "swin_S",
                                         "swin_B", "convnext_tiny", "convnext_tiny@256x192", "convnext_small",
                                         "convnext_base"),
                         [](const auto& info) {
                           return std::regex_replace(info.param, std::regex("[^A-Za-z0-9]"), "_");
                         });

}  // namespace
}  // namespace orderscope
