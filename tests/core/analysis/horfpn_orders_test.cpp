// SPDX-License-Identifier: GPL-3.0-or-later
// HorFPN's gnConvs taken apart: no 1/3 in their gates, no norm before them, other widths behind than before.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/analysis/order_decomposition.h"
#include "core/analysis/order_spectrum.h"
#include "core/models/mixer.h"
#include "tests/horfpn.h"
#include "tests/small_models.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

struct Module {
  const char* name;
  bool detector, filter;
  int order;
  const char* block;
};
void PrintTo(const Module& m, std::ostream* out) { *out << m.name; }

class HorFpnOrders : public testing::TestWithParam<Module> {
 protected:
  void SetUp() override {
    const Module& m = GetParam();
    const auto loaded = load_model(test::write_horfpn(folder_.path(), m.filter, m.detector, m.order));
    ASSERT_TRUE(loaded) << loaded.error().message();
    model_ = *loaded;
    input_ = test::dense_array(m.detector ? "maskrcnn_small/input.npy" : "upernet_small_gf/whole/input.npy");
    warnings_.clear();
    const OrderTerms by = m.filter ? OrderTerms::Gates : OrderTerms::Degree;
    const auto blocks = decomposable_blocks(*model_, m.block, by, warnings_);
    ASSERT_TRUE(blocks) << blocks.error().message();
    blocks_ = *blocks;
    auto trace = Trace::forward(model_->backbone, input_, decomposition_probes(*model_, blocks_, true));
    ASSERT_TRUE(trace) << trace.error().message();
    trace_ = std::make_unique<Trace>(std::move(*trace));
  }

  std::vector<BlockDecomposition> decompose(OrderTerms by, OrderOrigin origin) {
    Target target;
    target.score = [&](const Activations& output) {
      return m_is_detector() ? output.aside.at("rpn_head.rpn_cls.p3").sum() : output.x.select(1, 2).sum();
    };
    EXPECT_TRUE(trace_->backward(target));
    std::vector<BlockDecomposition> all;
    const auto use = [&](BlockDecomposition& block) -> Result<void> {
      all.push_back(std::move(block));
      return {};
    };
    const auto done = decompose_orders(*trace_, 0, *model_, blocks_, {by, origin}, use, true);
    EXPECT_TRUE(done) << done.error().message();
    return all;
  }
  static bool m_is_detector() { return GetParam().detector; }

  test::TemporaryFolder folder_;
  std::shared_ptr<const Model> model_;
  at::Tensor input_;
  std::vector<std::string> warnings_;
  std::vector<BlockInfo> blocks_;
  std::unique_ptr<Trace> trace_;
};

TEST_P(HorFpnOrders, TermsAddUpToTheOutputAndItsContribution) {
  std::vector<std::pair<OrderTerms, OrderOrigin>> ways{{OrderTerms::Gates, OrderOrigin::NormBias}};
  if (!GetParam().filter)
    for (const auto origin : {OrderOrigin::Zero, OrderOrigin::NormBias, OrderOrigin::SpatialMean})
      ways.emplace_back(OrderTerms::Degree, origin);
  for (const auto& [by, origin] : ways) {
    const auto all = decompose(by, origin);
    ASSERT_EQ(all.size(), blocks_.size());
    for (const BlockDecomposition& block : all) {
      // Float32 rounding of terms that may cancel.
      EXPECT_LT(block.largest_defect, 1e-4) << block.block << " " << to_string(by) << " " << to_string(origin);
      double sum = 0, size = 0;
      for (const double c : block.contributions) sum += c, size += std::abs(c);
      EXPECT_NEAR(sum, block.sum_contribution, 1e-4 * size + 1e-6);
      if (origin == OrderOrigin::NormBias) {
        EXPECT_EQ(block.settings.origin, OrderOrigin::Zero);
      }
    }
  }
}

TEST_P(HorFpnOrders, SpectraKnowTheirDegree) {
  const auto spectra = order_spectra(*trace_, *model_, GetParam().block, OrderOrigin::NormBias);
  ASSERT_TRUE(spectra) << spectra.error().message();
  for (const OrderSpectrum& s : *spectra) {
    EXPECT_EQ(s.origin, OrderOrigin::Zero);
    if (GetParam().filter) {
      EXPECT_FALSE(s.degree);
      continue;
    }
    ASSERT_TRUE(s.degree);
    EXPECT_EQ(*s.degree, GetParam().order + 1);
    // The highest degree is faint, a product of small weights, but not nothing.
    EXPECT_GT(s.unexplained[static_cast<std::size_t>(*s.degree) - 1],
              10 * s.unexplained[static_cast<std::size_t>(*s.degree)]);
    EXPECT_LT(s.unexplained[static_cast<std::size_t>(*s.degree)], 1e-20);  // float64 rounding
  }
  if (GetParam().filter) return;
  // The same energies by degree from running the mixer as from taking its output apart.
  const auto blocks = decompose(OrderTerms::Degree, OrderOrigin::Zero);
  for (std::size_t b = 0; b < blocks.size(); ++b)
    for (std::size_t d = 0; d < blocks[b].energies.size(); ++d)
      EXPECT_NEAR(blocks[b].energies[d], (*spectra)[b].energies[d], 1e-4 * blocks[b].output_energy) << d;
}

TEST_P(HorFpnOrders, TheMixerAloneGivesWhatTheNetworkGives) {
  for (const BlockInfo& block : blocks_) {
    const auto mixer = make_mixer(*model_, block);
    ASSERT_TRUE(mixer) << mixer.error().message();
    const auto in = trace_->activation(mixer->input_tap);
    ASSERT_TRUE(in) << in.error().message();
    const at::Tensor out = mixer->run(mixer->prepare(*in)).permute({0, 3, 1, 2});
    const at::Tensor expected = trace_->result(0, block.name + ".gnconv.proj_out");
    EXPECT_LT(test::max_abs_difference(out.to(at::kFloat), expected),
              2e-5 * std::max(1.0, expected.abs().max().item<double>()));
  }
}

INSTANTIATE_TEST_SUITE_P(, HorFpnOrders,
                         testing::Values(Module{"Head", false, false, 2, "decode_head.*"},
                                         Module{"HeadOfOrder3", false, false, 3, "decode_head.*"},
                                         Module{"HeadWithFilter", false, true, 2, "decode_head.*"},
                                         Module{"Neck", true, false, 2, "neck.*"},
                                         Module{"NeckWithFilter", true, true, 2, "neck.fpn_convs.1"}),
                         [](const auto& info) { return info.param.name; });

TEST(DenseSpectra, ADenseSwinsMapsHaveAnyShape) {
  if (!test::dense_golden("backbone_swin/weights.pth")) GTEST_SKIP() << "not in this clone";
  const auto model = test::dense_model("backbone_swin/weights.pth");
  auto trace = Trace::forward(model->backbone, test::dense_array("backbone_swin/input.npy"), {});
  ASSERT_TRUE(trace) << trace.error().message();
  const auto spectra = order_spectra(*trace, *model, "*", OrderOrigin::NormBias);
  ASSERT_TRUE(spectra) << spectra.error().message();
  EXPECT_EQ(spectra->size(), model->blocks.size());
  for (const OrderSpectrum& s : *spectra) EXPECT_LT(s.unexplained[0], 1.0) << s.block;
}

}  // namespace
}  // namespace orderscope
