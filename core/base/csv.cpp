// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"

#include <charconv>
#include <cmath>

namespace orderscope {

void CsvWriter::separate() {
  if (row_has_fields_) text_ += ',';
  row_has_fields_ = true;
}

CsvWriter& CsvWriter::add(std::string_view text) {
  separate();
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    text_ += text;
    return *this;
  }
  text_ += '"';
  for (const char c : text) {
    if (c == '"') text_ += '"';
    text_ += c;
  }
  text_ += '"';
  return *this;
}

CsvWriter& CsvWriter::add(double value) {
  separate();
  if (std::isnan(value)) return *this;
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  text_.append(digits, end);
  return *this;
}

CsvWriter& CsvWriter::add_integer(std::int64_t value) {
  separate();
  text_ += std::to_string(value);
  return *this;
}

CsvWriter& CsvWriter::end_row() {
  text_ += '\n';
  row_has_fields_ = false;
  return *this;
}

}  // namespace orderscope
