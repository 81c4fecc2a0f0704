// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/dock_title.h"

#include <QDockWidget>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

#include "widgets/icons.h"
#include "widgets/theme.h"

namespace orderscope {

DockTitle::DockTitle(QDockWidget* dock) : QWidget(dock) {
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(3 * kStep, 2 * kStep, 2 * kStep, kStep);
  layout->setSpacing(0);
  layout->addWidget(make_heading(dock->windowTitle(), this));
  layout->addStretch(1);
  const auto add_button = [&](const QString& icon, const QString& what, auto action) {
    auto* button = new QToolButton(this);
    button->setIcon(line_icon(icon));
    button->setIconSize({12, 12});
    button->setFixedSize(18, 18);
    button->setFocusPolicy(Qt::NoFocus);
    button->setToolTip(what);
    button->setAccessibleName(QStringLiteral("%1: %2").arg(dock->windowTitle(), what));
    connect(button, &QToolButton::clicked, dock, action);
    QSizePolicy policy = button->sizePolicy();
    policy.setRetainSizeWhenHidden(true);
    button->setSizePolicy(policy);
    button->hide();
    layout->addWidget(button);
    buttons_.push_back(button);
  };
  add_button(QStringLiteral("float"), tr("Float or dock"), [dock] { dock->setFloating(!dock->isFloating()); });
  add_button(QStringLiteral("close"), tr("Close (the Window menu brings it back)"), [dock] { dock->close(); });
}

void DockTitle::enterEvent(QEnterEvent*) {
  for (QWidget* button : buttons_) button->show();
}

void DockTitle::leaveEvent(QEvent*) {
  for (QWidget* button : buttons_) button->hide();
}

}  // namespace orderscope
