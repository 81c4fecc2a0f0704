// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/compare_work.h"

#include <QElapsedTimer>
#include <algorithm>
#include <tuple>

#include "app/gui/session.h"
#include "widgets/figure/map_image.h"

namespace orderscope {
namespace {

constexpr int kProgressInterval = 50;  // milliseconds

}  // namespace

CompareWork::CompareWork(Session& session, JobRunner& jobs, QObject* parent)
    : QObject(parent),
      session_(session),
      jobs_(jobs),
      decoded_(std::make_shared<std::pair<std::filesystem::path, DecodedImage>>()) {
  connect(&jobs_, &JobRunner::busy_changed, this, &CompareWork::notice_cancelled);
}

// A job that ended without a result was cancelled in the list of jobs.
void CompareWork::notice_cancelled() {
  const auto ended =
      std::erase_if(running_, [&](const std::string& what) { return !jobs_.busy(QString::fromStdString(what)); });
  if (ended == 0) return;
  stopped_ = true;
  similarity_asked_ = spectra_asked_ = false;
  progress_.reset();
  Q_EMIT changed();
}

void CompareWork::set_sources(const std::set<std::string>& left_out, bool in_front) {
  in_front_ = in_front;
  std::vector<CompareColumn> columns;
  for (std::size_t i = 0; i < session_.models().size(); ++i) {
    const ModelSource& source = session_.models()[i];
    if (left_out.contains(source.path.string())) continue;
    CompareColumn column;
    column.path = source.path;
    column.name =
        source.model ? QString::fromStdString(source.model->name) : QString::fromStdString(source.path.stem().string());
    column.color = QColor(to_qrgb(model_color(i)));
    column.model = source.model;
    columns.push_back(std::move(column));
  }
  const auto same = [](const CompareColumn& a, const CompareColumn& b) { return a.path == b.path; };
  const std::filesystem::path image = session_.image_path();
  const bool same_models = std::equal(columns.begin(), columns.end(), columns_.begin(), columns_.end(), same);
  if (!same_models || pictures() != compared_pictures_) {
    jobs_.cancel(QStringLiteral("similarity"));
    running_.erase("similarity");
    similarity_.found.reset();
    similarity_.problem.clear();
    compared_pictures_ = pictures();
    if (same_models && image == image_) Q_EMIT changed();
  }
  if (same_models && image == image_) {
    advance();
    return;
  }
  if (image == image_) {
    // What is known of a model on this photo stays; colours are aligned anew.
    for (CompareColumn& column : columns)
      for (CompareColumn& known : columns_)
        if (same(column, known)) {
          const QColor color = column.color;
          column = std::move(known);
          column.color = color;
          column.colors.clear();
        }
  } else {
    photo_ = {};
    from_.reset();
  }
  columns_ = std::move(columns);
  std::tie(similarity_.a, similarity_.b) = compared_columns();
  image_ = image;
  reset_results();
  advance();
}

void CompareWork::reset_results() {
  ++generation_;
  jobs_.cancel_all();
  running_.clear();
  progress_.reset();
  stopped_ = false;
  Q_EMIT changed();
}

void CompareWork::set_wanted(const std::set<std::string>& quantities) {
  if (quantities == wanted_) return;
  wanted_ = quantities;
  advance();
}

void CompareWork::set_class(const std::string& name) {
  if (name == class_) return;
  class_ = name;
  for (CompareColumn& column : columns_)
    std::erase_if(column.quantities, [](const auto& quantity) { return quantity.first != "attention"; });
  reset_results();
  advance();
}

void CompareWork::look_from(std::optional<QPointF> photo) {
  if (photo == from_) return;
  from_ = photo;
  for (CompareColumn& column : columns_) column.quantities.erase("attention");
  Q_EMIT changed();
  advance();
}

std::pair<int, int> CompareWork::compared_columns() const {
  const int second = std::min(1, std::max(static_cast<int>(columns_.size()) - 1, 0));
  if (!pair_) return {0, second};
  const auto place = [&](const std::string& path) {
    const auto found = std::ranges::find(columns_, std::filesystem::path(path), &CompareColumn::path);
    return found == columns_.end() ? -1 : static_cast<int>(found - columns_.begin());
  };
  const int a = place(pair_->model_a), b = place(pair_->model_b);
  return a < 0 || b < 0 ? std::pair(0, second) : std::pair(a, b);
}

void CompareWork::set_similarity(const std::optional<ComparePair>& pair) {
  pair_ = pair;
  const auto [a, b] = compared_columns();
  if (a == similarity_.a && b == similarity_.b) return;
  jobs_.cancel(QStringLiteral("similarity"));
  running_.erase("similarity");
  similarity_ = {a, b, std::nullopt, {}};
  Q_EMIT changed();
  advance();
}

void CompareWork::set_least_score(double score) {
  if (score == least_score_) return;
  least_score_ = score;
  advance();
}

void CompareWork::start_similarity() {
  similarity_asked_ = true;
  similarity_.problem.clear();
  stopped_ = false;
  advance();
}

void CompareWork::start_spectra() {
  spectra_asked_ = true;
  stopped_ = false;
  for (CompareColumn& column : columns_) column.spectra_problem.clear();
  advance();
}

void CompareWork::retry() {
  for (CompareColumn& column : columns_) {
    column.problem.clear();
    column.colors_problem.clear();
    std::erase_if(column.quantities, [](const auto& quantity) { return !quantity.second.problem.isEmpty(); });
  }
  stopped_ = false;
  Q_EMIT changed();
  advance();
}

void CompareWork::cancel() {
  ++generation_;
  jobs_.cancel_all();
  running_.clear();
  progress_.reset();
  stopped_ = true;
  similarity_asked_ = spectra_asked_ = false;
  Q_EMIT changed();
}

std::string CompareWork::class_name() const {
  if (!class_.empty()) return class_;
  for (const CompareColumn& column : columns_)
    if (column.compared && !column.compared->scores().empty()) return column.compared->scores().front().name;
  return {};
}

int CompareWork::class_of(const CompareColumn& column) const {
  const std::string name = class_name();
  const auto& scores = column.compared->scores();
  const auto named = std::find_if(scores.begin(), scores.end(), [&](const ClassScore& s) { return s.name == name; });
  if (named != scores.end()) return named->index;
  // Other names for, one hopes, the same classes: the index tells. Otherwise the model's own best.
  for (const CompareColumn& other : columns_) {
    if (!other.compared || other.compared->scores().size() != scores.size()) continue;
    for (const ClassScore& score : other.compared->scores())
      if (score.name == name) return score.index;
  }
  return scores.empty() ? -1 : scores.front().index;
}

std::vector<std::filesystem::path> CompareWork::pictures() const {
  std::vector<std::filesystem::path> paths;
  for (const ImageSource& image : session_.images())
    if (image.problem.isEmpty()) paths.push_back(image.path);
  return paths;
}

void CompareWork::begin(const std::string& what, int column, const QString& title) {
  running_.insert(what);
  progress_ = CompareProgress{what, column, title, -1};
  Q_EMIT progressed();
}

bool CompareWork::end(const std::string& what, quint64 generation) {
  if (generation != generation_) return false;
  running_.erase(what);
  progress_.reset();
  return true;
}

std::function<JobContext(const JobContext&)> CompareWork::teller(const std::string& what, int column) {
  return [this, what, column, generation = generation_](const JobContext& job) {
    JobContext told = job;
    const auto since = std::make_shared<QElapsedTimer>();
    told.report = [this, report = job.report, since, what, column, generation](const Progress& now) {
      if (report) report(now);
      if (since->isValid() && since->elapsed() < kProgressInterval) return;
      since->start();
      CompareProgress progress{what, column,
                               QString::fromUtf8(now.activity.data(), static_cast<qsizetype>(now.activity.size())),
                               now.total > 0 ? static_cast<double>(now.done) / static_cast<double>(now.total) : -1};
      jobs_.post(QString::fromStdString(what), [this, progress, generation] {
        if (generation != generation_) return;
        progress_ = progress;
        Q_EMIT progressed();
      });
    };
    return told;
  };
}

void CompareWork::advance() {
  if (!in_front_ || stopped_ || !running_.empty() || columns_.empty()) return;
  if (!image_.empty() && advance_forward()) return;
  for (const char* quantity : {"gradcam", "pca", "attention"})
    if (wanted_.contains(quantity) && advance_quantity(quantity)) return;
  for (const std::string& quantity : wanted_)
    if (advance_quantity(quantity)) return;
  advance_unasked();
}

bool CompareWork::advance_forward() {
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (!columns_[i].compared && columns_[i].problem.isEmpty()) {
      start_forward(i);
      return true;
    }
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i].compared && columns_[i].model->is_detector() && columns_[i].least_score != least_score_) {
      start_drawing(i);
      return true;
    }
  return false;
}

