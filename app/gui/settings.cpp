// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/settings.h"

#include <QFileInfo>

namespace orderscope {

namespace {

constexpr int kRecentFiles = 12;
const QString kTheme = QStringLiteral("window/theme");
const QString kGeometry = QStringLiteral("window/geometry");
const QString kDocks = QStringLiteral("window/docks");
const QString kPage = QStringLiteral("window/page");
const QString kRecent = QStringLiteral("recent");
const QString kPlugins = QStringLiteral("plugins");
const QString kTours = QStringLiteral("tours");

QString page_key(const QString& id) { return QStringLiteral("pages/") + id; }

}  // namespace

Settings Settings::of_user() {
  const QString file = qEnvironmentVariable("ORDERSCOPE_SETTINGS");
  if (!file.isEmpty()) return Settings(file);
  return Settings(std::make_unique<QSettings>(QSettings::IniFormat, QSettings::UserScope, QStringLiteral("OrderScope"),
                                              QStringLiteral("orderscope")));
}

Settings Settings::forgetful() { return Settings(std::unique_ptr<QSettings>()); }

Settings::Settings(const QString& file) : store_(std::make_unique<QSettings>(file, QSettings::IniFormat)) {}

std::optional<ThemeKind> Settings::theme() const {
  const QString name = value(kTheme).toString();
  if (name == QStringLiteral("dark")) return ThemeKind::Dark;
  if (name == QStringLiteral("light")) return ThemeKind::Light;
  return std::nullopt;
}

void Settings::set_theme(ThemeKind theme) {
  set(kTheme, theme == ThemeKind::Dark ? QStringLiteral("dark") : QStringLiteral("light"));
}

QByteArray Settings::geometry() const { return value(kGeometry).toByteArray(); }
QByteArray Settings::docks() const { return value(kDocks).toByteArray(); }

void Settings::set_layout(const QByteArray& geometry, const QByteArray& docks) {
  set(kGeometry, geometry);
  set(kDocks, docks);
}

QString Settings::page() const { return value(kPage).toString(); }
void Settings::set_page(const QString& id) { set(kPage, id); }

nlohmann::json Settings::page_state(const QString& id) const {
  const nlohmann::json state = nlohmann::json::parse(value(page_key(id)).toString().toStdString(), nullptr, false);
  return state.is_object() ? state : nlohmann::json();
}

void Settings::set_page_state(const QString& id, const nlohmann::json& state) {
  set(page_key(id), QString::fromStdString(state.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
}

QStringList Settings::recent_files() const {
  QStringList files = value(kRecent).toStringList();
  files.removeIf([](const QString& file) { return !QFileInfo::exists(file); });
  return files;
}

void Settings::add_recent_file(const QString& path) {
  QStringList files = value(kRecent).toStringList();
  files.removeAll(path);
  files.prepend(path);
  while (files.size() > kRecentFiles) files.removeLast();
  set(kRecent, files);
}

void Settings::clear_recent_files() { set(kRecent, QStringList()); }

QStringList Settings::plugin_folders() const { return value(kPlugins).toStringList(); }
void Settings::set_plugin_folders(const QStringList& folders) { set(kPlugins, folders); }

bool Settings::tour_seen(const QString& page) const { return value(kTours).toStringList().contains(page); }

void Settings::set_tour_seen(const QString& page) {
  QStringList seen = value(kTours).toStringList();
  if (!seen.contains(page)) set(kTours, seen << page);
}

}  // namespace orderscope
