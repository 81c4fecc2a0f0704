// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QWidget>
#include <vector>

#include "core/run/inspection.h"

class QLineEdit;
class QListView;
class QModelIndex;
class QSortFilterProxyModel;
class QStandardItemModel;

namespace orderscope {

/// What a row's colour means elsewhere, and whether it is shown there. Rows of one group are shown and hidden together.
struct ScoreKey {
  QColor color;
  int group = -1;
  bool shown = true;
};

/// Class scores as bars, the most likely first; one of them is the class that is explained. With many classes a search
/// field above filters by name or number. With keys the list is a legend too: a click on a colour, or Space, hides it.
class ScoreList : public QWidget {
  Q_OBJECT

 public:
  explicit ScoreList(QWidget* parent = nullptr);

  void set_scores(const std::vector<ClassScore>& scores);
  /// One a score; empty: the rows have no colours.
  void set_keys(const std::vector<ScoreKey>& keys);
  /// Class index, or -1.
  void set_chosen(int class_index);
  int chosen() const { return chosen_; }

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;
  void focus_search();  ///< the keyboard goes to the search field, or to the list where there is none

  QLineEdit* search_field() const { return search_; }
  QListView* view() const { return view_; }

 Q_SIGNALS:
  void class_chosen(int class_index);
  void key_toggled(int group);  ///< somebody wants it shown, or hidden

 protected:
  bool eventFilter(QObject* object, QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  int height_of(int rows) const;  ///< with at most so many
  void toggle_key(const QModelIndex& index);

  QLineEdit* search_;
  QListView* view_;
  QStandardItemModel* model_;
  QSortFilterProxyModel* filtered_;
  int chosen_ = -1;
};

}  // namespace orderscope
