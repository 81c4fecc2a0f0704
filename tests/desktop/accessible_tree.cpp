// SPDX-License-Identifier: GPL-3.0-or-later
// AT-SPI over its message bus. libatspi waits for every answer before it asks the next question, and a window has
// thousands of them: here those of a level of the tree are under way together.
#include "tests/desktop/accessible_tree.h"

#include <gio/gio.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>

namespace orderscope::test {

namespace {

constexpr const char* kAccessible = "org.a11y.atspi.Accessible";
constexpr int kAnswer = 60'000;  // milliseconds

struct Unref {
  void operator()(GVariant* value) const { g_variant_unref(value); }
  void operator()(GDBusConnection* connection) const { g_object_unref(connection); }
  void operator()(GMainContext* context) const { g_main_context_unref(context); }
};
using Value = std::unique_ptr<GVariant, Unref>;
using Connection = std::unique_ptr<GDBusConnection, Unref>;

/// Where an object is: the program's name on the bus, and its path there.
struct Place {
  std::string bus, path;
};

class Bus {
 public:
  explicit Bus(const char* address) : context_(g_main_context_new()) {
    g_main_context_push_thread_default(context_.get());
    constexpr auto kFlags = static_cast<GDBusConnectionFlags>(G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                              G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION);
    connection_.reset(g_dbus_connection_new_for_address_sync(address, kFlags, nullptr, nullptr, nullptr));
  }
  ~Bus() {
    connection_.reset();
    g_main_context_pop_thread_default(context_.get());
  }
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  using Answer = std::function<void(GVariant* answer)>;  ///< a tuple of what the method returns

  /// An answer that is an error, or never comes, is not told.
  void ask(const Place& at, const char* interface, const char* method, GVariant* arguments, Answer answer) {
    if (!connection_) {
      if (arguments != nullptr) g_variant_unref(g_variant_ref_sink(arguments));
      return;
    }
    ++pending_;
    g_dbus_connection_call(connection_.get(), at.bus.c_str(), at.path.c_str(), interface, method, arguments, nullptr,
                           G_DBUS_CALL_FLAGS_NONE, kAnswer, nullptr, &Bus::take, new Question{this, std::move(answer)});
  }
  void ask(const Place& at, const char* method, Answer answer) {
    ask(at, kAccessible, method, nullptr, std::move(answer));
  }
  void ask_property(const Place& at, const char* property, Answer answer) {
    ask(at, "org.freedesktop.DBus.Properties", "Get", g_variant_new("(ss)", kAccessible, property),
        [answer = std::move(answer)](GVariant* tuple) {
          const Value boxed(g_variant_get_child_value(tuple, 0));
          const Value value(g_variant_get_variant(boxed.get()));
          answer(value.get());
        });
  }
  /// Until all that was asked is answered.
  void wait() {
    while (pending_ > 0) g_main_context_iteration(context_.get(), TRUE);
  }

 private:
  struct Question {
    Bus* bus;
    Answer answer;
  };
  static void take(GObject* source, GAsyncResult* result, gpointer data) {
    const std::unique_ptr<Question> question(static_cast<Question*>(data));
    --question->bus->pending_;
    const Value answer(g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, nullptr));
    if (answer) question->answer(answer.get());
  }

