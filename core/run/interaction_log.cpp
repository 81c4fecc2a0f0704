// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/interaction_log.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/base/files.h"

namespace orderscope {

namespace {

using nlohmann::json;

constexpr const char* kFormat = "orderscope interactions 1";

std::string header_of(const std::map<std::string, std::string>& run) {
  return json{{"format", kFormat}, {"run", run}}.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<void> check_header(const std::string& line, const std::map<std::string, std::string>& run,
                          const std::filesystem::path& path) {
  const json header = json::parse(line, nullptr, false);
  if (!header.is_object() || header.value("format", json()) != kFormat || !header.value("run", json()).is_object())
    return fail(Error::Kind::Broken, "is no record of interactions", path.string(), "remove it or choose another -o");
  // As the file has it: replaced where a name is no UTF-8.
  const json wanted = json::parse(header_of(run))["run"];
  for (const auto& [name, value] : wanted.items()) {
    if (header["run"].value(name, json()) == value) continue;
    return fail(Error::Kind::InvalidInput, "belongs to a run with another " + name, path.string(),
                "remove it or choose another -o");
  }
  return {};
}

}  // namespace

Result<InteractionLog> open_interaction_log(const std::filesystem::path& path,
                                            const std::map<std::string, std::string>& run) {
  InteractionLog log;
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    TRY(const std::string text, read_text_file(path, std::size_t{1} << 30));
    const std::size_t whole = text.rfind('\n') + 1;  // 0 if there is no whole line
    const std::size_t first = text.find('\n');
    if (first == std::string::npos)
      return fail(Error::Kind::Broken, "is no record of interactions", path.string(), "remove it or choose another -o");
    TRY_VOID(check_header(text.substr(0, first), run, path));
    for (std::size_t begin = first + 1; begin < whole;) {
      const std::size_t end = text.find('\n', begin);
      const std::string line = text.substr(begin, end - begin);
      const std::size_t space = line.rfind(' ');
      char* rest = nullptr;
      const double value = space == std::string::npos ? 0 : std::strtod(line.c_str() + space, &rest);
      if (space == std::string::npos || *rest != '\0')
        return fail(Error::Kind::Broken, "holds a line that is no interaction", path.string(),
                    "remove it or choose another -o");
      log.known[line.substr(0, space)] = value;
      begin = end + 1;
    }
    if (whole < text.size()) std::filesystem::resize_file(path, whole, error);
  } else {
    TRY_VOID(write_file(path, std::string_view(header_of(run))));
  }

  const auto stream = std::make_shared<std::ofstream>(path, std::ios::app);
  if (!*stream) return fail(Error::Kind::FileAccess, "cannot be written", path.string());
  log.add = [stream, path](const std::string& key, double value) -> Result<void> {
    char text[40];
    std::snprintf(text, sizeof text, " %.17g\n", value);
    *stream << key << text << std::flush;
    if (!*stream) return fail(Error::Kind::FileAccess, "cannot be written; is the disk full?", path.string());
    return {};
  };
  return log;
}

}  // namespace orderscope
