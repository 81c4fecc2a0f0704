// SPDX-License-Identifier: GPL-3.0-or-later
// A scripted session through the whole window: the thread that answers mouse and keyboard is never kept long.
#include <gtest/gtest.h>
#include <time.h>

#include <QAction>
#include <QApplication>
#include <QEventLoop>
#include <QMenu>
#include <QMenuBar>
#include <QMouseEvent>
#include <QSlider>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QWheelEvent>
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "app/gui/figure_dialog.h"
#include "app/gui/inspection_engine.h"
#include "app/gui/main_window.h"
#include "app/gui/network_panel.h"
#include "app/gui/orders_page.h"
#include "app/gui/page.h"
#include "app/gui/resources.h"
#include "app/gui/session.h"
#include "app/gui/session_document.h"
#include "app/gui/view_history.h"
#include "core/run/model_cache.h"
#include "widgets/map_grid.h"
#include "widgets/map_tile.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

constexpr int kPatience = 120'000;  // milliseconds; the longest step takes about four seconds on an idle machine

/// Milliseconds of processor time that the calling thread has had: a busy neighbour does not make them more.
double thread_milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// Measures what this thread does from one turn of the event loop to the next, by a timer that is due in every turn.
class Watchdog : public QObject {
 public:
  struct Step {
    QString name;
    double busy = 0;   ///< processor time of the longest turn, ms
    double quiet = 0;  ///< by the clock: the longest time without an answer, ms
  };

  Watchdog() { startTimer(1, Qt::PreciseTimer); }

  void begin(const QString& name) {
    steps_.push_back({name});
    busy_ = thread_milliseconds();
    tick_ = std::chrono::steady_clock::now();
  }
  const std::vector<Step>& steps() const { return steps_; }

 protected:
  void timerEvent(QTimerEvent*) override {
    const double busy = thread_milliseconds();
    const auto tick = std::chrono::steady_clock::now();
    if (!steps_.empty()) {
      Step& step = steps_.back();
      step.busy = std::max(step.busy, busy - busy_);
      step.quiet = std::max(step.quiet, std::chrono::duration<double, std::milli>(tick - tick_).count());
    }
    busy_ = busy;
    tick_ = tick;
  }

 private:
  std::vector<Step> steps_;
  double busy_ = 0;
  std::chrono::steady_clock::time_point tick_;
};

/// A person at the window. Each step is done in one turn of the event loop, as an event of mouse or keyboard is; then
/// all that it sets off is waited for.
class Script {
 public:
  Script(MainWindow& window, Watchdog& watchdog) : window_(window), watchdog_(watchdog) {
    // Whatever opens and waits for an answer is left with Escape.
    QObject::connect(&escape_, &QTimer::timeout, [] {
      QWidget* open = QApplication::activePopupWidget();
      if (open == nullptr) open = QApplication::activeModalWidget();
      if (open != nullptr) open->close();
    });
    constexpr int kLook = 30;  // milliseconds
    escape_.start(kLook);
  }

  template <class F>
  void step(const QString& name, F what) {
    QTimer::singleShot(0, &window_, [&] {
      watchdog_.begin(name);
      what();
    });
    constexpr int kLittle = 40;  // milliseconds: repaints, and jobs that begin after a delay
    run(kLittle);
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatience);
    while (window_.session().busy() || !window_.session().jobs().empty()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << name.toStdString();
      run(kLittle);
    }
  }

  /// Every entry of the menu that opens no dialog, as if it was clicked.
  void go_through(const QMenu& menu) {
    for (QAction* action : menu.actions()) {
      if (action->menu() != nullptr) {
        go_through(*action->menu());
      } else if (!action->isSeparator() && action->isEnabled() && !action->text().contains(QChar(u'…'))) {
        ASSERT_NO_FATAL_FAILURE(
            step(menu.title() + QStringLiteral(" > ") + action->text(), [&] { action->trigger(); }));
      }
    }
  }

 private:
  static void run(int milliseconds) {
    QEventLoop loop;
    QTimer::singleShot(milliseconds, &loop, &QEventLoop::quit);
    loop.exec();
  }

  MainWindow& window_;
  Watchdog& watchdog_;
  QTimer escape_;
};

void turn_wheel(QWidget& widget, int steps) {
  const QPointF at = widget.rect().center();
  QWheelEvent event(at, widget.mapToGlobal(at), {}, {0, 120 * steps}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase,
                    false);
  QApplication::sendEvent(&widget, &event);
}