  std::unique_ptr<GMainContext, Unref> context_;
  Connection connection_;
  int pending_ = 0;
};

std::string text_of(GVariant* value) {
  return g_variant_is_of_type(value, G_VARIANT_TYPE_STRING) ? g_variant_get_string(value, nullptr) : std::string();
}

std::string first_text(GVariant* tuple) {
  const Value value(g_variant_get_child_value(tuple, 0));
  return text_of(value.get());
}

Place place_of(GVariant* pair) {
  const char *bus = "", *path = "";
  g_variant_get(pair, "(&s&o)", &bus, &path);
  return {bus, path};
}

struct Node {
  Place at;
  Accessible about;
  int child_count = 0;
  std::vector<std::unique_ptr<Node>> children;
};

void take_states(GVariant* tuple, Accessible& about) {
  constexpr unsigned kChecked = 4, kEnabled = 8, kFocusable = 11, kFocused = 12, kSelected = 23, kShowing = 25;
  const Value words(g_variant_get_child_value(tuple, 0));
  gsize count = 0;
  const auto* bits = static_cast<const guint32*>(g_variant_get_fixed_array(words.get(), &count, sizeof(guint32)));
  const auto has = [&](unsigned state) { return count > state / 32 && ((bits[state / 32] >> state % 32) & 1) != 0; };
  about.checked = has(kChecked);
  about.enabled = has(kEnabled);
  about.focusable = has(kFocusable);
  about.focused = has(kFocused);
  about.selected = has(kSelected);
  about.showing = has(kShowing);
}

/// All of a level, and places of the next one.
std::vector<Node*> look_at(Bus& bus, const std::vector<Node*>& level, Look look) {
  constexpr int kMostChildren = 400;  // of a table that somebody sees a part of
  for (Node* node : level) {
    bus.ask(node->at, "GetState", [node](GVariant* answer) { take_states(answer, node->about); });
    bus.ask_property(node->at, "ChildCount", [node](GVariant* answer) {
      if (g_variant_is_of_type(answer, G_VARIANT_TYPE_INT32)) node->child_count = g_variant_get_int32(answer);
    });
  }
  bus.wait();
  for (Node* node : level) {
    const Accessible& about = node->about;
    if (look == Look::Focus ? about.focused : about.showing || about.depth <= 1) {
      bus.ask(node->at, "GetRoleName", [node](GVariant* answer) { node->about.role = first_text(answer); });
      bus.ask_property(node->at, "Name", [node](GVariant* answer) { node->about.name = text_of(answer); });
      bus.ask(node->at, "org.a11y.atspi.Component", "GetExtents", g_variant_new("(u)", 0U), [node](GVariant* answer) {
        Area& area = node->about.area;
        g_variant_get(answer, "((iiii))", &area.x, &area.y, &area.width, &area.height);
      });
    }
    // A menu that is closed has children too.
    if (!about.showing && about.depth > 1) continue;
    const auto add_child = [node](GVariant* pair) {
      node->children.push_back(std::make_unique<Node>());
      node->children.back()->at = place_of(pair);
      node->children.back()->about.depth = node->about.depth + 1;
    };
    // All at once where that is no table: Qt 6.4 crashes where the child of a number is asked for that has just gone.
    if (node->child_count <= kMostChildren) {
      bus.ask(node->at, "GetChildren", [add_child](GVariant* answer) {
        const Value list(g_variant_get_child_value(answer, 0));
        for (gsize i = 0; i < g_variant_n_children(list.get()); ++i) {
          const Value pair(g_variant_get_child_value(list.get(), i));
          add_child(pair.get());
        }
      });
      continue;
    }
    for (int i = 0; i < kMostChildren; ++i)
      bus.ask(node->at, kAccessible, "GetChildAtIndex", g_variant_new("(i)", i), [add_child](GVariant* answer) {
        const Value pair(g_variant_get_child_value(answer, 0));
        add_child(pair.get());
      });
  }
  bus.wait();
  std::vector<Node*> next;
  for (const Node* node : level)
    for (const auto& child : node->children)
      if (!child->at.path.empty() && !child->at.path.ends_with("/null")) next.push_back(child.get());
  return next;
}

void flatten(const Node& node, std::vector<Accessible>& into) {
  into.push_back(node.about);
  for (const auto& child : node.children) flatten(*child, into);
}

/// The bus of assistive programs, of the message bus that our environment names.
std::string accessibility_address() {
  const char* session = std::getenv("DBUS_SESSION_BUS_ADDRESS");
  if (session == nullptr) return {};
  std::string address;
  Bus bus(session);
  bus.ask({"org.a11y.Bus", "/org/a11y/bus"}, "org.a11y.Bus", "GetAddress", nullptr,
          [&](GVariant* answer) { address = first_text(answer); });
  bus.wait();
  return address;
}

}  // namespace

std::vector<Accessible> accessible_tree(pid_t pid, Look look) {
  std::vector<Accessible> result;
  const std::string address = accessibility_address();
  if (address.empty()) return result;
  Bus bus(address.c_str());
  std::vector<Place> programs;
  bus.ask({"org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root"}, "GetChildren", [&](GVariant* answer) {
    const Value list(g_variant_get_child_value(answer, 0));
    for (gsize i = 0; i < g_variant_n_children(list.get()); ++i) {
      const Value pair(g_variant_get_child_value(list.get(), i));
      programs.push_back(place_of(pair.get()));
    }
  });
  bus.wait();
  for (const Place& program : programs) {
    pid_t owner = 0;
    bus.ask({"org.freedesktop.DBus", "/org/freedesktop/DBus"}, "org.freedesktop.DBus", "GetConnectionUnixProcessID",
            g_variant_new("(s)", program.bus.c_str()), [&](GVariant* answer) {
              guint32 number = 0;
              g_variant_get(answer, "(u)", &number);
              owner = static_cast<pid_t>(number);
            });
    bus.wait();
    if (owner != pid) continue;
    Node root{program, {}, 0, {}};
    constexpr int kDeepest = 40;
    std::vector<Node*> level{&root};
    for (int depth = 0; depth < kDeepest && !level.empty(); ++depth) level = look_at(bus, level, look);
    flatten(root, result);
  }
  return result;
}

}  // namespace orderscope::test
