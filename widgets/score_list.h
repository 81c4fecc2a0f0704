// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <vector>

#include "core/run/inspection.h"

class QLineEdit;
class QListView;
class QSortFilterProxyModel;
class QStandardItemModel;

namespace orderscope {

/// Class scores as bars, the most likely first; one of them is the class that is explained. With many classes a search
/// field above filters by name or number.
class ScoreList : public QWidget {
  Q_OBJECT

 public:
  explicit ScoreList(QWidget* parent = nullptr);

  void set_scores(const std::vector<ClassScore>& scores);
  /// Class index, or -1.
  void set_chosen(int class_index);
  int chosen() const { return chosen_; }

  void focus_search();  ///< the keyboard goes to the search field, or to the list where there is none

  QLineEdit* search_field() const { return search_; }
  QListView* view() const { return view_; }

 Q_SIGNALS:
  void class_chosen(int class_index);

 private:
  QLineEdit* search_;
  QListView* view_;
  QStandardItemModel* model_;
  QSortFilterProxyModel* filtered_;
  int chosen_ = -1;
};

}  // namespace orderscope
