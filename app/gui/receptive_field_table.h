// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTableWidget>
#include <vector>

#include "app/gui/receptive_field_grid.h"

namespace orderscope {

/// Area ratios: a row a field, a column a share. Each cell has the ratio, under it its 95 % interval, and a bar from 0
/// to the whole area with the interval on it. Ctrl+C copies all of it, with tabs between columns.
class AreaTableView : public QTableWidget {
  Q_OBJECT

 public:
  explicit AreaTableView(QWidget* parent = nullptr);

  void set_fields(const std::vector<NamedField>& fields);
  void copy() const;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void fit();

  Table shown_;
};

}  // namespace orderscope
