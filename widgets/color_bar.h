// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "widgets/figure/color_scale.h"

namespace orderscope {

/// What the colours of a group of tiles mean.
class ColorBar : public QWidget {
  Q_OBJECT

 public:
  explicit ColorBar(QWidget* parent = nullptr);
  /// `relative`: every tile has a range of its own, so the bar says "max" instead of a number.
  void set_scale(const ColorScale& scale, bool relative);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  ColorScale scale_;
  bool relative_ = false;
};

}  // namespace orderscope
