// SPDX-License-Identifier: GPL-3.0-or-later
// Plugins as the command line loads them, and refuses them.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "core/checkpoint/npy.h"
#include "tests/e2e/output_files.h"
#include "tests/e2e/run_program.h"
#include "tests/golden.h"
#include "tests/small_models.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::read_array;
using test::run_program;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

const std::string kCli = "orderscope-cli";
const fs::path kBuild = ORDERSCOPE_BINARY_DIR;
const std::string kHornet = test::golden("small/hornet_7x7/official.pth");
const std::string kInput = test::golden("small/hornet_7x7/in64x64/input.npy");

/// What the tester's own environment names would be loaded too.
[[maybe_unused]] const int cleared = unsetenv("ORDERSCOPE_PLUGINS");

/// A copy that only its owner may change, whatever the umask of the build was.
void put(const fs::path& library, const fs::path& to) {
  fs::copy_file(library, to);
  chmod(to.c_str(), 0644);
}

void put_good(const test::TemporaryFolder& folder) {
  put(kBuild / "plugins/channel_diversity.so", folder / "channel_diversity.so");
}

json plugins(const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"plugins", "--json"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const auto result = run_program(kCli, all);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  return json::parse(result.out);
}

std::string reason(const json& report, const fs::path& file) {
  for (const json& failure : report["failed"])
    if (failure["file"] == file.string()) return failure["reason"];
  return "not listed";
}

TEST(Plugins, EachFaultIsReportedAndNoneIsFatal) {
  const test::TemporaryFolder folder, elsewhere;
  const std::map<std::string, std::string> faults{
      {"no_entry", "no entry point orderscope_plugin"},
      {"gives_nothing", "gives nothing"},
      {"throws_in_entry", "its entry point throws: not ready"},
      {"throws_in_add", "it throws: no luck today"},
      {"throws_no_exception", "throws something"},
      {"adds_nothing", "adds nothing"},
      {"other_abi", "built for plugin interface 4711"},
      {"other_program", "built for OrderScope 0.0.1"},
      {"other_torch", "built for LibTorch 1.0.0"},
      {"no_name", "lacks its name"},
      {"missing_symbol", "nobody_has_this"},
  };
  for (const auto& [name, expected] : faults) put(kBuild / "faulty_plugins" / (name + ".so"), folder / (name + ".so"));
  put_good(folder);
  put(folder / "channel_diversity.so", folder / "later_copy.so");
  put(folder / "channel_diversity.so", elsewhere / "channel_diversity.so");
  fs::create_symlink(elsewhere / "channel_diversity.so", folder / "link.so");
  fs::create_symlink(elsewhere / "nothing.so", folder / "dangling.so");
  fs::create_directory(folder / "folder.so");
  mkfifo((folder / "pipe.so").c_str(), 0600);
  std::ofstream(folder / "text.so") << "not a library\n";
  std::ofstream(folder / "empty.so");
  std::ofstream(folder / "README.md") << "not a plugin's name\n";
  for (const auto& [name, size] : std::map<std::string, int>{{"cut_short.so", 6000}, {"cut_in_header.so", 80}}) {
    put(folder / "channel_diversity.so", folder / name);
    fs::resize_file(folder / name, static_cast<std::uintmax_t>(size));
  }
  put(folder / "channel_diversity.so", folder / "open_to_all.so");
  chmod((folder / "open_to_all.so").c_str(), 0646);
  put(folder / "channel_diversity.so", folder / "open_to_group.so");
  chmod((folder / "open_to_group.so").c_str(), 0664);

  const json report = plugins({"--plugins", folder.string()});
  ASSERT_EQ(report["loaded"].size(), 1u) << report.dump(2);
  EXPECT_EQ(report["loaded"][0]["name"], "channel-diversity");
  EXPECT_EQ(report["loaded"][0]["methods"], json({"channel-diversity"}));
  EXPECT_EQ(report["loaded"][0]["colormaps"], json({"cubehelix"}));
  for (const auto& [name, expected] : faults) EXPECT_THAT(reason(report, folder / (name + ".so")), HasSubstr(expected));
  EXPECT_THAT(reason(report, folder / "later_copy.so"), HasSubstr("there is a method of this id already"));
  EXPECT_THAT(reason(report, folder / "link.so"), HasSubstr("a symbolic link"));
  EXPECT_THAT(reason(report, folder / "dangling.so"), HasSubstr("a symbolic link"));
  EXPECT_THAT(reason(report, folder / "folder.so"), HasSubstr("not a regular file"));
  EXPECT_THAT(reason(report, folder / "pipe.so"), HasSubstr("not a regular file"));
  EXPECT_THAT(reason(report, folder / "text.so"), HasSubstr("not a library"));
  EXPECT_THAT(reason(report, folder / "empty.so"), HasSubstr("not a library"));
  EXPECT_THAT(reason(report, folder / "cut_short.so"), HasSubstr("incomplete"));
  EXPECT_THAT(reason(report, folder / "cut_in_header.so"), HasSubstr("incomplete"));
  EXPECT_THAT(reason(report, folder / "open_to_all.so"), HasSubstr("everybody may change it"));
  EXPECT_THAT(reason(report, folder / "open_to_group.so"), HasSubstr("its group may change it"));
  EXPECT_EQ(report["failed"].size(), faults.size() + 11);

  // Any other command warns, a line each, and goes on.
  const auto result = run_program(kCli, {"methods", "--plugins", folder.string()});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), static_cast<int>(faults.size()) + 11) << result.err;
  EXPECT_THAT(result.err, HasSubstr("warning: plugin not loaded: " + (folder / "text.so").string()));
  EXPECT_THAT(result.out, HasSubstr("channel-diversity"));
}

