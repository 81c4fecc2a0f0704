// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/desktop/desktop.h"

#include <X11/XKBlib.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XTest.h>
#include <X11/keysym.h>
#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/desktop/accessible_tree.h"
#include "tests/desktop/drop.h"
#include "tests/desktop/processes.h"

namespace orderscope::test {

namespace {

using namespace std::chrono_literals;

void pause(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }

/// The first line that a program writes to the other end of a pipe.
std::string line_from(int descriptor) {
  std::string line;
  for (char c; ::read(descriptor, &c, 1) == 1 && c != '\n';) line += c;
  ::close(descriptor);
  return line;
}

/// Starts a server that tells its address through the file descriptor whose number is appended to its last argument.
std::pair<Process, std::string> start_server(std::vector<std::string> command) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  command.back() += std::to_string(ends[1]);
  Process process(command, {}, {}, ends[1]);
  ::close(ends[1]);
  return {std::move(process), line_from(ends[0])};
}

const std::string kBus = "/usr/libexec/at-spi-bus-launcher";

}  // namespace

struct Desktop::Parts {
  Process screen, bus, accessibility, program;
  ::Display* display = nullptr;
  int width = 0, height = 0;
  std::string display_name;

  ~Parts() {
    if (display != nullptr) XCloseDisplay(display);
  }
  KeyCode code(KeySym symbol) const { return XKeysymToKeycode(display, symbol); }
  void press(KeyCode key, bool down) const {
    XTestFakeKeyEvent(display, key, down ? True : False, CurrentTime);
    XFlush(display);
  }
};

std::string Desktop::missing() {
  for (const char* program : {"Xvfb", "dbus-daemon"})
    if (!on_path(program)) return std::string(program) + " is not installed";
  if (::access(kBus.c_str(), X_OK) != 0) return kBus + " is not installed (at-spi2-core)";
  return {};
}

Desktop::Desktop(int width, int height) : parts_(std::make_unique<Parts>()) {
  parts_->width = width;
  parts_->height = height;
  std::string number, address;
  const std::string size = std::to_string(width) + "x" + std::to_string(height) + "x24";
  std::tie(parts_->screen, number) =
      start_server({"Xvfb", "-screen", "0", size, "-nolisten", "tcp", "-noreset", "-displayfd", ""});
  if (number.empty()) throw std::runtime_error("Xvfb did not start");
  parts_->display_name = ":" + number;
  std::tie(parts_->bus, address) = start_server({"dbus-daemon", "--session", "--nofork", "--print-address="});
  if (address.empty()) throw std::runtime_error("dbus-daemon did not start");

  // Of this process too: it is a client of the same screen and bus.
  ::setenv("DISPLAY", parts_->display_name.c_str(), 1);
  ::setenv("DBUS_SESSION_BUS_ADDRESS", address.c_str(), 1);
  ::unsetenv("AT_SPI_BUS_ADDRESS");
  // It keeps its socket there: in the user's own folder two would take each other's.
  parts_->accessibility = Process({kBus, "--launch-immediately"},
                                  {{"XDG_RUNTIME_DIR", home_.string()}, {"XDG_CACHE_HOME", home_.string() + "/cache"}});
  // A window may go while it is asked for something.
  XSetErrorHandler([](::Display*, XErrorEvent*) { return 0; });
  parts_->display = XOpenDisplay(parts_->display_name.c_str());
  if (parts_->display == nullptr) throw std::runtime_error("the screen does not answer");
  move(width - 1, height - 1);
}

Desktop::~Desktop() = default;

