// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/session_sources.h"

#include <algorithm>
#include <map>

#include "core/base/mapped_file.h"
#include "core/base/mapped_pages.h"
#include "core/base/sha256.h"

namespace orderscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostEntries = 200'000;  // of all folders searched: a home folder, not a whole disk
constexpr int kDeepest = 12;

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

std::int64_t size_of(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? -1 : static_cast<std::int64_t>(size);
}

bool same_content(const SessionSource& source, const fs::path& path) {
  if (source.size >= 0 && size_of(path) != source.size) return false;
  if (source.sha256.empty()) return true;
  const auto hash = file_sha256(path);
  return hash && *hash == source.sha256;
}

/// The files below some folders, by size: what has another size is another file.
class Candidates {
 public:
  Candidates(const std::vector<fs::path>& folders, const PathScope& scope, const JobContext& job)
      : scope_(scope), job_(job) {
    for (const fs::path& folder : folders) add(folder);
  }

  const fs::path* find(const SessionSource& source) const {
    const fs::path* other_name = nullptr;
    const auto consider = [&](const fs::path& path) -> const fs::path* {
      const bool same_name = path.filename() == source.path.filename();
      // Without a hash the name is all there is to go by.
      if (source.sha256.empty() && !same_name) return nullptr;
      if ((!same_name && other_name != nullptr) || !same_content(source, path)) return nullptr;
      if (same_name) return &path;
      other_name = &path;
      return nullptr;
    };
    const auto [first, last] =
        source.size >= 0 ? by_size_.equal_range(source.size) : std::pair(by_size_.begin(), by_size_.end());
    for (auto it = first; it != last && !job_.stop.stop_requested(); ++it)
      if (const fs::path* found = consider(it->second)) return found;
    return other_name;
  }

 private:
  void add(const fs::path& folder) {
    std::error_code error, ignored;
    fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
    for (; !error && it != end && seen_ < kMostEntries && !job_.stop.stop_requested(); it.increment(error), ++seen_) {
      if (it.depth() >= kDeepest) it.disable_recursion_pending();
      if (is_file(it->path()) && (!it->is_symlink(ignored) || scope_.contains(it->path())))
        by_size_.emplace(size_of(it->path()), it->path());
    }
  }

  const PathScope& scope_;
  const JobContext& job_;
  std::multimap<std::int64_t, fs::path> by_size_;
  std::size_t seen_ = 0;
};

template <class Visit>
void each_source(SessionFile& session, Visit visit) {
  for (std::size_t i = 0; i < session.models.size(); ++i) visit(SourceCheck::Kind::Model, i, session.models[i]);
  for (std::size_t i = 0; i < session.images.size(); ++i) visit(SourceCheck::Kind::Image, i, session.images[i]);
}

}  // namespace

Result<std::string> file_sha256(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error) && !is_file(path)) return fail(Error::Kind::FileAccess, "not a file", path.string());
  TRY(const auto file, MappedFile::open(path));
  const std::string hash = sha256(file->bytes());
  TRY_VOID(check_mapped(file->bytes().data()));
  return hash;
}

Result<void> complete_hashes(SessionFile& session, const JobContext& job) {
  each_source(session, [&](SourceCheck::Kind, std::size_t, SessionSource& source) {
    if ((!source.sha256.empty() && source.size >= 0) || job.stop.stop_requested()) return;
    job.progress(0, 0, "hashing " + source.path.filename().string());
    if (source.sha256.empty())
      if (auto hash = file_sha256(source.path)) source.sha256 = std::move(*hash);
    if (source.size < 0) source.size = size_of(source.path);
  });
  return job.check();
}

