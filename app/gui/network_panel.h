// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;

namespace orderscope {

class NetworkStrip;
class OrderLegend;
class Session;

/// The network as a strip of blocks, with what its colours mean.
class NetworkPanel : public QWidget {
  Q_OBJECT

 public:
  explicit NetworkPanel(Session& session, QWidget* parent = nullptr);

  NetworkStrip* strip() const { return strip_; }

 private:
  void show_blocks();

  Session& session_;
  NetworkStrip* strip_;
  QLabel* what_;
  OrderLegend* legend_;
};

}  // namespace orderscope
