// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/run/batch_store.h"

namespace orderscope::test {

/// A finished run of two models, "a" (two orders in two blocks) and "b", over `images` made-up images in ten classes:
/// every seventh prediction is wrong, every thousandth image broken. Figures of the first `with_figures` images only.
inline void make_run(const std::filesystem::path& folder, std::int64_t images, std::int64_t with_figures) {
  constexpr int kClasses = 10;
  BatchStore::Start start;
  start.config = "{}";
  start.values = {{"folder", "/photos"}, {"program", "test"}};
  std::vector<std::string> names;
  for (int c = 0; c < kClasses; ++c) names.push_back("class " + std::to_string(c));
  start.models = {{0, "a", "/models/a.pth", "00", "hornet", names, {"stages.0.0", "stages.0.1"}},
                  {1, "b", "/models/b.pth", "01", "swin", names, {}}};
  start.classes = names;
  for (std::int64_t i = 0; i < images; ++i)
    start.images.push_back({"set/class " + std::to_string(i % kClasses) + "/" + std::to_string(i) + ".jpg",
                            static_cast<int>(i % kClasses),
                            {}});
  auto store = BatchStore::create(folder, start);
  ASSERT_TRUE(store) << store.error().message();
  ASSERT_TRUE(store->begin());
  std::vector<BatchFigure> figures;
  for (const char* block : {"stages.0.0", "stages.0.1"})
    for (int k = 1; k <= 2; ++k)
      figures.push_back({std::string(block) + ".gate." + std::to_string(k) + ".share", "", block, "gate", k, "share"});
  for (int k = 1; k <= 2; ++k)
    figures.push_back({"ablation.network." + std::to_string(k) + ".correct", "", "network", "ablation", k, "correct"});
  ASSERT_TRUE(store->add_figures(0, figures, 0));
  for (std::int64_t i = 0; i < images; ++i) {
    ImageRecord record;
    record.id = i;
    const bool broken = i % 1000 == 999;
    if (broken) record.error = "the picture ends before its data does";
    record.sha256 = "ab";
    record.width = record.height = 64;
    for (int m = 0; m < 2; ++m) {
      StoredResult result;
      result.model = m;
      result.note = record.error;
      if (!broken) {
        result.label = static_cast<int>(i % kClasses);
        const bool wrong = (i + m) % 7 == 0;
        result.predicted = wrong ? (*result.label + 1) % kClasses : *result.label;
        result.label_rank = wrong ? 1 : 0;
        // Scattered, the same in every run.
        result.confidence = static_cast<double>((i * 7919 + m * 104729) % 10007) / 10007;
        result.label_probability = result.confidence;
        result.loss = 1 - result.confidence;
        result.entropy = result.loss;
        if (m == 0 && i < with_figures) result.figures = {0.25F, 0.75F, 0.5F, 0.5F, 1, static_cast<float>(i % 2)};
      }
      record.results.push_back(std::move(result));
    }
    if (!broken) {
      const bool same = record.results[0].predicted == record.results[1].predicted;
      record.predictions = same ? 1 : 2;
      record.agreements = {{0, 1, same, same ? 0.01 : 0.1 + static_cast<double>(i % 97) / 200, 1}};
    }
    ASSERT_TRUE(store->add(record));
  }
  ASSERT_TRUE(store->commit(0, images, 10));
}

}  // namespace orderscope::test
