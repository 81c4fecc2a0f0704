// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/side_column.h"

#include <QGridLayout>
#include <QTimer>

#include "widgets/theme.h"

namespace orderscope {

SideColumn::SideColumn(QWidget* parent) : QWidget(parent), layout_(new QGridLayout(this)) {
  layout_->setContentsMargins(0, 0, 2 * kStep, 0);
  layout_->setVerticalSpacing(5 * kStep);
  layout_->setHorizontalSpacing(8 * kStep);
}

void SideColumn::add(QWidget* section) {
  sections_.push_back(section);
  in_line_ = 0;
  arrange();
}

void SideColumn::arrange() {
  constexpr int kWide = 640;  // for two sections with plots
  const int in_line = width() >= kWide ? 2 : 1;
  if (in_line == in_line_) return;
  in_line_ = in_line;
  const int count = static_cast<int>(sections_.size());
  for (int i = 0; i < count; ++i) {
    QWidget* section = sections_[static_cast<std::size_t>(i)];
    layout_->removeWidget(section);
    // The last one has a line of its own if it is left alone in it.
    const bool alone = i + 1 == count && i % in_line == 0;
    layout_->addWidget(section, i / in_line, i % in_line, 1, alone ? in_line : 1);
  }
  for (int column = 0; column < 2; ++column) layout_->setColumnStretch(column, column < in_line ? 1 : 0);
  for (int row = 0; row <= count; ++row) layout_->setRowStretch(row, row == count ? 1 : 0);
}

void SideColumn::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  QTimer::singleShot(0, this, &SideColumn::arrange);  // not while the layout is at work
}

}  // namespace orderscope
