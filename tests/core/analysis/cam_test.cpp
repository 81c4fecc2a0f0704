// SPDX-License-Identifier: GPL-3.0-or-later
// Every class activation map against pytorch-grad-cam.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/analysis/cancellation.h"
#include "core/analysis/library_scaling.h"
#include "core/analysis/method.h"
#include "core/analysis/several_classes.h"
#include "core/checkpoint/npy.h"
#include "core/models/backbone.h"
#include "core/trace/find_taps.h"
#include "tests/golden.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using test::max_abs_difference;
using testing::HasSubstr;

at::Tensor tensor_of(const Map& map) { return at::tensor(map.values).view({map.height, map.width}); }

Result<MethodResult> run_method(const Subject& subject, const std::string& id,
                                const std::map<std::string, std::string>& given, std::optional<int> class_index) {
  const Method* method = find_method(id);
  TRY(const MethodValues values, check_values(method->descriptor, given));
  const MethodRequest request{method, values};
  TRY(MethodsOutcome outcome, run_methods(subject, {&request, 1}, class_index));
  return std::move(outcome.results[0]);
}

/// What the library calls a method, what we do, and the tolerance relative to max |raw|.
struct Case {
  const char* library;
  const char* id;
  const char* variant;
  double tolerance;
};

// The tolerances of the reference data's makers: float32 noise of both passes; division by sums near zero in XGradCAM
// and GradCAM++; a softmax of logits in ScoreCAM; singular vectors; 1e7 in the library's Ablation-CAM.
constexpr Case kCases[] = {{"GradCAM", "gradcam", "", 2e-5},
                           {"GradCAMPlusPlus", "gradcam++", "", 1e-3},
                           {"XGradCAM", "xgradcam", "", 1e-3},
                           {"HiResCAM", "hirescam", "", 2e-5},
                           {"LayerCAM", "layercam", "", 2e-5},
                           {"GradCAMElementWise", "gradcam-elementwise", "", 2e-5},
                           {"EigenCAM", "eigencam", "", 1e-4},
                           {"EigenGradCAM", "eigengradcam", "", 1e-4},
                           {"ScoreCAM", "scorecam", "", 1e-4},
                           {"AblationCAM_zero", "ablationcam", "paper", 1e-4},
                           {"AblationCAM", "ablationcam", "library", 1e-3}};

at::Tensor array(const fs::path& path) {
  auto read = read_npy(path);
  if (!read) throw std::runtime_error(read.error().message());
  return *read;
}

void expect_final(const Case& c, const nlohmann::json& entry, const fs::path& folder, const Map& map,
                  const at::Tensor& expected_raw) {
  const fs::path file = folder / (std::string(c.library) + ".final.npy");
  if (!fs::exists(file) || entry.contains("degenerate")) return;
  const at::Tensor expected = array(file);
  // A singular vector's sign is LAPACK's choice: scale the reference's where ours is the other.
  Map raw = map;
  if (std::string(c.id).starts_with("eigen")) {
    const at::Tensor same = expected_raw.contiguous();
    raw.values.assign(same.const_data_ptr<float>(), same.const_data_ptr<float>() + same.numel());
  }
  const Map* maps[] = {&raw};
  const at::Tensor scaled =
      library_scaling(maps, static_cast<int>(expected.size(0)), static_cast<int>(expected.size(1)));
  // Both scale to 0..1, so that what differs in the raw map is magnified, and OpenCV interpolates in fixed weights.
  EXPECT_LT(max_abs_difference(scaled, expected), 1e-3) << file;
}

/// Compares whatever maps the folder holds; gives how many.
int compare_fixture(const fs::path& fixture, const nlohmann::json& manifest) {
  const std::string weights = manifest.at("weights");  // small/NAME/official.pth
  const auto model = test::small_model(weights.substr(6, weights.rfind('/') - 6));
  const Subject subject{model, array(fixture / "input.npy")};
  const int class_index = manifest.at("cls");
  int compared = 0;
  for (const std::string layer : manifest.at("layers")) {
    const std::string tap = test::tap_name(layer, model->architecture.family);
    for (const Case& c : kCases) {
      const fs::path file = fixture / layer / (std::string(c.library) + ".raw.npy");
      // At the final norm the library's Ablation-CAM depends on its batch size.
      if (!fs::exists(file) || (layer == "norm" && std::string(c.variant) == "library")) continue;
      SCOPED_TRACE(fixture.filename().string() + " " + layer + " " + c.library);
      std::map<std::string, std::string> given{{"layer", tap}};
      if (*c.variant) given["variant"] = c.variant;
      const auto result = run_method(subject, c.id, given, class_index);
      if (!result) {
        ADD_FAILURE() << result.error().message();
        continue;
      }
      const Map& map = result->maps.at(0).map;
      const at::Tensor expected = array(file), ours = tensor_of(map);
      const nlohmann::json& entry = manifest.at("maps").at(layer + "/" + c.library);
      ++compared;
      if (entry.contains("degenerate")) {
        EXPECT_LT(ours.abs().max().item<double>(), 1e-5);
        EXPECT_THAT(result->warnings, testing::ElementsAre(HasSubstr("zero by construction")));
        continue;
      }
      const double bound = c.tolerance * expected.abs().max().item<double>() + 1e-7;
      double difference = max_abs_difference(ours, expected);
      if (std::string(c.id).starts_with("eigen")) {
        difference = std::min(difference, max_abs_difference(-ours, expected));
        EXPECT_GE(ours.max().item<float>(), -ours.min().item<float>());
      }
      EXPECT_LT(difference, bound);
      expect_final(c, entry, fixture / layer, map, expected);
    }
  }
  return compared;
}

