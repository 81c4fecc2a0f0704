// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/image/image.h"
#include "tests/temporary_folder.h"

namespace orderscope::test {

struct Area {
  int x = 0, y = 0, width = 0, height = 0;

  int centre_x() const { return x + width / 2; }
  int centre_y() const { return y + height / 2; }
  bool empty() const { return width <= 0 || height <= 0; }
};

struct Color {
  int r = 0, g = 0, b = 0;
  int saturation() const;  ///< 0 for grey to 255
  int lightness() const { return (r + g + b) / 3; }
};

/// How long anything is waited for that must come: a loaded machine with two cores needs its time, an idle one a
/// second.
constexpr std::chrono::milliseconds kPatience = std::chrono::seconds(90);

/// What the screen shows.
struct Screenshot : Image {
  Color at(int x, int y) const;
  Area clipped(Area area) const;
  /// Share of the area's pixels for which this holds.
  double share(const Area& area, const std::function<bool(Color)>& holds) const;
  /// Share of pixels that are colours rather than greys: maps and photos, not the program around them.
  double colourful(const Area& area) const;
  /// Number of different colours, of 4 bits a channel.
  int variety(const Area& area) const;
  /// Share of pixels that differ by more than rounding.
  double changed(const Screenshot& before, const Area& area) const;
};

/// A node of the tree that assistive programs see.
struct Accessible {
  std::string role;  ///< "push button", "page tab", "list item", ...
  std::string name;
  Area area;  ///< on the screen; of what is showing
  bool showing = false, checked = false, selected = false, focused = false, focusable = false, enabled = false;
  int depth = 0;
};

/// The real program on a screen of its own (Xvfb), used by keyboard and mouse (XTest), read by its pixels and by what
/// it tells assistive programs (AT-SPI on a message bus of its own).
class Desktop {
 public:
  /// Why this machine cannot do it; empty if it can.
  static std::string missing();

  Desktop(int width, int height);
  ~Desktop();
  Desktop(const Desktop&) = delete;
  Desktop& operator=(const Desktop&) = delete;

  /// Starts a program of the build's bin folder with a home folder of its own.
  void start(const std::vector<std::string>& arguments, const std::string& program = "orderscope");
  bool running();
  /// Asks it to close (SIGTERM after `patience`). Returns the exit code, 128 + signal if it was killed.
  int close(std::chrono::milliseconds patience = kPatience);
  /// Resident memory of the program in KiB; 0 when it is gone.
  long resident_kib() const;
  std::string output() const;  ///< stdout and stderr of the program

  Screenshot screenshot() const;
  void move(int x, int y) const;
  void click(int x, int y, int button = 1) const;
  void click(const Area& area) const { click(area.centre_x(), area.centre_y()); }
  void double_click(const Area& area) const;
  /// 30 ms a step.
  void drag(int from_x, int from_y, int to_x, int to_y, int steps = 10) const;
  /// Drops files as a file manager does; false if the place does not take them.
  bool drop(int x, int y, const std::vector<std::filesystem::path>& files) const;
  void wheel(int x, int y, int steps) const;       ///< up if positive
  void key(const std::string& combination) const;  ///< "ctrl+shift+l", "F5", "Tab"
  void type(const std::string& text) const;

  std::vector<Accessible> tree() const;
  std::optional<Accessible> focused() const;  ///< what has the keyboard; of several the innermost
  /// The first that matches and is on the screen, waited for.
  std::optional<Accessible> find(const std::function<bool(const Accessible&)>& matches,
                                 std::chrono::milliseconds patience = kPatience) const;
  std::optional<Accessible> find(const std::string& role, const std::string& name,
                                 std::chrono::milliseconds patience = kPatience) const;
  /// Until the screen shows it. The last one that was seen, whether it does or not.
  Screenshot until(const std::function<bool(const Screenshot&)>& holds,
                   std::chrono::milliseconds patience = kPatience) const;
  /// Until the screen no longer changes for a while. On a loaded machine that says nothing of what was asked for a
  /// moment ago: wait for that with until() or find() first.
  Screenshot settled(std::chrono::milliseconds patience = kPatience) const;

  const TemporaryFolder& home() const { return home_; }

 private:
  void focus() const;

  struct Parts;
  TemporaryFolder home_;  // outlives those who write into it
  std::unique_ptr<Parts> parts_;
};

/// Waits until it holds.
bool wait_for(const std::function<bool()>& holds, std::chrono::milliseconds patience = kPatience);

}  // namespace orderscope::test
