// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string_view>

#include "core/base/result.h"

namespace orderscope {

/// How far a long computation has come: `done` of `total` units (0 if unknown), and what it does now.
struct Progress {
  std::int64_t done = 0;
  std::int64_t total = 0;
  std::string_view activity;
};

/// What every long function takes: a token to stop it and somebody to tell how far it is. Core functions block; whoever
/// calls decides on which thread. A default-made context never stops and tells nobody.
struct JobContext {
  std::stop_token stop;
  std::function<void(const Progress&)> report;

  void progress(std::int64_t done, std::int64_t total, std::string_view activity) const {
    if (report) report({done, total, activity});
  }

  /// Nothing, or the error Cancelled once somebody asked to stop.
  Result<void> check() const {
    if (stop.stop_requested()) return fail(Error::Kind::Cancelled, "cancelled");
    return {};
  }
};

}  // namespace orderscope
