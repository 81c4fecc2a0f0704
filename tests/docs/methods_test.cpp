// SPDX-License-Identifier: GPL-3.0-or-later
// Every method that the program knows stands in docs/methods.md with its formula, source, reading and pitfalls.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/docs/page.h"

namespace orderscope::test {
namespace {

std::string output_of(const std::string& command) {
  std::string output;
  FILE* const pipe = popen(command.c_str(), "r");
  char buffer[4096];
  while (pipe && std::fgets(buffer, sizeof buffer, pipe)) output += buffer;
  if (pipe) pclose(pipe);
  return output;
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, '|');) {
    cell.erase(0, std::min(cell.find_first_not_of(' '), cell.size()));
    cell.erase(cell.find_last_not_of(' ') + 1);
    cells.push_back(cell);
  }
  if (!cells.empty()) cells.erase(cells.begin());  // before the first bar
  return cells;
}

/// As the site makes it: lower case, blanks become hyphens, other signs go.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-')
      anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (c == ' ')
      anchor += '-';
  }
  return anchor;
}

TEST(MethodsPage, HasFormulaSourceReadingAndPitfallsOfEveryMethod) {
  std::map<std::string, std::vector<std::string>> rows;
  std::set<std::string> anchors;
  std::istringstream page(page_text("methods"));
  bool within = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) {
      within = line == "## All methods at a glance";
      anchors.insert(anchor_of(line.substr(3)));
    }
    if (!within || !line.starts_with("| `")) continue;
    const auto cells = cells_of(line);
    rows[cells[0].substr(1, cells[0].size() - 2)] = cells;
  }
  const std::string program = std::string(ORDERSCOPE_BINARY_DIR) + "/bin/orderscope-cli";
  const auto known =
      nlohmann::json::parse(output_of("env -u ORDERSCOPE_PLUGINS '" + program + "' methods --json"), nullptr, false);
  const auto& methods = known.is_object() ? known["methods"] : known;
  ASSERT_GT(methods.size(), 20U);
  std::set<std::string> ids;
  for (const auto& method : methods) {
    const std::string id = method["id"];
    ids.insert(id);
    const auto row = rows.find(id);
    ASSERT_NE(row, rows.end()) << id << " is not in the table of docs/methods.md";
    ASSERT_EQ(row->second.size(), 5U) << id;
    for (const std::string& cell : row->second) EXPECT_GE(cell.size(), 4U) << id << " lacks something";
    const std::string& formula = row->second[1];
    const std::size_t from = formula.find("](#");
    ASSERT_NE(from, std::string::npos) << id << ": no section is named";
    const std::string anchor = formula.substr(from + 3, formula.find(')', from) - from - 3);
    EXPECT_TRUE(anchors.contains(anchor)) << id << ": there is no section " << anchor;
  }
  for (const auto& [id, row] : rows) EXPECT_TRUE(ids.contains(id)) << "there is no method " << id;
}

}  // namespace
}  // namespace orderscope::test
