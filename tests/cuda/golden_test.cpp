// SPDX-License-Identifier: GPL-3.0-or-later
// The official code's logits, taps and gradients of tiny models, on a CUDA device.
#include "core/models/backbone.h"
#include "core/trace/trace.h"
#include "tests/cuda/cuda_test.h"
#include "tests/formula.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

using test::relative_difference;

class CudaGolden : public test::CudaTest {};

TEST_F(CudaGolden, LogitsTapsAndGradientsEqualTheOfficialCode) {
  for (const std::string name : {"hornet_7x7", "hornet_gf", "swin", "swin128", "convnext"}) {
    const auto model = test::golden_model("small/" + name + "/official.pth", "cuda");
    const auto manifest = test::golden_json("small/" + name + "/manifest.json");
    for (const auto& [input, fixture] : manifest.at("inputs").items()) {
      const std::string folder = "small/" + name + "/" + input + "/";
      const at::Tensor images = test::golden_array(folder + "input.npy").to(test::cuda_device());
      auto trace = Trace::forward(model->backbone, images, {Probe::record("*"), Probe::record_gradient("*")});
      ASSERT_TRUE(trace) << trace.error().message();
      const at::Tensor logits = test::golden_array(folder + "logits.npy");
      // Twice what the CPU is held to: the device adds up in another order, in float32 all the same.
      EXPECT_LT(test::max_abs_difference(trace->logits().cpu(), logits),
                2 * fixture.at("tolerance").at("logits_abs").get<double>())
          << folder;
      ASSERT_TRUE(trace->backward({manifest.at("grad_class").get<std::int64_t>()}));
      int compared = 0;
      for (const auto& [file, entry] : fixture.at("files").items()) {
        const bool gradient = file.starts_with("grads/");
        if (!gradient && !file.starts_with("taps/")) continue;
        const std::string golden_name = file.substr(file.find('/') + 1, file.size() - file.find('/') - 5);
        const std::string tap = test::tap_name(golden_name, model->architecture.family);
        const at::Tensor found = gradient ? trace->gradient_result(1, tap) : trace->result(0, tap);
        ASSERT_TRUE(found.defined()) << tap;
        EXPECT_LT(relative_difference(found, test::golden_array(folder + file)), 1e-4) << folder << file;
        ++compared;
      }
      EXPECT_GE(compared, 5) << folder;
    }
  }
}

TEST_F(CudaGolden, FullSizeModelsGiveTheLogitsOfTheCpu) {
  for (const auto& architecture : {test::hornet_architecture(64, false), test::hornet_architecture(64, true),
                                   test::swin_architecture(96, {2, 2, 6, 2}, {3, 6, 12, 24}, 7, 224),
                                   test::convnext_architecture(96, {3, 3, 9, 3})}) {
    const at::NoGradGuard no_grad;
    at::globalContext().setAllowTF32CuDNN(false);
    const auto backbone = test::formula_backbone(architecture);
    const at::Tensor images = test::formula_input(224, 224);
    const at::Tensor expected = backbone->forward(images);
    backbone->to(test::cuda_device());
    EXPECT_LT(relative_difference(backbone->forward(images.to(test::cuda_device())), expected), 1e-4);
  }
}

}  // namespace
}  // namespace orderscope
