// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include "core/run/batch_query.h"
#include "core/run/batch_runner.h"
#include "tests/core/train/synthetic_set.h"
#include "tests/golden.h"
#include "tests/temporary_folder.h"

namespace orderscope::test {

inline std::filesystem::path small_checkpoint(const std::string& name) {
  return golden("small/" + name + "/official.pth");
}

/// A small HorNet at 64 pixels over these images.
inline BatchConfig small_batch(const std::filesystem::path& images) {
  BatchConfig config;
  config.models = {{small_checkpoint("hornet_7x7"), {}}};
  config.images = {images};
  config.size = 64;
  config.batch = 4;
  config.chunk = 6;
  return config;
}

/// Every result of a store by path and model: what must be the same for the same run, times apart.
struct StoreContent {
  struct Entry {
    BatchRow row;
    std::map<std::string, float> figures;
    std::map<std::string, Map> maps;
  };
  std::map<std::pair<std::string, int>, Entry> entries;
};

inline StoreContent content_of(const std::filesystem::path& run) {
  StoreContent content;
  const auto query = BatchQuery::open(run);
  EXPECT_TRUE(query) << query.error().message();
  if (!query) return content;
  const auto ids = *query->select({}, {});
  const auto rows = *query->rows(ids.data(), ids.size());
  for (const BatchRow& row : rows) {
    StoreContent::Entry entry{row, {}, {}};
    const auto names = *query->figures(row.model);
    const auto values = *query->row_figures(row.id);
    for (std::size_t i = 0; i < values.size(); ++i) entry.figures[names[i].name] = values[i];
    const auto map_names = *query->map_names(row.id);
    for (const std::string& name : map_names) entry.maps[name] = *query->map(row.id, name);
    EXPECT_TRUE(content.entries.emplace(std::pair(row.path, row.model), std::move(entry)).second) << row.path;
  }
  return content;
}

/// Discrete values must be the same; figures within `relative` of each other or of the largest value of their kind in
/// the row, which cancelling sums (contributions) need.
inline void expect_same(const StoreContent& a, const StoreContent& b, double relative) {
  ASSERT_EQ(a.entries.size(), b.entries.size());
  const auto near = [&](double x, double y, double size, const std::string& what) {
    if (x == y) return;  // infinities, too
    if (std::isnan(x) || std::isnan(y)) {
      EXPECT_EQ(std::isnan(x), std::isnan(y)) << what;
    } else {
      EXPECT_NEAR(x, y, relative * std::max({std::abs(x), std::abs(y), size})) << what;
    }
  };
  for (const auto& [key, entry] : a.entries) {
    const auto found = b.entries.find(key);
    ASSERT_NE(found, b.entries.end()) << key.first;
    const BatchRow &x = entry.row, &y = found->second.row;
    EXPECT_EQ(x.image, y.image) << key.first;
    EXPECT_EQ(x.predicted, y.predicted) << key.first;
    EXPECT_EQ(x.set_label, y.set_label) << key.first;
    EXPECT_EQ(x.label, y.label) << key.first;
    EXPECT_EQ(x.label_rank, y.label_rank) << key.first;
    EXPECT_EQ(x.note, y.note) << key.first;
    EXPECT_EQ(x.sha256, y.sha256) << key.first;
    near(x.confidence, y.confidence, 0, key.first + " confidence");
    near(x.loss, y.loss, 0, key.first + " loss");
    near(x.disagreement, y.disagreement, 1e-3, key.first + " disagreement");
    EXPECT_EQ(entry.figures.size(), found->second.figures.size()) << key.first;
    std::map<std::string, double> largest;
    // The mean of a Grad-CAM at the last block is a sum that cancels to zero: it is held against the map's extremes.
    const auto kind = [](const std::string& name) {
      return name.starts_with("cam.") && name.find('.', 4) == std::string::npos ? "cam"
                                                                                : name.substr(name.rfind('.') + 1);
    };
    for (const auto& [name, value] : entry.figures)
      if (std::isfinite(value)) largest[kind(name)] = std::max<double>(largest[kind(name)], std::abs(value));
    for (const auto& [name, value] : entry.figures) {
      const auto other = found->second.figures.find(name);
      ASSERT_NE(other, found->second.figures.end()) << name;
      near(value, other->second, largest[kind(name)], key.first + " " + name);
    }
    EXPECT_EQ(entry.maps.size(), found->second.maps.size()) << key.first;
  }
}

}  // namespace orderscope::test