void Desktop::start(const std::vector<std::string>& arguments, const std::string& program) {
  std::vector<std::string> command{std::string(ORDERSCOPE_BINARY_DIR) + "/bin/" + program};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const std::string home = home_.string();
  parts_->program = Process(command,
                            {{"HOME", home},
                             {"XDG_CONFIG_HOME", home + "/config"},
                             {"XDG_DATA_HOME", home + "/data"},
                             {"XDG_CACHE_HOME", home + "/cache"},
                             {"XDG_STATE_HOME", home + "/state"},
                             {"XDG_RUNTIME_DIR", home},
                             {"QT_QPA_PLATFORM", "xcb"},
                             {"QT_LINUX_ACCESSIBILITY_ALWAYS_ON", "1"},
                             {"QT_SCALE_FACTOR", ""},
                             {"WAYLAND_DISPLAY", ""},
                             {"LC_ALL", "C.UTF-8"}},
                            home + "/output");
}

bool Desktop::running() { return parts_->program.running(); }

int Desktop::close(std::chrono::milliseconds patience) { return parts_->program.wait(patience); }

long Desktop::resident_kib() const {
  std::ifstream status("/proc/" + std::to_string(parts_->program.pid()) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  return 0;
}

std::string Desktop::output() const {
  std::ostringstream text;
  text << std::ifstream(home_ / "output").rdbuf();
  return text.str();
}

Screenshot Desktop::screenshot() const {
  Screenshot shot;
  shot.width = parts_->width;
  shot.height = parts_->height;
  XImage* image = XGetImage(parts_->display, DefaultRootWindow(parts_->display), 0, 0,
                            static_cast<unsigned>(shot.width), static_cast<unsigned>(shot.height), AllPlanes, ZPixmap);
  if (image == nullptr) throw std::runtime_error("the screen cannot be read");
  shot.rgb.resize(std::size_t{3} * static_cast<std::size_t>(shot.width) * static_cast<std::size_t>(shot.height));
  for (int y = 0; y < shot.height; ++y) {
    // 24 bits in 32: blue, green, red, nothing.
    const auto* line = reinterpret_cast<const unsigned char*>(image->data) + std::ptrdiff_t{y} * image->bytes_per_line;
    for (int x = 0; x < shot.width; ++x)
      for (int c = 0; c < 3; ++c) shot.row(y)[3 * x + c] = line[4 * x + 2 - c];
  }
  XDestroyImage(image);
  return shot;
}

void Desktop::move(int x, int y) const {
  XTestFakeMotionEvent(parts_->display, 0, x, y, CurrentTime);
  XFlush(parts_->display);
  pause(30ms);
}

void Desktop::click(int x, int y, int button) const {
  move(x, y);
  for (const Bool down : {True, False}) {
    XTestFakeButtonEvent(parts_->display, static_cast<unsigned>(button), down, CurrentTime);
    XFlush(parts_->display);
    pause(20ms);
  }
}

void Desktop::double_click(const Area& area) const {
  click(area);
  click(area);
}

void Desktop::drag(int from_x, int from_y, int to_x, int to_y, int steps) const {
  move(from_x, from_y);
  XTestFakeButtonEvent(parts_->display, 1, True, CurrentTime);
  for (int i = 1; i <= steps; ++i) move(from_x + (to_x - from_x) * i / steps, from_y + (to_y - from_y) * i / steps);
  XTestFakeButtonEvent(parts_->display, 1, False, CurrentTime);
  XFlush(parts_->display);
}

bool Desktop::drop(int x, int y, const std::vector<std::filesystem::path>& files) const {
  return drop_files(parts_->display, x, y, files);
}

void Desktop::wheel(int x, int y, int steps) const {
  constexpr int kUp = 4, kDown = 5;
  for (int i = 0; i < std::abs(steps); ++i) click(x, y, steps > 0 ? kUp : kDown);
}

// There is no window manager that would: the uppermost window gets the keyboard. Menus take it themselves.
void Desktop::focus() const {
  ::Display* display = parts_->display;
  ::Window root = 0, parent = 0, *children = nullptr;
  unsigned count = 0;
  if (XQueryTree(display, DefaultRootWindow(display), &root, &parent, &children, &count) == 0) return;
  while (count > 0) {
    const ::Window window = children[--count];
    XWindowAttributes about{};
    if (XGetWindowAttributes(display, window, &about) == 0 || about.map_state != IsViewable ||
        about.override_redirect == True || about.c_class != InputOutput)
      continue;
    ::Window focused = 0;
    int revert = 0;
    XGetInputFocus(display, &focused, &revert);
    if (focused == window) break;
    XSetInputFocus(display, window, RevertToParent, CurrentTime);
    XSync(display, False);
    pause(100ms);
    break;
  }
  if (children != nullptr) XFree(children);
}

void Desktop::key(const std::string& combination) const {
  focus();
  std::istringstream parts(combination);
  std::vector<KeyCode> keys;
  for (std::string part; std::getline(parts, part, '+');) {
    const KeySym symbol = part == "ctrl"    ? XK_Control_L
                          : part == "shift" ? XK_Shift_L
                          : part == "alt"   ? XK_Alt_L
                                            : XStringToKeysym(part.c_str());
    if (symbol == NoSymbol) throw std::invalid_argument("no key " + part);
    keys.push_back(parts_->code(symbol));
  }
  for (auto key = keys.begin(); key != keys.end(); ++key) parts_->press(*key, true);
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) parts_->press(*key, false);
  pause(30ms);
}

