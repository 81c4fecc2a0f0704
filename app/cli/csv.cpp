// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/csv.h"

#include "core/base/files.h"

namespace orderscope::cli {

void CsvTable::add(const std::vector<std::string>& row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0) text_ += ',';
    if (row[i].find_first_of(",\"\n\r") == std::string::npos) {
      text_ += row[i];
      continue;
    }
    text_ += '"';
    for (const char c : row[i]) text_ += c == '"' ? std::string("\"\"") : std::string(1, c);
    text_ += '"';
  }
  text_ += '\n';
}

Result<void> CsvTable::write(const std::filesystem::path& path) const {
  return write_file(path, std::string_view(text_));
}

}  // namespace orderscope::cli
