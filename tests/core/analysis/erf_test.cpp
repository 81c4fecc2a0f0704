// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/erf.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <limits>
#include <set>

#include "core/analysis/order_ablation.h"
#include "core/checkpoint/npy.h"
#include "core/models/backbone.h"
#include "tests/shared_golden.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

/// The reference images, normalised as the official transform does; `height` and `width` cut the upper left part.
TensorSource reference_images(std::int64_t height = 128, std::int64_t width = 128) {
  const at::Tensor bytes = test::golden_array("erf/images.npy");
  const at::Tensor mean = at::tensor({0.485F, 0.456F, 0.406F}).view({1, 3, 1, 1});
  const at::Tensor std = at::tensor({0.229F, 0.224F, 0.225F}).view({1, 3, 1, 1});
  const at::Tensor x = (bytes.permute({0, 3, 1, 2}).to(at::kFloat).div(255) - mean) / std;
  const at::Tensor part = x.slice(2, 0, height).slice(3, 0, width).contiguous();
  return {part.size(0), [part](std::int64_t i) -> Result<at::Tensor> { return part.slice(0, i, i + 1); }};
}

at::Tensor values_of(const Map& map) { return at::tensor(map.values).view({map.height, map.width}); }

ErfOptions plain(int count = 6) {
  ErfOptions options;
  options.bootstrap = 0;
  options.count = count;
  return options;
}

class ErfReference : public testing::TestWithParam<std::string> {};

TEST_P(ErfReference, MapAndRatiosEqualTheOfficialScripts) {
  const std::string folder = "erf/" + GetParam() + "/";
  const auto manifest = test::golden_json(folder + "manifest.json");
  const auto model = test::small_model(GetParam());
  const auto report = effective_receptive_field(model->backbone, reference_images(), plain());
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->images.size(), 6U);
  EXPECT_EQ(report->cell[0], manifest["centre_cell"][0].get<std::int64_t>());
  const ErfField& field = report->fields.at(0);

  if (const auto file = test::golden_or_shared(folder + "mean.npy")) {
    const auto mean = read_npy(*file);
    ASSERT_TRUE(mean);
    // The makers' tolerance: float32 noise of forward and backward pass.
    EXPECT_LT(test::max_abs_difference(values_of(field.mean), *mean), 1e-4 * mean->max().item<double>());
  }
  if (const auto file = test::golden_or_shared(folder + "log_map.npy")) {
    const auto log_map = read_npy(*file);
    ASSERT_TRUE(log_map);
    EXPECT_LT(test::max_abs_difference(erf_scaled(values_of(field.mean), ErfScale::Log10), *log_map), 1e-3);
  }
  EXPECT_NEAR(values_of(field.mean).sum(at::kDouble).item<double>(), manifest["sum_mean_map"].get<double>(),
              1e-4 * manifest["sum_mean_map"].get<double>());

  const auto check = [&](const std::vector<AreaMeasure>& found, const std::string& name) {
    ASSERT_EQ(found.size(), 4U);
    for (const AreaMeasure& measure : found) {
      char threshold[16];
      std::snprintf(threshold, sizeof threshold, "%g", measure.threshold);
      const auto& expected = manifest[name][threshold];
      // Where the deciding share lies within 1e-3 of the threshold, rounding may move the side by a ring.
      if (manifest["share_margin"][threshold].get<double>() <= 1e-3) continue;
      ASSERT_EQ(measure.value.has_value(), !expected.is_null()) << name << " " << threshold;
      if (!measure.value) continue;
      EXPECT_EQ(measure.value->side, expected["side"].get<std::int64_t>()) << name << " " << threshold;
      EXPECT_DOUBLE_EQ(measure.value->ratio, expected["ratio"].get<double>());
    }
  };
  check(field.ratios, "r_float64_log");
  check(field.ratios_f32, "r_float32_log_as_original");
  check(field.ratios_linear, "r_linear_no_log_SLaK");
}

INSTANTIATE_TEST_SUITE_P(, ErfReference, testing::Values("hornet_7x7", "hornet_gf", "convnext", "swin128"),
                         [](const auto& info) { return info.param; });

/// Shuts every gate but one by cutting it off the graph: what valves on the way back must equal.
class Cut : public Taps {
 public:
  Cut(int open, std::string layer) : open_(open), layer_(std::move(layer)) {}
  bool wants(const std::string& name) const override {
    return name == layer_ || name.find(".gate.") != std::string::npos;
  }
  at::Tensor tap(const std::string& name, at::Tensor x) override {
    if (name == layer_) seen = x;
    return name == layer_ || name.ends_with(".gate." + std::to_string(open_)) ? x : x.detach();
  }
  at::Tensor seen;

