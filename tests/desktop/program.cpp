// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/desktop/program.h"

#include "core/base/files.h"
#include "core/image/png.h"

namespace orderscope::test {

using namespace std::chrono_literals;

void DesktopTest::TearDown() {
  if (!desktop || !HasFailure()) return;
  keep(desktop->screenshot(), std::string("failed-") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
  std::string nodes;
  for (const Accessible& node : desktop->tree())
    if (node.showing)
      nodes += std::string(static_cast<std::size_t>(node.depth), ' ') + node.role + " '" + node.name + "'\n";
  const bool runs = desktop->running();
  ADD_FAILURE() << (runs ? "It runs" : "It has ended with " + std::to_string(desktop->close(0ms))) << "; it said:\n"
                << desktop->output() << "and showed:\n"
                << nodes;
}

void DesktopTest::start(std::vector<std::string> arguments, bool first) {
  const std::filesystem::path settings = desktop->home() / "config/OrderScope/orderscope.ini";
  if (!first && !std::filesystem::exists(settings)) {
    std::filesystem::create_directories(settings.parent_path());
    ASSERT_TRUE(write_file(settings, std::string_view("[General]\ntours=orders, compare, receptive-field, attribution, "
                                                      "data-set\n")));
  }
  arguments.insert(arguments.end(), {"--window-size", "1280x800"});
  desktop->start(arguments);
  ASSERT_TRUE(desktop->find([](const Accessible& node) { return node.role == "frame"; }, kPatience))
      << desktop->output();
  wait_for_maps();
}

void DesktopTest::quit() {
  desktop->key("ctrl+q");
  EXPECT_EQ(desktop->close(), 0) << desktop->output();
}

void DesktopTest::wait_for_maps() {
  ASSERT_TRUE(wait_for([&] { return desktop->screenshot().colourful(page_area()) > 0.1; }, kPatience))
      << desktop->output();
  idle();
}

Screenshot DesktopTest::idle() const {
  Screenshot last;
  const auto ready = [&] { return shows("Ready", 0ms); };
  // Between two jobs the list is empty, too: it must still be so when the screen has settled.
  wait_for([&] {
    if (!ready()) return !desktop->running();
    last = desktop->settled();
    return ready() || !desktop->running();
  });
  return last;
}

Area DesktopTest::page_area() const {
  // In parts of the window that hold for every layout that fits 1280 x 800.
  return {320, 120, 560, 440};
}

std::vector<std::string> DesktopTest::pages() const {
  std::vector<std::string> names;
  for (const Accessible& node : desktop->tree())
    if (node.role == "page tab" && node.showing) names.push_back(node.name);
  return names;
}

bool DesktopTest::in_front(const std::string& page) const {
  // Qt before 6.5 says of the tab in front that it has the focus, and nothing of selection.
  return desktop
      ->find([&](const Accessible& node) {
        return node.role == "page tab" && node.name == page && (node.selected || node.focused);
      })
      .has_value();
}

void DesktopTest::go_to(const std::string& page) {
  const auto tab = desktop->find("page tab", page);
  ASSERT_TRUE(tab) << page;
  desktop->click(tab->area);
  ASSERT_TRUE(in_front(page)) << page;
  desktop->settled();
}

Screenshot DesktopTest::changed_page(const Screenshot& before, double share) const {
  desktop->until([&](const Screenshot& shot) { return shot.changed(before, page_area()) > share; });
  return idle();
}

Screenshot DesktopTest::same_page(const Screenshot& before, double share) const {
  return desktop->until([&](const Screenshot& shot) { return shot.changed(before, page_area()) < share; });
}

void DesktopTest::keep(const Screenshot& shot, const std::string& name) const {
  const std::filesystem::path folder = std::filesystem::path(ORDERSCOPE_BINARY_DIR) / "screenshots";
  std::filesystem::create_directories(folder);
  EXPECT_TRUE(write_png(folder / (name + ".png"), shot));
}

bool DesktopTest::shows(const std::string& name, std::chrono::milliseconds patience) const {
  return desktop->find([&](const Accessible& node) { return node.name == name; }, patience).has_value();
}

}  // namespace orderscope::test
