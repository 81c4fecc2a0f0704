// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/mixer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "core/models/backbone.h"
#include "core/trace/trace.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

at::Tensor mixed(const Model& model, const BlockInfo& block, const Trace& trace) {
  const Mixer mixer = make_mixer(model, block).value();
  EXPECT_EQ(mixer.kind, model.mixers[block.stage]);
  const at::NoGradGuard no_grad;
  const at::Tensor y = mixer.run(mixer.prepare(trace.activation(mixer.input_tap).value()));
  EXPECT_EQ(y.scalar_type(), at::kDouble);
  return y;
}

class MixerAlone : public testing::TestWithParam<std::tuple<const char*, const char*, const char*>> {};

TEST_P(MixerAlone, GivesWhatItGivesInsideTheNetwork) {
  const auto& [name, input, tap] = GetParam();
  const auto model = test::small_model(name);
  const auto trace =
      Trace::forward(model->backbone, test::golden_array(std::string("small/") + name + "/" + input), {}).value();
  for (const BlockInfo& block : model->blocks) {
    const at::Tensor expected = trace.activation(block.name + tap).value();
    // float32 against float64 from the same input: the taps' own bound.
    EXPECT_LT(test::max_abs_difference(mixed(*model, block, trace).permute({0, 3, 1, 2}), expected),
              2e-5 * std::max(1.0, expected.abs().max().item<double>()))
        << block.name;
  }
}

INSTANTIATE_TEST_SUITE_P(, MixerAlone,
                         testing::Values(std::tuple{"hornet_7x7", "in72x104/input.npy", ".gnconv.proj_out"},
                                         std::tuple{"hornet_gf", "in96x80/input.npy", ".gnconv.proj_out"},
                                         std::tuple{"convnext", "in72x104/input.npy", ".dwconv"}));

/// Attention's output passes no tap: the block is completed around it. swin128 has shifted windows.
TEST(MixerOfSwin, CompletesToTheBlocksOutput) {
  for (const auto& [name, input] : {std::pair{"swin", "in64x64"}, {"swin128", "in128x128"}}) {
    const auto model = test::small_model(name);
    const at::NoGradGuard no_grad;
    const auto trace = Trace::forward(model->backbone,
                                      test::golden_array(std::string("small/") + name + "/" + input + "/input.npy"), {})
                           .value();
    const auto parameters = model->backbone->named_parameters();
    std::string before = "patch_embed";
    for (const Step& step : model->backbone->steps()) {
      const auto block = std::find_if(model->blocks.begin(), model->blocks.end(),
                                      [&](const BlockInfo& b) { return b.name == step.name; });
      if (block == model->blocks.end()) {
        before = step.taps.back();
        continue;
      }
      const auto p = [&](const std::string& key) { return parameters[step.name + "." + key].to(at::kDouble); };
      const at::Tensor y =
          trace.activation(before).value().to(at::kDouble) + mixed(*model, *block, trace).flatten(1, 2);
      const at::Tensor normed = at::layer_norm(y, {block->channels}, p("norm2.weight"), p("norm2.bias"), 1e-5);
      const at::Tensor hidden = at::gelu(at::linear(normed, p("mlp.fc1.weight"), p("mlp.fc1.bias")));
      const at::Tensor expected = trace.activation(step.name).value();
      EXPECT_LT(test::max_abs_difference(y + at::linear(hidden, p("mlp.fc2.weight"), p("mlp.fc2.bias")), expected),
                2e-5 * std::max(1.0, expected.abs().max().item<double>()))
          << name << " " << step.name;
      before = step.name;
    }
  }
}

}  // namespace
}  // namespace orderscope
