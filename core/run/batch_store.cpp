// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_store.h"

#include <c10/util/Half.h>
#include <libdeflate.h>

#include <chrono>
#include <cstring>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/run/batch_sql.h"

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

std::string now_text() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

/// Float16 little-endian in zlib's format.
std::string packed(const Map& map) {
  std::vector<std::uint16_t> halves;
  halves.reserve(map.values.size());
  for (const float value : map.values) halves.push_back(c10::Half(value).x);
  struct Free {
    void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
  };
  const std::unique_ptr<libdeflate_compressor, Free> compressor(libdeflate_alloc_compressor(6));
  if (!compressor) throw std::bad_alloc();
  const std::size_t size = halves.size() * sizeof(std::uint16_t);
  std::string bytes(libdeflate_zlib_compress_bound(compressor.get(), size), '\0');
  bytes.resize(libdeflate_zlib_compress(compressor.get(), halves.data(), size, bytes.data(), bytes.size()));
  return bytes;
}

std::filesystem::path store_path(const std::filesystem::path& run) { return run / kBatchStoreName; }

void set_up_writing(SQLite::Database& database) {
  // NORMAL: a power cut may take the last transactions, never part of one.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 2000");
}

void bind_optional(SQLite::Statement& statement, int place, const std::optional<int>& value) {
  if (value) {
    statement.bind(place, *value);
  } else {
    statement.bind(place);
  }
}

}  // namespace

struct BatchStore::State {
  std::filesystem::path file;
  std::unique_ptr<SQLite::Database> database;
  std::unique_ptr<SQLite::Transaction> transaction;
  std::unique_ptr<SQLite::Statement> image, result, figures, agreement, map;
  std::int64_t models = 1;

