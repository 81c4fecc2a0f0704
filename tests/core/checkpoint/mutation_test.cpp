// SPDX-License-Identifier: GPL-3.0-or-later
// Damaged copies of good files: whatever happens to the bytes, reading ends in a value or an error. Run under the
// address sanitizer this is where a reader's missing check shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "core/checkpoint/npy.h"
#include "core/checkpoint/zip_archive.h"
#include "tests/core/checkpoint/checkpoint_files.h"
#include "tests/core/checkpoint/hand_made_zip.h"

namespace orderscope::test {
namespace {

int rounds() {
  const char* wanted = std::getenv("ORDERSCOPE_MUTATIONS");
  return wanted != nullptr ? std::atoi(wanted) : 300;
}

/// One to eight changes: flipped bits, extreme bytes, a piece copied elsewhere, the end cut off.
std::string mutate(std::string bytes, std::mt19937& random, std::size_t first, std::size_t last) {
  const auto place = [&] { return first + random() % (last - first); };
  const unsigned changes = 1 + random() % 8;
  for (unsigned i = 0; i < changes; ++i) switch (random() % 5) {
      case 0: bytes[place()] ^= static_cast<char>(1 << random() % 8); break;
      case 1: bytes[place()] = static_cast<char>(random() % 2 == 0 ? 0xff : 0x00); break;
      case 2: bytes[place()] = static_cast<char>(random()); break;
      case 3: {
        const std::size_t length = std::min<std::size_t>(1 + random() % 16, last - first);
        const std::size_t from = first + random() % (last - first - length + 1);
        const std::size_t to = first + random() % (last - first - length + 1);
        bytes.replace(to, length, bytes.substr(from, length));
        break;
      }
      default:
        if (random() % 8 == 0) return bytes.substr(0, first + random() % (bytes.size() - first));
    }
  return bytes;
}

struct Target {
  const char* file;
  const char* first = nullptr;  ///< where the structure begins and ends that is worth damaging
  const char* last = nullptr;
  bool without_checksums = false;  ///< a zip archive whose damage gets past the CRC-32
};

std::string copy_without_checksums(const std::string& file) {
  const auto archive = ZipArchive::open(MappedFile::open(golden(file)).value()).value();
  HandMadeZip copy;
  copy.checksums = false;
  for (const auto& member : archive.members()) {
    const auto blob = archive.read(member, 1 << 20).value();
    copy.add(member.name, {reinterpret_cast<const char*>(blob.bytes.data()), blob.bytes.size()});
  }
  return copy.bytes();
}

void PrintTo(const Target& target, std::ostream* stream) { *stream << target.file; }

class Mutations : public testing::TestWithParam<Target> {};

TEST_P(Mutations, EndInAValueOrAnError) {
  const auto& target = GetParam();
  ScratchFolder folder;
  const std::string original =
      target.without_checksums ? copy_without_checksums(target.file) : bytes_of(golden(target.file));
  const std::size_t first = target.first != nullptr ? original.find(target.first) : 0;
  const std::size_t last = target.last != nullptr ? original.find(target.last, first) : original.size();
  ASSERT_LT(first, last);
  std::mt19937 random(20240501);
  for (int round = 0; round < rounds(); ++round) {
    const auto path = folder / "mutated";
    std::ofstream(path, std::ios::binary) << mutate(original, random, first, last);
    if (std::string(target.file).ends_with(".npy")) {
      if (const auto tensor = read_npy(path)) tensor->sum();
      continue;
    }
    const auto checkpoint = read_checkpoint(path);
    if (!checkpoint) {
      EXPECT_EQ(checkpoint.error().message().find('\n'), std::string::npos);
      continue;
    }
    for (const auto& [name, tensor] : checkpoint->state_dict) tensor.sum();
    if (const auto architecture = infer_architecture(checkpoint->state_dict); !architecture) {
      EXPECT_EQ(architecture.error().message().find('\n'), std::string::npos);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, Mutations,
                         testing::Values(Target{"bad/handmade_valid.pth"},
                                         Target{"bad/handmade_valid.pth", "torch._utils", "byteorder", true},
                                         Target{"bad/views.pth", "torch._utils", "byteorder", true},
                                         Target{"bad/odd_objects.pth", "torch._utils", "byteorder", true},
                                         Target{"bad/unknown_class_beside_model.pth", "model", "byteorder", true},
                                         Target{"bad/big_endian.pth", "model", "stages", true},
                                         Target{"bad/handmade_valid.pth", "PK\1\2"}, Target{"bad/deflated.pth"},
                                         Target{"bad/big_endian.pth", "PK\1\2"}, Target{"bad/legacy_valid.pth"},
                                         Target{"bad/legacy_valid.pth", "downsample", "stages.0"},
                                         Target{"bad/valid.safetensors", "{", "}}"}, Target{"bad/logits.npy"}),
                         [](const auto& info) { return "Target" + std::to_string(info.index); });

}  // namespace
}  // namespace orderscope::test
