// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/command_line.h"

#include <QCommandLineParser>

#include "core/base/version.h"
#include "core/run/session_file.h"

namespace orderscope {
namespace {

std::optional<QSize> parse_size(const QString& text) {
  const QStringList sides = text.split('x');
  if (sides.size() != 2) return std::nullopt;
  bool width_ok = false;
  bool height_ok = false;
  const QSize size(sides[0].toInt(&width_ok), sides[1].toInt(&height_ok));
  constexpr int kLargest = 16384;
  if (!width_ok || !height_ok || size.isEmpty() || size.width() > kLargest || size.height() > kLargest)
    return std::nullopt;
  return size;
}

ParsedCommandLine wrong_usage(QString text) {
  if (text.endsWith('.')) text.chop(1);
  return {{}, 2, QStringLiteral("orderscope: %1; see orderscope --help").arg(text)};
}

}  // namespace

ParsedCommandLine parse_command_line(const QStringList& arguments) {
  QCommandLineParser parser;
  parser.setApplicationDescription(
      "Looks inside HorNet, Swin and ConvNeXt checkpoints.\n"
      "Without a model: the demo models. Without images: the sample photos.");
  parser.addPositionalArgument("MODEL", "checkpoint to open: .pth or .safetensors", "[MODEL]");
  parser.addPositionalArgument("IMAGES", "photos, or folders of photos", "[IMAGES...]");
  const QCommandLineOption help({"h", "help"}, "Print this text.");
  const QCommandLineOption version({"v", "version"}, "Print the version.");
  const QCommandLineOption window("export-window", "Write a picture of the window with all maps to X.png, and leave.",
                                  "X.png");
  const QCommandLineOption session(
      "export-session", "Write orders.pdf, orders.png, the raw maps and session.json to DIR, and leave.", "DIR");
  const QCommandLineOption opened("session", "Open this session.", "FILE");
  const QCommandLineOption outside("allow-outside",
                                   "The session may name files outside its folder although it was not saved here.");
  const QCommandLineOption figure(
      "export-figure",
      "Write the session's figure, or else that of the page in front, to FILE.pdf, .svg or .png, and leave.", "FILE");
  const QCommandLineOption theme("theme", "dark or light; otherwise as the desktop.", "THEME");
  const QCommandLineOption size("window-size", "Size of the window, for example 1280x800.", "WxH");
  const QCommandLineOption plugins("plugins", "Load the plugins in this folder; may be given again.", "DIR");
  const QCommandLineOption page(
      "page", "Show this page first: orders, receptive-field, attribution, compare, data-set.", "PAGE");
  const QCommandLineOption timings("trace-timings", "Print to stderr how long things took.");
  parser.addOptions({help, version, opened, outside, window, session, figure, theme, size, plugins, page, timings});
  if (!parser.parse(arguments)) return wrong_usage(parser.errorText());
  // Without an application object, which needs a display, the parser does not know the program's name.
  if (parser.isSet(help)) return {{}, 0, parser.helpText().replace("<executable_name>", "orderscope").trimmed()};
  if (parser.isSet(version)) return {{}, 0, QString::fromStdString(version_text())};

  ParsedCommandLine parsed;
  CommandLine& options = parsed.options;
  for (const QString& file : parser.positionalArguments()) options.files.emplace_back(file.toStdString());
  for (const QString& folder : parser.values(plugins)) options.plugins.emplace_back(folder.toStdString());
  options.session = parser.value(opened).toStdString();
  // What the desktop hands over when somebody opens a session there.
  if (options.session.empty() && options.files.size() == 1 && options.files[0].extension() == kSessionSuffix)
    std::swap(options.session, options.files[0]);
  if (!options.session.empty()) std::erase(options.files, std::filesystem::path());
  if (!options.session.empty() && !options.files.empty())
    return wrong_usage(QStringLiteral("a session brings its own models and images"));
  options.export_figure = parser.value(figure);
  options.export_window = parser.value(window);
  options.export_session = parser.value(session);
  if (parser.isSet(window) && !options.export_window.endsWith(".png", Qt::CaseInsensitive))
    return wrong_usage(QStringLiteral("--export-window wants a name that ends in .png"));
  if (parser.isSet(session) && options.export_session.isEmpty())
    return wrong_usage(QStringLiteral("--export-session wants a folder"));
  options.allow_outside = parser.isSet(outside);
  options.page = parser.value(page);
  options.trace_timings = parser.isSet(timings);
  if (parser.isSet(theme)) {
    const QString name = parser.value(theme);
    if (name != "dark" && name != "light")
      return wrong_usage(QStringLiteral("--theme is dark or light, not %1").arg(name));
    options.theme = name == "dark" ? ThemeKind::Dark : ThemeKind::Light;
  }
  if (parser.isSet(size)) {
    const auto given = parse_size(parser.value(size));
    if (!given) return wrong_usage(QStringLiteral("--window-size wants WIDTHxHEIGHT, not %1").arg(parser.value(size)));
    options.window_size = given;
  }
  return parsed;
}

}  // namespace orderscope