TEST(Plugins, FoldersThatOthersMayChangeAreRefused) {
  const test::TemporaryFolder folder;
  const fs::path open = folder / "open", below = open / "below", file = folder / "file";
  fs::create_directories(below);
  std::ofstream(file) << "";
  put(kBuild / "plugins/channel_diversity.so", open / "a.so");
  put(kBuild / "plugins/channel_diversity.so", below / "a.so");
  chmod(open.c_str(), 0777);
  const std::vector<std::string> all{
      "--plugins", open, "--plugins=" + below.string(), "--plugins", file, "--plugins", folder / "missing"};
  const json report = plugins(all);
  EXPECT_EQ(report["loaded"].size(), 0u) << report.dump(2);
  EXPECT_THAT(reason(report, open), HasSubstr("everybody may change it"));
  EXPECT_THAT(reason(report, below), HasSubstr("which it lies in"));
  EXPECT_THAT(reason(report, file), HasSubstr("not a folder"));
  EXPECT_THAT(reason(report, folder / "missing"), HasSubstr("No such file"));

  chmod(open.c_str(), 0770);
  EXPECT_THAT(reason(plugins({"--plugins", open}), open), HasSubstr("its group may change it"));
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  chmod(open.c_str(), 0755);
  ASSERT_EQ(chown((open / "a.so").c_str(), 4242, 4242), 0);
  EXPECT_THAT(reason(plugins({"--plugins", open}), open / "a.so"), HasSubstr("belongs to another user"));
  ASSERT_EQ(chown(open.c_str(), 4242, 4242), 0);
  EXPECT_THAT(reason(plugins({"--plugins", open}), open), HasSubstr("belongs to another user"));
}

TEST(Plugins, FoldersComeFromTheEnvironmentToo) {
  const test::TemporaryFolder folder;
  put_good(folder);
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  // The current folder is never looked into by itself, whatever an empty entry means to others.
  for (const char* nothing : {"", ":", "::"}) {
    setenv("ORDERSCOPE_PLUGINS", nothing, 1);
    EXPECT_EQ(plugins({}), json::parse(R"({"loaded": [], "failed": []})")) << nothing;
  }
  setenv("ORDERSCOPE_PLUGINS", ".", 1);
  EXPECT_THAT(reason(plugins({}), "."), HasSubstr("relative"));
  setenv("ORDERSCOPE_PLUGINS", (":" + folder.string()).c_str(), 1);
  const json once = plugins({});
  // Named twice, loaded once.
  EXPECT_EQ(plugins({"--plugins", folder.string()}), once);
  EXPECT_EQ(once["loaded"].size(), 1u);
  EXPECT_EQ(once["failed"].size(), 0u);
  unsetenv("ORDERSCOPE_PLUGINS");
  fs::current_path(before);
}

