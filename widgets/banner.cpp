// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/banner.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

#include "widgets/icons.h"
#include "widgets/theme.h"

namespace orderscope {

Banner::Banner(QWidget* parent) : QFrame(parent), icon_(new QLabel(this)), label_(new QLabel(this)) {
  setObjectName(QStringLiteral("banner"));
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(3 * kStep, kStep, kStep, kStep);
  layout->setSpacing(2 * kStep);
  icon_->setPixmap(line_icon(QStringLiteral("warning")).pixmap(QSize(16, 16), devicePixelRatioF()));
  label_->setWordWrap(true);
  label_->setTextFormat(Qt::PlainText);
  label_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  auto* close = new QToolButton(this);
  close->setIcon(line_icon(QStringLiteral("close")));
  close->setToolTip(tr("Dismiss"));
  close->setAccessibleName(tr("Dismiss"));
  connect(close, &QToolButton::clicked, this, &Banner::dismiss);
  layout->addWidget(icon_);
  layout->addWidget(label_, 1);
  layout->addWidget(close);
  hide();
}

void Banner::show_message(const QString& text) {
  label_->setText(text);
  setAccessibleName(text);
  show();
}

void Banner::dismiss() {
  if (isHidden()) return;
  hide();
  Q_EMIT dismissed();
}

QString Banner::text() const { return label_->text(); }

}  // namespace orderscope
