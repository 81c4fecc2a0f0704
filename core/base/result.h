// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <tl/expected.hpp>

#include "core/base/error.h"

namespace orderscope {

/// A value, or the Error that kept it from being made.
template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Error::Kind kind, std::string what, std::string subject = {},
                                  std::string advice = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(what), std::move(subject), std::move(advice)});
}

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace orderscope

#define ORDERSCOPE_CONCAT_INNER(a, b) a##b
#define ORDERSCOPE_CONCAT(a, b) ORDERSCOPE_CONCAT_INNER(a, b)

/// `TRY(auto x, f());` binds the value of f() or returns its error from the surrounding function.
#define TRY(declaration, expression)                                                                           \
  auto ORDERSCOPE_CONCAT(try_result_, __LINE__) = (expression);                                                \
  if (!ORDERSCOPE_CONCAT(try_result_, __LINE__))                                                               \
    return ::tl::unexpected<::orderscope::Error>(std::move(ORDERSCOPE_CONCAT(try_result_, __LINE__)).error()); \
  declaration = std::move(*ORDERSCOPE_CONCAT(try_result_, __LINE__))

/// `TRY_VOID(f());` returns the error of f(), if any.
#define TRY_VOID(expression)                       \
  if (auto try_result = (expression); !try_result) \
  return ::tl::unexpected<::orderscope::Error>(std::move(try_result).error())
