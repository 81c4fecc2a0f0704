// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"

#include <gtest/gtest.h>

#include <cmath>

namespace orderscope {
namespace {

TEST(CsvWriter, QuotesWhatWouldBreakARow) {
  CsvWriter csv;
  csv.add("plain").add("a,b").add("say \"x\"").add("two\nlines").end_row();
  EXPECT_EQ(csv.text(), "plain,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"\n");
}

TEST(CsvWriter, NumbersReadBackUnchanged) {
  CsvWriter csv;
  csv.add(0.1).add(1e-300).add(std::nan("")).add(-7).add(std::int64_t{1} << 40).end_row().add("").add(2.0).end_row();
  EXPECT_EQ(csv.text(), "0.1,1e-300,,-7,1099511627776\n,2\n");
}

TEST(Csv, RecordsAreReadBack) {
  std::string_view text = "a,\"b \"\"c\"\", d\",\r\n\"two\nlines\",x\r\n\nlast";
  EXPECT_EQ(next_csv_record(text), (std::vector<std::string>{"a", "b \"c\", d", ""}));
  EXPECT_EQ(next_csv_record(text), (std::vector<std::string>{"two\nlines", "x"}));
  EXPECT_EQ(next_csv_record(text), std::vector<std::string>{""});
  EXPECT_EQ(next_csv_record(text), std::vector<std::string>{"last"});
  EXPECT_TRUE(text.empty());
  text = "\"open, and nothing more";
  EXPECT_EQ(next_csv_record(text), std::vector<std::string>{"open, and nothing more"});
}

}  // namespace
}  // namespace orderscope
