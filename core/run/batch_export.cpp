// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_export.h"

#include <unistd.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "core/base/csv.h"

namespace orderscope {

namespace fs = std::filesystem;

Result<BatchRows> BatchRows::make(const BatchQuery& query, const JobContext& job) {
  BatchRows rows(query);
  std::unordered_map<std::string, std::size_t> known;
  for (const BatchModelInfo& model : query.models()) {
    rows.places_.emplace_back();
    TRY(const auto figures, query.figures(model.id));
    for (const BatchFigure& figure : figures) {
      const auto [at, added] = known.emplace(figure.name, rows.names_.size());
      if (added) rows.names_.push_back(figure.name);
      rows.places_.back().push_back(at->second);
    }
  }
  TRY(rows.ids_, query.select({}, {}, job));
  return rows;
}

Result<void> BatchRows::each(const std::function<Result<void>(const ExportRow&)>& take, const JobContext& job) const {
  constexpr std::size_t window = 256;
  std::vector<float> figures;
  for (std::size_t first = 0; first < ids_.size(); first += window) {
    TRY_VOID(job.check());
    job.progress(static_cast<std::int64_t>(first), size(), "exporting");
    TRY(const auto rows, query_->rows(ids_.data() + first, std::min(window, ids_.size() - first)));
    for (const BatchRow& row : rows) {
      const auto m = static_cast<std::size_t>(row.model);
      TRY(const std::vector<float> own, query_->row_figures(row.id));
      figures.assign(names_.size(), std::numeric_limits<float>::quiet_NaN());
      for (std::size_t i = 0; i < own.size() && i < places_[m].size(); ++i) figures[places_[m][i]] = own[i];
      const auto& classes = query_->set_classes();
      const auto& model = query_->models()[m];
      const auto name = [](const std::vector<std::string>& names, const std::optional<int>& index) {
        if (!index || *index < 0 || static_cast<std::size_t>(*index) >= names.size()) return std::string();
        return names[static_cast<std::size_t>(*index)];
      };
      std::optional<std::vector<BatchRegion>> regions;
      if (query_->has_regions()) {
        TRY(regions, query_->regions(row.id));
      }
      TRY_VOID(take({row, name(classes, row.set_label), model.name, name(model.class_names, row.predicted), figures,
                     model.class_names, regions}));
    }
  }
  return {};
}

ExportFile::ExportFile(fs::path path) : path_(std::move(path)) {
  temporary_ = path_.string() + ".part-" + std::to_string(::getpid());
  std::error_code ignored;
  if (path_.has_parent_path()) fs::create_directories(path_.parent_path(), ignored);
}

ExportFile::~ExportFile() {
  std::error_code ignored;
  if (!finished_) fs::remove(temporary_, ignored);
}

Result<void> ExportFile::finish() {
  std::error_code error;
  fs::rename(temporary_, path_, error);
  if (error) return fail(Error::Kind::FileAccess, "cannot be written: " + error.message(), path_.string());
  finished_ = true;
  return {};
}

namespace {

/// Lines of text that make_line appends to `text`.
Result<void> export_lines(const BatchRows& rows, const fs::path& path, std::string text,
                          const std::function<void(std::string& text, const ExportRow&)>& make_line,
                          const JobContext& job) {
  ExportFile file(path);
  std::ofstream stream(file.temporary(), std::ios::binary);
  const auto refused = [&]() -> Result<void> {
    return fail(Error::Kind::FileAccess, "cannot be written: is the disk full, or the folder not yours?",
                path.string());
  };
  if (!stream) return refused();
  TRY_VOID(rows.each(
      [&](const ExportRow& row) -> Result<void> {
        make_line(text, row);
        if (text.size() < (1u << 20)) return {};
        if (!stream.write(text.data(), static_cast<std::streamsize>(text.size()))) return refused();
        text.clear();
        return {};
      },
      job));
  stream.write(text.data(), static_cast<std::streamsize>(text.size()));
  stream.close();
  if (!stream) return refused();
  return file.finish();
}

constexpr const char* kColumns[] = {
    "path",  "image",     "sha256",         "width",       "height",     "label",      "label_name",
    "model", "predicted", "predicted_name", "correct",     "label_rank", "confidence", "label_probability",
    "loss",  "entropy",   "disagreement",   "predictions", "note"};

void add_csv(std::string& text, const ExportRow& line) {
  const BatchRow& row = line.row;
  CsvWriter csv;
  const auto add = [&](const auto& value) {
    if (value) {
      csv.add(static_cast<int>(*value));
    } else {
      csv.add("");
    }
  };
  csv.add(row.path).add(row.image).add(row.sha256).add(row.width).add(row.height);
  add(row.set_label);
  csv.add(line.label_name).add(line.model_name);
  add(row.predicted);
  csv.add(line.predicted_name);
  add(row.correct);
  add(row.label_rank);
  csv.add(row.confidence).add(row.label_probability).add(row.loss).add(row.entropy).add(row.disagreement);
  csv.add(row.predictions).add(row.note);
  for (const float value : line.figures) csv.add(value);
  csv.end_row();
  text += csv.text();
}

nlohmann::json number(double value) { return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(); }

nlohmann::ordered_json region_json(const BatchRegion& region, const std::vector<std::string>& classes) {
  const auto index = static_cast<std::size_t>(region.class_index);
  nlohmann::ordered_json json{{"class", region.class_index},
                              {"class_name", index < classes.size() ? classes[index] : std::string()},
                              {"score", number(region.score)},
                              {"pixels", region.pixels},
                              {"share", region.share}};
  if (region.box) json["box"] = *region.box;
  return json;
}

void add_json(std::string& text, const ExportRow& line, const std::vector<std::string>& names) {
  const BatchRow& row = line.row;
  const auto optional = [](const auto& value) { return value ? nlohmann::json(*value) : nlohmann::json(); };
  nlohmann::ordered_json json;
  json["path"] = row.path;
  json["image"] = row.image;
  json["sha256"] = row.sha256;
  json["width"] = row.width;
  json["height"] = row.height;
  json["label"] = optional(row.set_label);
  json["label_name"] = line.label_name;
  json["model"] = line.model_name;
  json["predicted"] = optional(row.predicted);
  json["predicted_name"] = line.predicted_name;
  json["correct"] = optional(row.correct);
  json["label_rank"] = optional(row.label_rank);
  json["confidence"] = number(row.confidence);
  json["label_probability"] = number(row.label_probability);
  json["loss"] = number(row.loss);
  json["entropy"] = number(row.entropy);
  json["disagreement"] = number(row.disagreement);
  json["predictions"] = row.predictions;
  json["note"] = row.note;
  nlohmann::ordered_json figures = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!std::isnan(line.figures[i])) figures[names[i]] = number(line.figures[i]);
  json["figures"] = std::move(figures);
  if (line.regions) {
    json["regions"] = nlohmann::ordered_json::array();
    for (const BatchRegion& region : *line.regions) json["regions"].push_back(region_json(region, line.model_classes));
  }
  text += json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

#ifndef ORDERSCOPE_PARQUET
bool has_parquet() { return false; }
Result<void> export_parquet(const BatchRows&, const fs::path& path, const JobContext&) {
  return fail(Error::Kind::Unsupported, "this program was built without Arrow C++, so it cannot write Parquet",
              path.string(), "export CSV, or build with Arrow's development files (see docs/building.md)");
}
#endif

Result<std::int64_t> export_batch(const BatchQuery& query, BatchFormat format, const fs::path& path,
                                  const JobContext& job) {
  if (format == BatchFormat::Parquet && !has_parquet())  // before anything is read
    TRY_VOID(export_parquet(BatchRows(query), path, job));
  TRY(const BatchRows rows, BatchRows::make(query, job));
  switch (format) {
    case BatchFormat::Csv: {
      CsvWriter header;
      for (const char* column : kColumns) header.add(column);
      for (const std::string& name : rows.figure_names()) header.add(name);
      header.end_row();
      TRY_VOID(export_lines(rows, path, header.text(), add_csv, job));
      break;
    }
    case BatchFormat::Jsonl:
      TRY_VOID(export_lines(
          rows, path, {}, [&](std::string& text, const ExportRow& row) { add_json(text, row, rows.figure_names()); },
          job));
      break;
    case BatchFormat::Npz: TRY_VOID(export_npz(rows, path, job)); break;
    case BatchFormat::Parquet: TRY_VOID(export_parquet(rows, path, job)); break;
  }
  return rows.size();
}

Result<std::int64_t> export_batch_regions(const BatchQuery& query, const fs::path& path, const JobContext& job) {
  if (!query.has_regions())
    return fail(Error::Kind::InvalidInput, "keeps no regions: no segmenter or detector took part", path.string());
  TRY(const BatchRows rows, BatchRows::make(query, job));
  CsvWriter header;
  for (const char* column :
       {"path", "image", "model", "number", "class", "class_name", "score", "pixels", "share", "x1", "y1", "x2", "y2"})
    header.add(column);
  header.end_row();
  std::int64_t count = 0;
  TRY_VOID(export_lines(
      rows, path, header.text(),
      [&](std::string& text, const ExportRow& line) {
        CsvWriter csv;
        int number = 0;
        for (const BatchRegion& region : *line.regions) {
          const auto index = static_cast<std::size_t>(region.class_index);
          csv.add(line.row.path).add(line.row.image).add(line.model_name).add(number++).add(region.class_index);
          csv.add(index < line.model_classes.size() ? line.model_classes[index] : std::string());
          csv.add(region.score).add(region.pixels).add(region.share);
          for (std::size_t k = 0; k < 4; ++k) {
            if (region.box) {
              csv.add(double((*region.box)[k]));
            } else {
              csv.add("");
            }
          }
          csv.end_row();
          ++count;
        }
        text += csv.text();
      },
      job));
  return count;
}

}  // namespace orderscope
