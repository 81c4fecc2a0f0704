// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/desktop/desktop.h"

namespace orderscope::test {

/// OrderScope on a screen of 1280 x 800, which its window fills.
class DesktopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = Desktop::missing(); !reason.empty()) GTEST_SKIP() << reason;
    desktop = std::make_unique<Desktop>(1280, 800);
  }
  void TearDown() override;

  /// Starts it and waits until the maps are on the screen. As a first start it begins with a tour.
  void start(std::vector<std::string> arguments = {}, bool first = false);
  /// Ctrl+Q; expects a clean end.
  void quit();
  /// Until there are maps and nothing is computed any more.
  void wait_for_maps();
  /// Until the list of jobs is empty and the screen no longer changes.
  Screenshot idle() const;
  /// The page in the middle: what lies between the panels.
  Area page_area() const;
  std::vector<std::string> pages() const;  ///< as their tabs name them
  bool in_front(const std::string& page) const;
  void go_to(const std::string& page);  ///< by its tab, with the mouse; until it is in front
  /// Until more than this share of the page differs from `before`, and nothing is computed any more.
  Screenshot changed_page(const Screenshot& before, double share) const;
  /// Until less than this share of the page differs from `before`.
  Screenshot same_page(const Screenshot& before, double share) const;
  /// Keeps what was seen, for people: build/PRESET/screenshots/NAME.png.
  void keep(const Screenshot& shot, const std::string& name) const;
  bool shows(const std::string& name, std::chrono::milliseconds patience = kPatience) const;

  std::unique_ptr<Desktop> desktop;
};

}  // namespace orderscope::test
