// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/desktop/accessible_tree.h"

#include <atspi/atspi.h>

#include <memory>

namespace orderscope::test {

namespace {

struct Unref {
  void operator()(void* object) const {
    if (object != nullptr) g_object_unref(object);
  }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;

std::string taken(gchar* text) {
  std::string result = text == nullptr ? "" : text;
  g_free(text);
  return result;
}

bool has_state(AtspiStateSet* states, AtspiStateType state) {
  return states != nullptr && atspi_state_set_contains(states, state);
}

Accessible describe(AtspiAccessible* node, int depth) {
  Accessible result;
  result.depth = depth;
  result.role = taken(atspi_accessible_get_role_name(node, nullptr));
  result.name = taken(atspi_accessible_get_name(node, nullptr));
  const Owned<AtspiStateSet> states(atspi_accessible_get_state_set(node));
  result.showing = has_state(states.get(), ATSPI_STATE_SHOWING);
  result.checked = has_state(states.get(), ATSPI_STATE_CHECKED);
  result.selected = has_state(states.get(), ATSPI_STATE_SELECTED);
  result.focused = has_state(states.get(), ATSPI_STATE_FOCUSED);
  result.focusable = has_state(states.get(), ATSPI_STATE_FOCUSABLE);
  result.enabled = has_state(states.get(), ATSPI_STATE_ENABLED);
  if (!result.showing) return result;
  if (const Owned<AtspiComponent> component(atspi_accessible_get_component_iface(node)); component) {
    if (AtspiRect* rect = atspi_component_get_extents(component.get(), ATSPI_COORD_TYPE_SCREEN, nullptr)) {
      result.area = {rect->x, rect->y, rect->width, rect->height};
      g_free(rect);
    }
  }
  return result;
}

void walk(AtspiAccessible* node, int depth, std::vector<Accessible>& into) {
  constexpr int kDeepest = 40;
  constexpr std::size_t kMost = 20'000;
  if (node == nullptr || depth > kDeepest || into.size() > kMost) return;
  into.push_back(describe(node, depth));
  // A menu that is closed has children too, and asking for all of them takes its time.
  const std::string role = into.back().role;
  if (!into.back().showing && depth > 1 && role != "menu bar") return;
  const int count = atspi_accessible_get_child_count(node, nullptr);
  for (int i = 0; i < count; ++i)
    walk(Owned<AtspiAccessible>(atspi_accessible_get_child_at_index(node, i, nullptr)).get(), depth + 1, into);
}

}  // namespace

std::vector<Accessible> accessible_tree(pid_t pid) {
  static const bool ready = atspi_init() <= 1;
  std::vector<Accessible> result;
  if (!ready) return result;
  // The program changes all the time: nothing that the library remembers of it is of use.
  const Owned<AtspiAccessible> screen(atspi_get_desktop(0));
  if (!screen) return result;
  atspi_accessible_clear_cache(screen.get());
  const int count = atspi_accessible_get_child_count(screen.get(), nullptr);
  for (int i = 0; i < count; ++i) {
    const Owned<AtspiAccessible> program(atspi_accessible_get_child_at_index(screen.get(), i, nullptr));
    if (!program || static_cast<pid_t>(atspi_accessible_get_process_id(program.get(), nullptr)) != pid) continue;
    atspi_accessible_set_cache_mask(program.get(), ATSPI_CACHE_NONE);
    walk(program.get(), 0, result);
  }
  return result;
}

}  // namespace orderscope::test
