// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/page_hint.h"

#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

namespace orderscope {

PageHint::PageHint(QWidget* parent)
    : widget(new QWidget(parent)), label(new QLabel(widget)), button(new QToolButton(widget)) {
  label->setAlignment(Qt::AlignCenter);
  label->setWordWrap(true);
  label->setForegroundRole(QPalette::PlaceholderText);
  auto* lines = new QVBoxLayout(widget);
  lines->addStretch(1);
  lines->addWidget(label);
  lines->addWidget(button, 0, Qt::AlignHCenter);
  lines->addStretch(1);
}

}  // namespace orderscope
