// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <functional>

class QAction;
class QMenu;

namespace orderscope {

/// An entry of a menu. Every one has a tool tip, and a shortcut unless nobody would look for it twice.
QAction* add_action(QMenu& menu, const QString& text, const QString& shortcut, const QString& tool_tip,
                    std::function<void()> triggered, const QString& icon = {});

}  // namespace orderscope