 private:
  int open_;
  std::string layer_;
};

TEST(ErfByOrder, IsTheGradientWithAllOtherGatesHeldConstant) {
  const auto model = test::small_model("hornet_gf");
  ErfOptions options = plain(1);
  options.by_order = true;
  const TensorSource source = reference_images(96, 128);
  const auto report = effective_receptive_field(model->backbone, source, options);
  ASSERT_TRUE(report) << report.error().message();
  ASSERT_EQ(report->fields.size(), 7U);  // the whole, no gate, orders 1 to 5
  EXPECT_FALSE(report->fields[0].order);
  const at::Tensor image = *source.image(0);
  for (int k = 0; k <= 5; ++k) {
    const ErfField& field = report->fields[k + 1];
    EXPECT_EQ(field.order, k);
    const at::Tensor x = image.detach().clone().requires_grad_(true);
    Cut cut(k, "stages.3.0");
    model->backbone->forward(x, &cut);
    const at::Tensor s = at::relu(cut.seen.select(3, 2).select(2, 1)).sum();
    const at::Tensor g = torch::autograd::grad({s}, {x})[0];
    const at::Tensor expected = at::relu(g).sum(1)[0];
    // The same passes summed in another order.
    EXPECT_LT(test::max_abs_difference(values_of(field.mean), expected), 1e-5 * expected.max().item<double>()) << k;
  }
  // Without gates nothing carries sideways: the field is the patch under the unit, cell (1, 2) at stride 32.
  at::Tensor alone = values_of(report->fields[1].mean);
  EXPECT_GT(alone.slice(0, 32, 64).slice(1, 64, 96).max().item<float>(), 0);
  alone.slice(0, 32, 64).slice(1, 64, 96).zero_();
  EXPECT_EQ(alone.max().item<float>(), 0);
  // Order 5 exists in the last stage only, where its filter is global; it must reach beyond the patch.
  EXPECT_GT(report->fields[6].profile.half_mass_radius, 0);
  EXPECT_GT((values_of(report->fields[6].mean) > 0).sum().item<std::int64_t>(), 32 * 32);
}

TEST(Erf, OfAnAblatedNetworkStaysInThePatchWhenNoGateIsLeft) {
  const auto model = test::small_model("hornet_7x7");
  const auto field_with = [&](GateReplacement mode, double factor) {
    ErfOptions options = plain(1);
    options.edits = order_edits(*model, {"*", 0, mode, factor}).value();
    return values_of(effective_receptive_field(model->backbone, reference_images(), options)->fields[0].mean);
  };
  const at::Tensor whole =
      values_of(effective_receptive_field(model->backbone, reference_images(), plain(1))->fields[0].mean);
  EXPECT_EQ(test::max_abs_difference(field_with(GateReplacement::Scale, 1), whole), 0);
  // Depthwise gates are all that looks beyond its own place: without them the unit at (2, 2) of the 4 x 4 grid sees the
  // 32 x 32 pixels that its four downsamplings merge.
  at::Tensor none = field_with(GateReplacement::Zero, 0);
  EXPECT_GT(none.slice(0, 64, 96).slice(1, 64, 96).sum().item<double>(), 0);
  none.slice(0, 64, 96).slice(1, 64, 96).zero_();
  EXPECT_EQ(none.abs().max().item<double>(), 0);
}

TEST(Erf, OpenErfTakesTheMeanOfTheChannelsAndClampsLast) {
  const auto model = test::small_model("convnext");
  ErfOptions options = plain(1);
  options.protocol = *erf_protocol("openerf");
  const TensorSource source = reference_images();
  const auto report = effective_receptive_field(model->backbone, source, options);
  ASSERT_TRUE(report) << report.error().message();
  const at::Tensor x = (*source.image(0)).detach().clone().requires_grad_(true);
  Cut cut(0, "stages.3.0");
  model->backbone->forward(x, &cut);
  const at::Tensor g = torch::autograd::grad({cut.seen.select(3, 2).select(2, 2).mean()}, {x})[0];
  const at::Tensor expected = at::relu(g.mean(1))[0];
  EXPECT_LT(test::max_abs_difference(values_of(report->fields[0].mean), expected),
            1e-5 * expected.max().item<double>());
}

