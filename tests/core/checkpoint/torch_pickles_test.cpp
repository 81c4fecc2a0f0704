// SPDX-License-Identifier: GPL-3.0-or-later
// Checkpoints put together by hand: where the state dict is looked for, and every way torch.save writes a tensor.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "tests/core/checkpoint/checkpoint_files.h"
#include "tests/core/checkpoint/hand_made_zip.h"

namespace orderscope::test {
namespace {

using std::string_literals::operator""s;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string little_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

std::string text(const std::string& value) { return std::string("X") + little_endian(value.size(), 4) + value; }
std::string number(std::int64_t value) {
  return std::string("\x8a\x08") + little_endian(static_cast<std::uint64_t>(value), 8);
}

std::string numbers(const std::vector<std::int64_t>& values) {
  std::string tuple = "(";
  for (const auto value : values) tuple += number(value);
  return tuple + "t";
}

std::string dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string result = "}(";
  for (const auto& [key, value] : items) result += text(key) + value;
  return result + "u";
}

/// A reference to storage "0", which has the eight floats 0..7.
std::string storage(const std::string& type = "torch\nFloatStorage", std::int64_t count = 8) {
  return std::string("(") + text("storage") + "c" + type + "\n" + text("0") + text("cpu") + number(count) + "tQ";
}

std::string arguments(const std::vector<std::int64_t>& sizes, const std::vector<std::int64_t>& strides,
                      std::int64_t offset = 0, const std::string& of = storage()) {
  return "(" + of + number(offset) + numbers(sizes) + numbers(strides) + "\x89" + "ccollections\nOrderedDict\n)R";
}

std::string tensor(const std::vector<std::int64_t>& sizes = {8}, const std::vector<std::int64_t>& strides = {1},
                   std::int64_t offset = 0, const std::string& of = storage()) {
  return "ctorch._utils\n_rebuild_tensor_v2\n" + arguments(sizes, strides, offset, of) + "tR";
}

Result<Checkpoint> read(const std::string& object, const std::string& key = {},
                        const std::vector<std::string>& more_members = {}) {
  std::vector<float> data(8);
  std::iota(data.begin(), data.end(), 0.0F);
  HandMadeZip zip;
  zip.add("a/data.pkl", "\x80\2" + object + ".");
  zip.add("a/data/0", {reinterpret_cast<const char*>(data.data()), data.size() * sizeof(float)});
  for (const auto& name : more_members) zip.add(name, "");
  ScratchFolder folder;
  return read_checkpoint(folder.write("a.pth", zip.bytes()), key);
}

std::string refusal(const std::string& object, const std::string& key = {}) {
  const auto checkpoint = read(object, key);
  return checkpoint ? "read" : checkpoint.error().message();
}

/// The one tensor of a bare state dict.
at::Tensor only(const std::string& pickled) { return read(dict({{"w", pickled}})).value().state_dict.at(0).tensor; }

std::string refusal_of(const std::string& pickled) { return refusal(dict({{"w", pickled}})); }

TEST(StateDictSearch, KeysArePreferredInOrder) {
  const auto state = dict({{"w", tensor()}});
  const std::vector<std::string> order = {"model", "state_dict", "module", "model_ema"};
  for (std::size_t first = 0; first < order.size(); ++first) {
    std::vector<std::pair<std::string, std::string>> items = {{"epoch", number(3)}, {"teacher", state}};
    for (std::size_t i = order.size(); i-- > first;) items.emplace_back(order[i], state);
    const auto checkpoint = read(dict(items)).value();
    EXPECT_EQ(checkpoint.key, order[first]);
    EXPECT_EQ(checkpoint.other_keys.size(), order.size() - first);
    EXPECT_EQ(checkpoint.other_keys.back(), "teacher");
  }
  EXPECT_EQ(read(dict({{"model", state}, {"teacher", state}}), "teacher")->key, "teacher");
}

TEST(StateDictSearch, NestedOnceIsFound) {
  const auto state = dict({{"w", tensor()}});
  const auto nested = dict({{"model", dict({{"state_dict", state}})}, {"ema", dict({{"module", state}})}});
  EXPECT_EQ(read(nested)->key, "model.state_dict");
  EXPECT_THAT(read(nested)->other_keys, ElementsAre("ema.module"));
  EXPECT_EQ(read(nested, "ema")->key, "ema.module");
  EXPECT_EQ(read(nested, "ema.module")->key, "ema.module");
  EXPECT_THAT(refusal(dict({{"a", dict({{"b", dict({{"model", state}})}})}})), HasSubstr("its keys are \"a\""));
}

TEST(StateDictSearch, AModelThatIsNoneGivesWayToOneThatIs) {
  const auto checkpoint =
      read(dict({{"model", "cos\nsystem\n(" + text("true") + "tR"}, {"model_ema", dict({{"w", tensor()}})}})).value();
  EXPECT_EQ(checkpoint.key, "model_ema");
}

TEST(StateDictSearch, WhatIsNoTensorIsLeftOutAndSaid) {
  const auto checkpoint = read(dict({{"w", tensor()}, {"version", number(2)}, {"b", tensor()}})).value();
  EXPECT_EQ(checkpoint.state_dict.size(), 2U);
  ASSERT_EQ(checkpoint.warnings.size(), 1U);
  EXPECT_THAT(checkpoint.warnings[0], HasSubstr("\"version\" is an integer"));
}

TEST(StateDictSearch, AKeySetTwiceKeepsItsPlaceAndTakesTheLaterValue) {
  const auto state = read(dict({{"w", tensor({8}, {1})}, {"b", tensor()}, {"w", tensor({2}, {1})}}))->state_dict;
  ASSERT_EQ(state.size(), 2U);
  EXPECT_EQ(state[0].name, "w");
  EXPECT_EQ(state[0].tensor.numel(), 2);
}

TEST(StateDictSearch, FilesWithoutAModelSayWhatTheyHold) {
  EXPECT_THAT(refusal("cmodels.hornet\nHorNet\n)\x81}b"), HasSubstr("an object of class \"models.hornet.HorNet\""));
  EXPECT_THAT(refusal("N"), HasSubstr("it holds None"));
  EXPECT_THAT(refusal("}"), HasSubstr("no model in the file"));
  EXPECT_THAT(refusal(dict({{"line\nbreak", number(1)}})), HasSubstr("\"line?break\""));
  EXPECT_THAT(read(dict({{"w", tensor()}}), "", {"a/constants.pkl"}).error().message(), HasSubstr("TorchScript"));
}

TEST(StateDictSearch, OnlyTheChosenStateDictNeedsToBeValid) {
  const auto broken = tensor({100}, {1});
  const auto checkpoint = read(dict({{"model", dict({{"w", tensor()}})}, {"optimizer", dict({{"m", broken}})}}));
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  EXPECT_THAT(checkpoint->other_keys, ElementsAre("optimizer"));
  EXPECT_THAT(checkpoint->warnings, IsEmpty());
}

std::string tuple(const std::vector<std::string>& items) {
  std::string result = "(";
  for (const auto& item : items) result += item;
  return result + "t";
}

TEST(TorchPickles, MetaOfMmcvAndOfMmengine) {
  const std::string names = tuple({text("a"), text("b")}), palette = tuple({numbers({1, 2, 3}), numbers({4, 5, 6})});
  const std::string weights = dict({{"w", tensor()}});
  const auto old = read(dict(
      {{"meta", dict({{"CLASSES", names}, {"PALETTE", palette}, {"config", text("x=1")}})}, {"state_dict", weights}}));
  ASSERT_TRUE(old) << old.error().message();
  // MMEngine: names in small letters in a dict of their own, the config under another name.
  const auto engine = read(dict({{"meta", dict({{"dataset_meta", dict({{"classes", names}, {"palette", palette}})},
                                                {"cfg", text("x=1")},
                                                {"mmengine_version", text("0.10.4")}})},
                                 {"state_dict", weights}}));
  ASSERT_TRUE(engine) << engine.error().message();
  for (const Checkpoint& checkpoint : {*old, *engine}) {
    EXPECT_EQ(checkpoint.metadata.at("class_names"), R"(["a","b"])");
    EXPECT_EQ(checkpoint.metadata.at("palette"), "[[1,2,3],[4,5,6]]");
    EXPECT_EQ(checkpoint.metadata.at("config"), "x=1");
    EXPECT_THAT(checkpoint.warnings, IsEmpty());
  }
  EXPECT_EQ(engine->metadata.at("mmengine_version"), "0.10.4");

  const auto random =
      read(dict({{"meta", dict({{"dataset_meta", dict({{"palette", text("random")}})}})}, {"state_dict", weights}}));
  ASSERT_TRUE(random);
  EXPECT_FALSE(random->metadata.contains("palette"));
  EXPECT_THAT(random->warnings, IsEmpty());
}

TEST(TorchTensors, ViewsOffsetsAndStrides) {
  EXPECT_TRUE(only(tensor({2, 4}, {4, 1})).is_contiguous());
  const auto transposed = only(tensor({4, 2}, {1, 4}));
  EXPECT_EQ(transposed.select(0, 1).select(0, 1).item<float>(), 5.0F);
  EXPECT_EQ(only(tensor({3}, {2}, 2)).sum().item<float>(), 2.0F + 4.0F + 6.0F);
  EXPECT_EQ(only(tensor({}, {}, 7)).item<float>(), 7.0F);
  EXPECT_EQ(only(tensor({0, 5}, {5, 1})).numel(), 0);
}

TEST(TorchTensors, EveryWayTheyAreWritten) {
  const std::string flag = "\x88", state = "ccollections\nOrderedDict\n)R";
  const std::vector<std::string> forms = {
      tensor(),
      "ctorch._utils\n_rebuild_tensor\n(" + storage() + number(0) + numbers({8}) + numbers({1}) + "tR",
      "ctorch._utils\n_rebuild_parameter\n" + tensor() + flag + state + "\x87R",
      "ctorch._utils\n_rebuild_parameter_with_state\n(" + tensor() + flag + state + "}tR",
      "ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\nctorch\nTensor\n" +
          arguments({8}, {1}) + "t}tR",
      "ctorch._utils\n_rebuild_tensor_v3\n" + arguments({8}, {1}, 0, storage("torch.storage\nUntypedStorage", 32)) +
          "ctorch\nfloat32\ntR",
      "ctorch._utils\n_rebuild_tensor_v2\n(" + storage() + number(0) + "ctorch\nSize\n" + numbers({8}) + "\x85R" +
          numbers({1}) + "\x89}tR",
      tensor({8}, {1}, 0, storage("torch.cuda\nFloatStorage"))};
  for (const auto& form : forms) {
    ASSERT_EQ(refusal_of(form), "read") << form;
    EXPECT_EQ(only(form).sum().item<float>(), 28.0F) << form;
  }
}

TEST(TorchTensors, DtypesOfStorages) {
  const std::vector<std::tuple<std::string, at::ScalarType, int>> types = {
      {"Double", at::kDouble, 4}, {"Half", at::kHalf, 16}, {"BFloat16", at::kBFloat16, 16},
      {"Long", at::kLong, 4},     {"Int", at::kInt, 8},    {"Short", at::kShort, 16},
      {"Char", at::kChar, 32},    {"Byte", at::kByte, 32}, {"Bool", at::kBool, 32}};
  for (const auto& [type, dtype, count] : types)
    EXPECT_EQ(only(tensor({2}, {1}, 0, storage("torch\n" + type + "Storage", count))).scalar_type(), dtype);
  EXPECT_THAT(refusal_of(tensor({2}, {1}, 0, storage("torch\nQInt8Storage", 32))), HasSubstr("torch.QInt8Storage"));
}

TEST(TorchTensors, LayoutsThatDoNotFitAreRefused) {
  EXPECT_THAT(refusal_of(tensor({9}, {1})), HasSubstr("9 elements in a storage of 8"));
  EXPECT_THAT(refusal_of(tensor({2}, {8})), HasSubstr("element 8"));
  EXPECT_THAT(refusal_of(tensor({1}, {1}, 8)), HasSubstr("element 8"));
  EXPECT_THAT(refusal_of(tensor({3, 3}, {0, 0})), HasSubstr("9 elements in a storage of 8"));
  EXPECT_THAT(refusal_of(tensor({2, 2}, {1})), HasSubstr("strides"));
  EXPECT_THAT(refusal_of(tensor({-1}, {1})), HasSubstr("negative size"));
  EXPECT_THAT(refusal_of(tensor({2}, {std::numeric_limits<std::int64_t>::max()}, 8)), HasSubstr("overflow"));
  EXPECT_THAT(refusal_of(tensor({1}, {1}, std::numeric_limits<std::int64_t>::max())), HasSubstr("element"));
  EXPECT_THAT(refusal_of(tensor({8}, {1}, 0, storage("torch\nFloatStorage", 9))), HasSubstr("claims 36"));
  EXPECT_THAT(refusal_of(tensor({8}, {1}, 0, storage("torch\nFloatStorage", -1))), HasSubstr("claims -1 elements"));
  EXPECT_THAT(refusal_of(tensor(std::vector<std::int64_t>(65, 1), std::vector<std::int64_t>(65, 1))),
              HasSubstr("64 dimensions"));
}

}  // namespace
}  // namespace orderscope::test
