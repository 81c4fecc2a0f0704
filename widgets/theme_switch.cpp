// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/theme_switch.h"

#include <QApplication>
#include <QLayout>
#include <QTimer>
#include <QWidget>

namespace orderscope {
namespace {

/// Without its style sheet a window looks otherwise and may want to be larger: nobody sees that.
void hold_windows(bool held) {
  for (QWidget* window : QApplication::topLevelWidgets()) {
    if (window->layout()) window->layout()->setEnabled(!held);
    window->setUpdatesEnabled(!held);
  }
}

}  // namespace

void switch_theme(QApplication& application, ThemeKind kind) {
  // A timer of 0 would be an event like those that follow from what is done here, in the same turn.
  constexpr int kNextTurn = 1;  // milliseconds
  hold_windows(true);
  application.setStyleSheet({});
  application.setPalette(theme_palette(kind));
  QTimer::singleShot(kNextTurn, &application, [&application, kind] {
    application.setStyleSheet(theme_style_sheet(kind));
    QTimer::singleShot(kNextTurn, &application, [] { hold_windows(false); });
  });
}

}  // namespace orderscope
