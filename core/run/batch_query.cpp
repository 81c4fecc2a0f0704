// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_query.h"

#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/run/batch_query_state.h"
#include "core/run/batch_store.h"

namespace orderscope {

namespace {

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

}  // namespace

BatchWhere::BatchWhere(const BatchFilter& filter) {
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
  image =
      filter.label || filter.broken || filter.least_disagreement || filter.disagreeing || !filter.path_contains.empty();
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

void BatchWhere::bind(SQLite::Statement& statement) const {
  int place = 1;
  for (const double value : numbers) statement.bind(place++, value);
  if (text) statement.bind(place, *text);
}

BatchQuery::BatchQuery(std::unique_ptr<State> state) : state_(std::move(state)) {}
BatchQuery::BatchQuery(BatchQuery&&) noexcept = default;
BatchQuery& BatchQuery::operator=(BatchQuery&&) noexcept = default;
BatchQuery::~BatchQuery() = default;

Result<BatchQuery> BatchQuery::open(const std::filesystem::path& path) {
  std::error_code error;
  auto state = std::make_unique<State>();
  state->file = std::filesystem::is_directory(path, error) ? path / kBatchStoreName : path;
  TRY(state->database, open_batch_store_to_read(state->file));
  TRY_VOID(guarded_sql(state->file, [&] {
    SQLite::Database& database = *state->database;
    database.exec("PRAGMA query_only = ON; PRAGMA cache_size = -65536");
    sqlite3_create_function_v2(database.getHandle(), "float_at", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                               float_at, nullptr, nullptr, nullptr);
    state->models = read_batch_models(database);
    state->classes = read_batch_classes(database);
    state->regions = has_batch_regions(database);
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
  BatchWhere where(filter);
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
      key +=
          " WHEN " + std::to_string(model.id) + " THEN float_at(f.data, " + std::to_string(found - all.begin()) + ")";
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
  const BatchWhere where(filter);
  std::int64_t count = 0;
  TRY_VOID(guarded_sql(state_->file, [&] {
    SQLite::Statement select(
        *state_->database, std::string("SELECT count(*)") + kFromResult + (where.image ? kJoinImage : "") + where.sql);
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
      row.set_label = optional_of(s.getColumn(4));
      row.label = optional_of(s.getColumn(5));
      row.predicted = optional_of(s.getColumn(6));
      if (const auto correct = optional_of(s.getColumn(7))) row.correct = *correct != 0;
      row.label_rank = optional_of(s.getColumn(8));
      row.confidence = number_of(s.getColumn(9));
      row.label_probability = number_of(s.getColumn(10));
      row.loss = number_of(s.getColumn(11));
      row.entropy = number_of(s.getColumn(12));
      row.disagreement = number_of(s.getColumn(13));
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

std::filesystem::path BatchQuery::file(const BatchRow& row) const {
  return std::filesystem::path(value("folder")) / row.path;
}

}  // namespace orderscope
