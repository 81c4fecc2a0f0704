// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_sql.h"

#include <sqlite3.h>

#include <nlohmann/json.hpp>

#include "core/run/batch_store.h"

namespace orderscope {

Result<void> guarded_sql(const std::filesystem::path& file, const std::function<void()>& code) {
  try {
    code();
    return {};
  } catch (const SQLite::Exception& error) {
    switch (error.getErrorCode()) {
      case SQLITE_FULL:
        return fail(Error::Kind::FileAccess, "the disk is full", file.string(),
                    "what was finished before is kept; make room and run it again");
      case SQLITE_INTERRUPT: return fail(Error::Kind::Cancelled, "cancelled");
      case SQLITE_NOTADB: return fail(Error::Kind::NotThisFormat, "is no store of a batch run", file.string());
      case SQLITE_CORRUPT: return fail(Error::Kind::Broken, "is damaged: " + std::string(error.what()), file.string());
      case SQLITE_NOMEM: return fail(Error::Kind::OutOfMemory, "out of memory", file.string());
      default:
        return fail(Error::Kind::FileAccess, "cannot be used: " + std::string(error.what()), file.string(),
                    "what was finished before is kept");
    }
  } catch (const std::bad_alloc&) {
    return fail(Error::Kind::OutOfMemory, "out of memory", file.string());
  } catch (const nlohmann::json::exception&) {
    return fail(Error::Kind::Broken, "holds text that is no JSON", file.string());
  }
}

namespace {

Result<std::unique_ptr<SQLite::Database>> open_store(const std::filesystem::path& file, const std::string& name,
                                                     int flags, bool alone) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    return fail(Error::Kind::FileAccess, "there is no batch run", file.parent_path().string(),
                "`orderscope-cli batch run ... -o RUN` makes one");
  }
  std::unique_ptr<SQLite::Database> database;
  int application = 0, version = 0;
  TRY_VOID(guarded_sql(file, [&] {
    database = std::make_unique<SQLite::Database>(name, flags, /*busy timeout, ms=*/10000);
    if (alone) database->exec("PRAGMA locking_mode = EXCLUSIVE");
    application = database->execAndGet("PRAGMA application_id").getInt();
    version = database->execAndGet("PRAGMA user_version").getInt();
    database->exec("PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF");
  }));
  if (application != kBatchApplication) {
    return fail(Error::Kind::NotThisFormat, "is no store of a batch run", file.string());
  }
  if (version > kBatchSchema) {
    return fail(Error::Kind::Unsupported, "was made by a newer program (schema " + std::to_string(version) + ")",
                file.string(), "this one knows schemas up to " + std::to_string(kBatchSchema));
  }
  return database;
}

}  // namespace

Result<std::unique_ptr<SQLite::Database>> open_batch_store(const std::filesystem::path& file) {
  return open_store(file, file.string(), SQLite::OPEN_READWRITE, false);
}

Result<std::unique_ptr<SQLite::Database>> open_batch_store_to_read(const std::filesystem::path& file) {
  auto opened = open_batch_store(file);
  const auto refused = [&] { return !opened && opened.error().kind == Error::Kind::FileAccess; };
  std::error_code error;
  if (!refused() || !std::filesystem::is_regular_file(file, error)) return opened;
  opened = open_store(file, file.string(), SQLite::OPEN_READWRITE, true);
  if (!refused()) return opened;
  std::string address = "file:";
  for (const char c : file.string())
    address += c == '?' ? "%3f" : c == '#' ? "%23" : c == '%' ? "%25" : std::string(1, c);
  return open_store(file, address + "?immutable=1", SQLite::OPEN_READONLY | SQLite::OPEN_URI, false);
}

namespace {

std::vector<std::string> strings_of(const std::string& json) {
  return nlohmann::json::parse(json).get<std::vector<std::string>>();
}

}  // namespace

std::vector<BatchModelInfo> read_batch_models(const SQLite::Database& database) {
  SQLite::Statement select(database,
                           "SELECT id, name, path, sha256, architecture, class_names, blocks FROM model ORDER BY id");
  std::vector<BatchModelInfo> models;
  while (select.executeStep()) {
    models.push_back({select.getColumn(0).getInt(), select.getColumn(1).getString(), select.getColumn(2).getString(),
                      select.getColumn(3).getString(), select.getColumn(4).getString(),
                      strings_of(select.getColumn(5).getString()), strings_of(select.getColumn(6).getString())});
  }
  return models;
}

std::vector<std::string> read_batch_classes(const SQLite::Database& database) {
  SQLite::Statement select(database, "SELECT name FROM class ORDER BY label");
  std::vector<std::string> classes;
  while (select.executeStep()) classes.push_back(select.getColumn(0).getString());
  return classes;
}

std::vector<BatchFigure> read_batch_figures(const SQLite::Database& database, int model) {
  SQLite::Statement select(
      database, "SELECT name, unit, block, quantity, ord, kind FROM figure WHERE model = ? ORDER BY position");
  select.bind(1, model);
  std::vector<BatchFigure> figures;
  while (select.executeStep()) {
    figures.push_back({select.getColumn(0).getString(), select.getColumn(1).getString(),
                       select.getColumn(2).getString(), select.getColumn(3).getString(), select.getColumn(4).getInt(),
                       select.getColumn(5).getString()});
  }
  return figures;
}

bool has_batch_regions(const SQLite::Database& database) { return database.tableExists("region"); }

std::string read_batch_value(const SQLite::Database& database, const std::string& key) {
  SQLite::Statement select(database, "SELECT value FROM run WHERE key = ?");
  select.bind(1, key);
  return select.executeStep() ? select.getColumn(0).getString() : std::string();
}

}  // namespace orderscope
