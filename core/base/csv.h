// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace orderscope {

/// Text of a table as RFC 4180 describes it, with line feeds: fields are quoted where they must be, numbers have a
/// decimal point in every locale and as many digits as it takes to read them back unchanged.
class CsvWriter {
 public:
  CsvWriter& add(std::string_view text);
  CsvWriter& add(const char* text) { return add(std::string_view(text)); }
  CsvWriter& add(const std::string& text) { return add(std::string_view(text)); }
  CsvWriter& add(double value);  ///< NaN is an empty field
  CsvWriter& add(float value);   ///< as many digits as a float needs
  CsvWriter& add(std::integral auto value) { return add_integer(static_cast<std::int64_t>(value)); }
  CsvWriter& end_row();

  const std::string& text() const { return text_; }
  void clear() { text_.clear(); }

 private:
  CsvWriter& add_integer(std::int64_t value);
  void separate();

  std::string text_;
  bool row_has_fields_ = false;
};

/// Takes the next record off `text` (RFC 4180; line feeds or CR LF; a quoted field may hold both). Blank lines are
/// records of one empty field. An unclosed quote ends with the text.
std::vector<std::string> next_csv_record(std::string_view& text);

}  // namespace orderscope
