// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace orderscope {

class JobsPanel;
class NetworkStrip;
class OrderLegend;
class Session;

/// The bottom: the network as a strip of blocks, and the jobs beside it.
class NetworkPanel : public QWidget {
  Q_OBJECT

 public:
  explicit NetworkPanel(Session& session, QWidget* parent = nullptr);

  NetworkStrip* strip() const { return strip_; }
  JobsPanel* jobs() const { return jobs_; }

 private:
  void show_blocks();

  Session& session_;
  NetworkStrip* strip_;
  OrderLegend* legend_;
  JobsPanel* jobs_;
};

}  // namespace orderscope
