// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/mm_config.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace orderscope {
namespace {

using nlohmann::json;

TEST(MmConfig, ReadsLiteralsAsPythonDoes) {
  const std::string config = R"(# a comment with = and (
_base_ = ['../a.py', "../b.py"]
pre = None
model = dict(
    type='CascadeRCNN',  # says (what) it is
    scales=[8], ratios=(0.5, 1.0, 2), one=(3), tuple=(3, ), eps=1e-05, less=-1, long='a' "b",
    flags=dict(yes=True, no=False),
    braces={'x': 1, "y": {'z': []}},
    test_cfg=dict(rcnn=dict(score_thr=.05)))
)";
  EXPECT_EQ(config_value(config, "_base_"), json::parse(R"(["../a.py", "../b.py"])"));
  EXPECT_EQ(config_value(config, "model"),
            json::parse(R"({"type": "CascadeRCNN", "scales": [8], "ratios": [0.5, 1.0, 2],
      "one": 3, "tuple": [3], "eps": 1e-05, "less": -1, "long": "ab", "flags": {"yes": true, "no": false},
      "braces": {"x": 1, "y": {"z": []}}, "test_cfg": {"rcnn": {"score_thr": 0.05}}})"));
  EXPECT_TRUE(config_value(config, "pre").is_null());
  EXPECT_TRUE(config_value(config, "type").is_null()) << "stands inside a value only";
}

TEST(MmConfig, TheLastStatementCounts) { EXPECT_EQ(config_value("a = 1\nb = 2\na = 3", "a"), 3); }

TEST(MmConfig, WhatIsNoLiteralIsNullAndTheRestIsRead) {
  const std::string config =
      "import os\n"
      "os.system('touch x'); a = 7\n"
      "if True:\n    b = 4\n"
      "s = 1 + 2\n"
      "f = open('/etc/passwd').read()\n"
      "d = dict(x=__import__('os').getcwd(), y=lambda q: q, z=5)\n"
      "e = dict(x=f(1, 2)[0], k=[i for i in (1, 2)], r=r'raw', z=5)\n"
      "g = dict(**e, z=5)\n"
      "h = 5\n";
  EXPECT_TRUE(config_value(config, "a").is_null());
  EXPECT_EQ(config_value(config, "b"), 4);
  EXPECT_TRUE(config_value(config, "s").is_null());
  EXPECT_TRUE(config_value(config, "f").is_null());
  EXPECT_TRUE(config_value(config, "d").is_null()) << "the colon of the lambda ends its value early";
  EXPECT_EQ(config_value(config, "e"), json::parse(R"({"x": null, "k": [null], "r": null, "z": 5})"));
  EXPECT_TRUE(config_value(config, "g").is_null());
  EXPECT_EQ(config_value(config, "h"), 5);
}

TEST(MmConfig, BrokenAndHostileTextsEnd) {
  for (const char* text : {"a=",        "a=(",
                           "a=dict(",   "a=dict(b",
                           "a=dict(b=", "a=dict(b=1",
                           "a={",       "a={'b'",
                           "a={'b':",   "a=[1,",
                           "a='",       "a='''",
                           "a=\"x\\",   "a=\\",
                           "a=)",       "a=]}",
                           "a=dict(,)", "a=[,]",
                           "a={,}",     "a={:}",
                           "a=(:)",     "a=-",
                           "a=1e999",   "a=.",
                           "a==1",      "a=99999999999999999999999",
                           "=",         "\\",
                           "'",         "#",
                           "dict(a=1)", "a=dict(b=1]"})
    EXPECT_FALSE(config_value(text, "a").is_object()) << text;
  EXPECT_EQ(config_value("a=99999999999999999999999", "a"), 1e23);
  const int deep = 100'000;  // as many calls would overflow the stack
  EXPECT_TRUE(config_value("a=" + std::string(deep, '[') + std::string(deep, ']'), "a").is_array());
  std::string calls = "a=";
  for (int i = 0; i < deep; ++i) calls += "dict(b=";
  EXPECT_FALSE(config_value(calls, "b").is_object());
}

/// Random pieces of the grammar in random order; what is asked for is only that it ends and stays within its text.
TEST(MmConfig, RandomTextsEnd) {
  const std::array<std::string, 24> pieces{"dict(", "(",  ")",  "[", "]", "{", "}",  ":",  ",",   "=",    "a", "'",
                                           "\"",    "\n", "\\", "#", "1", "-", ".5", "e9", "'''", "True", " ", "a="};
  std::mt19937 random(5);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = "a=";
    for (int k = 0; k < 24; ++k) text += pieces[random() % pieces.size()];
    EXPECT_LT(config_value(text, "a").dump().size(), 1000U) << text;
  }
}

}  // namespace
}  // namespace orderscope