bool CompareWork::advance_quantity(const std::string& quantity) {
  if (quantity == "energy") return false;
  if (quantity == "pca") {
    for (const CompareColumn& column : columns_)
      if (column.compared && column.colors.empty() && column.colors_problem.isEmpty()) {
        start_colors();
        return true;
      }
    return false;
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const CompareColumn& column = columns_[i];
    if (!column.compared || column.quantities.contains(quantity)) continue;
    if (quantity == "gradcam") {
      start_cams(i);
    } else if (quantity == "attention") {
      if (!from_ || !column.has_attention()) continue;
      start_attention(i);
    } else {
      start_method(i, quantity);
    }
    return true;
  }
  return false;
}

void CompareWork::advance_unasked() {
  if (spectra_asked_ || cheap_spectra())
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].compared && columns_[i].spectra.empty() && columns_[i].spectra_problem.isEmpty()) {
        start_spectrum(i);
        return;
      }
  if (similarity_.found || !similarity_.problem.isEmpty() || !(similarity_asked_ || cheap_similarity())) return;
  const auto last = static_cast<int>(columns_.size());
  if (similarity_.a >= last || similarity_.b >= last || pictures().size() < 2) return;
  const auto a = columns_[static_cast<std::size_t>(similarity_.a)].model;
  const auto b = columns_[static_cast<std::size_t>(similarity_.b)].model;
  if (!a || !b) return;
  start_similarity_job(a, b);
}

// Multiplications that are done without being asked for: a second or two on two cores.
bool CompareWork::cheap_similarity() const {
  double macs = 0;
  // Those have no layers to compare; who asks is told why.
  for (const CompareColumn& column : columns_)
    if (column.model && !column.model->is_classifier()) return false;
  for (const int side : {similarity_.a, similarity_.b})
    if (side < static_cast<int>(columns_.size()) && columns_[static_cast<std::size_t>(side)].model)
      macs += static_cast<double>(columns_[static_cast<std::size_t>(side)].model->macs);
  return macs * static_cast<double>(pictures().size()) < 2e10;
}

bool CompareWork::cheap_spectra() const {
  double macs = 0;
  for (const CompareColumn& column : columns_)
    if (column.model) macs += static_cast<double>(column.model->macs);
  return macs < 2e9;
}

}  // namespace orderscope
