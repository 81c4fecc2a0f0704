// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_query.h"

#include <c10/util/Half.h>
#include <libdeflate.h>
#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/run/batch_sql.h"
#include "core/run/batch_store.h"

namespace orderscope {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double number(const SQLite::Column& column) { return column.isNull() ? kNone : column.getDouble(); }
std::optional<int> optional(const SQLite::Column& column) {
  return column.isNull() ? std::nullopt : std::optional<int>(column.getInt());
}

std::vector<float> floats(const SQLite::Column& blob) {
  std::vector<float> values(static_cast<std::size_t>(blob.getBytes()) / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), blob.getBlob(), values.size() * sizeof(float));
  return values;
}

/// SQL: float_at(blob, position), NULL where there is none.
void float_at(sqlite3_context* context, int, sqlite3_value** arguments) {
  const auto position = static_cast<std::size_t>(sqlite3_value_int64(arguments[1]));
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(arguments[0]));
  if (!bytes || (position + 1) * sizeof(float) > static_cast<std::size_t>(sqlite3_value_bytes(arguments[0])))
    return sqlite3_result_null(context);
  float value = 0;
  std::memcpy(&value, bytes + position * sizeof(float), sizeof value);
  if (std::isnan(value)) return sqlite3_result_null(context);
  sqlite3_result_double(context, value);
}

/// A WHERE clause with its values, in the order of their question marks.
struct Where {
  std::string sql = " WHERE 1";
  std::vector<double> numbers;
  std::optional<std::string> text;  ///< the last question mark
  bool image = false;               ///< needs the table image

  explicit Where(const BatchFilter& filter) {
    const auto add = [&](const char* condition, double value) {
      sql += std::string(" AND ") + condition;
      numbers.push_back(value);
    };
    if (filter.model) add("r.model = ?", *filter.model);
    if (filter.predicted) add("r.predicted = ?", *filter.predicted);
    if (filter.correct) add("r.correct = ?", *filter.correct ? 1 : 0);
    if (filter.most_label_rank) add("r.label_rank <= ?", *filter.most_label_rank);
    if (filter.least_confidence) add("r.confidence >= ?", *filter.least_confidence);
    if (filter.most_confidence) add("r.confidence <= ?", *filter.most_confidence);
    image = filter.label || filter.broken || filter.least_disagreement || filter.disagreeing ||
            !filter.path_contains.empty();
    if (filter.label) add("i.label = ?", *filter.label);
    if (filter.broken) add("i.state = ?", *filter.broken ? 2 : 1);
    if (filter.least_disagreement) add("i.disagreement >= ?", *filter.least_disagreement);
    if (filter.disagreeing) add("(coalesce(i.predictions, 1) > 1) = ?", *filter.disagreeing ? 1 : 0);
    if (!filter.path_contains.empty()) {
      sql += " AND i.path LIKE ? ESCAPE '\\'";
      text = "%";
      for (const char c : filter.path_contains) {
        if (c == '%' || c == '_' || c == '\\') *text += '\\';
        *text += c;
      }
      *text += '%';
    }
  }

  void bind(SQLite::Statement& statement) const {
    int place = 1;
    for (const double value : numbers) statement.bind(place++, value);
    if (text) statement.bind(place, *text);
  }
};

const char* sort_column(const std::string& key) {
  struct Column {
    const char *key, *sql;
  };
  static constexpr Column columns[] = {
      {"image", "r.id"},
      {"path", "i.path"},
      {"model", "r.model"},
      {"label", "i.label"},
      {"predicted", "r.predicted"},
      {"correct", "r.correct"},
      {"confidence", "r.confidence"},
      {"label_rank", "r.label_rank"},
      {"label_probability", "r.label_probability"},
      {"loss", "r.loss"},
      {"entropy", "r.entropy"},
      {"disagreement", "i.disagreement"},
      {"note", "nullif(r.note, '')"},
  };
  for (const Column& column : columns)
    if (key == column.key) return column.sql;
  return nullptr;
}

/// Lets a stop token interrupt what the database does, for as long as this lives.
class Interruptible {
 public:
  Interruptible(SQLite::Database& database, const JobContext& job) : handle_(database.getHandle()) {
    sqlite3_progress_handler(
        handle_, 20000,
        [](void* context) { return static_cast<const JobContext*>(context)->stop.stop_requested() ? 1 : 0; },
        const_cast<JobContext*>(&job));
  }
  ~Interruptible() { sqlite3_progress_handler(handle_, 0, nullptr, nullptr); }
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

 private:
  sqlite3* handle_;
};

constexpr const char* kFromResult = " FROM result r";
constexpr const char* kJoinImage = " JOIN image i ON i.id = r.image";

}  // namespace

