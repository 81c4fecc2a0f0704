// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/view_history.h"

#include <QElapsedTimer>
#include <set>

#include "app/gui/page.h"

namespace orderscope {

namespace {

constexpr int kOneStepMilliseconds = 700;

/// Names of the settings in which two states differ.
std::set<std::string> changed_keys(const nlohmann::json& a, const nlohmann::json& b) {
  std::set<std::string> keys;
  for (const auto& item : a.items())
    if (!b.contains(item.key()) || b[item.key()] != item.value()) keys.insert(item.key());
  for (const auto& item : b.items())
    if (!a.contains(item.key())) keys.insert(item.key());
  return keys;
}

}  // namespace

/// Has no tr(): undo texts are the page's title.
class PageStep : public QUndoCommand {
 public:
  PageStep(ViewHistory& history, Page& page, nlohmann::json before, nlohmann::json after)
      : QUndoCommand(page.title()),
        history_(history),
        page_(page),
        before_(std::move(before)),
        after_(std::move(after)) {
    age_.start();
  }

  int id() const override { return 1; }
  void undo() override { history_.apply(page_, before_); }
  void redo() override { history_.apply(page_, after_); }

  bool mergeWith(const QUndoCommand* command) override {
    const auto* next = static_cast<const PageStep*>(command);
    if (&next->page_ != &page_ || age_.elapsed() > kOneStepMilliseconds) return false;
    if (changed_keys(before_, after_) != changed_keys(next->before_, next->after_)) return false;
    after_ = next->after_;
    age_.restart();
    return true;
  }

 private:
  ViewHistory& history_;
  Page& page_;
  nlohmann::json before_, after_;
  QElapsedTimer age_;
};

void ViewHistory::watch(Page& page) {
  known_[&page] = page.state();
  connect(&page, &Page::state_changed, this, [this, &page] { record(page); });
}

void ViewHistory::start_anew() {
  clear();
  for (auto& [page, state] : known_) state = page->state();
}

void ViewHistory::record(Page& page) {
  if (applying_) return;
  nlohmann::json now = page.state();
  nlohmann::json& known = known_[&page];
  if (now == known) return;
  nlohmann::json before = std::exchange(known, now);
  // push() calls redo(), which finds the page in that state already.
  push(new PageStep(*this, page, std::move(before), std::move(now)));
}

void ViewHistory::apply(Page& page, const nlohmann::json& state) {
  if (page.state() == state) return;
  applying_ = true;
  page.restore(state);
  known_[&page] = page.state();
  applying_ = false;
}

}  // namespace orderscope
