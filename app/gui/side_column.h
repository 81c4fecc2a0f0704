// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <vector>

class QGridLayout;

namespace orderscope {

/// What stands beside a page's maps: sections below each other, two in a line where there is room for two.
class SideColumn : public QWidget {
  Q_OBJECT

 public:
  explicit SideColumn(QWidget* parent = nullptr);

  void add(QWidget* section);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void arrange();

  QGridLayout* layout_;
  std::vector<QWidget*> sections_;
  int in_line_ = 0;
};

}  // namespace orderscope
