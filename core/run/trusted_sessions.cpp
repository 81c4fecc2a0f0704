// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/trusted_sessions.h"

#include <string>
#include <string_view>
#include <utility>

#include "core/base/files.h"
#include "core/base/sha256.h"
#include "core/base/user_folders.h"
#include "core/run/session_sources.h"

namespace orderscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMost = 2000;
constexpr std::size_t kLine = 65;  // 64 digits and the end of the line

Result<std::string> mark_of(const fs::path& session) {
  std::error_code error;
  const fs::path place = fs::canonical(session, error);
  if (error) return fail(Error::Kind::FileAccess, error.message(), session.string());
  TRY(const std::string hash, file_sha256(place));
  const std::string text = place.native() + '\0' + hash;
  return sha256(std::as_bytes(std::span(text)));
}

Result<std::string> mark_of_run(const fs::path& run, const std::string& settings) {
  std::error_code error;
  fs::path place = fs::weakly_canonical(fs::absolute(run, error), error);
  if (error) return fail(Error::Kind::FileAccess, error.message(), run.string());
  if (place.filename().empty()) place = place.parent_path();
  const std::string text = place.native() + '\0' + "run" + '\0' + settings;
  return sha256(std::as_bytes(std::span(text)));
}

}  // namespace

TrustedSessions::TrustedSessions(fs::path list) : list_(std::move(list)) {}

TrustedSessions TrustedSessions::of_user() {
  const auto folder = user_data_folder();
  return TrustedSessions(folder ? *folder / "orderscope" / "trusted-sessions" : fs::path());
}

bool TrustedSessions::has(const Result<std::string>& mark) const {
  if (!mark) return false;
  const auto known = read_text_file(list_, kMost * kLine);
  return known && known->find(*mark + '\n') != std::string::npos;
}

bool TrustedSessions::contains(const fs::path& session) const { return !list_.empty() && has(mark_of(session)); }

bool TrustedSessions::contains_run(const fs::path& run, const std::string& settings) const {
  return !list_.empty() && has(mark_of_run(run, settings));
}

Result<void> TrustedSessions::add(const fs::path& session) const {
  if (list_.empty()) return {};
  TRY(const std::string mark, mark_of(session));
  return append(mark);
}

Result<void> TrustedSessions::add_run(const fs::path& run, const std::string& settings) const {
  if (list_.empty()) return {};
  TRY(const std::string mark, mark_of_run(run, settings));
  return append(mark);
}

Result<void> TrustedSessions::append(const std::string& mark) const {
  if (has(mark)) return {};
  // Two windows at once may lose one of two entries; its session is asked about once more.
  std::string known = read_text_file(list_, kMost * kLine).value_or(std::string());
  if (known.size() > (kMost - 1) * kLine) known.erase(0, known.size() - (kMost - 1) * kLine);
  return write_file(list_, std::string_view(known + mark + '\n'));
}

PathScope scope_of_session(const fs::path& session, const TrustedSessions& trusted, std::vector<fs::path> named) {
  if (trusted.contains(session)) return PathScope::anywhere();
  named.push_back(fs::absolute(session).parent_path());
  return PathScope::below(named);
}

PathScope scope_of_run(const fs::path& run, const std::string& settings, const TrustedSessions& trusted) {
  return trusted.contains_run(run, settings) ? PathScope::anywhere() : PathScope::below({run});
}

}  // namespace orderscope
