// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/run/dense_prediction.h"
#include "core/run/figure_plan.h"

namespace orderscope {

/// A model or an image that a session refers to. It is only ever opened for reading.
struct SessionSource {
  std::filesystem::path path;  ///< absolute; the file keeps it relative to itself
  std::string sha256;          ///< empty: not known yet
  std::int64_t size = -1;      ///< bytes; -1: not known
  nlohmann::json extra = nlohmann::json::object();
};

/// What a `.orderscope` file holds: which files, which of them are looked at and how. No results: those are computed
/// again, and the hashes tell whether from the same files. Fields that this version does not know are kept when a
/// session is written again.
struct SessionFile {
  std::vector<SessionSource> models, images;
  int model = -1, image = -1;           ///< the chosen ones; -1: none
  std::string block;                    ///< name of the chosen block
  std::optional<int> class_index;       ///< nothing: the most likely class
  std::optional<PhotoRegion> region{};  ///< that a segmenter or detector is asked about instead
  std::string page;                     ///< id of the page in front
  /// Settings of each page, and of the prediction over the picture; they alone know what they mean. Models and places
  /// are named by absolute paths; the file names them so that they may move with it.
  std::map<std::string, nlohmann::json> pages;
  std::map<std::string, std::map<std::string, std::string>> methods;  ///< settings of methods by descriptor names
  FigurePlan figure;
  nlohmann::json extra = nlohmann::json::object();
};

inline constexpr int kSessionVersion = 1;
inline constexpr const char* kSessionSuffix = ".orderscope";

/// `file` says where relative paths start, and is named in errors. Errors: NotThisFormat, Broken (no JSON, a field of
/// the wrong type or out of range: named), Unsupported (a later version).
Result<SessionFile> parse_session(std::string_view text, const std::filesystem::path& file);

/// The session as JSON text for a file at `file`: its sources relative to that file's folder.
std::string session_text(const SessionFile& session, const std::filesystem::path& file);

/// A setting of a page that names a file or folder besides models and images.
struct PagePlace {
  const char* page;
  const char* setting;
};
/// The run that the Data set page reads, and the folder that the Receptive field page takes pictures from.
inline constexpr PagePlace kPagePlaces[] = {{"data-set", "run"}, {"receptive-field", "folder"}};

/// What the session says there; nullptr: nothing.
nlohmann::json* place_in(SessionFile& session, const PagePlace& place);

/// A model's file is at another place: pages that name it follow.
void move_model(SessionFile& session, std::size_t model, const std::filesystem::path& to);

/// Errors: FileAccess and those of parse_session.
Result<SessionFile> read_session(const std::filesystem::path& file);
/// Whole or not at all. Errors: FileAccess.
Result<void> write_session(const SessionFile& session, const std::filesystem::path& file);

/// The figure that a session has, or, where nobody made one, a single panel of the chosen block on the chosen image.
FigurePlan figure_of(const SessionFile& session);

}  // namespace orderscope
