// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include "widgets/theme.h"

class QApplication;

namespace orderscope {

QString theme_style_sheet(ThemeKind kind);

/// Another theme while windows are open, in three turns of the event loop: a style sheet that takes another's place
/// costs several times what it costs to take one away and to set one, and each of these some 40 ms for a thousand
/// widgets.
void switch_theme(QApplication& application, ThemeKind kind);

}  // namespace orderscope
