// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLayout>
#include <memory>
#include <vector>

namespace orderscope {

/// Widgets from left to right at their preferred size, on as many lines as the width asks for: nothing is cut off. One
/// that expands, such as a title, takes what its line has left, and the lines after it end at the right as its own.
class FlowLayout : public QLayout {
 public:
  explicit FlowLayout(QWidget* parent);
  ~FlowLayout() override;

  void addItem(QLayoutItem* item) override;
  int count() const override { return static_cast<int>(items_.size()); }
  QLayoutItem* itemAt(int index) const override;
  QLayoutItem* takeAt(int index) override;
  Qt::Orientations expandingDirections() const override { return Qt::Horizontal; }
  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override;     ///< everything on one line
  QSize minimumSize() const override;  ///< as wide as the widest
  void setGeometry(const QRect& area) override;

 private:
  struct Line {
    std::vector<QLayoutItem*> items;
    int width = 0, height = 0;
    bool expands = false;
  };
  std::vector<Line> lines(int width) const;

  std::vector<std::unique_ptr<QLayoutItem>> items_;
};

}  // namespace orderscope
