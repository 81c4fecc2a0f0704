// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/catalogue.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace orderscope {

namespace embedded {
extern const unsigned char published_weights[];
extern const std::size_t published_weights_size;
}  // namespace embedded

namespace {

using nlohmann::json;

bool is_file_name(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.find_first_of("/\\") == std::string::npos &&
         std::ranges::all_of(name, [](unsigned char c) { return c >= 0x20; });
}

bool is_web_address(const std::string& url) { return url.starts_with("https://") || url.starts_with("http://"); }

bool is_digest(const std::string& text) {
  return text.size() <= 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

WeightsSource read_source(const json& entry) {
  return {entry.at("title"), entry.at("page"), entry.at("licence"), entry.value("licence_note", ""),
          entry.value("citation", "")};
}

PublishedWeights read_entry(const json& entry, const std::map<std::string, WeightsSource>& sources) {
  PublishedWeights weights;
  weights.name = entry.at("name");
  weights.family = entry.at("family");
  weights.variant = entry.value("variant", weights.name);
  weights.file = entry.at("file");
  entry.at("urls").get_to(weights.urls);
  weights.parameters = entry.at("parameters");
  weights.classes = entry.value("classes", 0);
  weights.trained_on = entry.value("trained_on", "");
  weights.image_size = entry.value("image_size", 0);
  if (entry.contains("top1")) weights.top1 = entry.at("top1").get<double>();
  if (entry.contains("bytes")) weights.bytes = entry.at("bytes").get<std::int64_t>();
  weights.sha256 = entry.value("sha256", "");
  weights.note = entry.value("note", "");

  const std::string source = entry.at("source");
  const auto found = sources.find(source);
  if (found == sources.end()) throw std::invalid_argument("there is no source " + source);
  weights.source = found->second;
  if (!is_file_name(weights.file)) throw std::invalid_argument("\"" + weights.file + "\" is no file name");
  if (weights.urls.empty()) throw std::invalid_argument("it has no address");
  for (const std::string& url : weights.urls)
    if (!is_web_address(url)) throw std::invalid_argument("\"" + url + "\" is no http or https address");
  if (!is_digest(weights.sha256)) throw std::invalid_argument("\"" + weights.sha256 + "\" is no SHA-256");
  if (weights.parameters <= 0 || weights.parameters > (std::int64_t{1} << 40))
    throw std::invalid_argument("its number of parameters makes no sense");
  if (weights.bytes && *weights.bytes <= 0) throw std::invalid_argument("its size makes no sense");
  return weights;
}

}  // namespace

Result<WeightsCatalogue> parse_weights_catalogue(std::string_view text) {
  std::string at = "list of weights";
  try {
    const json root = json::parse(text);
    if (root.at("format") != 1) return fail(Error::Kind::Unsupported, "a format other than 1", at);
    std::map<std::string, WeightsSource> sources;
    for (const auto& [name, source] : root.at("sources").items()) sources[name] = read_source(source);
    WeightsCatalogue catalogue;
    std::set<std::string> names, files;
    for (const json& entry : root.at("weights")) {
      at = entry.value("name", "entry " + std::to_string(catalogue.size() + 1));
      catalogue.push_back(read_entry(entry, sources));
      if (!names.insert(catalogue.back().name).second || !files.insert(catalogue.back().file).second)
        return fail(Error::Kind::Broken, "the name or the file is there twice", at);
    }
    return catalogue;
  } catch (const std::exception& error) {
    return fail(Error::Kind::Broken, error.what(), at);
  }
}

const WeightsCatalogue& published_weights() {
  // The list is part of the program; a test reads it.
  static const WeightsCatalogue catalogue =
      parse_weights_catalogue(
          {reinterpret_cast<const char*>(embedded::published_weights), embedded::published_weights_size})
          .value_or(WeightsCatalogue{});
  return catalogue;
}

Result<PublishedWeights> find_weights(const WeightsCatalogue& catalogue, const std::string& name) {
  const auto found = std::ranges::find(catalogue, name, &PublishedWeights::name);
  if (found != catalogue.end()) return *found;
  std::string alike;
  for (const PublishedWeights& weights : catalogue)
    if (!name.empty() && (weights.name.find(name) != std::string::npos || weights.file == name))
      alike += (alike.empty() ? "" : ", ") + weights.name;
  return fail(Error::Kind::InvalidInput, "there are no published weights of this name", name,
              alike.empty() ? "`orderscope-cli weights list` has the names" : "perhaps " + alike);
}

}  // namespace orderscope
