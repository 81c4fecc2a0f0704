// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/path_scope.h"
#include "core/image/image.h"
#include "core/run/batch_query.h"

namespace orderscope {

/// A piece of a report, in reading order.
struct ReportPart {
  enum class Kind { Heading, Text, Picture, Table };
  Kind kind = Kind::Text;
  std::string text;  ///< of a heading or a paragraph; what a picture shows
  Image picture{};
  bool photo = false;                            ///< kept as JPEG
  std::vector<std::vector<std::string>> rows{};  ///< of a table, the header first
};

struct BatchReport {
  std::string title;
  std::vector<ReportPart> parts;
  std::vector<std::string> warnings;  ///< what could not be shown
};

struct BatchReportOptions {
  int images = 8;     ///< of those that the models disagree on, shown with their maps; 0: none
  PathScope scope{};  ///< where the models and pictures may lie that the run names; others are not looked at
};

/// What a run found: accuracy, by class; energy, contribution, entropy and scale of the orders through the network;
/// accuracy under order ablation where it was asked for; the images on which the models disagree most (with one model:
/// its most confident mistakes; with one segmenter or detector: the surest and the least sure pictures, with what it
/// predicts) with their maps, for which the models are loaded again. Errors: InvalidInput (nothing
/// is finished), Cancelled.
Result<BatchReport> make_batch_report(const BatchQuery& query, const BatchReportOptions& options = {},
                                      const JobContext& job = {});

/// One file that needs no other: pictures are inside. Errors: FileAccess.
Result<void> write_report_html(const BatchReport& report, const std::filesystem::path& path);
/// Text can be selected. Errors: FileAccess.
Result<void> write_report_pdf(const BatchReport& report, const std::filesystem::path& path);

// Parts of make_batch_report, a file each.
/// Charts of one model's orders. `figures`: means over all images, and over those it got right and wrong.
struct OrderMeans {
  const BatchModelInfo& model;
  std::vector<BatchFigure> names;
  BatchQuery::Means all, right, wrong;
  std::vector<BatchQuery::Means> by_class;  ///< by label of the data set; the last: unlabelled
  const std::vector<std::string>& classes;
};
Result<std::vector<ReportPart>> order_charts(const OrderMeans& means);
Result<std::vector<ReportPart>> ablation_charts(const OrderMeans& means);
/// Photos with their maps, model by model.
Result<std::vector<ReportPart>> shown_images(const BatchQuery& query, const BatchReportOptions& options,
                                             std::vector<std::string>& warnings, const JobContext& job);

}  // namespace orderscope
