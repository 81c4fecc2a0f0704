// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "core/checkpoint/architecture.h"
#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/dense_architecture.h"
#include "core/checkpoint/infer.h"
#include "core/checkpoint/key_names.h"
#include "tests/fuzz/targets/support.h"

namespace orderscope::fuzz {

namespace {

constexpr std::size_t kMostTensors = 2000;
constexpr std::size_t kMostDimensions = 8;

/// "name 3 4 7 7" as a tensor of that shape in the memory of one number.
NamedTensor tensor_of(std::string_view line) {
  const auto space = static_cast<std::size_t>(std::ranges::find(line, ' ') - line.begin());
  NamedTensor result{std::string(line.substr(0, space)), at::zeros({})};
  std::vector<std::int64_t> shape;
  std::int64_t product = 1;
  for (line.remove_prefix(space); !line.empty() && shape.size() < kMostDimensions;) {
    line.remove_prefix(1);
    std::int64_t size = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), size);
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    // A reader accepts no other shapes: see element_count().
    if (error != std::errc() || size < 0 || __builtin_mul_overflow(product, std::max<std::int64_t>(size, 1), &product))
      break;
    shape.push_back(size);
  }
  result.tensor = result.tensor.expand(shape);
  return result;
}

}  // namespace

void keys(Bytes bytes) {
  Checkpoint checkpoint;
  std::int64_t elements = 0;
  bool small = true;
  for (std::string_view text = as_text(bytes); !text.empty() && checkpoint.state_dict.size() < kMostTensors;) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    checkpoint.state_dict.push_back(tensor_of(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    small = small && !__builtin_add_overflow(elements, checkpoint.state_dict.back().tensor.numel(), &elements);
  }
  strip_prefixes(checkpoint.state_dict);
  // Joining query, key and value copies them, which only a file that holds them can ask for.
  if (small && elements < (1 << 16))
    if (const auto naming = use_official_names(checkpoint.state_dict); !naming) return check_error(naming.error());
  auto architecture = infer_architecture(checkpoint.state_dict);
  if (!architecture) return check_error(architecture.error());
  if (architecture->levels.empty()) return;
  if (const auto dense = infer_dense(checkpoint, *architecture); !dense) check_error(dense.error());
}

}  // namespace orderscope::fuzz
