// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/weights.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <iterator>

#include "core/base/files.h"
#include "core/weights/folder.h"
#include "core/weights/store.h"

namespace orderscope::cli {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

struct WeightsOptions {
  fs::path folder;     ///< empty: the user's
  fs::path catalogue;  ///< empty: the published ones
  std::string filter;
  std::vector<std::string> names;
  GetOptions get;
  fs::path new_folder;

  Result<fs::path> where() const { return folder.empty() ? weights_folder() : fs::absolute(folder); }
  Result<WeightsCatalogue> list() const {
    if (catalogue.empty()) return published_weights();
    TRY(const std::string text, read_text_file(catalogue));
    return parse_weights_catalogue(text);
  }
};

const char* state_name(WeightsState state) {
  switch (state) {
    case WeightsState::Absent: return "";
    case WeightsState::Partial: return "partial";
    case WeightsState::Present: return "downloaded";
  }
  return "";
}

json describe(const PublishedWeights& weights, const LocalWeights& local) {
  const auto known = [](const auto& value) { return value ? json(*value) : json(nullptr); };
  json entry{{"name", weights.name},
             {"family", weights.family},
             {"variant", weights.variant},
             {"file", weights.file},
             {"urls", weights.urls},
             {"parameters", weights.parameters},
             {"classes", weights.classes},
             {"trained_on", weights.trained_on},
             {"image_size", weights.image_size},
             {"top1", known(weights.top1)},
             {"bytes", known(weights.bytes)},
             {"estimated_bytes", weights.estimated_bytes()},
             {"sha256", weights.sha256.empty() ? json(nullptr) : json(weights.sha256)},
             {"licence", weights.source.licence},
             {"licence_note", weights.source.licence_note},
             {"source", weights.source.page},
             {"citation", weights.source.citation},
             {"note", weights.note},
             {"state", local.state == WeightsState::Absent ? "absent" : state_name(local.state)}};
  if (local.state != WeightsState::Absent) entry["local_bytes"] = local.bytes;
  if (local.state == WeightsState::Present) entry["path"] = local.file.string();
  return entry;
}

bool matches(const PublishedWeights& weights, const std::string& filter) {
  const auto lower = [](std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
  };
  return lower(weights.name + " " + weights.family + " " + weights.variant + " " + weights.trained_on)
             .find(lower(filter)) != std::string::npos;
}

Result<void> run_list(const WeightsOptions& options, bool as_json) {
  TRY(const auto catalogue, options.list());
  TRY(const fs::path folder, options.where());
  json all = json::array();
  if (!as_json)
    std::printf("%-40s %-17s %-23s %5s %9s  %-10s %s\n", "name", "model", "trained on", "input", "about MB", "licence",
                "");
  for (const PublishedWeights& weights : catalogue) {
    if (!matches(weights, options.filter)) continue;
    const LocalWeights local = local_weights(weights, folder);
    all.push_back(describe(weights, local));
    if (!as_json)
      std::printf("%-40s %-17s %-23s %5d %9.0f  %-10s %s\n", weights.name.c_str(), weights.variant.c_str(),
                  weights.trained_on.c_str(), weights.image_size, static_cast<double>(weights.estimated_bytes()) * 1e-6,
                  weights.source.licence.c_str(), state_name(local.state));
  }
  if (as_json) print_json(all);
  return {};
}

Result<std::vector<PublishedWeights>> find_all(const WeightsCatalogue& catalogue,
                                               const std::vector<std::string>& names) {
  std::vector<PublishedWeights> found;
  for (const std::string& name : names) {
    TRY(auto weights, find_weights(catalogue, name));
    found.push_back(std::move(weights));
  }
  return found;
}

Result<void> run_get(const WeightsOptions& options, bool as_json, const JobContext& job) {
  TRY(const auto catalogue, options.list());
  TRY(const fs::path folder, options.where());
  TRY(std::vector<PublishedWeights> chosen, find_all(catalogue, options.names));
  json all = json::array();
  for (const PublishedWeights& weights : chosen) {
    const WeightsSource& source = weights.source;
    const std::string note = source.licence_note.empty() ? "" : " (" + source.licence_note + ")";
    std::fprintf(stderr, "%s: licence %s%s, from %s\n", weights.name.c_str(), source.licence.c_str(), note.c_str(),
                 source.page.c_str());
    TRY(const GotWeights got, get_weights(weights, folder, options.get, job));
    all.push_back({{"name", weights.name},
                   {"path", got.file.string()},
                   {"sha256", got.record.sha256},
                   {"checksum_published", !weights.sha256.empty()},
                   {"already_there", got.already_there}});
    if (!as_json) std::printf("%s\n", got.file.c_str());
  }
  if (as_json) print_json(all);
  return {};
}

Result<void> run_verify(const WeightsOptions& options, bool as_json, const JobContext& job) {
  TRY(const auto catalogue, options.list());
  TRY(const fs::path folder, options.where());
  TRY(std::vector<PublishedWeights> chosen, find_all(catalogue, options.names));
  if (options.names.empty())
    std::ranges::copy_if(catalogue, std::back_inserter(chosen), [&](const PublishedWeights& weights) {
      return local_weights(weights, folder).state == WeightsState::Present;
    });
  json all = json::array();
  std::string bad;
  for (const PublishedWeights& weights : chosen) {
    TRY(const WeightsCheck check, verify_weights(weights, folder, job));
    const auto known = [](const std::optional<bool>& value) { return value ? json(*value) : json(nullptr); };
    all.push_back({{"name", weights.name},
                   {"sha256", check.sha256},
                   {"as_published", known(check.as_published)},
                   {"as_recorded", known(check.as_recorded)}});
    const char* verdict = !check.good()        ? "CHANGED"
                          : check.as_published ? "as published"
                          : check.as_recorded  ? "as first downloaded"
                                               : "nothing to compare with";
    if (!as_json) std::printf("%-40s %s  %s\n", weights.name.c_str(), check.sha256.c_str(), verdict);
    if (!check.good()) bad += (bad.empty() ? "" : ", ") + weights.name;
  }
  if (as_json) print_json(all);
  if (!bad.empty())
    return fail(Error::Kind::Broken, "the file is not what was downloaded", bad,
                "get it again with `orderscope-cli weights get NAME --again`");
  return {};
}

Result<void> run_where(const WeightsOptions& options, bool as_json) {
  if (!options.new_folder.empty()) TRY_VOID(set_weights_folder(fs::absolute(options.new_folder)));
  TRY(const fs::path folder, options.where());
  if (as_json) {
    print_json({{"folder", folder.string()}});
  } else {
    std::printf("%s\n", folder.c_str());
  }
  return {};
}

}  // namespace

