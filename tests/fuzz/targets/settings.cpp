// SPDX-License-Identifier: GPL-3.0-or-later
#include <string>

#include "core/base/csv.h"
#include "core/run/batch_config.h"
#include "core/run/session_file.h"
#include "tests/fuzz/targets/support.h"

namespace orderscope::fuzz {

void session(Bytes bytes) {
  const std::filesystem::path place = "/folder/session.orderscope";
  const auto read = parse_session(as_text(bytes), place);
  if (!read) return check_error(read.error());
  const std::string written = session_text(*read, place);
  const auto again = parse_session(written, place);
  if (!again) violated("a session that was read can be written and read again");
  if (session_text(*again, place) != written) violated("a session that was written is written the same");
  (void)figure_of(*read);
}

void batch_config(Bytes bytes) {
  const auto read = parse_batch_config(std::string(as_text(bytes)), "/folder");
  if (!read) return check_error(read.error());
  if (batch_config_json(*read).empty()) violated("settings that were read can be written");
}

void batch_list(Bytes bytes) {
  std::string_view text = as_text(bytes);
  std::size_t records = 0;
  while (!text.empty()) {
    const std::size_t before = text.size();
    (void)next_csv_record(text);
    if (text.size() >= before) violated("each record takes some text");
    ++records;
  }
  if (records > bytes.size()) violated("each record takes a byte at least");
}

}  // namespace orderscope::fuzz
