// SPDX-License-Identifier: GPL-3.0-or-later
// What a store takes in: images with their results, and whole stores of shards.
#include <c10/util/Half.h>
#include <libdeflate.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "core/run/batch_store_state.h"

namespace orderscope {

namespace {

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

}  // namespace

void bind_optional(SQLite::Statement& statement, int place, const std::optional<int>& value) {
  if (value) {
    statement.bind(place, *value);
  } else {
    statement.bind(place);
  }
}

void BatchStore::State::add_result(std::int64_t image_id, const StoredResult& r) {
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
  add_regions(id, r.regions);
}

void BatchStore::State::add_regions(std::int64_t result_id, const std::vector<BatchRegion>& regions) {
  if (!region) return;
  int number = 0;
  for (const BatchRegion& one : regions) {
    region->reset();
    region->bind(1, result_id);
    region->bind(2, number++);
    region->bind(3, one.class_index);
    bind_number(*region, 4, one.score);
    region->bind(5, one.pixels);
    region->bind(6, one.share);
    for (int k = 0; k < 4; ++k) {
      if (one.box) {
        region->bind(7 + k, static_cast<double>((*one.box)[static_cast<std::size_t>(k)]));
      } else {
        region->bind(7 + k);
      }
    }
    region->exec();
  }
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

Result<void> BatchStore::take_over(const std::filesystem::path& shard) {
  const std::filesystem::path file = shard / kBatchStoreName;
  TRY(const auto source, open_batch_store(file));
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
          if (column.isNull())
            to.bind(c + 1);
          else if (column.isInteger())
            to.bind(c + 1, column.getInt64());
          else if (column.isFloat())
            to.bind(c + 1, column.getDouble());
          else if (column.isBlob())
            to.bind(c + 1, column.getBlob(), column.getBytes());
          else
            to.bind(c + 1, column.getString());
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
    if (has_batch_regions(*source))
      copy("SELECT * FROM region", "INSERT INTO region VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", 10, same);
  });
}

}  // namespace orderscope