class PytorchGradCam : public testing::TestWithParam<std::string> {};

TEST_P(PytorchGradCam, HasTheSameRawAndFinalMaps) {
  const auto manifest = test::golden_json("cam/" + GetParam() + "/manifest.json");
  EXPECT_GE(compare_fixture(test::golden("cam/" + GetParam()), manifest), 4);
}

TEST_P(PytorchGradCam, SharedHasTheSameRawAndFinalMaps) {
  const fs::path shared = fs::path(ORDERSCOPE_SOURCE_DIR) / ".." / "shared" / "golden" / "cam" / GetParam();
  if (!fs::exists(shared)) GTEST_SKIP() << shared << " is not there";
  const auto manifest = test::golden_json("cam/" + GetParam() + "/manifest.json");
  // Four layers, eleven methods; at a Swin's final norm one less.
  EXPECT_GE(compare_fixture(shared, manifest), 43);
}

INSTANTIATE_TEST_SUITE_P(, PytorchGradCam,
                         testing::Values("hornet_7x7_64x64", "hornet_gf_64x64", "hornet_gf_96x64", "convnext_64x64",
                                         "swin_64x64"),
                         [](const auto& info) { return info.param; });

Subject small_subject(const std::string& name, const std::string& size) {
  return {test::small_model(name), test::golden_array("small/" + name + "/" + size + "/input.npy").slice(0, 0, 1)};
}

std::vector<Subject> subjects() {
  return {small_subject("hornet_7x7", "in72x104"), small_subject("hornet_gf", "in96x80"),
          small_subject("convnext", "in72x104"), small_subject("swin", "in64x64")};
}

TEST(Cams, GradCamEqualsHiResCamWhereTheGradientIsConstantOverSpace) {
  for (const Subject& subject : subjects()) {
    // "last": in front of the mean over space, or one linear layer after it.
    const auto grad = run_method(subject, "gradcam", {}, 3), hires = run_method(subject, "hirescam", {}, 3);
    ASSERT_TRUE(grad && hires);
    const at::Tensor a = tensor_of(grad->maps[0].map), b = tensor_of(hires->maps[0].map);
    // Float32 sums in another order.
    EXPECT_LT(max_abs_difference(a, b), 1e-6 * std::max(1.0, a.abs().max().item<double>())) << subject.model->name;
  }
}

TEST(Cams, NonSquareMapsLieAsTheImageDoes) {
  const Subject subject = small_subject("hornet_7x7", "in72x104");
  for (const Method* method : all_methods()) {
    if (method->descriptor.yields != "map") continue;
    const bool of_input = std::none_of(method->descriptor.parameters.begin(), method->descriptor.parameters.end(),
                                       [](const MethodParameter& p) { return p.name == "layer"; });
    const auto result = run_method(
        subject, method->descriptor.id,
        of_input ? std::map<std::string, std::string>{} : std::map<std::string, std::string>{{"layer", "stages.1.0"}},
        1);
    ASSERT_TRUE(result) << method->descriptor.id << ": " << result.error().message();
    ASSERT_EQ(result->maps.size(), 1U);
    EXPECT_EQ(result->maps[0].map.height, of_input ? 72 : 9) << method->descriptor.id;
    EXPECT_EQ(result->maps[0].map.width, of_input ? 104 : 13) << method->descriptor.id;
    EXPECT_EQ(result->maps[0].map.provenance.method, method->descriptor.id);
  }
}

TEST(Cams, CancellationIsWhereTheNetworkSaysItIs) {
  for (const Subject& subject : subjects()) {
    const auto& backbone = subject.model->backbone;
    for (const std::string& tap : backbone->tap_names()) {
      const bool places = tap != "logits" && !tap.ends_with(".probs") &&
                          (tap != "norm" || subject.model->architecture.family == Family::Swin);
      if (!places) continue;
      auto trace = Trace::forward(backbone, subject.image,
                                  {{tap, {}, [](const at::Tensor& a, const at::Tensor& g) {
                                      const at::Tensor products = a.dim() == 4 ? a * g : (a * g).transpose(1, 2);
                                      return at::stack({products.sum(1).abs().max(), products.abs().sum(1).max()});
                                    }}});
      ASSERT_TRUE(trace && trace->backward({2}));
      const at::Tensor found = trace->gradient_result(0, tap);
      const double share = found[0].item<double>() / found[1].item<double>();
      const bool vanishes = cancellation_at(*backbone, tap) == Cancellation::Pixel;
      // Rounding, and the norm's eps against variances near 1, leave 1e-5 at most; a real map keeps far more.
      EXPECT_EQ(share < 1e-4, vanishes) << subject.model->name << " " << tap << " " << share;
    }
  }
}