Run make_weights(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<WeightsOptions>();
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--folder", options->folder, "where the files are kept, instead of `weights where`")->type_name("DIR");
  app.add_option("--catalogue", options->catalogue, "another list in the form of resources/weights/published.json")
      ->type_name("FILE");

  CLI::App* list = app.add_subcommand("list", "what has been published, and what is here");
  list->add_option("FILTER", options->filter, "only names, models and data sets with this text");
  CLI::App* get = app.add_subcommand("get", "download; goes on where it was interrupted");
  get->add_option("NAME", options->names)->required();
  get->add_flag("--again", options->get.again, "also what is here; it is replaced once the new file is whole");
  get->add_flag("--trust-change", options->get.trust_change, "take another content than at the first download");
  get->add_option("--stall", options->get.download.patience.stall_seconds,
                  "seconds of next to nothing before it tries again")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  get->add_option("--attempts", options->get.download.attempts, "for an address")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  CLI::App* verify = app.add_subcommand("verify", "checksums of what is here");
  verify->add_option("NAME", options->names, "default: all that are here");
  CLI::App* where = app.add_subcommand("where", "the folder for weights");
  where->add_option("--set", options->new_folder, "use this one from now on; nothing is moved")->type_name("DIR");

  return [=, &common](const JobContext& job) -> Result<void> {
    if (list->parsed()) return run_list(*options, common.json);
    if (get->parsed()) return run_get(*options, common.json, job);
    if (verify->parsed()) return run_verify(*options, common.json, job);
    return run_where(*options, common.json);
  };
}

}  // namespace orderscope::cli
