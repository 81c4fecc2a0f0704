// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/map.h"
#include "core/base/job.h"

namespace orderscope {

/// How far a run is.
struct BatchCounts {
  std::int64_t images = 0, done = 0, broken = 0;  ///< broken ones count as done
  double seconds = 0;                             ///< spent on the chunks that are done
  std::int64_t timed = 0;                         ///< images in them
};

struct BatchModelInfo {
  int id = 0;
  std::string name, path, sha256, architecture;
  std::vector<std::string> class_names, blocks;  ///< class_names may be empty
};

/// A figure that is kept of every image in a model. See docs/batch.md for the names.
struct BatchFigure {
  std::string name, unit;
  std::string block, quantity;  ///< of an order's figure: "stages.2.1", "gate" or "state"; else empty
  int order = 0;                ///< from 1; 0: of no order
  std::string kind;             ///< "energy", "share", "entropy", "scale", "contribution"
};

/// One image in one model: a line of the table.
struct BatchRow {
  std::int64_t id = 0, image = 0;
  int model = 0;
  std::string path;              ///< as the run was given it; see BatchQuery::file
  std::string sha256;            ///< of the file; "" if it cannot be read
  int width = 0, height = 0;     ///< of the picture, 0 if it cannot be decoded
  std::optional<int> set_label;  ///< index into BatchQuery::set_classes
  std::optional<int> label;      ///< as a class of the model
  std::optional<int> predicted;  ///< none for a broken image
  std::optional<bool> correct;
  std::optional<int> label_rank;  ///< 0: right; classes that scored higher than the label
  double confidence = 0, label_probability = 0, loss = 0, entropy = 0;  ///< NaN where there is none; entropy in nats
  double disagreement = 0;  ///< of the models on this image, bits: largest Jensen-Shannon divergence; else NaN
  int predictions = 0;      ///< different classes (by name) that the models named
  std::string note;         ///< why the image is broken, or what failed on it
};

/// A class that a segmenter found in a picture, or a detector's box.
struct BatchRegion {
  int class_index = 0;
  double score = 0;         ///< a segmenter's mean probability of the class over its pixels; a box's probability
  std::int64_t pixels = 0;  ///< of the class in the model's input; of the box's mask (or the box) in the photo
  double share = 0;         ///< of the picture
  std::optional<std::array<float, 4>> box;  ///< x1, y1, x2, y2 in pixels of the photo
};

/// Which rows to show. Everything given must hold.
struct BatchFilter {
  std::optional<int> model, label, predicted;  ///< label: of the data set
  std::optional<bool> correct;
  std::optional<bool> broken;
  std::optional<int> most_label_rank;  ///< 4: among the five best
  std::optional<double> least_confidence, most_confidence;
  std::optional<double> least_disagreement;
  std::optional<bool> disagreeing;  ///< the models named different classes
  std::string path_contains;        ///< letters A-Z match in either case
};

/// `key`: "image", "path", "model", "label", "predicted", "correct", "confidence", "label_rank", "label_probability",
/// "loss", "entropy", "disagreement", "note" or "figure:NAME". Rows without a value come last; equal ones stay in the
/// order of the images.
struct BatchSort {
  std::string key = "image";
  bool descending = false;
  bool operator==(const BatchSort&) const = default;
};

/// Reads a run's store, also while it is being written. No Qt, no LibTorch, no SQLite in this header. Not thread safe:
/// one object a thread. A table of a million rows is shown so: `select` once for a filter and an order, on a worker;
/// it keeps 8 bytes a row; then `rows` for what is in view, which takes microseconds a row wherever it is.
class BatchQuery {
 public:
  /// `path`: a run's folder, or its store. Errors: FileAccess (none there), NotThisFormat, Unsupported (made by a newer
  /// program), Broken.
  static Result<BatchQuery> open(const std::filesystem::path& path);
  BatchQuery(BatchQuery&&) noexcept;
  BatchQuery& operator=(BatchQuery&&) noexcept;
  ~BatchQuery();

  Result<BatchCounts> counts() const;
  const std::vector<BatchModelInfo>& models() const;
  const std::vector<std::string>& set_classes() const;  ///< the folders' or list's, by label
  Result<std::vector<BatchFigure>> figures(int model) const;
  std::string config_json() const;
  std::string value(const std::string& key) const;  ///< of the table run: "program", "created"; "" if there is none

  /// Ids of the rows that pass, in order. Errors: InvalidInput (unknown sort key), Cancelled, Broken.
  Result<std::vector<std::int64_t>> select(const BatchFilter& filter, const BatchSort& sort,
                                           const JobContext& job = {}) const;
  /// The rows of these ids, in their order; ids that are gone are left out.
  Result<std::vector<BatchRow>> rows(const std::int64_t* ids, std::size_t count) const;
  /// How many pass, without a list of them.
  Result<std::int64_t> count(const BatchFilter& filter) const;

  /// Images on which the models disagree most: by different classes named, then by divergence. One row a model each.
  Result<std::vector<std::int64_t>> most_disagreeing(std::size_t images) const;
  /// All rows of an image, one a model.
  Result<std::vector<std::int64_t>> rows_of_image(std::int64_t image) const;

  /// The row's figures, as many as figures(model) has; NaN where it lacks one.
  Result<std::vector<float>> row_figures(std::int64_t row) const;
  /// Mean of each of the model's figures over rows that pass, NaN left out; by label of the data set if asked: one
  /// entry a class (the last: unlabelled), else one entry. Reads every row once; for charts linked to a selection.
  struct Means {
    std::int64_t rows = 0, labelled = 0, correct = 0;
    std::vector<double> figures;
  };
  Result<std::vector<Means>> means(int model, const BatchFilter& filter, bool by_label,
                                   const JobContext& job = {}) const;

  struct Tally {
    std::int64_t right = 0, wrong = 0, unlabelled = 0;
    std::int64_t rows() const { return right + wrong + unlabelled; }
  };
  struct Tallies {
    Tally all;
    std::vector<Tally> by_label;       ///< of the data set; the last: unlabelled
    std::vector<Tally> by_confidence;  ///< equal parts of 0 to 1
  };
  /// Rows that pass and have a prediction, in one reading that leaves the figures out: half a second a million.
  Result<Tallies> tallies(const BatchFilter& filter, int confidence_parts, const JobContext& job = {}) const;

  /// Names of maps kept for a row, and one of them. Errors: InvalidInput (no such map), Broken.
  Result<std::vector<std::string>> map_names(std::int64_t row) const;
  Result<Map> map(std::int64_t row, const std::string& name) const;

  /// Whether regions are kept at all, and those of a row: a segmenter's classes, the largest first, or a detector's
  /// boxes, best first. The first is the one that the figures of contributions explain. Errors: Broken.
  bool has_regions() const;
  Result<std::vector<BatchRegion>> regions(std::int64_t row) const;

  /// Where the image of a row lies, whatever the current folder is.
  std::filesystem::path file(const BatchRow& row) const;

 private:
  struct State;
  explicit BatchQuery(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orderscope