QMenu* menu_named(const MainWindow& window, const QString& title) {
  for (const QAction* action : window.menuBar()->actions())
    if (action->menu() && action->menu()->title().remove('&') == title) return action->menu();
  return nullptr;
}

TEST(SlowStalls, AScriptedSessionNeverKeepsTheWindowFromAnswering) {
  const auto models = std::make_shared<ModelCache>();
  MainWindow window(make_core_engine(models), ThemeKind::Dark, Settings::forgetful(), models);
  window.resize(1280, 800);
  window.show();
  const fs::path resources = fs::path(ORDERSCOPE_SOURCE_DIR) / "resources";
  Watchdog watchdog;
  Script script(window, watchdog);
  QTemporaryDir folder;

  std::vector<fs::path> files = demo_models(resources);
  for (const fs::path& photo : sample_images(resources)) files.push_back(photo);
  script.step("open models and photos", [&] { window.add_files(files); });
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_NE(window.session().result(), nullptr);
  for (const QSize size : {QSize(1280, 800), QSize(2560, 1440)}) {
    script.step("resize", [&] { window.resize(size); });
    for (int image = 0; image < 3; ++image) {
      script.step("image", [&] { window.session().select_image(image); });
      script.step("block", [&] { window.session().select_block(image); });
    }
    for (const Page* page : window.pages()) {
      script.step("page " + page->title(), [&] { window.show_page(page->id()); });
      for (MapGrid* grid : page->findChildren<MapGrid*>()) {
        if (!grid->isVisible() || grid->tiles().empty()) continue;
        MapTile& tile = *grid->tiles().front();
        for (const int steps : {3, 3, -6}) script.step("zoom on " + page->title(), [&] { turn_wheel(tile, steps); });
        script.step("point on " + page->title(), [&] { QTest::mouseMove(&tile, tile.rect().center()); });
        script.step("click on " + page->title(), [&] { QTest::mouseClick(&tile, Qt::LeftButton); });
      }
      if (size.width() < 2000) script.go_through(*menu_named(window, page->title()));
      ASSERT_FALSE(HasFatalFailure());
    }
  }
  script.step("resize", [&] { window.resize(1280, 800); });
  script.step("page Orders", [&] { window.show_page("orders"); });
  for (QSlider* slider : window.orders_page()->findChildren<QSlider*>())
    for (const int value : {slider->minimum(), slider->maximum(), (slider->minimum() + slider->maximum()) / 2})
      script.step("slider " + slider->accessibleName(), [&] { slider->setValue(value); });
  for (const int model : {1, 2, 3, 0}) script.step("model", [&] { window.session().select_model(model); });
  for (int i = 0; i < 8; ++i) script.step("undo", [&] { window.history().undo(); });
  for (int i = 0; i < 8; ++i) script.step("redo", [&] { window.history().redo(); });
  for (const char* title : {"Go", "Window"}) script.go_through(*menu_named(window, title));
  script.step("figure dialog", [&] { window.show_figure(); });
  script.step("figure dialog closed", [&] { window.figure_dialog().close(); });
  const QString session = folder.filePath("a.orderscope");
  script.step("save session", [&] { window.document().save(session.toStdString()); });
  script.step("open session", [&] { window.open_session(session.toStdString()); });

  std::vector<Watchdog::Step> worst = watchdog.steps();
  std::ranges::sort(worst, std::greater(), &Watchdog::Step::busy);
  double quiet = 0;
  for (const Watchdog::Step& step : worst) quiet = std::max(quiet, step.quiet);
  std::printf("%zu steps; longest turn %.1f ms of processor time (%s), longest by the clock %.1f ms\n", worst.size(),
              worst.front().busy, qPrintable(worst.front().name), quiet);
  for (std::size_t i = 0; i < std::min<std::size_t>(worst.size(), 25); ++i)
    std::printf("  %6.1f ms, by the clock %6.1f ms: %s\n", worst[i].busy, worst[i].quiet, qPrintable(worst[i].name));
  RecordProperty("longest_turn_us", static_cast<int>(worst.front().busy * 1000));
  RecordProperty("longest_by_the_clock_us", static_cast<int>(quiet * 1000));
  EXPECT_GT(worst.size(), 100U);
  // What a person feels as at once; the clock's figure, which a busy machine makes longer, is only reported.
  constexpr double kStall = 50;
  for (const Watchdog::Step& step : worst) EXPECT_LT(step.busy, kStall) << step.name.toStdString();
}

}  // namespace
}  // namespace orderscope
