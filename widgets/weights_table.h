// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTableView>

class QSortFilterProxyModel;

namespace orderscope {

class WeightsModel;

/// The table of published weights: sorts by any column, filters by text, shows progress where the state is.
class WeightsTable : public QTableView {
  Q_OBJECT

 public:
  explicit WeightsTable(WeightsModel& model, QWidget* parent = nullptr);

  /// Rows with this text in any column.
  void set_filter(const QString& text);
  int chosen() const;  ///< row of the model; -1: none
  void choose(int row);
  int shown_rows() const;

 Q_SIGNALS:
  void chosen_changed(int row);

 private:
  QSortFilterProxyModel* proxy_;
};

}  // namespace orderscope
