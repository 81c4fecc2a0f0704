// SPDX-License-Identifier: GPL-3.0-or-later
// A session's figure on the command line: the numbers of the other commands, and the bytes of the window.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/base/files.h"
#include "core/checkpoint/npy.h"
#include "core/image/image.h"
#include "core/run/session_sources.h"
#include "core/run/trusted_sessions.h"
#include "tests/e2e/run_program.h"
#include "tests/golden.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::run_program;
using testing::HasSubstr;

const std::string kCli = "orderscope-cli";
const std::string kHornet = test::golden("small/hornet_7x7/official.pth");
const std::string kPhoto = std::string(ORDERSCOPE_SOURCE_DIR) + "/resources/samples/chelsea.png";
const bool kWithFigures = fs::exists(std::string(ORDERSCOPE_BINARY_DIR) + "/bin/orderscope");

FigurePanelPlan panel(const std::string& view) {
  FigurePanelPlan plan;
  plan.view = view;
  plan.model = plan.image = 0;
  plan.class_index = 3;
  return plan;
}

class FigureCli : public testing::Test {
 protected:
  FigureCli() {
    // The one thing in a PDF that differs from run to run.
    setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
    setenv("XDG_DATA_HOME", (folder / "data").c_str(), 1);
    fs::create_directories(folder / "photos");
    fs::copy_file(kPhoto, folder / "photos/cat.png");
    fs::copy_file(kHornet, folder / "official.pth");
    session.models = {{folder / "official.pth", {}, -1, {}}};
    session.images = {{folder / "photos/cat.png", {}, -1, {}}};
    session.model = session.image = 0;
    session.block = "stages.2.1";
    session.class_index = 3;
    session.page = "orders";
    FigurePanelPlan orders = panel("orders"), cam = panel("method"), scores = panel("scores");
    orders.block = "stages.2.1";
    cam.method = "gradcam";
    cam.parameters["layer"] = "stages.3.0";
    cam.width = 0.5;
    scores.width = 0.5;
    session.figure.title = "A small HorNet on a cat";
    session.figure.panels = {orders, cam, scores};
    EXPECT_TRUE(complete_hashes(session));
    save();
  }
  ~FigureCli() override {
    unsetenv("SOURCE_DATE_EPOCH");
    unsetenv("XDG_DATA_HOME");
  }

  void save() { ASSERT_TRUE(write_session(session, file)); }
  test::ProgramResult figure(const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"figure", file.string(), "-o", folder / name};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(kCli, arguments);
  }
  std::string bytes(const std::string& name) { return read_text_file(folder / name).value_or(""); }

  test::TemporaryFolder folder;
  fs::path file = folder / "cat.orderscope";
  SessionFile session;
};

