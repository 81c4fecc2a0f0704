// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/npy.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/checkpoint/checkpoint_files.h"

namespace orderscope::test {
namespace {

using std::string_literals::operator""s;
using testing::HasSubstr;

/// A file as NumPy would write it, of any version and header.
std::string npy(char version, const std::string& header, const std::string& data) {
  std::string bytes =
      "\x93NUMPY"s + version + '\0' + static_cast<char>(header.size() & 0xff) + static_cast<char>(header.size() >> 8);
  if (version > 1) bytes += "\0\0"s;
  return bytes + header + data;
}

std::string refusal(const std::string& bytes) {
  ScratchFolder folder;
  const auto tensor = read_npy(folder.write("a.npy", bytes));
  return tensor ? "read" : tensor.error().message();
}

TEST(Npy, WhatNumpyWroteIsWrittenAgainByteForByte) {
  ScratchFolder folder;
  for (const auto* file : {"bad/input.npy", "bad/logits.npy", "small/swin/in64x64/input.npy"}) {
    const auto tensor = read_npy(golden(file)).value();
    ASSERT_TRUE(write_npy(folder / "again.npy", tensor));
    EXPECT_EQ(bytes_of(folder / "again.npy"), bytes_of(golden(file))) << file;
  }
  EXPECT_EQ(read_npy(golden("bad/logits.npy"))->sizes(), (std::vector<int64_t>{1, 3}));
}

TEST(Npy, RoundTripOfEveryDtypeAndShape) {
  ScratchFolder folder;
  for (const auto dtype :
       {at::kFloat, at::kDouble, at::kHalf, at::kLong, at::kInt, at::kShort, at::kChar, at::kByte, at::kBool})
    for (const std::vector<int64_t>& shape : std::vector<std::vector<int64_t>>{{}, {1}, {0}, {5}, {2, 3}, {3, 0, 2}}) {
      int64_t count = 1;
      for (const auto size : shape) count *= size;
      const at::Tensor tensor = at::arange(count).to(dtype).reshape(shape);
      ASSERT_TRUE(write_npy(folder / "a.npy", tensor));
      const auto again = read_npy(folder / "a.npy");
      ASSERT_TRUE(again) << again.error().message();
      EXPECT_TRUE(same_bits(*again, tensor)) << dtype << tensor.sizes();
      const auto bytes = bytes_of(folder / "a.npy");
      EXPECT_EQ((bytes.size() - tensor.nbytes()) % 64, 0U) << "NumPy aligns the data to 64 bytes";
    }
}

TEST(Npy, ViewsAreWrittenInCOrder) {
  ScratchFolder folder;
  const at::Tensor tensor = at::arange(6, at::kFloat).reshape({2, 3}).t();
  ASSERT_TRUE(write_npy(folder / "a.npy", tensor));
  EXPECT_TRUE(same_bits(read_npy(folder / "a.npy").value(), tensor));
}

TEST(Npy, FortranOrderByteOrderAndVersions) {
  ScratchFolder folder;
  const std::string shorts = "\0\0\1\0\2\0\3\0\4\0\5\0"s;
  const at::Tensor expected = at::arange(6, at::kShort).reshape({3, 2}).t();
  for (const char version : {'\1', '\2', '\3'}) {
    const auto path =
        folder.write("f.npy", npy(version, "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }\n", shorts));
    EXPECT_TRUE(same_bits(read_npy(path).value(), expected));
  }
  const std::string header = "{'shape':(2L,),'fortran_order':False,'descr':'>i4'}";
  const auto big = folder.write("b.npy", npy(1, header, "\0\0\1\0\0\0\0\7"s));
  EXPECT_EQ(read_npy(big)->select(0, 0).item<int>(), 256);
  EXPECT_EQ(read_npy(big)->select(0, 1).item<int>(), 7);
}

TEST(Npy, DamagedAndForeignFilesAreRefused) {
  const auto header = [](const std::string& descr, const std::string& shape) {
    return "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }";
  };
  EXPECT_THAT(refusal("no array"), HasSubstr("not a NumPy array"));
  EXPECT_THAT(refusal(npy(4, header("'<f4'", "(1,)"), "1234")), HasSubstr("version 4"));
  EXPECT_THAT(refusal(npy(1, header("'<f4'", "(2,)"), "1234")), HasSubstr("2 elements of 4 bytes"));
  EXPECT_THAT(refusal(npy(1, header("'<f4'", "(4611686018427387904, 4)"), "1234")), HasSubstr("overflows"));
  EXPECT_THAT(refusal(npy(1, header("'<f4'", "(4611686018427387904,)"), "1234")), HasSubstr("elements"));
  EXPECT_THAT(refusal(npy(1, header("'<c8'", "(1,)"), "12345678")), HasSubstr("\"<c8\""));
  EXPECT_THAT(refusal(npy(1, header("''", "(1,)"), "1234")), HasSubstr("dtype"));
  EXPECT_THAT(refusal(npy(1, header("[('a', '<f4')]", "(1,)"), "1234")), HasSubstr("structures"));
  EXPECT_THAT(refusal(npy(1, header("'<f4'", "(-1,)"), "1234")), HasSubstr("malformed"));
  EXPECT_THAT(refusal(npy(1, "{}", "")), HasSubstr("malformed"));
  const std::string whole = bytes_of(golden("bad/logits.npy"));
  for (std::size_t length = 0; length < whole.size(); ++length) EXPECT_NE(refusal(whole.substr(0, length)), "read");
}

TEST(Npy, Bfloat16HasNoNumpyDtype) {
  ScratchFolder folder;
  EXPECT_EQ(write_npy(folder / "a.npy", at::empty({1}, at::kBFloat16)).error().kind, Error::Kind::InvalidInput);
  EXPECT_FALSE(std::filesystem::exists(folder / "a.npy"));
}

}  // namespace
}  // namespace orderscope::test