TEST(Erf, ANaNImageIsLeftOutCountedAndReplaced) {
  const auto model = test::small_model("convnext");
  const TensorSource good = reference_images();
  const TensorSource source{6, [&](std::int64_t i) -> Result<at::Tensor> {
                              at::Tensor image = (*good.image(i)).clone();
                              if (i == 1) image[0][0][64][64] = std::numeric_limits<float>::quiet_NaN();
                              if (i == 2) return fail(Error::Kind::Broken, "damaged", "two.jpg");
                              return image;
                            }};
  const auto report = effective_receptive_field(model->backbone, source, plain(3));
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->images, (std::vector<std::int64_t>{0, 3, 4}));
  EXPECT_EQ(report->skipped_nan, 1);
  EXPECT_EQ(report->unreadable, (std::vector<std::string>{"two.jpg: damaged"}));
  EXPECT_TRUE(values_of(report->fields[0].mean).isfinite().all().item<bool>());
}

TEST(Erf, RandomImagesDependOnTheSeedAlone) {
  const auto model = test::small_model("convnext");
  ErfOptions options = plain(2);
  options.protocol = *erf_protocol("vmamba");
  const TensorSource source = reference_images(64, 64);
  options.seed = 1;
  const auto first = effective_receptive_field(model->backbone, source, options);
  const auto again = effective_receptive_field(model->backbone, source, options);
  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->images, again->images);
  std::set<std::vector<std::int64_t>> drawn;
  for (options.seed = 0; options.seed < 4; ++options.seed)
    drawn.insert(effective_receptive_field(model->backbone, source, options)->images);
  EXPECT_GT(drawn.size(), 1U);
}

TEST(Erf, TheControlIsReproducibleAndLeavesTheModelAlone) {
  const auto model = test::small_model("hornet_7x7");
  const auto a = random_control(*model->backbone, 3), b = random_control(*model->backbone, 3);
  ASSERT_TRUE(a && b);
  const TensorSource source = reference_images(64, 96);
  const auto of = [&](const std::shared_ptr<const Backbone>& backbone) {
    return values_of(effective_receptive_field(backbone, source, plain(1))->fields[0].mean);
  };
  const at::Tensor first = of(*a);
  EXPECT_EQ(test::max_abs_difference(first, of(*b)), 0);
  EXPECT_GT(first.max().item<float>(), 0);
  EXPECT_GT(test::max_abs_difference(first, of(model->backbone)), 0);
}

TEST(Erf, BadInputIsRefusedWithAReason) {
  const auto model = test::small_model("hornet_7x7");
  const auto message = [&](const TensorSource& source, const ErfOptions& options) {
    const auto report = effective_receptive_field(model->backbone, source, options);
    return report ? std::string("no error") : report.error().message();
  };
  ErfOptions options = plain(1);
  options.layer = "norm";
  EXPECT_THAT(message(reference_images(64, 64), options), testing::HasSubstr("no places"));
  options.layer = "stages.3.7";
  EXPECT_THAT(message(reference_images(64, 64), options), testing::HasSubstr("stages.3.0"));
  EXPECT_THAT(message(reference_images(16, 64), plain(1)), testing::HasSubstr("16"));
  EXPECT_THAT(message({0, {}}, plain(1)), testing::HasSubstr("no images"));
  const TensorSource unlike{2, [](std::int64_t i) -> Result<at::Tensor> { return at::randn({1, 3, 64, 64 + 32 * i}); }};
  EXPECT_THAT(message(unlike, plain(2)), testing::HasSubstr("different sizes"));
  const TensorSource nothing{2, [](std::int64_t) -> Result<at::Tensor> {
                               return at::full({1, 3, 64, 64}, std::numeric_limits<float>::quiet_NaN());
                             }};
  EXPECT_THAT(message(nothing, plain(2)), testing::HasSubstr("NaN"));

  ErfOptions by_order = plain(1);
  by_order.by_order = true;
  const auto convnext = test::small_model("convnext");
  const auto refused = effective_receptive_field(convnext->backbone, reference_images(64, 64), by_order);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), testing::HasSubstr("gnConv"));
}

TEST(Erf, FewerImagesThanAskedForIsSaid) {
  const auto model = test::small_model("convnext");
  const auto report = effective_receptive_field(model->backbone, reference_images(64, 64), plain(50));
  ASSERT_TRUE(report);
  EXPECT_THAT(report->warnings, testing::Contains(testing::HasSubstr("6 images; 50 were asked for")));
}

TEST(Erf, StopsWhenAsked) {
  const auto model = test::small_model("convnext");
  std::stop_source stop;
  JobContext job;
  job.stop = stop.get_token();
  ErfOptions options = plain(6);
  options.on_mean = [&](const Map&, std::int64_t images) {
    if (images == 2) stop.request_stop();
  };
  const auto report = effective_receptive_field(model->backbone, reference_images(64, 64), options, job);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, Error::Kind::Cancelled);
}

}  // namespace
}  // namespace orderscope