TEST_F(FigureCli, ADrawnFigureIsTheSameEachTimeAndTheSameAsTheWindows) {
  if (!kWithFigures) GTEST_SKIP() << "built without Qt";
  for (const std::string ending : {"pdf", "svg", "png"}) {
    const auto first = figure("first." + ending, {"--dpi", "100"});
    ASSERT_EQ(first.exit_code, 0) << first.err;
    EXPECT_EQ(first.err, "");
    ASSERT_EQ(figure("second." + ending, {"--dpi", "100", "--no-data"}).exit_code, 0);
    EXPECT_GT(bytes("first." + ending).size(), 10'000U);
    EXPECT_TRUE(bytes("first." + ending) == bytes("second." + ending)) << ending;
  }
  EXPECT_FALSE(fs::exists(folder / "second.json")) << "--no-data";
  const auto window = run_program("orderscope", {"--session", file.string(), "--export-figure", folder / "window.pdf"});
  ASSERT_EQ(window.exit_code, 0) << window.err;
  EXPECT_TRUE(bytes("window.pdf") == bytes("first.pdf"));
}

TEST_F(FigureCli, TheNumbersAreThoseOfTheOtherCommands) {
  if (!kWithFigures) GTEST_SKIP() << "built without Qt";
  ASSERT_EQ(figure("plate.svg").exit_code, 0);
  const auto orders = run_program(
      kCli, {"orders", kHornet, "--image", kPhoto, "--block", "stages.2.1", "--class", "3", "-o", folder / "orders"});
  const auto cam = run_program(
      kCli, {"cam", kHornet, "--image", kPhoto, "--layer", "stages.3.0", "--class", "3", "-o", folder / "cam"});
  ASSERT_EQ(orders.exit_code, 0) << orders.err;
  ASSERT_EQ(cam.exit_code, 0) << cam.err;
  const json list = json::parse(bytes("plate.json"));
  int compared = 0;
  for (const json& part : list["panels"]) {
    if (part["kind"] != "maps") continue;
    for (const json& map : part["maps"]) {
      std::string name = map["name"];
      std::replace(name.begin(), name.end(), ' ', '.');
      fs::path other = folder / ("orders/stages.2.1." + name + ".npy");
      if (name.starts_with("gradcam")) other = folder / "cam/cam.npy";
      if (!fs::exists(other)) continue;  // Grad-CAM of the block, which `orders` does not write
      const auto ours = read_npy(folder / "plate.data" / map["file"].get<std::string>()), theirs = read_npy(other);
      ASSERT_TRUE(ours && theirs) << name;
      EXPECT_TRUE(at::equal(*ours, *theirs)) << name << ": the same computation on the same machine, so no tolerance";
      EXPECT_EQ(map["provenance"]["model_sha256"], session.models[0].sha256);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 1 + 3 * 4 + 1) << "value, four orders of three quantities, and the CAM";
  EXPECT_EQ(list["sources"]["images"][0]["sha256"], session.images[0].sha256);
  EXPECT_THAT(bytes("plate.data/" + list["panels"].back()["file"].get<std::string>()),
              testing::StartsWith("class,index,logit,probability\n"));
}

TEST_F(FigureCli, ASessionWithoutAFigureShowsItsChosenBlock) {
  if (!kWithFigures) GTEST_SKIP() << "built without Qt";
  session.figure = {};
  save();
  ASSERT_EQ(figure("plate.svg", {"--width", "85"}).exit_code, 0);
  EXPECT_THAT(bytes("plate.svg"), testing::AllOf(HasSubstr("stages.2.1"), HasSubstr("contribution")));
  // And the window prints the page that is asked for.
  const auto window = run_program(
      "orderscope", {"--session", file.string(), "--page", "compare", "--export-figure", folder / "compare.svg"});
  ASSERT_EQ(window.exit_code, 0) << window.err;
  EXPECT_THAT(bytes("compare.svg"),
              testing::AllOf(HasSubstr("activation energy"), HasSubstr("Order spectrum"), HasSubstr("stages.3.0")));
}

TEST_F(FigureCli, FilesThatWereMovedAreNamedAndFound) {
  fs::create_directories(folder / "sessions/deep");
  const fs::path moved = folder / "sessions/deep/cat.orderscope";
  ASSERT_TRUE(write_session(session, moved));
  fs::create_directories(folder / "elsewhere");
  fs::rename(folder / "photos/cat.png", folder / "elsewhere/tabby.png");
  const auto failed = run_program(kCli, {"figure", moved.string(), "--allow-outside", "-o", folder / "plate.svg"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err, testing::AllOf(HasSubstr("cat.png is missing"),
                                         HasSubstr(session.images[0].sha256.substr(0, 16)), HasSubstr("--find DIR")));
  EXPECT_FALSE(fs::exists(folder / "plate.svg"));
  if (!kWithFigures) return;
  const auto found = run_program(kCli, {"figure", moved.string(), "-o", folder / "plate.svg", "--find", folder / ""});
  EXPECT_EQ(found.exit_code, 0) << found.err;
  EXPECT_THAT(bytes("plate.svg"), HasSubstr("tabby.png"));

  // Something else under the old name is not taken for it.
  std::ofstream(folder / "photos/cat.png") << "another picture";
  fs::remove(folder / "elsewhere/tabby.png");
  EXPECT_THAT(run_program(kCli, {"figure", moved.string(), "--allow-outside", "-o", folder / "plate.svg"}).err,
              HasSubstr("has changed"));
}

TEST_F(FigureCli, ASessionOfSomebodyElseStaysInItsFolder) {
  const test::TemporaryFolder elsewhere;
  const fs::path stranger = elsewhere / "cat.orderscope";
  ASSERT_TRUE(write_session(session, stranger));
  const auto refused = run_program(kCli, {"figure", stranger.string(), "-o", folder / "plate.svg"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err,
              testing::AllOf(HasSubstr("2 files of the session"),
                             HasSubstr("cat.png lies outside the session's folder"), HasSubstr("--allow-outside")));
  EXPECT_FALSE(fs::exists(folder / "plate.svg"));
  if (!kWithFigures) return;
  const auto window = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"--session", stranger.string(), "--export-figure", folder / "window.svg"});
    return run_program("orderscope", more);
  };
  const auto asked = window({});
  EXPECT_EQ(asked.exit_code, 1);
  EXPECT_THAT(asked.err, HasSubstr("--allow-outside"));
  EXPECT_FALSE(fs::exists(folder / "window.svg"));
  EXPECT_EQ(window({"--allow-outside"}).exit_code, 0);
  EXPECT_EQ(run_program(kCli, {"figure", stranger.string(), "--allow-outside", "-o", folder / "a.svg"}).exit_code, 0);
  // One that was saved by this user needs neither.
  ASSERT_TRUE(TrustedSessions::of_user().add(stranger));
  EXPECT_TRUE(fs::exists(folder / "data/orderscope/trusted-sessions"));
  EXPECT_EQ(run_program(kCli, {"figure", stranger.string(), "-o", folder / "b.svg"}).exit_code, 0);
  EXPECT_TRUE(bytes("a.svg") == bytes("b.svg"));
}

TEST_F(FigureCli, TheWindowOpensASession) {
  if (!kWithFigures) GTEST_SKIP() << "built without Qt";
  const auto window = [&](const std::string& name) {
    return run_program("orderscope", {"--session", file.string(), "--page", "orders", "--window-size", "1280x800",
                                      "--export-window", folder / name});
  };
  const auto result = window("window.png");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto picture = decode_image(folder / "window.png");
  ASSERT_TRUE(picture) << picture.error().message();
  EXPECT_EQ(picture->image.width, 1280);
  fs::remove(folder / "photos/cat.png");
  const auto failed = window("none.png");
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err, HasSubstr("cat.png is missing"));
  EXPECT_FALSE(fs::exists(folder / "none.png"));
}

