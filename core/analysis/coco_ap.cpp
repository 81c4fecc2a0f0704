// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/coco_ap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace orderscope {

namespace {

constexpr int kThresholds = 10, kRecalls = 101, kAreas = 4;
constexpr std::array<std::size_t, 3> kMostFound{1, 10, 100};
// all, small, medium, large, in pixels
constexpr std::array<std::array<double, 2>, kAreas> kAreaRanges{
    {{0, 1e10}, {0, 32.0 * 32.0}, {32.0 * 32.0, 96.0 * 96.0}, {96.0 * 96.0, 1e10}}};

/// numpy's linspace, whose rounding decides at exact ties.
double linspace(double start, double stop, int count, int i) {
  if (i == count - 1) return stop;
  return start + i * ((stop - start) / (count - 1));
}

double iou_threshold(int t) { return linspace(0.5, 0.95, kThresholds, t); }

double box_iou(const ApObject& found, const ApObject& truth) {
  const auto& d = found.box;
  const auto& g = truth.box;
  const double w = std::min(d[0] + d[2], g[0] + g[2]) - std::max(d[0], g[0]);
  const double h = std::min(d[1] + d[3], g[1] + g[3]) - std::max(d[1], g[1]);
  if (w <= 0 || h <= 0) return 0;
  const double shared = w * h, own = d[2] * d[3];
  return shared / (truth.crowd ? own : own + g[2] * g[3] - shared);
}

double mask_iou(const ApObject& found, const ApObject& truth) {
  if (!found.mask || !truth.mask || found.mask->size != truth.mask->size) return 0;
  const auto shared = static_cast<double>(shared_area(*found.mask, *truth.mask));
  const auto own = static_cast<double>(found.mask->area());
  const double all = truth.crowd ? own : own + static_cast<double>(truth.mask->area()) - shared;
  return shared == 0 ? 0 : shared / all;
}

/// What matching in one image, one category and one range of areas says of its detections, best first.
struct Matches {
  std::vector<double> scores;
  std::array<std::vector<char>, kThresholds> hit, ignored;
  std::int64_t counted = 0;  ///< annotations that ought to be found
};

/// Detections (best first) and annotations of one image and category.
struct Cell {
  std::vector<const ApObject*> found, annotated;
  std::vector<double> iou;  ///< [found][annotated]
};

Cell make_cell(ApKind kind, std::vector<const ApObject*> found, std::vector<const ApObject*> annotated) {
  std::ranges::stable_sort(found, [](const auto* a, const auto* b) { return a->score > b->score; });
  if (found.size() > kMostFound.back()) found.resize(kMostFound.back());
  Cell cell{std::move(found), std::move(annotated), {}};
  for (const ApObject* d : cell.found)
    for (const ApObject* g : cell.annotated)
      cell.iou.push_back(kind == ApKind::Box ? box_iou(*d, *g) : mask_iou(*d, *g));
  return cell;
}

double area_of(ApKind kind, const ApObject& found) {
  if (kind == ApKind::Box) return found.box[2] * found.box[3];
  return found.mask ? static_cast<double>(found.mask->area()) : 0;
}

Matches match(const Cell& cell, ApKind kind, const std::array<double, 2>& range) {
  const auto outside = [&](double area) { return area < range[0] || area > range[1]; };
  // Annotations that do not count come last.
  std::vector<std::size_t> order(cell.annotated.size());
  std::iota(order.begin(), order.end(), 0);
  const auto ignored = [&](std::size_t g) { return cell.annotated[g]->crowd || outside(cell.annotated[g]->area); };
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return ignored(a) < ignored(b); });

  Matches matches;
  matches.counted = std::ranges::count_if(order, [&](std::size_t g) { return !ignored(g); });
  for (const ApObject* d : cell.found) matches.scores.push_back(d->score);
  for (int t = 0; t < kThresholds; ++t) {
    std::vector<char> taken(cell.annotated.size());
    for (std::size_t d = 0; d < cell.found.size(); ++d) {
      double least = std::min(iou_threshold(t), 1 - 1e-10);
      std::optional<std::size_t> best;
      for (const std::size_t g : order) {
        if (taken[g] && !cell.annotated[g]->crowd) continue;
        if (best && !ignored(*best) && ignored(g)) break;
        const double iou = cell.iou[d * cell.annotated.size() + g];
        if (iou < least) continue;
        least = iou;
        best = g;
      }
      if (best) taken[*best] = 1;
      const bool hit = best && cell.annotated[*best]->id != 0;
      matches.hit[t].push_back(hit);
      matches.ignored[t].push_back(best && ignored(*best) ? 1 : !hit && outside(area_of(kind, *cell.found[d])));
    }
  }
  return matches;
}

/// Mean precision over the recall levels, and the largest recall, at each threshold; -1 without annotations.
struct Measured {
  std::array<double, kThresholds> precision{}, recall{};
};

