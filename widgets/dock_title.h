// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QDockWidget;

namespace orderscope {

/// The heading of a dock, by which it is dragged; buttons to float and to close it appear under the mouse.
class DockTitle : public QWidget {
  Q_OBJECT

 public:
  explicit DockTitle(QDockWidget* dock);

 protected:
  void enterEvent(QEnterEvent* event) override;
  void leaveEvent(QEvent* event) override;

 private:
  std::vector<QWidget*> buttons_;
};

}  // namespace orderscope
