// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/label_agreement.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace orderscope {

namespace {

std::vector<std::string> names_of(const Model& model) {
  std::vector<std::string> names;
  for (int c = 0; c < model.architecture.classes; ++c) names.push_back(model.class_name(c));
  return names;
}

void fill_box(PlacedLabels& placed, const Detection& one) {
  const auto edge = [](float v, int side) { return std::clamp(static_cast<int>(std::lround(v)), 0, side); };
  const int left = edge(one.box[0], placed.width), right = edge(one.box[2], placed.width);
  for (int y = edge(one.box[1], placed.height); y < edge(one.box[3], placed.height); ++y)
    std::fill(placed.labels.begin() + std::ptrdiff_t{y} * placed.width + left,
              placed.labels.begin() + std::ptrdiff_t{y} * placed.width + right, one.label);
}

/// Runs go down the columns.
void fill_mask(PlacedLabels& placed, const RunLengths& mask, int label) {
  if (mask.size.height != placed.height || mask.size.width != placed.width) return;
  std::int64_t at = 0;
  for (std::size_t run = 0; run < mask.counts.size(); at += mask.counts[run], ++run) {
    if (run % 2 == 0) continue;
    for (std::int64_t i = at; i < at + mask.counts[run]; ++i)
      placed.labels[static_cast<std::size_t>(i % placed.height * placed.width + i / placed.height)] = label;
  }
}

/// The label under a point of the photo, as `numbers` numbers names; -1: nothing.
int label_at(const PlacedLabels& placed, Point photo, const std::vector<int>& numbers) {
  if (!placed.frame.contains(photo)) return -1;
  const Point at = placed.frame.to_fraction(photo);
  const int y = std::clamp(static_cast<int>(at.y * placed.height), 0, placed.height - 1);
  const int x = std::clamp(static_cast<int>(at.x * placed.width), 0, placed.width - 1);
  const std::int32_t label =
      placed.labels[static_cast<std::size_t>(y) * static_cast<std::size_t>(placed.width) + static_cast<std::size_t>(x)];
  return label < 0 || static_cast<std::size_t>(label) >= numbers.size() ? -1 : numbers[static_cast<std::size_t>(label)];
}

}  // namespace

PlacedLabels placed_labels(const DensePrediction& prediction, const Model& model, const Frame& frame,
                           double least_score) {
  PlacedLabels placed;
  placed.names = names_of(model);
  if (!prediction.labels.empty()) {
    placed.labels = prediction.labels;
    placed.height = prediction.picture.height;
    placed.width = prediction.picture.width;
    placed.frame = frame;
    return placed;
  }
  placed.height = prediction.photo.height;
  placed.width = prediction.photo.width;
  placed.frame = Frame(0, 0, placed.width, placed.height);
  placed.labels.assign(static_cast<std::size_t>(placed.height) * static_cast<std::size_t>(placed.width), -1);
  const auto& found = prediction.detections.found;
  for (auto one = found.rbegin(); one != found.rend(); ++one) {  // the best on top
    if (static_cast<double>(one->score) < least_score) continue;
    if (one->mask)
      fill_mask(placed, *one->mask, one->label);
    else
      fill_box(placed, *one);
  }
  return placed;
}

Result<LabelAgreement> label_agreement(const std::vector<PlacedLabels>& models, int cells) {
  if (models.size() < 2) return fail(Error::Kind::InvalidInput, "it takes two models to differ");
  LabelAgreement agreement;
  agreement.frame = models.front().frame;
  std::map<std::string, int> known;
  std::vector<std::string> names;
  std::vector<std::vector<int>> numbers;
  for (const PlacedLabels& model : models) {
    if (model.labels.empty()) return fail(Error::Kind::InvalidInput, "one of the models has no prediction");
    agreement.frame = agreement.frame.intersected(model.frame);
    numbers.emplace_back();
    for (const std::string& name : model.names) {
      const auto [entry, is_new] = known.emplace(name, static_cast<int>(known.size()));
      if (is_new) names.push_back(name);
      numbers.back().push_back(entry->second);
    }
  }
  const Frame& frame = agreement.frame;
  if (frame.empty()) return fail(Error::Kind::InvalidInput, "the models see no common part of the photo");
  const double longer = std::max(frame.width(), frame.height());
  Map& map = agreement.differing;
  map.width = std::max(1, static_cast<int>(std::lround(cells * frame.width() / longer)));
  map.height = std::max(1, static_cast<int>(std::lround(cells * frame.height() / longer)));
  map.unit = models.size() == 2 ? "differs" : "pairs that differ";
  map.provenance.method = "label-agreement";
  const double pairs = static_cast<double>(models.size() * (models.size() - 1)) / 2;
  std::vector<double> first(names.size()), second(names.size()), both(names.size());
  std::vector<int> seen(models.size());
  double same = 0;
  for (int y = 0; y < map.height; ++y)
    for (int x = 0; x < map.width; ++x) {
      const Point photo = frame.cell_centre({y, x}, map.height, map.width);
      for (std::size_t m = 0; m < models.size(); ++m) seen[m] = label_at(models[m], photo, numbers[m]);
      int differing = 0;
      for (std::size_t i = 0; i < seen.size(); ++i)
        for (std::size_t j = i + 1; j < seen.size(); ++j) differing += seen[i] != seen[j] ? 1 : 0;
      map.values.push_back(static_cast<float>(differing / pairs));
      same += differing == 0 ? 1 : 0;
      if (seen[0] >= 0) ++first[static_cast<std::size_t>(seen[0])];
      if (seen[1] >= 0) ++second[static_cast<std::size_t>(seen[1])];
      if (seen[0] >= 0 && seen[0] == seen[1]) ++both[static_cast<std::size_t>(seen[0])];
    }
  const auto count = static_cast<double>(map.values.size());
  agreement.agreeing = same / count;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (first[i] + second[i] > 0)
      agreement.classes.push_back(
          {names[i], first[i] / count, second[i] / count, both[i] / (first[i] + second[i] - both[i])});
  std::ranges::stable_sort(agreement.classes, std::ranges::greater(),
                           [](const ClassOverlap& one) { return one.first + one.second; });
  return agreement;
}

}  // namespace orderscope
