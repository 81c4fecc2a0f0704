// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_export.h"

#ifdef ORDERSCOPE_PARQUET

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/writer.h>

#include <cmath>

namespace orderscope {

bool has_parquet() { return true; }

namespace {

constexpr std::int64_t kGroup = 8192;  // rows held before they are written as a row group

void check(const arrow::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

/// Columns under construction, in the order of the schema.
class Columns {
 public:
  explicit Columns(const std::vector<std::string>& figures) {
    for (const char* name : {"path", "sha256", "label_name", "model", "predicted_name", "note"})
      add(name, arrow::utf8(), texts_);
    for (const char* name : {"image", "width", "height", "label", "predicted", "correct", "label_rank", "predictions"})
      add(name, arrow::int64(), integers_);
    for (const char* name : {"confidence", "label_probability", "loss", "entropy", "disagreement"})
      add(name, arrow::float64(), doubles_);
    for (const std::string& name : figures) add(name, arrow::float32(), floats_);
  }

  std::shared_ptr<arrow::Schema> schema() const { return arrow::schema(fields_); }

  void append(const ExportRow& line) {
    const BatchRow& row = line.row;
    const std::string* texts[] = {&row.path,        &row.sha256,          &line.label_name,
                                  &line.model_name, &line.predicted_name, &row.note};
    for (std::size_t i = 0; i < std::size(texts); ++i) check(texts_[i]->Append(*texts[i]));
    const std::optional<std::int64_t> integers[] = {row.image,     row.width,   row.height,     row.set_label,
                                                    row.predicted, row.correct, row.label_rank, row.predictions};
    for (std::size_t i = 0; i < std::size(integers); ++i)
      check(integers[i] ? integers_[i]->Append(*integers[i]) : integers_[i]->AppendNull());
    const double doubles[] = {row.confidence, row.label_probability, row.loss, row.entropy, row.disagreement};
    for (std::size_t i = 0; i < std::size(doubles); ++i)
      check(std::isnan(doubles[i]) ? doubles_[i]->AppendNull() : doubles_[i]->Append(doubles[i]));
    for (std::size_t i = 0; i < floats_.size(); ++i)
      check(std::isnan(line.figures[i]) ? floats_[i]->AppendNull() : floats_[i]->Append(line.figures[i]));
    ++rows_;
  }

  std::int64_t rows() const { return rows_; }

  std::shared_ptr<arrow::Table> take() {
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (const auto& builder : builders_) {
      std::shared_ptr<arrow::Array> array;
      check(builder->Finish(&array));
      arrays.push_back(std::move(array));
    }
    rows_ = 0;
    return arrow::Table::Make(schema(), arrays);
  }

 private:
  template <typename Builder>
  void add(const std::string& name, const std::shared_ptr<arrow::DataType>& type,
           std::vector<std::shared_ptr<Builder>>& builders) {
    fields_.push_back(arrow::field(name, type));
    builders.push_back(std::make_shared<Builder>());
    builders_.push_back(builders.back());
  }

  std::vector<std::shared_ptr<arrow::Field>> fields_;
  std::vector<std::shared_ptr<arrow::ArrayBuilder>> builders_;
  std::vector<std::shared_ptr<arrow::StringBuilder>> texts_;
  std::vector<std::shared_ptr<arrow::Int64Builder>> integers_;
  std::vector<std::shared_ptr<arrow::DoubleBuilder>> doubles_;
  std::vector<std::shared_ptr<arrow::FloatBuilder>> floats_;
  std::int64_t rows_ = 0;
};

}  // namespace

Result<void> export_parquet(const BatchRows& rows, const std::filesystem::path& path, const JobContext& job) {
  ExportFile file(path);
  try {
    Columns columns(rows.figure_names());
    auto sink = arrow::io::FileOutputStream::Open(file.temporary().string());
    check(sink.status());
    const auto properties = parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
    auto writer = parquet::arrow::FileWriter::Open(*columns.schema(), arrow::default_memory_pool(), *sink, properties);
    check(writer.status());
    TRY_VOID(rows.each(
        [&](const ExportRow& row) -> Result<void> {
          columns.append(row);
          if (columns.rows() == kGroup) check((*writer)->WriteTable(*columns.take(), kGroup));
          return {};
        },
        job));
    if (columns.rows() > 0) check((*writer)->WriteTable(*columns.take(), kGroup));
    check((*writer)->Close());
    check((*sink)->Close());
  } catch (const std::exception& error) {
    return fail(Error::Kind::FileAccess, std::string("cannot be written: ") + error.what(), path.string());
  }
  return file.finish();
}

}  // namespace orderscope

#endif
