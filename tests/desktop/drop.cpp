// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/desktop/drop.h"

#include <X11/Xatom.h>
#include <X11/Xlib.h>

#include <chrono>
#include <string>
#include <thread>

#include "tests/desktop/desktop.h"

namespace orderscope::test {

namespace {

constexpr long kVersion = 5;

struct Drag {
  Display* display;
  Window source = None, target = None;
  std::string content{};
  bool answered = false, accepted = false, finished = false;

  Atom atom(const char* name) const { return XInternAtom(display, name, False); }

  void send(const char* type, long a, long b, long c, long d) const {
    XEvent event{};
    event.xclient.type = ClientMessage;
    event.xclient.window = target;
    event.xclient.message_type = atom(type);
    event.xclient.format = 32;
    event.xclient.data.l[0] = static_cast<long>(source);
    event.xclient.data.l[1] = a;
    event.xclient.data.l[2] = b;
    event.xclient.data.l[3] = c;
    event.xclient.data.l[4] = d;
    XSendEvent(display, target, False, NoEventMask, &event);
    XFlush(display);
  }

  void give(const XSelectionRequestEvent& request) const {
    XChangeProperty(display, request.requestor, request.property, request.target, 8, PropModeReplace,
                    reinterpret_cast<const unsigned char*>(content.data()), static_cast<int>(content.size()));
    XEvent event{};
    event.xselection.type = SelectionNotify;
    event.xselection.requestor = request.requestor;
    event.xselection.selection = request.selection;
    event.xselection.target = request.target;
    event.xselection.property = request.property;
    event.xselection.time = request.time;
    XSendEvent(display, request.requestor, False, NoEventMask, &event);
    XFlush(display);
  }

  /// Serves the target until it has answered or finished.
  bool serve(const bool& until) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!until && std::chrono::steady_clock::now() < end) {
      while (XPending(display) > 0) {
        XEvent event;
        XNextEvent(display, &event);
        if (event.type == SelectionRequest) give(event.xselectionrequest);
        if (event.type != ClientMessage) continue;
        if (event.xclient.message_type == atom("XdndStatus")) {
          answered = true;
          accepted = (event.xclient.data.l[1] & 1) != 0;
        }
        if (event.xclient.message_type == atom("XdndFinished")) finished = true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return until;
  }
};

/// The innermost window at this place that takes drops.
Window aware_window(Display* display, Window window, int x, int y, Atom aware) {
  Atom type = None;
  int format = 0;
  unsigned long count = 0, left = 0;
  unsigned char* data = nullptr;
  XGetWindowProperty(display, window, aware, 0, 1, False, AnyPropertyType, &type, &format, &count, &left, &data);
  if (data != nullptr) XFree(data);
  if (type != None) return window;
  Window child = None;
  int child_x = 0, child_y = 0;
  if (!XTranslateCoordinates(display, DefaultRootWindow(display), window, x, y, &child_x, &child_y, &child))
    return None;
  return child == None ? None : aware_window(display, child, x, y, aware);
}

std::string uri_list(const std::vector<std::filesystem::path>& files) {
  std::string text;
  for (const auto& file : files) {
    text += "file://";
    for (const char c : file.string()) text += c == ' ' ? std::string("%20") : std::string(1, c);
    text += "\r\n";
  }
  return text;
}

}  // namespace

bool drop_files(Display* display, int x, int y, const std::vector<std::filesystem::path>& files) {
  Drag drag{display, XCreateSimpleWindow(display, DefaultRootWindow(display), -10, -10, 1, 1, 0, 0, 0)};
  drag.content = uri_list(files);
  drag.target = aware_window(display, DefaultRootWindow(display), x, y, drag.atom("XdndAware"));
  if (drag.target != None) {
    XSetSelectionOwner(display, drag.atom("XdndSelection"), drag.source, CurrentTime);
    drag.send("XdndEnter", kVersion << 24, static_cast<long>(drag.atom("text/uri-list")), 0, 0);
    drag.send("XdndPosition", 0, (static_cast<long>(x) << 16) | y, CurrentTime,
              static_cast<long>(drag.atom("XdndActionCopy")));
    if (drag.serve(drag.answered) && drag.accepted) {
      drag.send("XdndDrop", 0, CurrentTime, 0, 0);
      drag.serve(drag.finished);
    }
  }
  XDestroyWindow(display, drag.source);
  XFlush(display);
  return drag.finished;
}

}  // namespace orderscope::test