  void prepare() {
    models = database->execAndGet("SELECT count(*) FROM model").getInt64();
    const auto statement = [&](const char* sql) { return std::make_unique<SQLite::Statement>(*database, sql); };
    image = statement(
        "UPDATE image SET state = ?, sha256 = ?, width = ?, height = ?, error = ?, disagreement = ?, predictions = ? "
        "WHERE id = ?");
    result = statement("INSERT INTO result VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    figures = statement("INSERT INTO figures VALUES (?, ?)");
    agreement = statement("INSERT INTO agreement VALUES (?, ?, ?, ?, ?, ?)");
    map = statement("INSERT INTO map VALUES (?, ?, ?, ?, ?, ?, ?)");
  }

  void add_result(std::int64_t image_id, const StoredResult& r) {
    const std::int64_t id = image_id * models + r.model;
    result->reset();
    result->bind(1, id);
    result->bind(2, image_id);
    result->bind(3, r.model);
    bind_optional(*result, 4, r.label);
    bind_optional(*result, 5, r.predicted);
    bind_optional(*result, 6,
                  r.label && r.predicted ? std::optional<int>(*r.label == *r.predicted ? 1 : 0) : std::nullopt);
    bind_optional(*result, 7, r.label_rank);
    bind_number(*result, 8, r.confidence);
    bind_number(*result, 9, r.label_probability);
    bind_number(*result, 10, r.loss);
    bind_number(*result, 11, r.entropy);
    result->bind(12, r.note);
    result->exec();
    if (!r.figures.empty()) {
      figures->reset();
      figures->bind(1, id);
      figures->bindNoCopy(2, r.figures.data(), static_cast<int>(r.figures.size() * sizeof(float)));
      figures->exec();
    }
    for (const auto& [name, values] : r.maps) {
      const std::string bytes = packed(values);
      map->reset();
      map->bind(1, id);
      map->bind(2, name);
      map->bind(3, values.height);
      map->bind(4, values.width);
      map->bind(5, values.is_signed ? 1 : 0);
      map->bind(6, values.unit);
      map->bindNoCopy(7, bytes.data(), static_cast<int>(bytes.size()));
      map->exec();
    }
  }
};

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
    state->database = std::make_unique<SQLite::Database>(state->file.string(),
                                                         SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 10000);
    SQLite::Database& database = *state->database;
    set_up_writing(database);
    SQLite::Transaction transaction(database);
    database.exec("PRAGMA application_id = " + std::to_string(kBatchApplication));
    database.exec("PRAGMA user_version = " + std::to_string(kBatchSchema));
    database.exec(kSchema);
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
  TRY(state->database, open_batch_store(state->file, SQLite::OPEN_READWRITE));
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
  return guarded_sql(state_->file, [&] {
    state_->transaction = std::make_unique<SQLite::Transaction>(*state_->database);
  });
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

Result<void> BatchStore::add(const ImageRecord& record) {
  return guarded_sql(state_->file, [&] {
    double disagreement = std::numeric_limits<double>::quiet_NaN();
    for (const StoredAgreement& pair : record.agreements) disagreement = std::fmax(disagreement, pair.js_divergence);
    SQLite::Statement& image = *state_->image;
    image.reset();
    image.bind(1, record.error.empty() ? 1 : 2);
    image.bind(2, record.sha256);
    image.bind(3, record.width);
    image.bind(4, record.height);
    if (record.error.empty()) {
      image.bind(5);
    } else {
      image.bind(5, record.error);
    }
    bind_number(image, 6, disagreement);
    bind_optional(image, 7, record.predictions > 0 ? std::optional<int>(record.predictions) : std::nullopt);
    image.bind(8, record.id);
    image.exec();
    for (const StoredResult& result : record.results) state_->add_result(record.id, result);
    for (const StoredAgreement& pair : record.agreements) {
      SQLite::Statement& insert = *state_->agreement;
      insert.reset();
      insert.bind(1, record.id);
      insert.bind(2, pair.model_a);
      insert.bind(3, pair.model_b);
      insert.bind(4, pair.same_top1 ? 1 : 0);
      bind_number(insert, 5, pair.js_divergence);
      bind_number(insert, 6, pair.rank_correlation);
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

Result<void> BatchStore::take_over(const std::filesystem::path& shard) {
  const std::filesystem::path file = store_path(shard);
  TRY(const auto source, open_batch_store(file, SQLite::OPEN_READWRITE));
  return guarded_sql(file, [&] {
    // Methods name their figures as they go, so two shards may number them differently.
    std::vector<std::vector<std::size_t>> places(static_cast<std::size_t>(state_->models));
    for (std::size_t m = 0; m < places.size(); ++m) {
      const int model = static_cast<int>(m);
      std::vector<BatchFigure> known = read_batch_figures(*state_->database, model);
      std::map<std::string, std::size_t> by_name;
      for (std::size_t i = 0; i < known.size(); ++i) by_name[known[i].name] = i;
      for (const BatchFigure& figure : read_batch_figures(*source, model)) {
        const auto [at, added] = by_name.emplace(figure.name, by_name.size());
        if (added)
          if (auto done = add_figures(model, {figure}, at->second); !done)
            throw SQLite::Exception(done.error().message());
        places[m].push_back(at->second);
      }
    }
    const auto copy = [&](const char* select, const char* insert, int columns, const auto& change) {
      SQLite::Statement from(*source, select), to(*state_->database, insert);
      while (from.executeStep()) {
        to.reset();
        for (int c = 0; c < columns; ++c) {
          const SQLite::Column column = from.getColumn(c);
          if (column.isNull()) to.bind(c + 1);
          else if (column.isInteger()) to.bind(c + 1, column.getInt64());
          else if (column.isFloat()) to.bind(c + 1, column.getDouble());
          else if (column.isBlob()) to.bind(c + 1, column.getBlob(), column.getBytes());
          else to.bind(c + 1, column.getString());
        }
        change(from, to);
        to.exec();
      }
    };
    const auto same = [](SQLite::Statement&, SQLite::Statement&) {};
    copy("SELECT state, sha256, width, height, error, disagreement, predictions, id FROM image",
         "UPDATE image SET state = ?, sha256 = ?, width = ?, height = ?, error = ?, disagreement = ?, predictions = ? "
         "WHERE id = ?",
         8, same);
    copy("SELECT * FROM result", "INSERT INTO result VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", 12, same);
    copy("SELECT result, data FROM figures", "INSERT INTO figures VALUES (?, ?)", 2,
         [&](SQLite::Statement& from, SQLite::Statement& to) {
           const auto model = static_cast<std::size_t>(from.getColumn(0).getInt64() % state_->models);
           const SQLite::Column blob = from.getColumn(1);
           std::vector<float> values(static_cast<std::size_t>(blob.getBytes()) / sizeof(float));
           std::memcpy(values.data(), blob.getBlob(), values.size() * sizeof(float));
           std::vector<float> moved;
           for (std::size_t i = 0; i < values.size() && i < places[model].size(); ++i) {
             const std::size_t place = places[model][i];
             if (moved.size() <= place) moved.resize(place + 1, std::numeric_limits<float>::quiet_NaN());
             moved[place] = values[i];
           }
           to.bind(2, moved.data(), static_cast<int>(moved.size() * sizeof(float)));
         });
    copy("SELECT * FROM agreement", "INSERT INTO agreement VALUES (?, ?, ?, ?, ?, ?)", 6, same);
    copy("SELECT * FROM map", "INSERT INTO map VALUES (?, ?, ?, ?, ?, ?, ?)", 7, same);
  });
}

Result<void> BatchStore::commit_merge(double seconds, std::int64_t images) {
  return commit(-1, images, seconds);
}

}  // namespace orderscope
