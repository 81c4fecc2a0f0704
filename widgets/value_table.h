// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "widgets/figure/panel_grid.h"

class QTableWidget;

namespace orderscope {

/// The values of all maps of a grid under the cross hair: a row an order, a column a quantity; below them a row for
/// each quantity that has a single map and no order. What has no room is scrolled to.
class ValueTable : public QWidget {
  Q_OBJECT

 public:
  explicit ValueTable(QWidget* parent = nullptr);

  void set_grid(const PanelGrid& grid);
  void set_cursor(std::optional<QPointF> position);

  QSize sizeHint() const override;
  QString text(int row, int column) const;
  int row_count() const;
  int column_count() const;

 private:
  struct Cell {
    int row = 0;
    int column = 0;
    std::shared_ptr<const Map> map;
  };
  void set_text(int row, int column, const QString& text, bool is_value);

  QTableWidget* table_;
  std::vector<Cell> cells_;
  std::optional<QPointF> cursor_;
};

}  // namespace orderscope