void Desktop::type(const std::string& text) const {
  focus();
  for (const char c : text) {
    const KeySym symbol = c == ' ' ? XK_space : static_cast<KeySym>(static_cast<unsigned char>(c));  // Latin-1
    const KeyCode code = parts_->code(symbol);
    const bool shifted = XkbKeycodeToKeysym(parts_->display, code, 0, 0) != symbol;
    if (shifted) parts_->press(parts_->code(XK_Shift_L), true);
    parts_->press(code, true);
    parts_->press(code, false);
    if (shifted) parts_->press(parts_->code(XK_Shift_L), false);
    pause(10ms);
  }
}

std::vector<Accessible> Desktop::tree() const { return accessible_tree(parts_->program.pid()); }

std::optional<Accessible> Desktop::focused() const {
  std::optional<Accessible> found;
  for (Accessible& node : accessible_tree(parts_->program.pid(), Look::Focus))
    if (node.focused && node.showing && node.role != "frame" && (!found || node.depth > found->depth))
      found = std::move(node);
  return found;
}

std::optional<Accessible> Desktop::find(const std::function<bool(const Accessible&)>& matches,
                                        std::chrono::milliseconds patience) const {
  std::optional<Accessible> found;
  wait_for(
      [&] {
        for (Accessible& node : tree())
          if (node.showing && !node.area.empty() && matches(node)) {
            found = std::move(node);
            return true;
          }
        return !parts_->program.running();
      },
      patience);
  return found;
}

std::optional<Accessible> Desktop::find(const std::string& role, const std::string& name,
                                        std::chrono::milliseconds patience) const {
  return find([&](const Accessible& node) { return node.role == role && node.name == name; }, patience);
}

Screenshot Desktop::until(const std::function<bool(const Screenshot&)>& holds,
                          std::chrono::milliseconds patience) const {
  Screenshot last;
  wait_for(
      [&] {
        last = screenshot();
        if (holds(last)) return true;
        pause(100ms);
        return !parts_->program.running();
      },
      patience);
  return last;
}

Screenshot Desktop::settled(std::chrono::milliseconds patience) const {
  Screenshot last = screenshot();
  int same = 0;
  wait_for(
      [&] {
        pause(100ms);
        Screenshot next = screenshot();
        // A caret that blinks is no change.
        constexpr double kCaret = 100;
        const Area all{0, 0, next.width, next.height};
        same = next.changed(last, all) * next.width * next.height < kCaret ? same + 1 : 0;
        last = std::move(next);
        constexpr int kStill = 6;
        return same >= kStill;
      },
      patience);
  return last;
}

bool wait_for(const std::function<bool()>& holds, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    pause(20ms);
  }
  return true;
}

}  // namespace orderscope::test