Measured measure(const std::vector<const Matches*>& images, std::size_t most) {
  Measured measured;
  measured.precision.fill(-1);
  measured.recall.fill(-1);
  std::int64_t counted = 0;
  struct Place {
    const Matches* matches;
    std::size_t index;
  };
  std::vector<Place> places;
  for (const Matches* matches : images) {
    counted += matches->counted;
    for (std::size_t d = 0; d < std::min(most, matches->scores.size()); ++d) places.push_back({matches, d});
  }
  if (counted == 0) return measured;
  std::ranges::stable_sort(
      places, [](const Place& a, const Place& b) { return a.matches->scores[a.index] > b.matches->scores[b.index]; });
  for (int t = 0; t < kThresholds; ++t) {
    std::vector<double> recall, precision;
    double hits = 0, misses = 0;
    for (const auto& [matches, d] : places) {
      const bool counts = !matches->ignored[t][d];
      hits += counts && matches->hit[t][d];
      misses += counts && !matches->hit[t][d];
      recall.push_back(hits / static_cast<double>(counted));
      precision.push_back(hits / (misses + hits + std::numeric_limits<double>::epsilon()));
    }
    measured.recall[t] = recall.empty() ? 0 : recall.back();
    for (std::size_t i = precision.size(); i-- > 1;) precision[i - 1] = std::max(precision[i - 1], precision[i]);
    double sum = 0;
    for (int r = 0; r < kRecalls; ++r) {
      const auto at = std::ranges::lower_bound(recall, linspace(0, 1, kRecalls, r)) - recall.begin();
      if (static_cast<std::size_t>(at) < precision.size()) sum += precision[at];
    }
    measured.precision[t] = sum / kRecalls;
  }
  return measured;
}

/// Mean of what is not -1.
class Mean {
 public:
  void add(double value) {
    if (value <= -1) return;
    sum_ += value;
    ++count_;
  }
  double value() const { return count_ == 0 ? -1 : sum_ / static_cast<double>(count_); }

 private:
  double sum_ = 0;
  std::int64_t count_ = 0;
};

double mean(const std::array<double, kThresholds>& values) {
  Mean all;
  for (const double v : values) all.add(v);
  return all.value();
}

using Groups = std::map<std::pair<std::int64_t, std::int64_t>, std::vector<const ApObject*>>;

Groups grouped(const std::vector<ApObject>& objects) {
  Groups groups;
  for (const ApObject& object : objects) groups[{object.category, object.image}].push_back(&object);
  return groups;
}

std::vector<const ApObject*> members(const Groups& groups, std::int64_t category, std::int64_t image) {
  const auto found = groups.find({category, image});
  return found == groups.end() ? std::vector<const ApObject*>() : found->second;
}

std::vector<std::int64_t> sorted_unique(std::vector<std::int64_t> values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

}  // namespace

Result<AveragePrecision> average_precision(ApKind kind, const std::vector<ApObject>& annotated,
                                           const std::vector<ApObject>& found, const std::vector<std::int64_t>& images,
                                           const std::vector<std::int64_t>& categories, const JobContext& job) {
  const Groups truths = grouped(annotated), detections = grouped(found);
  const auto image_ids = sorted_unique(images), category_ids = sorted_unique(categories);
  Mean ap50, ap75;
  std::array<Mean, kAreas> ap_of_area, ar_of_area;
  std::array<Mean, kMostFound.size()> ar;
  AveragePrecision result;
  for (std::size_t c = 0; c < category_ids.size(); ++c) {
    job.progress(static_cast<std::int64_t>(c), static_cast<std::int64_t>(category_ids.size()), "matching");
    std::array<std::vector<Matches>, kAreas> matches;
    for (const std::int64_t image : image_ids) {
      TRY_VOID(job.check());
      const Cell cell =
          make_cell(kind, members(detections, category_ids[c], image), members(truths, category_ids[c], image));
      if (cell.found.empty() && cell.annotated.empty()) continue;
      for (int a = 0; a < kAreas; ++a) matches[a].push_back(match(cell, kind, kAreaRanges[a]));
    }
    const auto measured = [&](int area, std::size_t most) {
      std::vector<const Matches*> pointers;
      for (const Matches& m : matches[area]) pointers.push_back(&m);
      return measure(pointers, most);
    };
    for (int a = 0; a < kAreas; ++a) {
      const Measured of_area = measured(a, kMostFound.back());
      for (const double p : of_area.precision) ap_of_area[a].add(p);
      for (const double r : of_area.recall) ar_of_area[a].add(r);
      if (a > 0) continue;
      ap50.add(of_area.precision[0]);
      ap75.add(of_area.precision[5]);
      result.categories.emplace_back(category_ids[c], mean(of_area.precision));
    }
    for (std::size_t m = 0; m < kMostFound.size(); ++m)
      for (const double r : measured(0, kMostFound[m]).recall) ar[m].add(r);
  }
  result.ap = ap_of_area[0].value();
  result.ap50 = ap50.value();
  result.ap75 = ap75.value();
  result.ap_small = ap_of_area[1].value();
  result.ap_medium = ap_of_area[2].value();
  result.ap_large = ap_of_area[3].value();
  result.ar1 = ar[0].value();
  result.ar10 = ar[1].value();
  result.ar100 = ar[2].value();
  result.ar_small = ar_of_area[1].value();
  result.ar_medium = ar_of_area[2].value();
  result.ar_large = ar_of_area[3].value();
  return result;
}

}  // namespace orderscope
