// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/mm_config.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace orderscope {

namespace {

using nlohmann::json;

constexpr int kDeepest = 64;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool opens(char c) { return c == '(' || c == '[' || c == '{'; }
bool closes(char c) { return c == ')' || c == ']' || c == '}'; }

/// Reads values from a text; what is no literal is skipped as a whole.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ >= text_.size(); }

  /// Blanks, comments and continued lines; line ends too where a bracket is open.
  void skip_blanks(bool lines) {
    while (!at_end()) {
      const char c = text_[at_];
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == ' ' || c == '\t' || c == '\r' || (lines && c == '\n')) {
        ++at_;
      } else if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') {
        at_ += 2;
      } else {
        return;
      }
    }
  }

  std::string_view word() {
    const std::size_t start = at_;
    if (!at_end() && is_letter(text_[at_]))
      while (!at_end() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    return text_.substr(start, at_ - start);
  }

  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  /// "=", but not "==".
  bool take_assignment() {
    if (at_end() || text_[at_] != '=' || text_.substr(at_).starts_with("==")) return false;
    ++at_;
    return true;
  }

  /// To the end of the logical line.
  void skip_line() {
    skip_expression(/*inside=*/false);
    take('\n');
  }

  json value(int depth) {
    const bool inside = depth > 0;
    skip_blanks(inside);
    const std::size_t start = at_;
    std::optional<json> literal = primary(depth);
    skip_blanks(inside);
    // A literal that something follows is part of an expression.
    if (literal && ends_here(inside)) return *std::move(literal);
    at_ = start;
    skip_expression(inside);
    return nullptr;
  }

 private:
  bool ends_here(bool inside) const {
    if (at_end()) return true;
    const char c = text_[at_];
    return inside ? c == ',' || c == ':' || closes(c) : c == '\n';
  }

  void skip_expression(bool inside) {
    std::size_t open = 0;
    while (!at_end()) {
      const char c = text_[at_];
      if (open == 0 && ends_here(inside)) return;
      if (c == '"' || c == '\'') {
        string();
        continue;
      }
      if (c == '#') {
        skip_blanks(false);
        continue;
      }
      if (opens(c)) ++open;
      if (closes(c) && open > 0) --open;
      // A backslash takes the line end behind it along.
      at_ = std::min(at_ + (c == '\\' ? 2 : 1), text_.size());
    }
  }

  std::optional<json> primary(int depth) {
    if (at_end()) return {};
    const char c = text_[at_];
    if (c == '"' || c == '\'') return strings(depth > 0);
    if (is_digit(c) || c == '-' || c == '.') return number();
    if (opens(c)) {
      if (depth >= kDeepest) return {};
      ++at_;
      return c == '{' ? braces(depth + 1) : sequence(c == '(' ? ')' : ']', depth + 1);
    }
    const std::string_view name = word();
    if (name == "True") return json(true);
    if (name == "False") return json(false);
    if (name == "None") return json(nullptr);
    if (name != "dict" || depth >= kDeepest || !take('(')) return {};
    return arguments(depth + 1);
  }

  std::optional<json> number() {
    const std::size_t start = at_;
    while (!at_end() && (is_digit(text_[at_]) || text_[at_] == '.' || text_[at_] == 'e' || text_[at_] == 'E' ||
                         ((text_[at_] == '-' || text_[at_] == '+') &&
                          (at_ == start || text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E'))))
      ++at_;
    const std::string_view digits = text_.substr(start, at_ - start);
    const char* const end = digits.data() + digits.size();
    if (digits.find_first_of(".eE") == std::string_view::npos) {
      std::int64_t whole = 0;
      const auto [stop, error] = std::from_chars(digits.data(), end, whole);
      if (error == std::errc() && stop == end) return json(whole);
    }
    double real = 0;
    const auto [stop, error] = std::from_chars(digits.data(), end, real);
    if (error != std::errc() || stop != end) return {};
    return json(real);
  }

  /// One string in quotes, also in three; without an end it takes the rest of the text.
  std::string string() {
    const char quote = text_[at_];
    const bool triple = text_.substr(at_).starts_with(std::string(3, quote));
    const std::string end(triple ? 3 : 1, quote);
    at_ += end.size();
    std::string value;
    while (!at_end() && !text_.substr(at_).starts_with(end)) {
      if (!triple && text_[at_] == '\n') return value;
      if (text_[at_] == '\\') ++at_;  // what an escape means is of no interest here
      if (!at_end()) value += text_[at_++];
    }
    at_ = std::min(at_ + end.size(), text_.size());
    return value;
  }

  /// Strings side by side are one.
  json strings(bool inside) {
    std::string value;
    while (!at_end() && (text_[at_] == '"' || text_[at_] == '\'')) {
      value += string();
      skip_blanks(inside);
    }
    return value;
  }

  std::optional<json> sequence(char end, int depth) {
    json list = json::array();
    bool comma = false;
    for (skip_blanks(true); !take(end); skip_blanks(true)) {
      if (at_end() || closes(text_[at_]) || text_[at_] == ':') return {};
      list.push_back(value(depth));
      skip_blanks(true);
      comma = take(',');
      skip_blanks(true);
      if (!comma && !at_end() && text_[at_] != end) return {};
    }
    // Brackets around one value are no tuple.
    if (end == ')' && list.size() == 1 && !comma) return json(list.front());
    return list;
  }

  std::optional<json> braces(int depth) {
    json object = json::object();
    for (skip_blanks(true); !take('}'); skip_blanks(true)) {
      if (at_end() || closes(text_[at_]) || text_[at_] == ':') return {};
      const json key = value(depth);
      if (!take(':')) return {};  // a set
      json entry = value(depth);
      if (key.is_string()) object[key.get<std::string>()] = std::move(entry);
      skip_blanks(true);
      if (!take(',') && !at_end() && text_[at_] != '}') return {};
    }
    return object;
  }

  std::optional<json> arguments(int depth) {
    json object = json::object();
    for (skip_blanks(true); !take(')'); skip_blanks(true)) {
      const std::string name(word());
      skip_blanks(true);
      if (name.empty() || !take_assignment()) return {};  // dict(**other), dict([...])
      object[name] = value(depth);
      skip_blanks(true);
      if (!take(',') && !at_end() && text_[at_] != ')') return {};
    }
    return object;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

json config_value(std::string_view config, std::string_view name) {
  Reader reader(config);
  json found;
  while (!reader.at_end()) {
    reader.skip_blanks(true);
    const std::string_view word = reader.word();
    reader.skip_blanks(false);
    if (!word.empty() && reader.take_assignment()) {
      json value = reader.value(0);
      if (word == name) found = std::move(value);
    }
    reader.skip_line();
  }
  return found;
}

}  // namespace orderscope
