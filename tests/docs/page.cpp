// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/docs/page.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace orderscope::test {
namespace {

namespace fs = std::filesystem;
const fs::path kSource = ORDERSCOPE_SOURCE_DIR;

std::string content(const fs::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::vector<FencedBlock> fenced_blocks(const std::string& markdown) {
  std::vector<FencedBlock> blocks;
  std::istringstream lines(markdown);
  std::string line, before;
  bool inside = false;
  for (int number = 1; std::getline(lines, line); ++number) {
    const bool fence = line.starts_with("```");
    if (inside && !fence) blocks.back().text += line + "\n";
    if (fence && !inside) {
      std::string remark;
      if (before.starts_with("<!--") && before.ends_with("-->")) remark = trimmed(before.substr(4, before.size() - 7));
      blocks.push_back({number, line.substr(3), remark, {}});
    }
    if (fence) inside = !inside;
    before = line;
  }
  return blocks;
}

std::vector<std::string> page_names() {
  std::vector<std::string> names{"README"};
  for (const auto& entry : fs::directory_iterator(kSource / "docs"))
    if (entry.path().extension() == ".md") names.push_back(entry.path().stem());
  std::sort(names.begin() + 1, names.end());
  return names;
}

std::string page_text(const std::string& name) {
  return content(name == "README" ? kSource / "README.md" : kSource / "docs" / (name + ".md"));
}

PageNames names_of(const std::string& page) {
  PageNames names;
  std::istringstream lines(content(kSource / "tests/docs/names.txt"));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t bar = line.find(" | ");
    if (bar == std::string::npos) throw std::runtime_error("names.txt: no page in: " + line);
    const std::string of = line.substr(0, bar), rest = line.substr(bar + 3);
    if (of != "*" && of != page) continue;
    if (const std::size_t tilde = rest.find(" ~ "); tilde != std::string::npos) {
      names.instead.emplace_back(rest.substr(0, tilde), rest.substr(tilde + 3));
      continue;
    }
    const std::size_t second = rest.find(" | ");
    if (second == std::string::npos) throw std::runtime_error("names.txt: no file in: " + line);
    PageNames::File file{rest.substr(0, second), rest.substr(second + 3), false};
    if (file.source.starts_with("= ")) {
      file.is_text = true;
      file.source.erase(0, 2);
    } else {
      file.source = file.source == "@build" ? ORDERSCOPE_BINARY_DIR : (kSource / file.source).string();
    }
    std::erase_if(names.files, [&](const PageNames::File& known) { return known.name == file.name; });
    names.files.push_back(std::move(file));
  }
  return names;
}

}  // namespace orderscope::test
