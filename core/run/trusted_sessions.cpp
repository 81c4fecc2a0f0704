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

}  // namespace

TrustedSessions::TrustedSessions(fs::path list) : list_(std::move(list)) {}

TrustedSessions TrustedSessions::of_user() {
  const auto folder = user_data_folder();
  return TrustedSessions(folder ? *folder / "orderscope" / "trusted-sessions" : fs::path());
}

bool TrustedSessions::contains(const fs::path& session) const {
  if (list_.empty()) return false;
  const auto known = read_text_file(list_, kMost * kLine);
  const auto mark = known ? mark_of(session) : fail(Error::Kind::FileAccess, {});
  return mark && known->find(*mark + '\n') != std::string::npos;
}

Result<void> TrustedSessions::add(const fs::path& session) const {
  if (list_.empty() || contains(session)) return {};
  TRY(const std::string mark, mark_of(session));
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

}  // namespace orderscope
