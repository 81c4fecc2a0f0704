// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QUndoStack>
#include <map>
#include <nlohmann/json.hpp>

namespace orderscope {

class Page;

/// Undo and redo of what people change on pages. Each step holds a page's state before and after; changes of the same
/// settings in quick succession, as a dragged slider makes them, are one step.
class ViewHistory : public QUndoStack {
  Q_OBJECT

 public:
  using QUndoStack::QUndoStack;

  void watch(Page& page);
  /// Forgets all steps and takes the pages as they are now.
  void start_anew();

 private:
  friend class PageStep;
  void record(Page& page);
  void apply(Page& page, const nlohmann::json& state);

  std::map<Page*, nlohmann::json> known_;
  bool applying_ = false;
};

}  // namespace orderscope
