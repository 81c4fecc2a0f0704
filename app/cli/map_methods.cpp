// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/map_methods.h"

namespace orderscope::cli {

namespace {

bool yields_maps(const Method& method) { return method.descriptor.yields.starts_with("map"); }

}  // namespace

void MapMethodOptions::add_to(CLI::App& app) {
  std::vector<std::string> ids;
  for (const Method* method : all_methods())
    if (yields_maps(*method)) ids.push_back(method->descriptor.id);
  app.add_option("--method", id, "which map; `methods` tells more")->check(CLI::IsMember(ids))->capture_default_str();
  for (const Method* method : all_methods())
    if (yields_maps(*method)) parameters.add_to(app, method->descriptor);
}

Result<MethodValues> MapMethodOptions::values(const MethodDescriptor* also) const {
  const MethodDescriptor& descriptor = method().descriptor;
  std::vector<const MethodDescriptor*> known{&descriptor};
  if (also) known.push_back(also);
  for (const std::string& name : parameters.given_beyond(known))
    print_warning(descriptor.title + " has no --" + name + ": it was left out");
  return parameters.for_method(descriptor);
}

nlohmann::json to_json(const std::vector<Number>& numbers) {
  nlohmann::json json = nlohmann::json::object();
  for (const Number& number : numbers) json[number.name] = number.value;
  return json;
}

}  // namespace orderscope::cli
