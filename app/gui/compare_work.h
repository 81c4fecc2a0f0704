// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QImage>
#include <QObject>
#include <QPointF>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "app/gui/compare_settings.h"
#include "app/gui/job_runner.h"
#include "core/image/frame.h"
#include "core/run/compared_model.h"
#include "core/run/label_agreement.h"
#include "core/run/layer_similarity.h"
#include "core/run/map_agreement.h"

namespace orderscope {

class Session;

using SharedMap = std::shared_ptr<const Map>;

/// Maps of one quantity, or why there are none.
struct CompareMaps {
  std::vector<SharedMap> maps;  ///< one a stage; of the energies and Grad-CAM one a block
  QString problem;
  int class_index = -1;  ///< what they explain; -1: nothing
};

/// A model of the comparison with what is known of it on the present photo.
struct CompareColumn {
  std::filesystem::path path;
  QString name;
  QColor color;
  std::shared_ptr<const Model> model;       ///< null until it was opened
  std::shared_ptr<ComparedModel> compared;  ///< null until its forward pass is done
  QString problem;                          ///< why there is none
  CompareMaps energies;
  std::map<std::string, CompareMaps> quantities;  ///< "gradcam", "attention" and other methods, as they come
  std::vector<std::optional<PcaMap>> colors;      ///< one a stage
  QString colors_problem;
  QImage prediction;  ///< of a segmenter or detector: classes or boxes over the picture
  std::shared_ptr<const PlacedLabels> labels;
  double least_score = 0;  ///< of the boxes in these two
  std::vector<MixerSpectrum> spectra;
  QString spectra_problem;

  Frame frame() const { return compared ? Frame(compared->input().crop) : Frame(); }
  bool has_attention() const { return model && model->architecture.family == Family::Swin; }
};

/// What is being computed and how far it is.
struct CompareProgress {
  std::string what;  ///< "forward", "gradcam", "similarity", ...
  int column = -1;   ///< -1: of all
  QString activity;
  double fraction = -1;
};

/// Computes what the compare page shows, a job after the other on the page's thread: forward passes first, then what
/// the view wants, then what is cheap enough to do unasked. Results of a photo or class that is no longer chosen are
/// dropped.
class CompareWork : public QObject {
  Q_OBJECT

 public:
  CompareWork(Session& session, JobRunner& jobs, QObject* parent = nullptr);

  /// Takes the session's models but these, and its chosen image; computes nothing for a page that is not in front.
  void set_sources(const std::set<std::string>& left_out, bool in_front);
  void set_wanted(const std::set<std::string>& quantities);
  void set_class(const std::string& name);       ///< "": the most likely one of the first model
  void look_from(std::optional<QPointF> photo);  ///< attention from this point
  /// Whose layers are compared, by paths; nothing, or models that are no columns: the first two.
  void set_similarity(const std::optional<ComparePair>& pair);
  void set_least_score(double score);  ///< of detectors' boxes that are drawn and compared
  void start_similarity();
  void start_spectra();
  void retry();
  void cancel();

  const std::vector<CompareColumn>& columns() const { return columns_; }
  const QImage& photo() const { return photo_; }
  Frame photo_frame() const { return photo_frame_; }
  const std::optional<CompareProgress>& progress() const { return progress_; }
  std::string class_name() const;                   ///< that is explained; empty before it is known
  int class_of(const CompareColumn& column) const;  ///< its index in a column's model
  std::optional<QPointF> looking_from() const { return from_; }

  struct Similarity {
    int a = 0, b = 0;
    std::optional<LayerSimilarity> found;
    QString problem;
  };
  const Similarity& similarity() const { return similarity_; }
  std::vector<std::filesystem::path> pictures() const;
  bool idle() const { return running_.empty(); }
  bool stopped() const { return stopped_; }  ///< cancelled: retry() goes on

 Q_SIGNALS:
  void changed();     ///< columns, photo or any result
  void progressed();  ///< progress() alone

 private:
  void reset_results();
  void notice_cancelled();
  void advance();
  bool advance_forward();
  bool advance_quantity(const std::string& quantity);
  void advance_unasked();
  void start_forward(std::size_t column);
  void start_drawing(std::size_t column);
  void start_cams(std::size_t column);
  void start_method(std::size_t column, const std::string& id);
  void start_attention(std::size_t column);
  void start_colors();
  void start_spectrum(std::size_t column);
  void start_similarity_job(const std::shared_ptr<const Model>& a, const std::shared_ptr<const Model>& b);

  /// Runs `work` under a name; while it runs, progress() tells of it. What it gives is delivered unless the sources
  /// changed meanwhile, and the next job begins.
  template <class T>
  void start(const std::string& what, int column, const QString& title,
             std::function<Result<T>(const JobContext&)> work, std::function<void(Result<T>)> deliver) {
    begin(what, column, title);
    jobs_.start<T>(
        QString::fromStdString(what), title,
        [work = std::move(work), tell = teller(what, column)](const JobContext& job) { return work(tell(job)); },
        [this, what, generation = generation_, deliver = std::move(deliver)](Result<T> result) {
          if (!end(what, generation)) return;
          deliver(std::move(result));
          Q_EMIT changed();
          advance();
        });
  }
  void begin(const std::string& what, int column, const QString& title);
  bool end(const std::string& what, quint64 generation);
  /// Makes a job tell how far it is where its result will be, besides the list of jobs.
  std::function<JobContext(const JobContext&)> teller(const std::string& what, int column);
  std::pair<int, int> compared_columns() const;
  bool cheap_similarity() const;
  bool cheap_spectra() const;

  Session& session_;
  JobRunner& jobs_;
  bool in_front_ = false;
  std::vector<CompareColumn> columns_;
  std::filesystem::path image_;
  std::shared_ptr<std::pair<std::filesystem::path, DecodedImage>> decoded_;  ///< the worker's alone
  QImage photo_;
  Frame photo_frame_;
  std::set<std::string> wanted_;
  std::string class_;
  std::optional<QPointF> from_;
  Similarity similarity_;
  std::optional<ComparePair> pair_;
  double least_score_ = CompareSettings().least_score;
  std::vector<std::filesystem::path> compared_pictures_;  ///< that it is over
  bool similarity_asked_ = false, spectra_asked_ = false;
  bool stopped_ = false;  ///< somebody cancelled: nothing begins by itself
  std::set<std::string> running_;
  std::optional<CompareProgress> progress_;
  quint64 generation_ = 0;
};

}  // namespace orderscope
