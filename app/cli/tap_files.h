// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/command.h"
#include "core/models/taps.h"
#include "core/trace/trace.h"

namespace orderscope::cli {

/// Writes the intermediates that match --taps as FOLDER/TAP.npy while they pass, since all of them together may be
/// larger than memory. Dense models also know their taps by the short names of docs/dense.md.
class TapFiles {
 public:
  /// A detector's RoI taps are among those that may match. Errors: InvalidInput if there are patterns and none matches.
  static Result<TapFiles> make(const Model& model, const std::string& patterns, const std::filesystem::path& folder);

  std::vector<Probe> probes() const;           ///< to be run as long as this lives
  Taps& taps() const;                          ///< the same for code that takes taps
  void set_suffix(const std::string& suffix);  ///< of the files written from now on: TAP.SUFFIX.npy
  Result<void> status() const;                 ///< the first error of a write
  nlohmann::json files() const;                ///< names of the files by tap
  std::vector<std::string> missing() const;    ///< what matched and did not pass

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace orderscope::cli
