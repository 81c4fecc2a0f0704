// SPDX-License-Identifier: GPL-3.0-or-later
// Figures and maps of rows.
#include <c10/util/Half.h>
#include <libdeflate.h>

#include <cmath>

#include "core/run/batch_query_state.h"

namespace orderscope {

Result<std::vector<float>> BatchQuery::row_figures(std::int64_t row) const {
  std::vector<float> values;
  TRY_VOID(guarded_sql(state_->file, [&] {
    SQLite::Statement select(*state_->database,
                             "SELECT f.data, (SELECT count(*) FROM figure g WHERE g.model = r.model) FROM result r "
                             "LEFT JOIN figures f ON f.result = r.id WHERE r.id = ?");
    select.bind(1, row);
    if (!select.executeStep()) return;
    if (!select.getColumn(0).isNull()) values = floats_of(select.getColumn(0));
    values.resize(static_cast<std::size_t>(select.getColumn(1).getInt64()),
                  static_cast<float>(std::numeric_limits<double>::quiet_NaN()));
  }));
  return values;
}

Result<std::vector<BatchQuery::Means>> BatchQuery::means(int model, const BatchFilter& filter, bool by_label,
                                                         const JobContext& job) const {
  TRY_VOID(job.check());
  TRY(const auto known, figures(model));
  BatchFilter narrowed = filter;
  narrowed.model = model;
  const BatchWhere where(narrowed);
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
      const auto label = optional_of(select.getColumn(0));
      const bool placed = label && *label >= 0 && static_cast<std::size_t>(*label) + 1 < groups;
      const std::size_t g = !by_label ? 0 : placed ? static_cast<std::size_t>(*label) : groups - 1;
      Means& entry = means[g];
      ++entry.rows;
      if (const auto correct = optional_of(select.getColumn(1))) {
        ++entry.labelled;
        entry.correct += *correct;
      }
      if (select.getColumn(2).isNull()) continue;
      const std::vector<float> values = floats_of(select.getColumn(2));
      for (std::size_t i = 0; i < values.size() && i < known.size(); ++i) {
        if (std::isnan(values[i])) continue;
        entry.figures[i] += values[i];
        ++counts[g][i];
      }
    }
  }));
  for (std::size_t g = 0; g < groups; ++g) {
    for (std::size_t i = 0; i < known.size(); ++i)
      means[g].figures[i] = counts[g][i] > 0 ? means[g].figures[i] / static_cast<double>(counts[g][i])
                                             : std::numeric_limits<double>::quiet_NaN();
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

bool BatchQuery::has_regions() const { return state_->regions; }

Result<std::vector<BatchRegion>> BatchQuery::regions(std::int64_t row) const {
  std::vector<BatchRegion> regions;
  if (!state_->regions) return regions;
  TRY_VOID(guarded_sql(state_->file, [&] {
    SQLite::Statement select(
        *state_->database,
        "SELECT class, score, pixels, share, x1, y1, x2, y2 FROM region WHERE result = ? ORDER BY number");
    select.bind(1, row);
    while (select.executeStep()) {
      BatchRegion region{select.getColumn(0).getInt(), select.getColumn(1).getDouble(), select.getColumn(2).getInt64(),
                         select.getColumn(3).getDouble(), std::nullopt};
      if (!select.getColumn(4).isNull()) {
        region.box.emplace();
        for (int k = 0; k < 4; ++k)
          (*region.box)[static_cast<std::size_t>(k)] = static_cast<float>(select.getColumn(4 + k).getDouble());
      }
      regions.push_back(region);
    }
  }));
  return regions;
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
    whole = decompressor && libdeflate_zlib_decompress(
                                decompressor.get(), data.getBlob(), static_cast<std::size_t>(data.getBytes()),
                                halves.data(), halves.size() * sizeof(std::uint16_t), nullptr) == LIBDEFLATE_SUCCESS;
    for (const std::uint16_t half : halves)
      map.values.push_back(static_cast<float>(c10::Half(half, c10::Half::from_bits())));
  }));
  if (!found) return fail(Error::Kind::InvalidInput, "no such map is kept of this row", name);
  if (!whole) return fail(Error::Kind::Broken, "the map " + name + " is damaged", state_->file.string());
  return map;
}

}  // namespace orderscope
