// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sqlite3.h>

#include <cstring>
#include <limits>

#include "core/run/batch_sql.h"

namespace orderscope {

struct BatchQuery::State {
  std::filesystem::path file;
  std::unique_ptr<SQLite::Database> database;
  std::vector<BatchModelInfo> models;
  std::vector<std::string> classes;
  std::unique_ptr<SQLite::Statement> row;
  bool regions = false;
};

/// A WHERE clause with its values, in the order of their question marks.
struct BatchWhere {
  std::string sql = " WHERE 1";
  std::vector<double> numbers;
  std::optional<std::string> text;  ///< the last question mark
  bool image = false;               ///< needs the table image

  explicit BatchWhere(const BatchFilter& filter);
  void bind(SQLite::Statement& statement) const;
};

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

inline constexpr const char* kFromResult = " FROM result r";
inline constexpr const char* kJoinImage = " JOIN image i ON i.id = r.image";

inline double number_of(const SQLite::Column& column) {
  return column.isNull() ? std::numeric_limits<double>::quiet_NaN() : column.getDouble();
}
inline std::optional<int> optional_of(const SQLite::Column& column) {
  return column.isNull() ? std::nullopt : std::optional<int>(column.getInt());
}

inline std::vector<float> floats_of(const SQLite::Column& blob) {
  std::vector<float> values(static_cast<std::size_t>(blob.getBytes()) / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), blob.getBlob(), values.size() * sizeof(float));
  return values;
}

}  // namespace orderscope
