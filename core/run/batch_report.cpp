// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/base/wilson.h"
#include "core/image/chart.h"

namespace orderscope {

namespace {

using Rows = std::vector<std::vector<std::string>>;

ReportPart heading(const std::string& text) { return {ReportPart::Kind::Heading, text}; }
ReportPart text(const std::string& text) { return {ReportPart::Kind::Text, text}; }
ReportPart table(Rows rows) { return {ReportPart::Kind::Table, {}, {}, false, std::move(rows)}; }

std::string percent(double share) {
  if (!std::isfinite(share)) return "–";
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.1f %%", 100 * share);
  return digits;
}

/// "38.2 % [35.1, 41.3]"
std::string percent_of(std::int64_t hits, std::int64_t trials) {
  if (trials == 0) return "–";
  const Interval interval = wilson_interval(hits, trials);
  char digits[64];
  std::snprintf(digits, sizeof digits, "%.1f %% [%.1f, %.1f]", 100.0 * double(hits) / double(trials),
                100 * interval.low, 100 * interval.high);
  return digits;
}

double accuracy(const BatchQuery::Means& means) {
  return means.labelled > 0 ? double(means.correct) / double(means.labelled) : std::nan("");
}

/// Classes with images as rows, models as columns, the best on top; of very many the best and the worst.
Result<ReportPart> class_accuracy(const std::vector<OrderMeans>& models) {
  constexpr std::size_t most = 80;
  struct Row {
    std::string name;
    std::vector<double> values;
    double mean = 0;
  };
  std::vector<Row> rows;
  const auto& classes = models.front().classes;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    Row row{classes[c] + " (" + std::to_string(models.front().by_class[c].labelled) + ")", {}, 0};
    int counted = 0;
    for (const OrderMeans& model : models) {
      const double value = accuracy(model.by_class[c]);
      row.values.push_back(value);
      if (std::isfinite(value)) {
        row.mean += value;
        ++counted;
      }
    }
    if (counted == 0) continue;
    row.mean /= counted;
    rows.push_back(std::move(row));
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.mean > b.mean; });
  const std::size_t count = rows.size();
  if (count > most) rows.erase(rows.begin() + most / 2, rows.end() - most / 2);
  if (rows.empty()) return ReportPart{};
  MatrixFigure figure;
  figure.title = "Accuracy by class";
  figure.subtitle = count > most ? "the best and the worst " + std::to_string(most / 2) + " of " + std::to_string(count)
                                 : std::to_string(count) + " classes, number of images in brackets";
  figure.unit = "top-1";
  figure.scale = {Colormap::Viridis, 0, 1};
  figure.write_values = true;
  for (const OrderMeans& model : models) figure.columns.push_back(model.model.name);
  for (const Row& row : rows) {
    figure.rows.push_back(row.name);
    figure.values.insert(figure.values.end(), row.values.begin(), row.values.end());
  }
  TRY(Image picture, draw_matrix(figure));
  return ReportPart{ReportPart::Kind::Picture, "Accuracy by class and model", std::move(picture)};
}

Result<OrderMeans> read_means(const BatchQuery& query, const BatchModelInfo& model, const JobContext& job) {
  OrderMeans means{model, {}, {}, {}, {}, {}, query.set_classes()};
  TRY(means.names, query.figures(model.id));
  BatchFilter filter;
  filter.broken = false;
  const auto one = [&](std::optional<bool> correct) -> Result<BatchQuery::Means> {
    filter.correct = correct;
    TRY(auto found, query.means(model.id, filter, false, job));
    return std::move(found.front());
  };
  TRY(means.all, one(std::nullopt));
  TRY(means.right, one(true));
  TRY(means.wrong, one(false));
  filter.correct.reset();
  TRY(means.by_class, query.means(model.id, filter, true, job));
  return means;
}

Result<Rows> model_table(const BatchQuery& query, const std::vector<OrderMeans>& models) {
  Rows rows{{"model", "family", "images", "top-1 [95 %]", "top-5", "right with over 50 %"}};
  for (const OrderMeans& m : models) {
    BatchFilter filter;
    filter.model = m.model.id;
    filter.most_label_rank = 4;
    TRY(const std::int64_t top5, query.count(filter));
    filter.most_label_rank.reset();
    filter.correct = true;
    filter.least_confidence = 0.5;
    TRY(const std::int64_t sure, query.count(filter));
    rows.push_back({m.model.name, m.model.architecture, std::to_string(m.all.rows),
                    percent_of(m.all.correct, m.all.labelled),
                    m.all.labelled > 0 ? percent(double(top5) / double(m.all.labelled)) : "–",
                    m.all.labelled > 0 ? percent(double(sure) / double(m.all.labelled)) : "–"});
  }
  return rows;
}

}  // namespace

Result<BatchReport> make_batch_report(const BatchQuery& query, const BatchReportOptions& options,
                                      const JobContext& job) {
  TRY(const BatchCounts counts, query.counts());
  if (counts.done == counts.broken)
    return fail(Error::Kind::InvalidInput, "no image is finished, so there is nothing to report", "batch run");
  BatchReport report;
  report.title = "Batch run over " + std::to_string(counts.images) + " images";
  std::vector<OrderMeans> models;
  for (const BatchModelInfo& model : query.models()) {
    job.progress(std::ssize(models), std::ssize(query.models()), "reading the store");
    TRY(OrderMeans means, read_means(query, model, job));
    models.push_back(std::move(means));
  }
  std::string summary = std::to_string(counts.done) + " of " + std::to_string(counts.images) + " images are done, " +
                        std::to_string(counts.broken) + " of them could not be read. Made by " +
                        query.value("program") +
                        ". Figures are means over images; what each means is in docs/batch.md.";
  report.parts.push_back(text(summary));
  TRY(Rows rows, model_table(query, models));
  report.parts.push_back(table(std::move(rows)));
  std::string hashes;
  for (const BatchModelInfo& model : query.models())
    hashes += (hashes.empty() ? "SHA-256: " : "; ") + model.name + " " + model.sha256;
  report.parts.push_back(text(hashes));

  if (!query.set_classes().empty() && models.front().all.labelled > 0) {
    report.parts.push_back(heading("Classes"));
    TRY(ReportPart part, class_accuracy(models));
    if (!part.picture.empty()) report.parts.push_back(std::move(part));
  }
  for (const OrderMeans& means : models) {
    TRY(auto charts, order_charts(means));
    TRY(auto ablated, ablation_charts(means));
    if (charts.empty() && ablated.empty()) continue;
    report.parts.push_back(heading("Orders of " + means.model.name));
    std::move(charts.begin(), charts.end(), std::back_inserter(report.parts));
    std::move(ablated.begin(), ablated.end(), std::back_inserter(report.parts));
  }
  if (options.images > 0) {
    TRY(auto shown, shown_images(query, options, report.warnings, job));
    if (!shown.empty()) {
      report.parts.push_back(heading(query.models().size() > 1 ? "Where the models disagree most"
                                     : query.has_regions()     ? "The surest and the least sure pictures"
                                                               : "The most confident mistakes"));
      std::move(shown.begin(), shown.end(), std::back_inserter(report.parts));
    }
  }
  return report;
}

}  // namespace orderscope