Result<std::vector<SourceCheck>> find_sources(SessionFile& session, const std::vector<fs::path>& folders,
                                              const PathScope& scope, const JobContext& job) {
  std::vector<SourceCheck> checks;
  bool all_there = true;
  each_source(session, [&](SourceCheck::Kind kind, std::size_t index, SessionSource& source) {
    if (job.stop.stop_requested()) return;
    job.progress(0, 0, "checking " + source.path.filename().string());
    SourceCheck check{kind, index, SourceState::Missing, source.path};
    if (!scope.contains(source.path))
      check.state = SourceState::Outside;
    else if (is_file(source.path))
      check.state = same_content(source, source.path) ? SourceState::Found : SourceState::Changed;
    all_there = all_there && check.usable();
    checks.push_back(check);
  });
  TRY_VOID(job.check());
  for (std::size_t i = 0; i < std::size(kPagePlaces); ++i) {
    const nlohmann::json* place = place_in(session, kPagePlaces[i]);
    if (place != nullptr && !scope.contains(place->get<std::string>()))
      checks.push_back({SourceCheck::Kind::Place, i, SourceState::Outside, place->get<std::string>()});
  }
  if (all_there || folders.empty()) return checks;

  job.progress(0, 0, "searching for files that were moved");
  const Candidates candidates(folders, scope, job);
  for (SourceCheck& check : checks) {
    if (check.usable() || check.kind == SourceCheck::Kind::Place) continue;
    SessionSource& source =
        check.kind == SourceCheck::Kind::Model ? session.models[check.index] : session.images[check.index];
    // A name alone does not make it the file that was meant.
    if (check.state == SourceState::Outside && source.sha256.empty()) continue;
    const fs::path* found = candidates.find(source);
    if (found == nullptr) continue;
    const fs::path place = fs::absolute(*found).lexically_normal();
    if (check.kind == SourceCheck::Kind::Model)
      move_model(session, check.index, place);
    else
      source.path = place;
    check.state = SourceState::Moved;
  }
  TRY_VOID(job.check());
  return checks;
}

bool any_outside(const std::vector<SourceCheck>& checks) {
  return std::ranges::any_of(checks, [](const SourceCheck& check) { return check.state == SourceState::Outside; });
}

std::optional<Error> missing_sources(const SessionFile& session, const std::vector<SourceCheck>& checks,
                                     const std::string& advice) {
  std::string list;
  int count = 0;
  for (const SourceCheck& check : checks) {
    if (check.usable()) continue;
    const bool model = check.kind == SourceCheck::Kind::Model, place = check.kind == SourceCheck::Kind::Place;
    list += (list.empty() ? "" : "; ") +
            std::string(model   ? "model"
                        : place ? kPagePlaces[check.index].setting
                                : "image") +
            " " + check.path.string() +
            (check.state == SourceState::Changed   ? " has changed"
             : check.state == SourceState::Outside ? " lies outside the session's folder"
                                                   : " is missing");
    const std::string hash = place ? "" : (model ? session.models : session.images)[check.index].sha256;
    if (!hash.empty()) list += " (SHA-256 " + hash.substr(0, 16) + "…)";
    ++count;
  }
  if (count == 0) return std::nullopt;
  return Error{Error::Kind::FileAccess,
               (count == 1 ? "a file" : std::to_string(count) + " files") + std::string(" of the session: ") + list,
               {},
               advice};
}

void drop_unusable(SessionFile& session, const std::vector<SourceCheck>& checks) {
  // New places of the old ones; -1: gone.
  std::vector<int> models(session.models.size()), images(session.images.size());
  for (const SourceCheck& check : checks) {
    if (check.usable()) continue;
    if (check.kind == SourceCheck::Kind::Place)
      *place_in(session, kPagePlaces[check.index]) = "";
    else
      (check.kind == SourceCheck::Kind::Model ? models : images)[check.index] = -1;
  }
  const auto compact = [](std::vector<SessionSource>& sources, std::vector<int>& places) {
    std::vector<SessionSource> kept;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (places[i] < 0) continue;
      places[i] = static_cast<int>(kept.size());
      kept.push_back(std::move(sources[i]));
    }
    sources = std::move(kept);
  };
  compact(session.models, models);
  compact(session.images, images);
  const auto moved = [](int place, const std::vector<int>& places) {
    return place < 0 ? -1 : places[static_cast<std::size_t>(place)];
  };
  std::erase_if(session.figure.panels, [&](FigurePanelPlan& panel) {
    const bool gone =
        (panel.model >= 0 && moved(panel.model, models) < 0) || (panel.image >= 0 && moved(panel.image, images) < 0);
    panel.model = moved(panel.model, models);
    panel.image = moved(panel.image, images);
    return gone;
  });
  session.model = moved(session.model, models);
  session.image = moved(session.image, images);
}

}  // namespace orderscope
