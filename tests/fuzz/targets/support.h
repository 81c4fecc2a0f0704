// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "core/base/error.h"
#include "tests/fuzz/targets.h"

namespace orderscope::fuzz {

inline std::span<const std::byte> as_bytes(Bytes bytes) { return std::as_bytes(bytes); }

inline std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// A file in memory that holds the bytes until the next call, under a name that anything can open.
std::filesystem::path file_of(Bytes bytes);

/// Ends the program if the error's message is no single line or says nothing.
void check_error(const Error& error);

/// Ends the program: something that must hold does not.
[[noreturn]] void violated(const char* what);

}  // namespace orderscope::fuzz
