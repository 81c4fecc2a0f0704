// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QIcon>
#include <QString>

namespace orderscope {

/// A line icon of resources/icons, drawn sharp at every size in the palette's text colour of the moment, so that a
/// change of theme needs no new icons.
QIcon line_icon(const QString& name);

}  // namespace orderscope
