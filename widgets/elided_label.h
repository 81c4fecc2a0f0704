// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace orderscope {

/// One line of text that ends in "…" where there is no room, and shows all of itself as a tool tip then.
class ElidedLabel : public QWidget {
  Q_OBJECT

 public:
  explicit ElidedLabel(QPalette::ColorRole role, QWidget* parent = nullptr, Qt::TextElideMode mode = Qt::ElideRight);

  void set_text(const QString& text);
  QString text() const { return text_; }
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void update_tool_tip();

  QString text_;
  QPalette::ColorRole role_;
  Qt::TextElideMode mode_;
};

}  // namespace orderscope
