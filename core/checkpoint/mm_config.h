// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace orderscope {

/// What the statement "name = ..." says in the text of an OpenMMLab config, which is Python: the last one where there
/// are several. Literals become JSON: numbers, strings, True, False, None, lists and tuples, {...} and dict(...).
/// Whatever else stands there (names, calls, sums) is null: nothing is ever executed. Null too where there is no such
/// statement. Brackets nested deeper than 64 are skipped, which also bounds the time to O(characters). The text is
/// UTF-8.
nlohmann::json config_value(std::string_view config, std::string_view name);

}  // namespace orderscope
