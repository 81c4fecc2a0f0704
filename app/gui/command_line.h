// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSize>
#include <QString>
#include <QStringList>
#include <filesystem>
#include <optional>
#include <vector>

#include "widgets/theme.h"

namespace orderscope {

struct CommandLine {
  std::vector<std::filesystem::path> files;    ///< models and images
  std::vector<std::filesystem::path> plugins;  ///< folders to load plugins from
  QString export_window;                       ///< PNG to write; empty: none
  QString export_session;                      ///< folder to write; empty: none
  QString export_figure;                       ///< PDF, SVG or PNG to write; empty: none
  std::filesystem::path session;               ///< to open instead of models and images
  std::optional<ThemeKind> theme;
  std::optional<QSize> window_size;
  bool allow_outside = false;  ///< the session may name files outside its folder
  QString page;                ///< to show first; empty: the one of the last time
  bool trace_timings = false;

  bool exports() const { return !export_window.isEmpty() || !export_session.isEmpty() || !export_figure.isEmpty(); }
};

/// What to do with the arguments: run, or print `text` and leave with `exit_code`.
struct ParsedCommandLine {
  CommandLine options;
  std::optional<int> exit_code;  ///< 0 for help and version, 2 for wrong usage
  QString text;
};

ParsedCommandLine parse_command_line(const QStringList& arguments);

}  // namespace orderscope
