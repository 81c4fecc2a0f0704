// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/actions.h"

#include <QAction>
#include <QMenu>

#include "widgets/icons.h"

namespace orderscope {

QAction* add_action(QMenu& menu, const QString& text, const QString& shortcut, const QString& tool_tip,
                    std::function<void()> triggered, const QString& icon) {
  auto* action = new QAction(text, &menu);
  if (!icon.isEmpty()) action->setIcon(line_icon(icon));
  action->setShortcut(QKeySequence(shortcut));
  action->setToolTip(tool_tip);
  QObject::connect(action, &QAction::triggered, action, std::move(triggered));
  menu.addAction(action);
  menu.setToolTipsVisible(true);
  return action;
}

}  // namespace orderscope
