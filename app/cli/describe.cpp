// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/describe.h"

#include <algorithm>
#include <regex>

namespace orderscope::cli {
namespace {

using nlohmann::json;

// CLI11 keeps what a validator allows only as the text that it appends to the type: "TEXT:{a,b}" for members of a set,
// "ENUM:value in {a->0,b->1} OR {0,1}" for names of an enumeration.
std::vector<std::string> choices_in(const std::string& type) {
  std::vector<std::string> choices;
  static const std::regex enumeration("([^,{>]+)->"), members(":\\{([^}]*)\\}"), member("[^,]+");
  for (std::sregex_iterator it(type.begin(), type.end(), enumeration), end; it != end; ++it)
    choices.push_back((*it)[1]);
  std::smatch found;
  if (choices.empty() && std::regex_search(type, found, members)) {
    const std::string list = found[1];
    for (std::sregex_iterator it(list.begin(), list.end(), member), end; it != end; ++it) choices.push_back(it->str());
  }
  return choices;
}

// The innermost kind and its range: "TEXT:INT:FLOAT in [1 - 2000]" is a number that arrives as text.
std::string value_kind(const std::string& type) {
  const auto names = [&](const char* word) { return type.find(word) != std::string::npos; };
  std::string kind = names("INT") || names("UINT") ? "INT" : names("FLOAT") ? "FLOAT" : type.substr(0, type.find(':'));
  if (kind == "ENUM") kind = "TEXT";
  static const std::regex range(" in \\[[^\\]]*\\]");
  std::smatch found;
  if (std::regex_search(type, found, range)) kind += found.str();
  if (names("NONNEGATIVE")) kind += " >= 0";
  if (names("POSITIVE")) kind += " > 0";
  return kind;
}

json names_of(const CLI::Option& option) {
  json names = json::array();
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  if (names.empty()) names.push_back(option.get_name(true));
  return names;
}

json describe_option(const CLI::Option& option, const std::string& group) {
  const bool is_switch = option.get_type_size_max() == 0;
  const std::string type = is_switch ? "" : option.get_type_name();
  json excluded = json::array();
  for (const CLI::Option* other : option.get_excludes()) excluded.push_back(other->get_name());
  std::sort(excluded.begin(), excluded.end());  // CLI11 sorts them by address
  return {{"names", names_of(option)},
          {"positional", option.get_positional()},
          {"value", value_kind(type)},
          {"choices", choices_in(type)},
          {"default", is_switch ? "" : option.get_default_str()},
          {"help", option.get_description()},
          {"required", option.get_required()},
          {"repeats", !is_switch && option.get_items_expected_max() > option.get_type_size()},
          {"group", group},
          {"excludes", excluded}};
}

void add_options(const CLI::App& app, const std::string& group, json& options) {
  // CLI11 gives each option group the help flag once more.
  const CLI::Option* const repeated = group.empty() ? nullptr : app.get_help_ptr();
  for (const CLI::Option* option : app.get_options())
    if (!option->get_group().empty() && option != repeated) options.push_back(describe_option(*option, group));
}

}  // namespace

json describe(const CLI::App& app) {
  json options = json::array(), groups = json::array(), commands = json::array();
  add_options(app, "", options);
  // An option group is a subcommand without a name.
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!sub->get_name().empty()) {
      commands.push_back(describe(*sub));
      continue;
    }
    groups.push_back({{"name", sub->get_group()}, {"help", sub->get_description()}});
    add_options(*sub, sub->get_group(), options);
  }
  return {{"name", app.get_name()},
          {"help", app.get_description()},
          {"options", std::move(options)},
          {"groups", std::move(groups)},
          {"commands", std::move(commands)}};
}

}  // namespace orderscope::cli
