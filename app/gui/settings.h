// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QSettings>
#include <QStringList>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "widgets/theme.h"

namespace orderscope {

/// What survives a restart: the window's layout, the theme, recent files, and how each page was set. A file that cannot
/// be read or was written by hand only costs the settings in it that make no sense.
class Settings {
 public:
  static Settings of_user();    ///< the desktop's usual place, or the file that ORDERSCOPE_SETTINGS names
  static Settings forgetful();  ///< nothing is read or kept: tests and unattended runs
  explicit Settings(const QString& file);

  std::optional<ThemeKind> theme() const;
  void set_theme(ThemeKind theme);

  QByteArray geometry() const, docks() const;
  void set_layout(const QByteArray& geometry, const QByteArray& docks);

  QString page() const;
  void set_page(const QString& id);
  nlohmann::json page_state(const QString& id) const;  ///< null if none is kept
  void set_page_state(const QString& id, const nlohmann::json& state);

  /// Models, images and sessions, the newest first; those that are gone are left out.
  QStringList recent_files() const;
  void add_recent_file(const QString& path);
  void clear_recent_files();

  /// Folders whose plugins are loaded at the start, besides those of the command line and the environment.
  QStringList plugin_folders() const;
  void set_plugin_folders(const QStringList& folders);

  bool tour_seen(const QString& page) const;
  void set_tour_seen(const QString& page);

 private:
  explicit Settings(std::unique_ptr<QSettings> store) : store_(std::move(store)) {}
  QVariant value(const QString& key) const { return store_ ? store_->value(key) : QVariant(); }
  void set(const QString& key, const QVariant& value) {
    if (store_) store_->setValue(key, value);
  }

  std::unique_ptr<QSettings> store_;  ///< null: forgetful
};

}  // namespace orderscope