struct BatchQuery::State {
  std::filesystem::path file;
  std::unique_ptr<SQLite::Database> database;
  std::vector<BatchModelInfo> models;
  std::vector<std::string> classes;
  std::unique_ptr<SQLite::Statement> row;
};

BatchQuery::BatchQuery(std::unique_ptr<State> state) : state_(std::move(state)) {}
BatchQuery::BatchQuery(BatchQuery&&) noexcept = default;
BatchQuery& BatchQuery::operator=(BatchQuery&&) noexcept = default;
BatchQuery::~BatchQuery() = default;

Result<BatchQuery> BatchQuery::open(const std::filesystem::path& path) {
  std::error_code error;
  auto state = std::make_unique<State>();
  state->file = std::filesystem::is_directory(path, error) ? path / kBatchStoreName : path;
  // A store in WAL mode is opened for writing where that is allowed: a reader may have to finish what a kill left.
  auto opened = open_batch_store(state->file, SQLite::OPEN_READWRITE);
  if (!opened && opened.error().kind == Error::Kind::FileAccess)
    opened = open_batch_store(state->file, SQLite::OPEN_READONLY);
  if (!opened) return tl::unexpected(std::move(opened).error());
  state->database = std::move(*opened);
  TRY_VOID(guarded_sql(state->file, [&] {
    SQLite::Database& database = *state->database;
    database.exec("PRAGMA query_only = ON; PRAGMA cache_size = -65536");
    sqlite3_create_function_v2(database.getHandle(), "float_at", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                               float_at, nullptr, nullptr, nullptr);
    state->models = read_batch_models(database);
    state->classes = read_batch_classes(database);
    state->row = std::make_unique<SQLite::Statement>(
        database,
        "SELECT r.id, r.image, r.model, i.path, i.label, r.label, r.predicted, r.correct, r.label_rank, r.confidence, "
        "r.label_probability, r.loss, r.entropy, i.disagreement, coalesce(i.predictions, 0), r.note, "
        "i.sha256, i.width, i.height FROM result r JOIN "
        "image i ON i.id = r.image WHERE r.id = ?");
  }));
  return BatchQuery(std::move(state));
}

Result<BatchCounts> BatchQuery::counts() const {
  BatchCounts counts;
  TRY_VOID(guarded_sql(state_->file, [&] {
    SQLite::Database& database = *state_->database;
    counts.images = database.execAndGet("SELECT count(*) FROM image").getInt64();
    counts.done = counts.images - database.execAndGet("SELECT count(*) FROM image WHERE state = 0").getInt64();
    counts.broken = database.execAndGet("SELECT count(*) FROM image WHERE state = 2").getInt64();
    counts.seconds = database.execAndGet("SELECT total(seconds) FROM chunk").getDouble();
    counts.timed = database.execAndGet("SELECT coalesce(sum(images), 0) FROM chunk").getInt64();
  }));
  return counts;
}

const std::vector<BatchModelInfo>& BatchQuery::models() const { return state_->models; }
const std::vector<std::string>& BatchQuery::set_classes() const { return state_->classes; }
std::string BatchQuery::config_json() const { return value("config"); }

Result<std::vector<BatchFigure>> BatchQuery::figures(int model) const {
  std::vector<BatchFigure> figures;
  TRY_VOID(guarded_sql(state_->file, [&] { figures = read_batch_figures(*state_->database, model); }));
  return figures;
}

std::string BatchQuery::value(const std::string& key) const {
  std::string value;
  [[maybe_unused]] const auto done =
      guarded_sql(state_->file, [&] { value = read_batch_value(*state_->database, key); });
  return value;
}

Result<std::vector<std::int64_t>> BatchQuery::select(const BatchFilter& filter, const BatchSort& sort,
                                                     const JobContext& job) const {
  TRY_VOID(job.check());
  Where where(filter);
  std::string from = kFromResult, key;
  if (sort.key.starts_with("figure:")) {
    // The figure may lie at another place for each model.
    const std::string name = sort.key.substr(7);
    key = "CASE r.model";
    bool any = false;
    for (const BatchModelInfo& model : state_->models) {
      TRY(const auto all, figures(model.id));
      const auto found = std::ranges::find(all, name, &BatchFigure::name);
      if (found == all.end()) continue;
      any = true;
      key += " WHEN " + std::to_string(model.id) + " THEN float_at(f.data, " +
             std::to_string(found - all.begin()) + ")";
    }
    if (!any) return fail(Error::Kind::InvalidInput, "no model has such a figure", name);
    key += " END";
    from += " LEFT JOIN figures f ON f.result = r.id";
  } else if (const char* column = sort_column(sort.key)) {
    key = column;
  } else {
    return fail(Error::Kind::InvalidInput, "there is no such column to sort by", sort.key);
  }
  if (where.image || key.starts_with("i.")) from += kJoinImage;
  std::string order = " ORDER BY r.id";
  if (sort.key == "image") {
    if (sort.descending) order += " DESC";
  } else {
    order = " ORDER BY " + key + (sort.descending ? " DESC" : "") + " NULLS LAST, r.id";
  }
  std::vector<std::int64_t> ids;
  TRY_VOID(guarded_sql(state_->file, [&] {
    const Interruptible interruptible(*state_->database, job);
    SQLite::Statement select(*state_->database, "SELECT r.id" + from + where.sql + order);
    where.bind(select);
    while (select.executeStep()) ids.push_back(select.getColumn(0).getInt64());
  }));
  return ids;
}

