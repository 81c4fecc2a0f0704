// SPDX-License-Identifier: GPL-3.0-or-later
#include <QApplication>
#include <QScreen>
#include <QTimer>
#include <algorithm>
#include <chrono>
#include <clocale>
#include <cstdio>

#include "app/gui/command_line.h"
#include "app/gui/file_kind.h"
#include "app/gui/inspection_engine.h"
#include "app/gui/main_window.h"
#include "app/gui/recovery.h"
#include "app/gui/resources.h"
#include "app/gui/session_document.h"
#include "app/gui/shared_cores.h"
#include "app/gui/timings.h"
#include "app/gui/unattended.h"
#include "core/base/free_memory.h"
#include "core/plugins/plugins.h"
#include "core/run/model_cache.h"

namespace {

using namespace orderscope;

/// What is missing on the command line comes from the program's resources.
void add_defaults(std::vector<std::filesystem::path>& files, const QString& program_folder) {
  const std::filesystem::path resources = resource_folder(program_folder.toStdString());
  const auto given = [&](auto matches) {
    return std::any_of(files.begin(), files.end(), [&](const auto& file) { return matches(classify_file(file)); });
  };
  const bool model_given = given([](FileKind kind) { return kind == FileKind::Model; });
  const bool image_given = given([](FileKind kind) { return kind == FileKind::Image || kind == FileKind::Folder; });
  if (!model_given) {
    const auto models = demo_models(resources);
    files.insert(files.begin(), models.begin(), models.end());
  }
  if (!image_given)
    for (const auto& image : sample_images(resources)) files.push_back(image);
}

/// Before anything is shown: what plugins bring is there for the first model.
void load_all_plugins(const std::vector<std::filesystem::path>& folders) {
  load_plugins(plugin_folders_of_environment());
  load_plugins(folders);
  for (const Error& error : plugin_report().failures)
    std::fprintf(stderr, "orderscope: plugin not loaded: %s\n", error.message().c_str());
}

bool has_display() { return qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY"); }

}  // namespace

int main(int argc, char** argv) {
  keep_free_memory();
  const auto started = std::chrono::steady_clock::now();
  QStringList arguments;
  for (int i = 0; i < argc; ++i) arguments << QString::fromLocal8Bit(argv[i]);
  ParsedCommandLine parsed = parse_command_line(arguments);
  if (parsed.exit_code) {
    std::fprintf(*parsed.exit_code == 0 ? stdout : stderr, "%s\n", qPrintable(parsed.text));
    return *parsed.exit_code;
  }
  CommandLine& options = parsed.options;
  // Whoever runs this from a script reads stderr: it is for our own line, not for the platform plugin's remarks.
  if (options.exports())
    qInstallMessageHandler([](QtMsgType type, const QMessageLogContext&, const QString& text) {
      if (type == QtCriticalMsg || type == QtFatalMsg) std::fprintf(stderr, "orderscope: %s\n", qPrintable(text));
    });
#ifdef Q_OS_LINUX
  if (!has_display() && !qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) {
    if (!options.exports()) {
      std::fprintf(stderr,
                   "orderscope: there is no display; use --export-window, --export-figure or --export-session, or "
                   "orderscope-cli\n");
      return 1;
    }
    qputenv("QT_QPA_PLATFORM", "offscreen");
  }
#endif

  QApplication application(argc, argv);
  // Qt took over the desktop's locale; in figures and files numbers have decimal points everywhere.
  std::setlocale(LC_NUMERIC, "C");
  QApplication::setApplicationName(QStringLiteral("OrderScope"));
  QApplication::setDesktopFileName(QStringLiteral("orderscope"));
  // What somebody set up on their own screen has no place in a picture that a script makes.
  Settings settings = options.exports() ? Settings::forgetful() : Settings::of_user();
  const ThemeKind usual = options.exports() ? ThemeKind::Dark : desktop_theme(QApplication::palette());
  const ThemeKind theme = options.theme.value_or(settings.theme().value_or(usual));
  apply_theme(application, theme);
  for (const QString& folder : settings.plugin_folders()) options.plugins.emplace_back(folder.toStdString());

  const auto models = std::make_shared<ModelCache>();
  MainWindow window(make_core_engine(models), theme, std::move(settings), models);
  window.set_trusted(TrustedSessions::of_user());
  if (options.allow_outside) window.always_allow_outside();
  window.timings().start_at(started);
  window.timings().print_to_stderr(options.trace_timings);
  window.timings().watch_stalls();
  // A picture without a screen has the size that is asked for; a window fits its screen.
  if (options.window_size)
    window.resize(*options.window_size);
  else if (!options.exports())
    window.resize(window.size().boundedTo(window.screen()->availableSize()));
  if (!options.page.isEmpty() && !window.show_page(options.page)) {
    std::fprintf(stderr, "orderscope: there is no page %s\n", qPrintable(options.page));
    return 2;
  }
  if (!options.page.isEmpty())
    QObject::connect(&window.document(), &SessionDocument::opened, &window, [&] { window.show_page(options.page); });
  if (!options.exports()) {
    const SharedCores shared_cores;
    window.show();
    // The window first: models and plugins are read once it is on the screen.
    QTimer::singleShot(0, &window, [&] {
      load_all_plugins(options.plugins);
      window.offer_tour();
      window.keep_copies(Recovery::user_folder());
      if (!options.session.empty()) return window.open_session(options.session);
      add_defaults(options.files, QCoreApplication::applicationDirPath());
      window.add_files(options.files);
    });
    return QApplication::exec();
  }
  load_all_plugins(options.plugins);
  if (options.session.empty()) add_defaults(options.files, QCoreApplication::applicationDirPath());
  window.setAttribute(Qt::WA_DontShowOnScreen);
  window.show();
  UnattendedExport unattended(window, options);
  unattended.start();
  return QApplication::exec();
}
