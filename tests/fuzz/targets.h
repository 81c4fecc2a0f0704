// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace orderscope::fuzz {

using Bytes = std::span<const std::uint8_t>;

// What takes bytes from strangers, one function a format. Whatever the bytes are, each returns: with a value that it
// looks at, or with an error of one line. Anything else ends the program.
void pickle(Bytes bytes);       ///< the pickle machine, and a walk over what it made
void state_dict(Bytes bytes);   ///< a pickle's state dict and its tensors, over storages of zeros
void zip(Bytes bytes);          ///< PyTorch's zip container, its members and the checkpoint
void legacy(Bytes bytes);       ///< PyTorch's container before 1.6
void safetensors(Bytes bytes);  ///< the header alone, and the file
void npy(Bytes bytes);
void keys(Bytes bytes);     ///< names and shapes, one tensor a line: "name 3 4 7 7"
void session(Bytes bytes);  ///< read, written and read again
void batch_config(Bytes bytes);
void batch_list(Bytes bytes);  ///< CSV records
void image(Bytes bytes);       ///< JPEG, PNG, WebP, TIFF, BMP

struct Target {
  std::string_view name;
  void (*run)(Bytes bytes);
};

inline constexpr Target kTargets[] = {
    {"pickle", pickle},
    {"state_dict", state_dict},
    {"zip", zip},
    {"legacy", legacy},
    {"safetensors", safetensors},
    {"npy", npy},
    {"keys", keys},
    {"session", session},
    {"batch_config", batch_config},
    {"batch_list", batch_list},
    {"image", image},
};

}  // namespace orderscope::fuzz