Result<std::int64_t> BatchQuery::count(const BatchFilter& filter) const {
  const Where where(filter);
  std::int64_t count = 0;
  TRY_VOID(guarded_sql(state_->file, [&] {
    SQLite::Statement select(*state_->database, std::string("SELECT count(*)") + kFromResult +
                                                    (where.image ? kJoinImage : "") + where.sql);
    where.bind(select);
    if (select.executeStep()) count = select.getColumn(0).getInt64();
  }));
  return count;
}

Result<std::vector<BatchRow>> BatchQuery::rows(const std::int64_t* ids, std::size_t count) const {
  std::vector<BatchRow> rows;
  rows.reserve(count);
  TRY_VOID(guarded_sql(state_->file, [&] {
    SQLite::Statement& s = *state_->row;
    for (std::size_t n = 0; n < count; ++n) {
      s.reset();
      s.bind(1, ids[n]);
      if (!s.executeStep()) continue;
      BatchRow row;
      row.id = s.getColumn(0).getInt64();
      row.image = s.getColumn(1).getInt64();
      row.model = s.getColumn(2).getInt();
      row.path = s.getColumn(3).getString();
      row.set_label = optional(s.getColumn(4));
      row.label = optional(s.getColumn(5));
      row.predicted = optional(s.getColumn(6));
      if (const auto correct = optional(s.getColumn(7))) row.correct = *correct != 0;
      row.label_rank = optional(s.getColumn(8));
      row.confidence = number(s.getColumn(9));
      row.label_probability = number(s.getColumn(10));
      row.loss = number(s.getColumn(11));
      row.entropy = number(s.getColumn(12));
      row.disagreement = number(s.getColumn(13));
      row.predictions = s.getColumn(14).getInt();
      row.note = s.getColumn(15).getString();
      row.sha256 = s.getColumn(16).getString();
      row.width = s.getColumn(17).getInt();
      row.height = s.getColumn(18).getInt();
      rows.push_back(std::move(row));
    }
    s.reset();
  }));
  return rows;
}

Result<std::vector<std::int64_t>> BatchQuery::most_disagreeing(std::size_t images) const {
  std::vector<std::int64_t> ids;
  TRY_VOID(guarded_sql(state_->file, [&] {
    SQLite::Statement select(*state_->database,
                             "SELECT r.id FROM (SELECT id, predictions, disagreement FROM image WHERE disagreement IS "
                             "NOT NULL ORDER BY predictions DESC, disagreement DESC, id LIMIT ?) i JOIN result r ON "
                             "r.image = i.id ORDER BY i.predictions DESC, i.disagreement DESC, i.id, r.model");
    select.bind(1, static_cast<std::int64_t>(images));
    while (select.executeStep()) ids.push_back(select.getColumn(0).getInt64());
  }));
  return ids;
}

Result<std::vector<std::int64_t>> BatchQuery::rows_of_image(std::int64_t image) const {
  std::vector<std::int64_t> ids;
  TRY_VOID(guarded_sql(state_->file, [&] {
    SQLite::Statement select(*state_->database, "SELECT id FROM result WHERE image = ? ORDER BY model");
    select.bind(1, image);
    while (select.executeStep()) ids.push_back(select.getColumn(0).getInt64());
  }));
  return ids;
}

Result<std::vector<float>> BatchQuery::row_figures(std::int64_t row) const {
  std::vector<float> values;
  TRY_VOID(guarded_sql(state_->file, [&] {
    SQLite::Statement select(*state_->database,
                             "SELECT f.data, (SELECT count(*) FROM figure g WHERE g.model = r.model) FROM result r "
                             "LEFT JOIN figures f ON f.result = r.id WHERE r.id = ?");
    select.bind(1, row);
    if (!select.executeStep()) return;
    if (!select.getColumn(0).isNull()) values = floats(select.getColumn(0));
    values.resize(static_cast<std::size_t>(select.getColumn(1).getInt64()), static_cast<float>(kNone));
  }));
  return values;
}

