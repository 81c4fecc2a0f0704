// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <string>

namespace orderscope {

/// What a reader of a map must know, in short; docs/methods.md has the rest.
struct AttributionNotes {
  QString formula;  ///< A the layer's activation, G = d logit / d A, c channels, p places
  QString reading;  ///< what it shows
  QString caution;  ///< what it does not, and where it misleads
};

/// Of a method by its id; empty texts for one that comes from a plugin.
AttributionNotes notes_about(const std::string& method);

}  // namespace orderscope
