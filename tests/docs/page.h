// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace orderscope::test {

/// A fenced block of a page.
struct FencedBlock {
  int line = 0;          ///< of its opening fence, from 1
  std::string language;  ///< "" where none is named
  std::string remark;    ///< the HTML comment in the line before, without its marks; "" if there is none
  std::string text;
};

/// The fenced blocks of a page in their order.
std::vector<FencedBlock> fenced_blocks(const std::string& markdown);

/// README and the pages in docs/, by name without .md.
std::vector<std::string> page_names();
std::string page_text(const std::string& name);

/// What names.txt says of a page.
struct PageNames {
  struct File {
    std::string name, source;
    bool is_text = false;  ///< `source` is the content, not a path
  };
  std::vector<File> files;
  std::vector<std::pair<std::string, std::string>> instead;  ///< text, and what is run instead
};
PageNames names_of(const std::string& page);

}  // namespace orderscope::test
