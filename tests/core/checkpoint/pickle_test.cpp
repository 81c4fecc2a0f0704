// SPDX-License-Identifier: GPL-3.0-or-later
// The pickles are written out by hand, in the opcodes of CPython's pickletools.
#include "core/checkpoint/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orderscope {
namespace {

using std::string_literals::operator""s;
using testing::HasSubstr;
using Kind = PickleValue::Kind;

Result<Pickle> read(const std::string& bytes) { return Pickle::read(std::as_bytes(std::span(bytes))); }

std::string refusal(const std::string& bytes) {
  const auto pickle = read(bytes);
  return pickle ? "read" : pickle.error().message();
}

TEST(Pickle, IntegersOfEveryForm) {
  const std::vector<std::pair<std::string, std::int64_t>> pickles = {
      {"K\xff."s, 255},
      {"M\1\2."s, 513},
      {"J\xfb\xff\xff\xff."s, -5},
      {"I42\n."s, 42},
      {"L-7L\n."s, -7},
      {"\x8a\0."s, 0},
      {"\x8a\1\xff."s, -1},
      {"\x8a\2\0\1."s, 256},
      {"\x8b\2\0\0\0\0\1."s, 256},
      {"\x8a\x08\0\0\0\0\0\0\0\x80."s, std::numeric_limits<std::int64_t>::min()}};
  for (const auto& [bytes, value] : pickles) {
    const auto pickle = read(bytes);
    ASSERT_TRUE(pickle) << value << ": " << pickle.error().message();
    EXPECT_EQ(pickle->root().kind, Kind::Int);
    EXPECT_EQ(pickle->root().integer, value);
    EXPECT_EQ(pickle->length(), bytes.size());
  }
  EXPECT_EQ(read("\x8a\x09\0\0\0\0\0\0\0\0\1."s).value().root().kind, Kind::BigInt);
  EXPECT_EQ(read("L99999999999999999999L\n."s).value().root().kind, Kind::BigInt);
  EXPECT_EQ(read("I01\n."s).value().root().kind, Kind::Bool);
}

TEST(Pickle, TextsAndNumbers) {
  EXPECT_EQ(read("G?\xf0\0\0\0\0\0\0."s).value().root().real, 1.0);
  EXPECT_EQ(read("F2.5\n."s).value().root().real, 2.5);
  for (const auto& bytes : {"X\2\0\0\0hi."s, "\x8c\2hi."s, "\x8d\2\0\0\0\0\0\0\0hi."s, "U\2hi."s, "T\2\0\0\0hi."s,
                            "S'hi'\n."s, "Vhi\n."s}) {
    EXPECT_EQ(read(bytes).value().root().kind, Kind::String);
    EXPECT_EQ(read(bytes).value().root().text, "hi");
  }
  for (const auto& bytes : {"C\2hi."s, "B\2\0\0\0hi."s, "\x8e\2\0\0\0\0\0\0\0hi."s, "\x96\2\0\0\0\0\0\0\0hi."s})
    EXPECT_EQ(read(bytes).value().root().kind, Kind::Bytes);
}

TEST(Pickle, ContainersKeepTheirItems) {
  EXPECT_EQ(read("](K\1K\2e."s).value().root().items.size(), 2U);
  EXPECT_EQ(read("(K\1K\2l."s).value().root().kind, Kind::List);
  EXPECT_EQ(read("K\1K\2K\3\x87."s).value().root().items[2]->integer, 3);
  EXPECT_EQ(read("(K\1t."s).value().root().kind, Kind::Tuple);
  EXPECT_EQ(read("\x8f(K\1\x90."s).value().root().kind, Kind::Set);
  EXPECT_EQ(read("(K\1\x91."s).value().root().kind, Kind::Set);
  const auto dict = read("}(\x8c\1aK\1\x8c\1aK\2u."s).value();
  EXPECT_EQ(dict.root().find("a")->integer, 2) << "the value that was set last";
  EXPECT_EQ(dict.root().find("b"), nullptr);
  EXPECT_EQ(read("(\x8c\1aK\1d."s).value().root().find("a")->integer, 1);
}

TEST(Pickle, OrderedDictsOfEveryAgeAreDicts) {
  EXPECT_EQ(read("ccollections\nOrderedDict\n)R(\x8c\1aK\1u."s).value().root().find("a")->integer, 1);
  EXPECT_EQ(read("ccollections\nOrderedDict\n(((\x8c\1aK\1lltR."s).value().root().kind, Kind::Dict);
  const auto python2 = read("ccollections\nOrderedDict\n]](\x8c\1aK\1ea\x85R."s).value();
  ASSERT_NE(python2.root().find("a"), nullptr);
  EXPECT_EQ(python2.root().find("a")->integer, 1);
}

TEST(Pickle, CallsAreNeverMade) {
  const auto reduce = read("cos\nsystem\n\x8c\4true\x85R."s).value();
  EXPECT_EQ(reduce.root().kind, Kind::Object);
  EXPECT_EQ(reduce.root().global_name(), "os.system");
  EXPECT_EQ(reduce.root().description(), "an object of class \"os.system\"");
  for (const auto& bytes : {"\x8c\2os\x8c\6system\x93)\x81."s, "\x8c\2os\x8c\6system\x93)}\x92."s, "(ios\nsystem\n."s,
                            "(cos\nsystem\no."s, "cos\nsystem\n)R}b."s, "cos\nsystem\n)R(K\1K\2u."s})
    EXPECT_EQ(read(bytes).value().root().kind, Kind::Object) << bytes;
}

TEST(Pickle, TheMemoIsAMap) {
  EXPECT_EQ(read("K\7q\1"
                 "0h\1."s)
                .value()
                .root()
                .integer,
            7);
  EXPECT_EQ(read("K\7r\xff\xff\xff\x7f"
                 "0j\xff\xff\xff\x7f."s)
                .value()
                .root()
                .integer,
            7);
  EXPECT_EQ(read("K\7\x94"
                 "0h\0."s)
                .value()
                .root()
                .integer,
            7);
  EXPECT_EQ(read("K\7p5\n0g5\n."s).value().root().integer, 7);
  EXPECT_THAT(refusal("j\xff\xff\xff\x7f."s), HasSubstr("memo entry 2147483647"));
}

TEST(Pickle, CirclesAndDepthAreFreedWithoutRecursion) {
  EXPECT_EQ(read("]q\0h\0a."s).value().root().items[0]->kind, Kind::List);
  const std::string deep = std::string(1'000'000, ']') + std::string(999'999, 'a') + ".";
  EXPECT_EQ(read(deep).value().root().items.size(), 1U);
}

TEST(Pickle, NonsenseIsRefusedWithItsPlace) {
  EXPECT_THAT(refusal(""), HasSubstr("STOP"));
  EXPECT_THAT(refusal("."), HasSubstr("empty stack"));
  EXPECT_THAT(refusal("K\1K\2"), HasSubstr("byte 4"));
  EXPECT_THAT(refusal("(K\1"), HasSubstr("STOP"));
  EXPECT_THAT(refusal("K\1t."s), HasSubstr("no mark"));
  EXPECT_THAT(refusal("K\1(R."s), HasSubstr("empty stack")) << "a mark hides what is below it";
  EXPECT_THAT(refusal("}(K\1u."s), HasSubstr("without a value"));
  EXPECT_THAT(refusal("K\1K\2a."s), HasSubstr("added to an integer"));
  EXPECT_THAT(refusal("\x80\x09."s), HasSubstr("protocol"));
  EXPECT_THAT(refusal("\xff."s), HasSubstr("opcode 255"));
  EXPECT_THAT(refusal("\x95\xff\0\0\0\0\0\0\0."s), HasSubstr("frame"));
  EXPECT_THAT(refusal("X\xff\xff\xff\x7f"
                      "abc."s),
              HasSubstr("2147483647 bytes are announced"));
  EXPECT_THAT(refusal("\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
                      "abc."s),
              HasSubstr("announced"));
  EXPECT_THAT(refusal("\x8b\xff\xff\xff\xff."s), HasSubstr("negative length"));
  EXPECT_THAT(refusal("Iabc\n."s), HasSubstr("not an integer"));
  EXPECT_THAT(refusal("cos\nsystem"), HasSubstr("line does not end"));
  EXPECT_THAT(refusal("K\1K\2\x93."s), HasSubstr("no string"));
}

TEST(Pickle, AShortPickleCannotMakeMuchOfALongNameOrList) {
  std::string names = "X\x10\x27\0\0"s + std::string(10000, 'n') + "\x94"s + "0";
  for (int i = 0; i < 1000; ++i) names += "h\0h\0\x93"s + "0";
  EXPECT_THAT(refusal(names + "N."), HasSubstr("too long"));

  std::string lists = "]\x94("s;
  for (int i = 0; i < 100'000; ++i) lists += "K\1"s;
  lists +=
      "e\x85\x94"
      "0ccollections\nOrderedDict\n\x94"
      "0"s;
  for (int i = 0; i < 1000; ++i) lists += "h\2h\1R0"s;
  EXPECT_THAT(refusal(lists + "N."), HasSubstr("too many dict items"));
  EXPECT_THAT(refusal(std::string(6'000'000, 'N') + "."), HasSubstr("opcodes"));
}

}  // namespace
}  // namespace orderscope