TEST_F(FigureCli, FailuresAreOneClearLine) {
  const auto refused = [&](const std::string& text, const std::string& output = "plate.pdf") {
    std::ofstream(file) << text;
    const auto result = figure(output);
    EXPECT_EQ(result.exit_code, 1) << text;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_FALSE(fs::exists(folder / output));
    return result.err;
  };
  const std::string good = session_text(session, file);
  EXPECT_THAT(refused("nothing"), HasSubstr("not an OrderScope session"));
  EXPECT_THAT(refused(good.substr(0, 500)), HasSubstr("no valid JSON"));
  const auto changed = [&](const char* pointer, const json& value) {
    json text = json::parse(good);
    text[json::json_pointer(pointer)] = value;
    return text.dump();
  };
  EXPECT_THAT(refused(changed("/version", 99)), HasSubstr("later OrderScope"));
  if (!kWithFigures) {
    EXPECT_THAT(refused(good), HasSubstr("built without Qt"));
    return;
  }
  EXPECT_THAT(refused(good, "plate.gif"), HasSubstr(".pdf, .svg or .png"));
  EXPECT_THAT(refused(changed("/figure/panels/0/block", "stages.9.9")), HasSubstr("no block stages.9.9"));
  EXPECT_THAT(refused(changed("/figure/panels/0/class", 10)), HasSubstr("no class 10"));
  EXPECT_THAT(refused(changed("/figure/panels/0/view", "film")), HasSubstr("no such view"));
  EXPECT_THAT(refused(changed("/figure/panels/0/settings", {{"opacity", 2}})), HasSubstr("opacity"));
  EXPECT_THAT(refused(changed("/figure/panels/1/method", "magic")), HasSubstr("no such method"));
  EXPECT_THAT(refused(changed("/figure/panels/1/parameters/layer", "nowhere")), HasSubstr("nowhere"));
  EXPECT_THAT(refused(changed("/figure/panels/1/settings", {{"part", "curves"}})), HasSubstr("gives no curves"));
}

}  // namespace
}  // namespace orderscope
