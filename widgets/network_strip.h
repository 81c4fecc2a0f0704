// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>
#include <vector>

namespace orderscope {

/// A block as the strip shows it.
struct StripBlock {
  QString name;
  int stage = 0;               ///< from 0
  std::vector<double> shares;  ///< of orders 1..n, adding up to 1; empty for a block without orders
  QString stage_name{};        ///< if it is no stage of a backbone
};

/// The network, a column a block, grouped by stage and coloured by the share of each order. Click, or the left and
/// right arrow keys, to go to a block.
class NetworkStrip : public QWidget {
  Q_OBJECT

 public:
  explicit NetworkStrip(QWidget* parent = nullptr);

  void set_blocks(std::vector<StripBlock> blocks);
  void set_current(int block);  ///< -1: none
  int current() const { return current_; }
  int block_count() const { return static_cast<int>(blocks_.size()); }

  QRectF block_rect(int block) const;
  int block_at(QPointF point) const;  ///< -1 between blocks

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

  /// The colour of order k of `highest`, the same in the strip and in its legend.
  static QColor order_color(int order, int highest);

 Q_SIGNALS:
  void block_chosen(int block);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  void paint_block(QPainter& painter, int block) const;
  int highest_order() const;
  int label_height() const;

  std::vector<StripBlock> blocks_;
  int current_ = -1;
  int hovered_ = -1;
};

/// What the colours of the strip mean: a swatch an order.
class OrderLegend : public QWidget {
  Q_OBJECT

 public:
  explicit OrderLegend(QWidget* parent = nullptr);
  void set_highest(int order);  ///< 0: nothing to show
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  int highest_ = 0;
};

}  // namespace orderscope
