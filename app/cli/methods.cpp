// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>
#include <set>
#include <sstream>

#include "app/cli/command.h"
#include "core/plugins/plugins.h"

namespace orderscope::cli {

namespace {

using nlohmann::json;

const char* type_name(MethodParameter::Type type) {
  switch (type) {
    case MethodParameter::Type::Integer: return "integer";
    case MethodParameter::Type::Real: return "real";
    case MethodParameter::Type::Choice: return "choice";
    case MethodParameter::Type::Class: return "class";
    case MethodParameter::Type::Layer: return "layer";
  }
  return "";
}

bool has_range(const MethodParameter& parameter) { return parameter.low < parameter.high; }

json describe(const MethodParameter& parameter) {
  json entry{{"name", parameter.name},
             {"type", type_name(parameter.type)},
             {"help", parameter.help},
             {"default", parameter.default_value}};
  if (parameter.type == MethodParameter::Type::Choice) entry["choices"] = parameter.choices;
  if (has_range(parameter)) entry["range"] = {parameter.low, parameter.high};
  return entry;
}

/// Name of the plugin that brought the method; "" for a built-in one.
std::string plugin_of(const std::string& id) {
  for (const LoadedPlugin& plugin : plugin_report().loaded)
    for (const std::string& method : plugin.methods)
      if (method == id) return plugin.name;
  return {};
}

/// What the method's own command, if it has one, takes besides the parameters and what every command takes.
std::vector<const CLI::Option*> further_options(const MethodDescriptor& method, const CLI::App& self) {
  const CLI::App* program = self.get_parent();
  const auto commands = program->get_subcommands([&](const CLI::App* sub) { return sub->get_name() == method.id; });
  if (commands.empty()) return {};
  std::set<std::string> known;
  for (const CLI::Option* option : self.get_options())
    known.insert(option->get_lnames().begin(), option->get_lnames().end());
  for (const MethodParameter& parameter : method.parameters) known.insert(parameter.name);
  std::vector<const CLI::Option*> further;
  for (const CLI::Option* option : commands.front()->get_options())
    if (!option->get_lnames().empty() && !known.contains(option->get_lnames().front())) further.push_back(option);
  return further;
}

json describe(const MethodDescriptor& method, const CLI::App& self) {
  json parameters = json::array();
  for (const MethodParameter& parameter : method.parameters) parameters.push_back(describe(parameter));
  json entry{{"id", method.id},
             {"title", method.title},
             {"citation", method.citation},
             {"needs_gradient", method.needs_gradient},
             {"needs_gnconv", method.needs_gnconv},
             {"yields", method.yields},
             {"parameters", parameters}};
  for (const CLI::Option* option : further_options(method, self))
    entry["command_options"].push_back({{"name", option->get_lnames().front()}, {"help", option->get_description()}});
  if (const std::string plugin = plugin_of(method.id); !plugin.empty()) entry["plugin"] = plugin;
  return entry;
}

/// "real, 0 to 16", "choice of energy, magnitude", "layer".
std::string type_text(const MethodParameter& parameter) {
  std::ostringstream text;
  text << type_name(parameter.type);
  if (has_range(parameter)) text << ", " << parameter.low << " to " << parameter.high;
  for (std::size_t i = 0; i < parameter.choices.size(); ++i) text << (i == 0 ? " of " : ", ") << parameter.choices[i];
  if (!parameter.default_value.empty()) text << "; default " << parameter.default_value;
  return text.str();
}

void print(const MethodDescriptor& method, const CLI::App& self) {
  std::string needs;
  if (method.needs_gradient) needs = "needs a gradient";
  if (method.needs_gnconv) needs += needs.empty() ? "needs a gnConv" : " and a gnConv";
  if (const std::string plugin = plugin_of(method.id); !plugin.empty())
    needs += (needs.empty() ? "" : ", ") + ("plugin " + plugin);
  std::printf("%s: %s; yields %s%s\n", method.id.c_str(), method.title.c_str(), method.yields.c_str(),
              needs.empty() ? "" : ("; " + needs).c_str());
  std::printf("    %s\n", method.citation.c_str());
  for (const MethodParameter& parameter : method.parameters)
    std::printf("    --%-18s %s (%s)\n", parameter.name.c_str(), parameter.help.c_str(), type_text(parameter).c_str());
  for (const CLI::Option* option : further_options(method, self))
    std::printf("    --%-18s %s\n", option->get_lnames().front().c_str(), option->get_description().c_str());
}

}  // namespace

Run make_methods(CLI::App& app, CommonOptions& common) {
  return [&app, &common](const JobContext&) -> Result<void> {
    json all = json::array();
    for (const MethodDescriptor* method : methods()) all.push_back(describe(*method, app));
    if (!common.output.empty()) TRY_VOID(write_json(common.output / "methods.json", all));
    if (common.json) {
      print_json(all);
    } else {
      for (const MethodDescriptor* method : methods()) print(*method, app);
    }
    return {};
  };
}

}  // namespace orderscope::cli
