// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_store.h"

#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>

#include "core/run/batch_store_state.h"

namespace orderscope {

namespace {

constexpr const char* kSchema = R"(
CREATE TABLE run (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE class (label INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE model (id INTEGER PRIMARY KEY, name TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL,
  architecture TEXT NOT NULL, class_names TEXT NOT NULL, blocks TEXT NOT NULL);
CREATE TABLE figure (model INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL,
  block TEXT NOT NULL, quantity TEXT NOT NULL, ord INTEGER NOT NULL, kind TEXT NOT NULL,
  PRIMARY KEY (model, position), UNIQUE (model, name)) WITHOUT ROWID;
CREATE TABLE image (id INTEGER PRIMARY KEY, path TEXT NOT NULL, label INTEGER, chunk INTEGER NOT NULL,
  state INTEGER NOT NULL DEFAULT 0, sha256 TEXT, width INTEGER, height INTEGER, error TEXT,
  disagreement REAL, predictions INTEGER);
CREATE INDEX image_pending ON image (chunk) WHERE state = 0;
CREATE TABLE result (id INTEGER PRIMARY KEY, image INTEGER NOT NULL, model INTEGER NOT NULL, label INTEGER,
  predicted INTEGER, correct INTEGER, label_rank INTEGER, confidence REAL, label_probability REAL, loss REAL,
  entropy REAL, note TEXT NOT NULL, UNIQUE (image, model));
CREATE TABLE figures (result INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE agreement (image INTEGER NOT NULL, model_a INTEGER NOT NULL, model_b INTEGER NOT NULL,
  same_top1 INTEGER NOT NULL, js_divergence REAL, rank_correlation REAL,
  PRIMARY KEY (image, model_a, model_b)) WITHOUT ROWID;
CREATE TABLE map (result INTEGER NOT NULL, name TEXT NOT NULL, height INTEGER NOT NULL, width INTEGER NOT NULL,
  is_signed INTEGER NOT NULL, unit TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (result, name)) WITHOUT ROWID;
CREATE TABLE chunk (id INTEGER PRIMARY KEY, images INTEGER NOT NULL, seconds REAL NOT NULL, finished TEXT NOT NULL);
)";

// Since schema 2, in the stores of segmenters and detectors only: a run of classifiers stays readable by older
// programs.
constexpr const char* kRegionSchema = R"(
CREATE TABLE region (result INTEGER NOT NULL, number INTEGER NOT NULL, class INTEGER NOT NULL, score REAL,
  pixels INTEGER NOT NULL, share REAL NOT NULL, x1 REAL, y1 REAL, x2 REAL, y2 REAL,
  PRIMARY KEY (result, number)) WITHOUT ROWID;
)";

std::string now_text() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

std::filesystem::path store_path(const std::filesystem::path& run) { return run / kBatchStoreName; }

void set_up_writing(SQLite::Database& database) {
  // NORMAL: a power cut may take the last transactions, never part of one.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 2000");
}

}  // namespace

BatchStore::BatchStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
BatchStore::BatchStore(BatchStore&&) noexcept = default;
BatchStore& BatchStore::operator=(BatchStore&&) noexcept = default;
BatchStore::~BatchStore() = default;

bool BatchStore::exists(const std::filesystem::path& run) {
  std::error_code error;
  if (!std::filesystem::exists(store_path(run), error)) return false;
  bool begun = true;  // whatever cannot be read is not ours to replace
  [[maybe_unused]] const auto read = guarded_sql(store_path(run), [&] {
    SQLite::Database database(store_path(run).string(), SQLite::OPEN_READWRITE, 10000);
    begun = database.execAndGet("SELECT count(*) FROM sqlite_master").getInt() > 0;
  });
  return begun;
}

Result<BatchStore> BatchStore::create(const std::filesystem::path& run, const Start& start) {
  auto state = std::make_unique<State>();
  state->file = store_path(run);
  std::error_code error;
  std::filesystem::create_directories(run, error);
  if (error) return fail(Error::Kind::FileAccess, "cannot be made: " + error.message(), run.string());
  TRY_VOID(guarded_sql(state->file, [&] {
    state->database =
        std::make_unique<SQLite::Database>(state->file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 10000);
    SQLite::Database& database = *state->database;
    set_up_writing(database);
    SQLite::Transaction transaction(database);
    database.exec("PRAGMA application_id = " + std::to_string(kBatchApplication));
    database.exec("PRAGMA user_version = " + std::to_string(start.regions ? kBatchSchema : 1));
    database.exec(kSchema);
    if (start.regions) database.exec(kRegionSchema);
    SQLite::Statement value(database, "INSERT INTO run VALUES (?, ?)");
    const auto put = [&](const std::string& key, const std::string& text) {
      value.reset();
      value.bind(1, key);
      value.bind(2, text);
      value.exec();
    };
    put("config", start.config);
    put("created", now_text());
    put("images", std::to_string(start.images.size()));
    for (const auto& [key, text] : start.values) put(key, text);

    SQLite::Statement model(database, "INSERT INTO model VALUES (?, ?, ?, ?, ?, ?, ?)");
    for (const BatchModelInfo& m : start.models) {
      model.reset();
      model.bind(1, m.id);
      model.bind(2, m.name);
      model.bind(3, m.path);
      model.bind(4, m.sha256);
      model.bind(5, m.architecture);
      const auto text = [](const std::vector<std::string>& names) {
        return nlohmann::json(names).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      };
      model.bind(6, text(m.class_names));
      model.bind(7, text(m.blocks));
      model.exec();
    }
    SQLite::Statement name(database, "INSERT INTO class VALUES (?, ?)");
    for (std::size_t i = 0; i < start.classes.size(); ++i) {
      name.reset();
      name.bind(1, static_cast<int>(i));
      name.bind(2, start.classes[i]);
      name.exec();
    }
    SQLite::Statement image(database, "INSERT INTO image (id, path, label, chunk) VALUES (?, ?, ?, ?)");
    for (std::size_t i = 0; i < start.images.size(); ++i) {
      const ListedImage& listed = start.images[i];
      image.reset();
      image.bind(1, start.ids.empty() ? static_cast<std::int64_t>(i) : start.ids[i]);
      image.bindNoCopy(2, listed.path);
      bind_optional(image, 3, listed.label < 0 ? std::nullopt : std::optional<int>(listed.label));
      image.bind(4, static_cast<std::int64_t>(i) / start.chunk);
      image.exec();
    }
    transaction.commit();
    state->prepare();
  }));
  return BatchStore(std::move(state));
}

Result<BatchStore> BatchStore::open(const std::filesystem::path& run) {
  auto state = std::make_unique<State>();
  state->file = store_path(run);
  TRY(state->database, open_batch_store(state->file));
  TRY_VOID(guarded_sql(state->file, [&] {
    set_up_writing(*state->database);
    state->prepare();
  }));
  return BatchStore(std::move(state));
}

Result<std::string> BatchStore::value(const std::string& key) const {
  std::string value;
  TRY_VOID(guarded_sql(state_->file, [&] { value = read_batch_value(*state_->database, key); }));
  return value;
}

Result<void> BatchStore::set_value(const std::string& key, const std::string& value) {
  return guarded_sql(state_->file, [&] {
    SQLite::Statement put(*state_->database, "INSERT OR REPLACE INTO run VALUES (?, ?)");
    put.bind(1, key);
    put.bind(2, value);
    put.exec();
  });
}

Result<bool> BatchStore::keeps_regions() const {
  bool keeps = false;
  TRY_VOID(guarded_sql(state_->file, [&] { keeps = has_batch_regions(*state_->database); }));
  return keeps;
}

Result<std::vector<BatchModelInfo>> BatchStore::models() const {
  std::vector<BatchModelInfo> models;
  TRY_VOID(guarded_sql(state_->file, [&] { models = read_batch_models(*state_->database); }));
  return models;
}

Result<std::vector<std::string>> BatchStore::classes() const {
  std::vector<std::string> classes;
  TRY_VOID(guarded_sql(state_->file, [&] { classes = read_batch_classes(*state_->database); }));
  return classes;
}

Result<std::vector<BatchFigure>> BatchStore::figures(int model) const {
  std::vector<BatchFigure> figures;
  TRY_VOID(guarded_sql(state_->file, [&] { figures = read_batch_figures(*state_->database, model); }));
  return figures;
}

Result<std::vector<std::int64_t>> BatchStore::pending_chunks() const {
  std::vector<std::int64_t> chunks;
  TRY_VOID(guarded_sql(state_->file, [&] {
    SQLite::Statement select(*state_->database, "SELECT DISTINCT chunk FROM image WHERE state = 0 ORDER BY chunk");
    while (select.executeStep()) chunks.push_back(select.getColumn(0).getInt64());
  }));
  return chunks;
}

Result<std::vector<StoredImage>> BatchStore::images_of(std::int64_t chunk) const {
  std::vector<StoredImage> images;
  TRY_VOID(guarded_sql(state_->file, [&] {
    SQLite::Statement select(*state_->database,
                             "SELECT id, path, label FROM image WHERE state = 0 AND chunk = ? ORDER BY id");
    select.bind(1, chunk);
    while (select.executeStep()) {
      const SQLite::Column label = select.getColumn(2);
      images.push_back(
          {select.getColumn(0).getInt64(), select.getColumn(1).getString(), label.isNull() ? -1 : label.getInt()});
    }
  }));
  return images;
}

Result<std::vector<std::pair<std::int64_t, ListedImage>>> BatchStore::all_images() const {
  std::vector<std::pair<std::int64_t, ListedImage>> images;
  TRY_VOID(guarded_sql(state_->file, [&] {
    SQLite::Statement select(*state_->database, "SELECT id, path, label FROM image ORDER BY id");
    while (select.executeStep()) {
      const SQLite::Column label = select.getColumn(2);
      images.push_back({select.getColumn(0).getInt64(),
                        {select.getColumn(1).getString(), label.isNull() ? -1 : label.getInt(), {}}});
    }
  }));
  return images;
}

Result<void> BatchStore::finish_log() {
  return guarded_sql(state_->file, [&] { state_->database->exec("PRAGMA wal_checkpoint(TRUNCATE)"); });
}

Result<void> BatchStore::begin() {
  return guarded_sql(state_->file,
                     [&] { state_->transaction = std::make_unique<SQLite::Transaction>(*state_->database); });
}

Result<void> BatchStore::add_figures(int model, const std::vector<BatchFigure>& figures, std::size_t first_position) {
  return guarded_sql(state_->file, [&] {
    SQLite::Statement insert(*state_->database, "INSERT INTO figure VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    for (const BatchFigure& figure : figures) {
      insert.reset();
      insert.bind(1, model);
      insert.bind(2, static_cast<std::int64_t>(first_position++));
      insert.bind(3, figure.name);
      insert.bind(4, figure.unit);
      insert.bind(5, figure.block);
      insert.bind(6, figure.quantity);
      insert.bind(7, figure.order);
      insert.bind(8, figure.kind);
      insert.exec();
    }
  });
}

Result<void> BatchStore::commit(std::int64_t chunk, std::int64_t images, double seconds) {
  return guarded_sql(state_->file, [&] {
    SQLite::Statement insert(*state_->database, "INSERT OR REPLACE INTO chunk VALUES (?, ?, ?, ?)");
    insert.bind(1, chunk);
    insert.bind(2, images);
    insert.bind(3, seconds);
    insert.bind(4, now_text());
    insert.exec();
    state_->transaction->commit();
    state_->transaction.reset();
  });
}

void BatchStore::rollback() {
  // The destructor rolls back and swallows what that throws.
  state_->transaction.reset();
}

Result<void> BatchStore::commit_merge(double seconds, std::int64_t images) { return commit(-1, images, seconds); }

}  // namespace orderscope