Result<std::vector<BatchQuery::Means>> BatchQuery::means(int model, const BatchFilter& filter, bool by_label,
                                                         const JobContext& job) const {
  TRY_VOID(job.check());
  TRY(const auto known, figures(model));
  BatchFilter narrowed = filter;
  narrowed.model = model;
  const Where where(narrowed);
  const std::size_t groups = by_label ? state_->classes.size() + 1 : 1;
  std::vector<Means> means(groups);
  std::vector<std::vector<std::int64_t>> counts(groups, std::vector<std::int64_t>(known.size(), 0));
  for (Means& entry : means) entry.figures.assign(known.size(), 0.0);
  TRY_VOID(guarded_sql(state_->file, [&] {
    const Interruptible interruptible(*state_->database, job);
    SQLite::Statement select(*state_->database, std::string("SELECT i.label, r.correct, f.data FROM result r") +
                                                    kJoinImage + " LEFT JOIN figures f ON f.result = r.id" + where.sql);
    where.bind(select);
    while (select.executeStep()) {
      const auto label = optional(select.getColumn(0));
      const bool placed = label && *label >= 0 && static_cast<std::size_t>(*label) + 1 < groups;
      const std::size_t g = !by_label ? 0 : placed ? static_cast<std::size_t>(*label) : groups - 1;
      Means& entry = means[g];
      ++entry.rows;
      if (const auto correct = optional(select.getColumn(1))) {
        ++entry.labelled;
        entry.correct += *correct;
      }
      if (select.getColumn(2).isNull()) continue;
      const std::vector<float> values = floats(select.getColumn(2));
      for (std::size_t i = 0; i < values.size() && i < known.size(); ++i) {
        if (std::isnan(values[i])) continue;
        entry.figures[i] += values[i];
        ++counts[g][i];
      }
    }
  }));
  for (std::size_t g = 0; g < groups; ++g) {
    for (std::size_t i = 0; i < known.size(); ++i)
      means[g].figures[i] = counts[g][i] > 0 ? means[g].figures[i] / static_cast<double>(counts[g][i]) : kNone;
  }
  return means;
}

Result<std::vector<std::string>> BatchQuery::map_names(std::int64_t row) const {
  std::vector<std::string> names;
  TRY_VOID(guarded_sql(state_->file, [&] {
    SQLite::Statement select(*state_->database, "SELECT name FROM map WHERE result = ? ORDER BY name");
    select.bind(1, row);
    while (select.executeStep()) names.push_back(select.getColumn(0).getString());
  }));
  return names;
}

Result<Map> BatchQuery::map(std::int64_t row, const std::string& name) const {
  Map map;
  bool found = false, whole = false;
  TRY_VOID(guarded_sql(state_->file, [&] {
    SQLite::Statement select(*state_->database,
                             "SELECT height, width, is_signed, unit, data FROM map WHERE result = ? AND name = ?");
    select.bind(1, row);
    select.bind(2, name);
    found = select.executeStep();
    if (!found) return;
    map.height = select.getColumn(0).getInt();
    map.width = select.getColumn(1).getInt();
    map.is_signed = select.getColumn(2).getInt() != 0;
    map.unit = select.getColumn(3).getString();
    if (map.height < 1 || map.width < 1 || map.height > 16384 || map.width > 16384) return;
    const SQLite::Column data = select.getColumn(4);
    std::vector<std::uint16_t> halves(static_cast<std::size_t>(map.height) * static_cast<std::size_t>(map.width));
    struct Free {
      void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
    };
    const std::unique_ptr<libdeflate_decompressor, Free> decompressor(libdeflate_alloc_decompressor());
    whole = decompressor && libdeflate_zlib_decompress(decompressor.get(), data.getBlob(),
                                                       static_cast<std::size_t>(data.getBytes()), halves.data(),
                                                       halves.size() * sizeof(std::uint16_t),
                                                       nullptr) == LIBDEFLATE_SUCCESS;
    for (const std::uint16_t half : halves)
      map.values.push_back(static_cast<float>(c10::Half(half, c10::Half::from_bits())));
  }));
  if (!found) return fail(Error::Kind::InvalidInput, "no such map is kept of this row", name);
  if (!whole) return fail(Error::Kind::Broken, "the map " + name + " is damaged", state_->file.string());
  return map;
}

std::filesystem::path BatchQuery::file(const BatchRow& row) const {
  return std::filesystem::path(value("folder")) / row.path;
}

}  // namespace orderscope
