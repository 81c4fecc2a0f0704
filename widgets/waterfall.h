// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>
#include <utility>
#include <vector>

namespace orderscope {

struct WaterfallBar {
  QString name;
  double value = 0;
  bool total = false;  ///< begins at 0, not where the bar before it ends
  bool faint = false;

  bool operator==(const WaterfallBar&) const = default;
};

/// Signed parts that add up: every bar begins where the one before it ends, so that the last part ends at the total.
/// Red adds, blue takes away, as in signed maps.
class Waterfall : public QWidget {
  Q_OBJECT

 public:
  explicit Waterfall(QWidget* parent = nullptr);

  void set_bars(std::vector<WaterfallBar> bars, const QString& unit);
  const std::vector<WaterfallBar>& bars() const { return bars_; }
  /// Where a bar begins and ends, in values.
  std::pair<double, double> span(std::size_t bar) const;
  QRectF bar_rect(std::size_t bar) const;

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool event(QEvent* event) override;

 private:
  QRectF row_rect(std::size_t bar) const;
  QRectF plot_rect() const;
  double x_of(double value) const;
  int row_height() const;

  std::vector<WaterfallBar> bars_;
  QString unit_;
  double low_ = 0, high_ = 0;
};

}  // namespace orderscope
