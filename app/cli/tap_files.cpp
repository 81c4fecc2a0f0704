// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/tap_files.h"

#include <algorithm>

#include "core/checkpoint/npy.h"
#include "core/models/dense/detector.h"
#include "core/models/dense/short_names.h"
#include "core/trace/find_taps.h"
#include "core/trace/glob.h"

namespace orderscope::cli {

struct TapFiles::State : Taps {
  struct Wanted {
    std::string tap, name;
  };
  std::vector<Wanted> wanted;
  std::filesystem::path folder;
  std::string suffix;
  Result<void> written;
  nlohmann::json files = nlohmann::json::object();

  bool wants(const std::string& name) const override {
    return std::ranges::find(wanted, name, &Wanted::tap) != wanted.end();
  }

  at::Tensor tap(const std::string& name, at::Tensor x) override {
    for (const Wanted& what : wanted)
      if (what.tap == name) write(what, x);
    return x;
  }

  void write(const Wanted& what, const at::Tensor& x) {
    if (!written) return;
    const std::string key = suffix.empty() ? what.name : what.name + "." + suffix;
    const std::string file = key + ".npy";
    written = write_npy(folder / file, x);
    files[key] = file;
  }
};

Result<TapFiles> TapFiles::make(const Model& model, const std::string& patterns, const std::filesystem::path& folder) {
  TapFiles taps;
  taps.state_ = std::make_shared<State>();
  taps.state_->folder = folder;
  if (patterns.empty()) return taps;
  std::vector<std::string> names = model.backbone->tap_names();
  if (const auto* detector = dynamic_cast<const Detector*>(model.backbone.get()))
    for (std::string& name : detector->roi_tap_names()) names.push_back(std::move(name));
  bool is_dense = false;
  for (const std::string& tap : names) {
    const std::string short_name = short_tap_name(model, tap);
    is_dense = is_dense || !short_name.empty();
    if (glob_match(patterns, tap)) taps.state_->wanted.push_back({tap, tap});
    if (!short_name.empty() && glob_match(patterns, short_name)) taps.state_->wanted.push_back({tap, short_name});
  }
  if (is_dense && !taps.state_->wanted.empty()) return taps;
  taps.state_->wanted.clear();
  TRY(const auto found, find_taps(*model.backbone, patterns));
  for (const std::string& tap : found) taps.state_->wanted.push_back({tap, tap});
  return taps;
}

std::vector<Probe> TapFiles::probes() const {
  // A probe is not told which tap it sees, so there is one for each.
  std::vector<Probe> probes;
  for (const State::Wanted& what : state_->wanted) {
    probes.push_back({what.tap,
                      [state = state_, what](const at::Tensor& x) {
                        state->write(what, x);
                        return at::Tensor();
                      },
                      {}});
  }
  return probes;
}

Taps& TapFiles::taps() const { return *state_; }
void TapFiles::set_suffix(const std::string& suffix) { state_->suffix = suffix; }
Result<void> TapFiles::status() const { return state_->written; }
nlohmann::json TapFiles::files() const { return state_->files; }

std::vector<std::string> TapFiles::missing() const {
  std::vector<std::string> names;
  for (const State::Wanted& what : state_->wanted)
    if (!state_->files.contains(what.name)) names.push_back(what.name);
  return names;
}

}  // namespace orderscope::cli
