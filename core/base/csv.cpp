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

namespace {

template <typename T>
void append_number(std::string& text, T value) {
  if (std::isnan(value)) return;
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  text.append(digits, end);
}

}  // namespace

CsvWriter& CsvWriter::add(double value) {
  separate();
  append_number(text_, value);
  return *this;
}

CsvWriter& CsvWriter::add(float value) {
  separate();
  append_number(text_, value);
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

std::vector<std::string> next_csv_record(std::string_view& text) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        fields.back() += '"';
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"' && fields.back().empty()) {
      quoted = true;
    } else if (c == ',') {
      fields.emplace_back();
    } else if (c == '\n') {
      ++i;
      break;
    } else if (c != '\r' || (i + 1 < text.size() && text[i + 1] != '\n')) {
      fields.back() += c;
    }
  }
  text.remove_prefix(i);
  return fields;
}

}  // namespace orderscope