TEST(Plugins, WrongUsageStaysWrongUsage) {
  EXPECT_EQ(run_program(kCli, {"plugins", "--plugins"}).exit_code, 2);
  EXPECT_EQ(run_program(kCli, {"plugins", "--plugins", ""}).exit_code, 0);
  const auto help = run_program(kCli, {"cam", "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("--plugins DIR"));
}

TEST(Methods, ListsEveryMethodWithItsParameters) {
  const test::TemporaryFolder folder;
  put_good(folder);
  const auto result = run_program(kCli, {"--plugins", folder.string(), "methods", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::map<std::string, json> methods;
  for (const json& method : json::parse(result.out)) methods[method["id"]] = method;
  const json& cam = methods.at("gradcam");
  EXPECT_EQ(cam["needs_gradient"], true);
  EXPECT_EQ(cam["needs_gnconv"], false);
  EXPECT_FALSE(cam.contains("plugin"));
  EXPECT_THAT(cam["citation"].get<std::string>(), HasSubstr("Selvaraju"));
  EXPECT_EQ(methods.at("orders")["needs_gnconv"], true);
  const json& diversity = methods.at("channel-diversity");
  EXPECT_EQ(diversity["plugin"], "channel-diversity");
  EXPECT_EQ(diversity["yields"], "map");
  std::map<std::string, json> parameters;
  for (const json& parameter : diversity["parameters"]) parameters[parameter["name"]] = parameter;
  EXPECT_EQ(parameters.at("hill-order")["type"], "real");
  EXPECT_EQ(parameters.at("hill-order")["range"], json({0, 16}));
  EXPECT_EQ(parameters.at("share-of")["choices"], json({"energy", "magnitude"}));
  EXPECT_EQ(parameters.at("layer")["default"], "last");

  const auto text = run_program(kCli, {"methods"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.out, HasSubstr("gradcam: Grad-CAM"));
  EXPECT_THAT(text.out, HasSubstr("--by-order")) << "what only the method's own command takes";
  EXPECT_THAT(text.out, Not(HasSubstr("channel-diversity")));
}

TEST(ChannelDiversity, IsTheHillNumberOfTheChannels) {
  const test::TemporaryFolder folder, out;
  put_good(folder);
  const std::string tap = "stages.2.1.gnconv.gate.3";
  ASSERT_EQ(run_program(kCli, {"forward", kHornet, "--input", kInput, "--taps", tap, "-o", out / "tap"}).exit_code, 0);
  const at::Tensor x = read_array(out / ("tap/" + tap + ".npy"))[0].to(at::kDouble);
  const auto map = [&](const std::string& order, const std::string& of) {
    const auto result = run_program(
        kCli, {"cam", kHornet, "--input", kInput, "--method", "channel-diversity", "--layer", tap, "--hill-order",
               order, "--share-of", of, "--colormap", "cubehelix", "--plugins", folder.string(), "-o", out / order});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return read_array(out / (order + "/cam.npy")).to(at::kDouble);
  };
  const at::Tensor energy = x.square() / x.square().sum(0, true);
  const at::Tensor magnitude = x.abs() / x.abs().sum(0, true);
  // Computed in float64 and stored as float32: half a unit in the last place is 6e-8 relative; rounding of the float32
  // activation that the program itself sees is none, as the tap is written in float32.
  const auto expect_close = [](const at::Tensor& found, const at::Tensor& expected) {
    EXPECT_LT(((found - expected).abs() / expected).max().item<double>(), 1e-6);
  };
  expect_close(map("2", "energy"), 1 / energy.square().sum(0));
  expect_close(map("1", "energy"), (-(energy * energy.log()).sum(0)).exp());
  expect_close(map("0", "energy"), at::full_like(energy[0], static_cast<double>(x.size(0))));
  expect_close(map("0.5", "magnitude"), magnitude.sqrt().sum(0).square());
  expect_close(map("3", "magnitude"), magnitude.pow(3).sum(0).pow(-0.5));

  const json result = json::parse(std::ifstream((out / "2/cam.json")));
  EXPECT_EQ(result["provenance"]["parameter.hill-order"], "2");
  EXPECT_THAT(result["provenance"]["program"].get<std::string>(), HasSubstr("with channel-diversity 1.0"));
  const double mean = result["numbers"][tap + ".effective_channels"];
  EXPECT_NEAR(result["numbers"][tap + ".share"].get<double>(), mean / static_cast<double>(x.size(0)), 1e-9);
  // The name of a method or colour map that nobody brings is wrong usage.
  EXPECT_EQ(run_program(kCli, {"cam", kHornet, "--input", kInput, "--method", "channel-diversity", "-o", out / "x"})
                .exit_code,
            2);
  EXPECT_EQ(
      run_program(kCli, {"cam", kHornet, "--input", kInput, "--colormap", "cubehelix", "-o", out / "x"}).exit_code, 2);
}

TEST(ChannelDiversity, RefusesWhatHasNoChannelsOverTheImage) {
  const test::TemporaryFolder folder, out;
  put_good(folder);
  const auto result = run_program(kCli, {"cam", kHornet, "--input", kInput, "--method", "channel-diversity", "--layer",
                                         "logits", "--plugins", folder.string(), "-o", out.string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("no channels over the image"));
}

}  // namespace
}  // namespace orderscope
