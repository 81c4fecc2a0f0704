// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pickle.h"

#include "tests/fuzz/targets/support.h"

namespace orderscope::fuzz {

void pickle(Bytes bytes) {
  const auto read = Pickle::read(as_bytes(bytes));
  if (!read) return check_error(read.error());
  if (read->length() > bytes.size()) violated("a pickle is no longer than its bytes");
  // Values may refer to each other in circles: each is looked at once, in the order in which they were made.
  std::size_t text = 0;
  for (const PickleValue& value : read->values()) {
    text += value.text.size() + value.description().size() + value.global_name().size();
    for (const PickleValue* item : value.items) text += static_cast<std::size_t>(item->kind);
    (void)value.find("model");
  }
  if (read->values().size() > bytes.size()) violated("each value takes a byte of the pickle at least");
  volatile const std::size_t looked_at = text;
  (void)looked_at;
}

}  // namespace orderscope::fuzz
