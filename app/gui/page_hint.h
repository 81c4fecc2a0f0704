// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QLabel;
class QToolButton;
class QWidget;

namespace orderscope {

/// What a page shows in the place of its maps while there are none: a line that says why, and a button under it.
struct PageHint {
  explicit PageHint(QWidget* parent);

  QWidget* widget;
  QLabel* label;
  QToolButton* button;
};

}  // namespace orderscope
