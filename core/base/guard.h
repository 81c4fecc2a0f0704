// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/base/job.h"

namespace orderscope {

/// Unwinds tensor code, autograd's engine included, when somebody asked to stop. Never leaves `guarded`.
void throw_if_cancelled(const JobContext& job);

/// Runs tensor code and turns what it throws into an Error: Cancelled, OutOfMemory, else InvalidInput.
Result<void> guarded(const std::function<void()>& code);

template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<Result<T>> = true;

template <class Code>
concept ReturnsResult = is_result<std::invoke_result_t<Code>>;

/// For code that returns a Result: hands that on, or the Error made of what the code throws.
template <ReturnsResult Code>
std::invoke_result_t<Code> guarded(Code&& code) {
  std::optional<std::invoke_result_t<Code>> result;
  const std::function<void()> run = [&] { result.emplace(std::forward<Code>(code)()); };
  TRY_VOID(guarded(run));
  return *std::move(result);
}

}  // namespace orderscope