TEST(Cams, AMergedPatchOfASwinAddsUpToZero) {
  const Subject subject = small_subject("swin", "in64x64");
  const auto result = run_method(subject, "hirescam", {{"layer", "layers.1.blocks.1"}}, 2);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->warnings, testing::ElementsAre(HasSubstr("add up to zero")));
  const at::Tensor map = tensor_of(result->maps[0].map);
  const at::Tensor patches = at::avg_pool2d(map.view({1, 1, map.size(0), map.size(1)}), {2, 2});
  EXPECT_LT(patches.abs().max().item<double>(), 1e-4 * map.abs().max().item<double>());
}

TEST(Cams, SeveralLayersAndClassesComeFromOneTraceAndStayApart) {
  const Subject subject = small_subject("hornet_7x7", "in64x64");
  const Method* method = find_method("layercam");
  const auto values = check_values(method->descriptor, {{"layer", "stages.2.*"}});
  ASSERT_TRUE(values);
  const MethodRequest request{method, *values};
  const auto outcomes = run_methods_for_classes(subject, {&request, 1}, {5, 0});
  ASSERT_TRUE(outcomes);
  ASSERT_EQ(outcomes->size(), 2U);
  for (const MethodsOutcome& outcome : *outcomes) {
    for (const NamedMap& named : outcome.results[0]->maps) {
      const auto alone = run_method(subject, "layercam", {{"layer", named.name}}, outcome.class_index);
      ASSERT_TRUE(alone);
      EXPECT_EQ(named.map.values, alone->maps[0].map.values) << named.name;
    }
    EXPECT_GT(outcome.results[0]->maps.size(), 10U);
  }
}

TEST(Cams, BadLayersAreErrorsThatHelp) {
  const Subject hornet = small_subject("hornet_7x7", "in64x64"), swin = small_subject("swin", "in64x64");
  for (const Method* method : all_methods()) {
    if (!method->descriptor.yields.starts_with("map")) continue;
    const auto& parameters = method->descriptor.parameters;
    if (std::none_of(parameters.begin(), parameters.end(), [](const auto& p) { return p.name == "layer"; })) continue;
    const auto unknown = run_method(hornet, method->descriptor.id, {{"layer", "stages.2.7"}}, 0);
    ASSERT_FALSE(unknown) << method->descriptor.id;
    EXPECT_THAT(unknown.error().message(), HasSubstr("stages.2.")) << method->descriptor.id;
    EXPECT_FALSE(run_method(hornet, method->descriptor.id, {{"layer", "norm"}}, 0)) << method->descriptor.id;
    EXPECT_FALSE(run_method(hornet, method->descriptor.id, {{"layer", "logits"}}, 0)) << method->descriptor.id;
    EXPECT_FALSE(run_method(swin, method->descriptor.id, {{"layer", "layers.0.blocks.0.attn.probs"}}, 0))
        << method->descriptor.id;
  }
}

TEST(Cams, SingleCellsAndNanAreWarnedOf) {
  const auto model = test::small_model("hornet_7x7");
  const Subject small{model, test::golden_array("small/hornet_7x7/in64x64/input.npy").slice(2, 0, 32).slice(3, 0, 32)};
  at::Tensor broken = test::golden_array("small/hornet_7x7/in64x64/input.npy").clone();
  broken[0][0][0][0] = std::numeric_limits<float>::quiet_NaN();
  const Subject nan{model, broken};
  for (const char* id : {"gradcam", "gradcam++", "xgradcam", "layercam", "gradcam-elementwise", "eigencam",
                         "eigengradcam", "scorecam", "ablationcam"}) {
    const auto cell = run_method(small, id, {{"layer", "stages.3.0"}}, 0);
    ASSERT_TRUE(cell) << id;
    EXPECT_EQ(cell->maps[0].map.values.size(), 1U);
    EXPECT_THAT(cell->warnings, testing::Contains(HasSubstr("single cell"))) << id;
    const auto spoiled = run_method(nan, id, {{"layer", "stages.3.0"}}, 0);
    ASSERT_TRUE(spoiled) << id;
    EXPECT_THAT(spoiled->warnings, testing::Contains(HasSubstr("NaN"))) << id;
  }
}

TEST(LibraryScaling, AMapNowherePositiveIsAllZero) {
  const Map map{2, 2, {-1, -2, -3, -4}, true, "", {}};
  const Map* maps[] = {&map};
  EXPECT_EQ(library_scaling(maps, 8, 6).abs().max().item<float>(), 0);
}

TEST(LibraryScaling, SeveralMapsAreScaledThenAveragedThenScaled) {
  const Map a{1, 2, {0, 10}, true, "", {}}, b{1, 2, {3, 1}, true, "", {}};
  const Map* maps[] = {&a, &b};
  // (0, 1) and (1, 0) average to a uniform map, whose minimum is then taken away.
  EXPECT_EQ(library_scaling(maps, 1, 2).abs().max().item<float>(), 0);
}

}  // namespace
}  // namespace orderscope
