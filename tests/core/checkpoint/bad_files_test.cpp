// SPDX-License-Identifier: GPL-3.0-or-later
// Every file of golden/bad against its verdict, as far as reading goes. What is wrong with the weights of a model that
// reads well (missing keys, shapes, NaN) is found when it is loaded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "tests/core/checkpoint/checkpoint_files.h"

namespace orderscope::test {
namespace {

using testing::HasSubstr;

const std::set<std::string> kFaultsOfTheModel = {"wrong_shape.pth", "missing_key.pth", "extra_key.pth",
                                                 "nan_weights.pth"};

const std::map<std::string, std::string> kCauses = {
    {"truncated_zip.pth", "cut off"},
    {"truncated_tail.pth", "end-of-central-directory"},
    {"missing_storage.pth", "storage \"5\" is not in the file"},
    {"short_storage.pth", "storage \"5\" has 4 bytes where the pickle claims 8"},
    {"no_pickle.pth", "data.pkl"},
    {"bad_crc.pth", "CRC-32"},
    {"stride_out_of_range.pth", "tensor \"head.weight\": it reaches element"},
    {"negative_stride.pth", "negative stride"},
    {"offset_out_of_range.pth", "it reaches element"},
    {"negative_offset.pth", "negative offset"},
    {"overflow_sizes.pth", "overflows"},
    {"overflow_to_zero.pth", "overflows"},
    {"zero_stride_huge.pth", "1099511627776 elements in a storage of 48"},
    {"huge_storage_claim.pth", "claims 4503599627370496"},
    {"int_storage.pth", "48 elements in a storage of 24"},
    {"reduce_os_system.pth", "os.system"},
    {"cyclic_memo.pth", "no model in the file"},
    {"deep_nesting.pth", "a list"},
    {"stack_underflow.pth", "stack"},
    {"bad_memo_get.pth", "2147483647"},
    {"string_length_lie.pth", "2147483647 bytes are announced"},
    {"no_stop.pth", "STOP"},
    {"empty.pth", "empty"},
    {"text.pth", "web page"},
    {"lfs_pointer.pth", "git lfs pull"},
    {"only_optimizer.pth", "\"optimizer\", \"epoch\""},
    {"zip_bomb.pth", "268435456 bytes"},
    {"zip_size_lie.pth", "data.pkl\" (4294967280 bytes) reaches beyond"},
    {"legacy_truncated.pth", "ends inside storage"},
    {"st_header_longer_than_file.safetensors", "longer than the file"},
    {"st_header_100mb.safetensors", "100 MB"},
    {"st_header_u64max.safetensors", "18446744073709551615"},
    {"st_not_json.safetensors", "no JSON"},
    {"st_overlap.safetensors", "overlap"},
    {"st_offset_past_end.safetensors", "tensor \"head.bias\": its data reach beyond the end"},
    {"st_offset_reversed.safetensors", "end before they begin"},
    {"st_shape_mismatch.safetensors", "its shape needs 16 bytes"},
    {"st_shape_overflow.safetensors", "overflows"},
    {"st_unknown_dtype.safetensors", "F8_E9"},
    {"st_duplicate_keys.safetensors", "\"head.bias\" occurs twice"},
    {"st_truncated.safetensors", "beyond the end"},
    {"st_trailing.safetensors", "64 bytes at the end"},
    {"st_deep_json.safetensors", "array"},
};

struct Case {
  std::string file, verdict;
  bool same_logits = false;
};

void PrintTo(const Case& c, std::ostream* stream) { *stream << c.file; }

std::vector<Case> cases() {
  std::vector<Case> result;
  const auto manifest = golden_json("bad/manifest.json");
  for (const auto& entry : manifest["files"])
    result.push_back({entry["file"], entry["verdict"], entry.value("logits", "") == "logits.npy"});
  return result;
}

class BadFiles : public testing::TestWithParam<Case> {};

TEST_P(BadFiles, AreReadAsTheirVerdictSays) {
  const auto& [file, verdict, same_logits] = GetParam();
  const auto start = std::chrono::steady_clock::now();
  const auto checkpoint = read_checkpoint(golden("bad/" + file));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));

  if (verdict == "refuse" && !kFaultsOfTheModel.contains(file)) {
    ASSERT_FALSE(checkpoint);
    const std::string message = checkpoint.error().message();
    EXPECT_THAT(message, HasSubstr(file));
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    EXPECT_LT(message.size(), 400U) << message;
    ASSERT_TRUE(kCauses.contains(file)) << "no cause to look for in: " << message;
    EXPECT_THAT(message, HasSubstr(kCauses.at(file)));
    return;
  }
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  const auto architecture = infer_architecture(checkpoint->state_dict);
  ASSERT_TRUE(architecture) << architecture.error().message();
  EXPECT_EQ(*architecture, nano_hornet());
  if (same_logits) {
    EXPECT_TRUE(same_weights(checkpoint->state_dict, read_checkpoint(golden("bad/valid.pth"))->state_dict));
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, BadFiles, testing::ValuesIn(cases()), [](const auto& info) {
  std::string name = info.param.file;
  std::ranges::replace_if(
      name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
});

TEST(BadFiles, TheKindOfErrorTellsAnotherFormatFromADamagedFile) {
  const auto kind = [](const std::string& file) { return read_checkpoint(golden("bad/" + file)).error().kind; };
  EXPECT_EQ(kind("text.pth"), Error::Kind::NotThisFormat);
  EXPECT_EQ(kind("lfs_pointer.pth"), Error::Kind::NotThisFormat);
  EXPECT_EQ(kind("no_pickle.pth"), Error::Kind::NotThisFormat);
  EXPECT_EQ(kind("bad_crc.pth"), Error::Kind::Broken);
  EXPECT_EQ(kind("legacy_truncated.pth"), Error::Kind::Broken);
  EXPECT_EQ(kind("only_optimizer.pth"), Error::Kind::Unsupported);
  EXPECT_EQ(kind("does_not_exist.pth"), Error::Kind::FileAccess);
}

}  // namespace
}  // namespace orderscope::test
