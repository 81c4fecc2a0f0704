// SPDX-License-Identifier: GPL-3.0-or-later
// Opens, switches and closes 300 times. Memory must stay flat here; under AddressSanitizer nothing may leak
// (docs/building.md says how to run it there).
#include <gtest/gtest.h>
#include <malloc.h>

#include <QTest>
#include <fstream>

#include "app/gui/inspection_engine.h"
#include "app/gui/main_window.h"
#include "app/gui/page.h"
#include "app/gui/session.h"
#include "core/run/model_cache.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

constexpr int kPatience = 60'000;  // milliseconds; a round takes about a tenth of a second on an idle core

const fs::path kSmall = fs::path(ORDERSCOPE_GOLDEN_DIR) / "small";
const fs::path kPhotos = fs::path(ORDERSCOPE_SOURCE_DIR) / "resources" / "samples";

/// Resident memory in MiB, without what the allocator keeps for later.
double resident_mib() {
  ::malloc_trim(0);
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return static_cast<double>(std::stol(line.substr(6))) / 1024;
  return 0;
}

/// Opens a window with two models and the sample photos, goes through blocks, images, models and pages, closes it.
void round(int number) {
  const auto models = std::make_shared<ModelCache>();
  MainWindow window(make_core_engine(models), ThemeKind::Dark, Settings::forgetful(), models);
  window.resize(number % 2 == 0 ? QSize(1280, 800) : QSize(1600, 1000));
  window.show();
  window.add_files({kSmall / "hornet_7x7" / "official.pth", kSmall / "convnext" / "official.pth", kPhotos});
  Session& session = window.session();
  // Every third window is closed in the middle of its first computation.
  if (number % 3 == 2) {
    QTest::qWait(10);
    return;
  }
  ASSERT_TRUE(QTest::qWaitFor([&] { return !session.busy(); }, kPatience)) << "round " << number;
  session.select_block(number % 3);
  session.select_image(number % static_cast<int>(session.images().size()));
  for (const Page* page : window.pages()) window.show_page(page->id());
  session.select_model(1);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !session.busy(); }, kPatience)) << "round " << number;
}

TEST(SlowSoak, ThreeHundredWindowsLeaveMemoryFlat) {
  constexpr int kRounds = 300, kWarm = 60;
  double warm = 0;
  for (int number = 0; number < kRounds; ++number) {
    if (number == kWarm) warm = resident_mib();
    ASSERT_NO_FATAL_FAILURE(round(number));
  }
  const double last = resident_mib();
  RecordProperty("resident_mib_after_60", static_cast<int>(warm));
  RecordProperty("resident_mib_after_300", static_cast<int>(last));
  std::printf("resident after %d rounds: %.1f MiB, after %d: %.1f MiB\n", kWarm, warm, kRounds, last);
  // A window that stayed behind would keep its maps, thumbnails and model: 5 MiB or more a round. 24 MiB over 240
  // rounds is what pools, caches and the fragments of a heap that several threads share come to.
  EXPECT_LT(last - warm, 24);
}

}  // namespace
}  // namespace orderscope
