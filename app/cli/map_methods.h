// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/cli/command.h"
#include "core/analysis/method.h"

namespace orderscope::cli {

/// --method among those whose result are maps of one image, with the parameters of all of them.
struct MapMethodOptions {
  std::string id = "gradcam";
  MethodOptions parameters;

  void add_to(CLI::App& app);
  const Method& method() const { return *find_method(id); }
  /// The chosen method's values; warns of parameters given that it does not have and `also` has neither.
  Result<MethodValues> values(const MethodDescriptor* also = nullptr) const;
};

/// Name to value; JSON has null for what is not finite.
nlohmann::json to_json(const std::vector<Number>& numbers);

}  // namespace orderscope::cli
