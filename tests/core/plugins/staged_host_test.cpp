// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plugins/staged_host.h"

#include <gmock/gmock.h>

#include "core/base/guard.h"
#include "core/models/describe.h"
#include "core/models/gnconv.h"

namespace orderscope {
namespace {

using testing::HasSubstr;

const MethodDescriptor& descriptor(const std::string& id) {
  static std::map<std::string, MethodDescriptor> all;
  return all.try_emplace(id, MethodDescriptor{id, "A title", "", {}, false, false, "numbers"}).first->second;
}

std::shared_ptr<const Method> method(const std::string& id) {
  return std::make_shared<const Method>(
      Method{descriptor(id), {}, [](const MethodCall&, const JobContext&) { return Result<MethodResult>(); }});
}

BackboneFamily family(const std::string& name) {
  return {name,
          "A family",
          "",
          [](const StateDict&) { return false; },
          [](const StateDict&) { return Result<Architecture>(); },
          [](const Architecture&) { return Result<std::shared_ptr<Backbone>>(); },
          [](const Architecture&) { return std::vector<BlockInfo>(); },
          [](const Architecture&) { return std::vector<std::string>(); },
          ""};
}

std::string refused(StagedHost& host) {
  LoadedPlugin plugin;
  const auto committed = host.commit(plugin);
  return committed ? "committed" : committed.error().message();
}

TEST(StagedHost, AllOfAPluginIsAddedOrNothing) {
  StagedHost bad;
  bad.add_backbone(family("staged-family"));
  bad.add_method(method("staged-method"));
  bad.add_colormap("viridis", {}, false);
  EXPECT_THAT(refused(bad), HasSubstr("viridis: there is a colour map of this name already"));
  EXPECT_EQ(find_method("staged-method"), nullptr);
  EXPECT_TRUE(check_family(family("staged-family")).has_value());

  StagedHost good;
  good.add_backbone(family("staged-family"));
  good.add_method(method("staged-method"));
  good.add_colormap("staged-colours", {}, false);
  LoadedPlugin plugin;
  ASSERT_TRUE(good.commit(plugin).has_value());
  EXPECT_EQ(plugin.backbones, std::vector<std::string>{"staged-family"});
  EXPECT_EQ(plugin.methods, std::vector<std::string>{"staged-method"});
  EXPECT_EQ(plugin.colormaps, std::vector<std::string>{"staged-colours"});
  EXPECT_NE(find_method("staged-method"), nullptr);
  EXPECT_NE(find_descriptor("staged-method"), nullptr);
  EXPECT_TRUE(colormap_named("staged-colours").has_value());
}

TEST(StagedHost, NamesAreUniqueWords) {
  for (const char* name : {"", "hornet", "plugin", "Two Words", "a/b"}) {
    StagedHost host;
    host.add_backbone(family(name));
    EXPECT_NE(refused(host), "committed") << name;
  }
  for (const char* id : {"", "gradcam", "orders", "Grad CAM"}) {
    StagedHost host;
    host.add_method(method(id));
    EXPECT_NE(refused(host), "committed") << id;
  }
  StagedHost twice;
  twice.add_method(method("same"));
  twice.add_method(method("same"));
  EXPECT_THAT(refused(twice), HasSubstr("twice"));
  StagedHost nothing;
  nothing.add_method(nullptr);
  EXPECT_NE(refused(nothing), "committed");
  BackboneFamily half = family("half");
  half.build = nullptr;
  StagedHost incomplete;
  incomplete.add_backbone(std::move(half));
  EXPECT_THAT(refused(incomplete), HasSubstr("needs recognises"));
}

TEST(StagedHost, ADefaultThatTheMethodWouldRefuseIsRefused) {
  static const MethodDescriptor wrong{
      "wrong-default", "A title", "",   {{"steps", MethodParameter::Type::Integer, "", "100", {}, 1, 10}},
      false,           false,     "map"};
  StagedHost host;
  host.add_method(std::make_shared<const Method>(
      Method{wrong, {}, [](const MethodCall&, const JobContext&) { return Result<MethodResult>(); }}));
  EXPECT_THAT(refused(host), HasSubstr("out of range"));
}

/// A network of one block that doubles the image's mean, whose taps are given.
class Tiny : public Backbone {
 public:
  Tiny(const Architecture& a, std::vector<std::string> taps) : Backbone(a) {
    steps_.push_back({"all", [](const at::Tensor& x, Taps*) { return x.mean({2, 3}); }, std::move(taps)});
  }
  Result<void> check_input(int64_t, int64_t) const override { return {}; }
  int64_t macs(int64_t, int64_t) const override { return 0; }
  void set_drop_path(double) override {}
};

TEST(DescribeBlocks, ADescriptionMustFitTheNetwork) {
  BlockInfo block;
  block.name = "blocks.0";
  block.channels = 3;
  std::vector<BlockInfo> blocks;
  BackboneFamily described = family("described");
  described.blocks = [&](const Architecture&) { return blocks; };
  described.mixers = [](const Architecture&) { return std::vector<std::string>{"mean"}; };
  ASSERT_TRUE(register_family(described).has_value());
  Model model;
  model.architecture.family = Family::Plugin;
  model.architecture.plugin_family = "described";
  model.architecture.dims = {3};
  model.architecture.depths = {1};
  const auto problem = [&](std::vector<std::string> taps) {
    model.backbone = std::make_shared<Tiny>(model.architecture, std::move(taps));
    const auto done = describe_blocks(model);
    return done ? "fits" : done.error().message();
  };
  EXPECT_THAT(problem({"blocks.0", "logits"}), HasSubstr("names none"));
  blocks = {block};
  EXPECT_EQ(problem({"blocks.0", "logits"}), "fits");
  EXPECT_EQ(usual_cam_layer(model), "blocks.0");
  EXPECT_THAT(problem({"blocks.0"}), HasSubstr("logits: the network has no tap"));
  EXPECT_THAT(problem({"blocks.0", "blocks.0", "logits"}), HasSubstr("two taps"));
  EXPECT_THAT(problem({"blocks.1", "logits"}), HasSubstr("blocks.0: the network has no tap"));
  blocks[0].order = 2;
  EXPECT_THAT(problem({"blocks.0", "logits"}), HasSubstr("blocks.0.gnconv.proj_in: the block has an order"));
  blocks[0].order = 0;
  blocks[0].stage = 1;
  EXPECT_THAT(problem({"blocks.0", "logits"}), HasSubstr("stage is out of order"));
  blocks[0].stage = 0;
  blocks[0].stride = 0;
  EXPECT_THAT(problem({"blocks.0", "logits"}), HasSubstr("out of range"));
}

TEST(FamilyReader, OneThatThrowsIsPassedOver) {
  ASSERT_TRUE(register_family_reader({"throwing", [](const StateDict&) -> bool { throw std::runtime_error("oops"); },
                                      [](const StateDict&) { return Result<Architecture>(); }})
                  .has_value());
  std::vector<std::string> warnings;
  EXPECT_EQ(find_family_reader({}, &warnings), nullptr);
  EXPECT_THAT(warnings, testing::Contains(HasSubstr("\"throwing\" could not look at it: oops")));
}

}  // namespace
}  // namespace orderscope
