// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/session_file.h"

#include <algorithm>
#include <functional>

#include "core/base/files.h"
#include "core/base/json_fields.h"
#include "core/base/version.h"

namespace orderscope {

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr const char* kFormat = "orderscope-session";
constexpr std::size_t kLargestFile = 256u << 20;
constexpr std::int64_t kLargestInteger = std::int64_t{1} << 62;

bool is_utf8(const std::string& text) {
  try {
    (void)json(text).dump();
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

std::string to_hex(const std::string& bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex += digits[static_cast<unsigned char>(c) >> 4];
    hex += digits[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

std::optional<std::string> from_hex(const std::string& hex) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

fs::path absolute_path(const fs::path& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  return (error ? path : absolute).lexically_normal();
}

/// A path as it is written: from the session's folder where there is a way, with slashes on every system.
std::string stored_path(const fs::path& path, const fs::path& folder) {
  const fs::path relative = absolute_path(path).lexically_relative(folder);
  return (relative.empty() ? absolute_path(path) : relative).generic_string();
}

json to_json(const SessionSource& source, const fs::path& folder) {
  json out = source.extra;
  const std::string path = stored_path(source.path, folder);
  // File names are bytes; those that are no text still have to find their way back.
  if (is_utf8(path))
    out["path"] = path;
  else
    out["path_hex"] = to_hex(path);
  if (!source.sha256.empty()) out["sha256"] = source.sha256;
  if (source.size >= 0) out["size"] = source.size;
  return out;
}

SessionSource source_from_json(const json& object, const std::string& where, const fs::path& folder,
                               std::optional<Error>& error) {
  SessionSource source;
  JsonFields fields(object, where, error);
  std::string path = fields.text("path");
  const std::string hex = fields.text("path_hex", {}, 8192);
  if (!hex.empty()) {
    const auto bytes = from_hex(hex);
    if (!bytes) fields.refuse("path_hex", "must be hexadecimal digits");
    path = bytes.value_or("");
  }
  if (path.empty()) fields.refuse("path", "is missing");
  if (path.find('\0') != std::string::npos) fields.refuse("path", "holds a zero byte");
  source.path = (fs::path(path).is_absolute() ? fs::path(path) : folder / path).lexically_normal();
  source.sha256 = fields.text("sha256", {}, 64);
  const bool digits = source.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!source.sha256.empty() && (source.sha256.size() != 64 || !digits))
    fields.refuse("sha256", "must be 64 hexadecimal digits");
  source.size = fields.integer("size", -1, 0, kLargestInteger);
  source.extra = fields.unknown();
  return source;
}

std::vector<SessionSource> sources_from_json(JsonFields& fields, const char* name, const fs::path& folder,
                                             std::optional<Error>& error) {
  std::vector<SessionSource> sources;
  const json* list = fields.array(name);
  for (std::size_t i = 0; list != nullptr && i < list->size() && !error; ++i)
    sources.push_back(source_from_json((*list)[i], json_place(name, i), folder, error));
  return sources;
}

void each_value(json& value, const std::function<void(json&)>& visit) {
  if (value.is_structured())
    for (json& inner : value) each_value(inner, visit);
  visit(value);
}

constexpr const char* kModel = "model";

/// Pages name models and places (kPagePlaces) by absolute paths. A file names models by their positions in its list and
/// places relative to itself, so that all of them may move together.
json stored_pages(const SessionFile& session, const fs::path& folder) {
  json pages = session.pages;
  each_value(pages, [&](json& value) {
    if (!value.is_string()) return;
    const auto is_it = [&](const SessionSource& model) { return model.path.string() == value.get_ref<std::string&>(); };
    const auto model = std::ranges::find_if(session.models, is_it);
    if (model != session.models.end()) value = {{kModel, model - session.models.begin()}};
  });
  for (const PagePlace& place : kPagePlaces) {
    const auto page = pages.find(place.page);
    if (page == pages.end() || !page->is_object()) continue;
    const auto named = page->find(place.setting);
    if (named == page->end() || !named->is_string()) continue;
    if (const auto path = named->get<std::string>(); fs::path(path).is_absolute()) *named = stored_path(path, folder);
  }
  return pages;
}

void read_pages(const json& object, SessionFile& session, const fs::path& folder) {
  json pages = object;
  each_value(pages, [&](json& value) {
    if (!value.is_object() || value.size() != 1 || !value.contains(kModel) || !value[kModel].is_number_unsigned())
      return;
    const auto place = value[kModel].get<std::size_t>();
    if (place < session.models.size()) value = session.models[place].path.string();
  });
  for (const auto& page : pages.items()) session.pages[page.key()] = page.value();
  for (const PagePlace& place : kPagePlaces) {
    json* named = place_in(session, place);
    if (named == nullptr) continue;
    const fs::path path = named->get<std::string>();
    if (path.is_relative()) *named = (folder / path).lexically_normal().string();
  }
}

void read_chosen(const json& object, SessionFile& session, std::optional<Error>& error) {
  JsonFields fields(object, "chosen", error);
  session.model = static_cast<int>(fields.integer("model", -1, 0, static_cast<int>(session.models.size()) - 1));
  session.image = static_cast<int>(fields.integer("image", -1, 0, static_cast<int>(session.images.size()) - 1));
  session.block = fields.text("block", {}, 256);
  if (const auto index = fields.integer("class", -1, 0, 1'000'000'000); index >= 0)
    session.class_index = static_cast<int>(index);
  if (const json* region = fields.array("region")) {
    PhotoRegion read{};
    const bool whole = region->size() == read.size() &&
                       std::ranges::all_of(*region, [](const json& side) { return side.is_number_integer(); });
    for (std::size_t i = 0; whole && i < read.size(); ++i) read[i] = (*region)[i].get<std::int64_t>();
    constexpr std::int64_t kLargestSide = 1'000'000'000;
    const bool fits = whole &&
                      std::ranges::all_of(read, [](std::int64_t side) { return side >= 0 && side <= kLargestSide; }) &&
                      read[2] > 0 && read[3] > 0;
    if (!fits) return fields.refuse("region", "must be x, y, width and height in pixels");
    session.region = read;
  }
}

void read_methods(const json& object, SessionFile& session, std::optional<Error>& error) {
  JsonFields methods(object, "methods", error);
  for (const auto& method : object.items()) {
    const json* values = methods.object(method.key().c_str());
    if (values == nullptr) return;
    JsonFields fields(*values, "methods." + method.key(), error);
    for (const auto& value : values->items())
      session.methods[method.key()][value.key()] = fields.text(value.key().c_str());
  }
}

}  // namespace

json* place_in(SessionFile& session, const PagePlace& place) {
  const auto page = session.pages.find(place.page);
  if (page == session.pages.end() || !page->second.is_object()) return nullptr;
  const auto named = page->second.find(place.setting);
  return named != page->second.end() && named->is_string() && *named != "" ? &*named : nullptr;
}

Result<SessionFile> parse_session(std::string_view text, const fs::path& file) {
  const std::string subject = file.string();
  // Half a session is a broken session, not some other file.
  const bool looks_like_one = text.substr(0, 4096).find(kFormat) != std::string_view::npos;
  auto parsed = parse_json(text, subject);
  if (!parsed && !looks_like_one) return fail(Error::Kind::NotThisFormat, "not an OrderScope session", subject);
  if (!parsed) return tl::unexpected(std::move(parsed).error());
  const json& object = *parsed;
  if (!object.is_object() || !object.contains("format") || object["format"] != kFormat)
    return fail(Error::Kind::NotThisFormat, "not an OrderScope session", subject);

  std::optional<Error> error;
  JsonFields fields(object, "", error);
  fields.text("format");
  fields.text("program");  // for people
  if (!fields.has("version")) fields.refuse("version", "is missing");
  const auto version = fields.integer("version", 0, 1, kLargestInteger);
  if (!error && version > kSessionVersion)
    return fail(Error::Kind::Unsupported,
                "written by a later OrderScope (session version " + std::to_string(version) + ", this program reads " +
                    std::to_string(kSessionVersion) + ")",
                subject, "open it with that version");

  SessionFile session;
  const fs::path folder = absolute_path(file).parent_path();
  session.models = sources_from_json(fields, "models", folder, error);
  session.images = sources_from_json(fields, "images", folder, error);
  if (const json* chosen = fields.object("chosen")) read_chosen(*chosen, session, error);
  session.page = fields.text("page", {}, 64);
  if (const json* pages = fields.object("pages")) read_pages(*pages, session, folder);
  if (const json* methods = fields.object("methods")) read_methods(*methods, session, error);
  if (const json* figure = fields.object("figure"))
    session.figure = figure_plan_from_json(*figure, session.models.size(), session.images.size(), error);
  session.extra = fields.unknown();
  if (error) return fail(std::move(*error).on(subject));
  return session;
}

std::string session_text(const SessionFile& session, const fs::path& file) {
  const fs::path folder = absolute_path(file).parent_path();
  json out = session.extra;
  for (const auto& [name, sources] : {std::pair{"models", &session.models}, std::pair{"images", &session.images}}) {
    out[name] = json::array();
    for (const SessionSource& source : *sources) out[name].push_back(to_json(source, folder));
  }
  json chosen = json::object();
  if (session.model >= 0) chosen["model"] = session.model;
  if (session.image >= 0) chosen["image"] = session.image;
  if (!session.block.empty()) chosen["block"] = session.block;
  if (session.class_index) chosen["class"] = *session.class_index;
  if (session.region) chosen["region"] = *session.region;
  out["chosen"] = std::move(chosen);
  out["page"] = session.page;
  out["pages"] = stored_pages(session, folder);
  out["methods"] = session.methods;
  out["figure"] = to_json(session.figure);
  // What it is comes first: half a file still says so.
  nlohmann::ordered_json ordered{{"format", kFormat}, {"version", kSessionVersion}, {"program", version_text()}};
  for (const auto& [name, value] : out.items()) ordered[name] = value;
  return ordered.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

void move_model(SessionFile& session, std::size_t model, const fs::path& to) {
  const std::string from = session.models[model].path.string();
  session.models[model].path = to;
  for (auto& [page, state] : session.pages)
    each_value(state, [&](json& value) {
      if (value.is_string() && value == from) value = to.string();
    });
}

Result<SessionFile> read_session(const fs::path& file) {
  std::error_code error;
  // Opening a pipe or a device would wait for ever.
  if (fs::exists(file, error) && !fs::is_regular_file(file, error))
    return fail(Error::Kind::FileAccess, "not a file", file.string());
  TRY(const std::string text, read_text_file(file, kLargestFile));
  return parse_session(text, file);
}

Result<void> write_session(const SessionFile& session, const fs::path& file) {
  return write_file(file, session_text(session, file));
}

FigurePlan figure_of(const SessionFile& session) {
  FigurePlan plan = session.figure;
  if (!plan.panels.empty() || session.model < 0 || session.image < 0) return plan;
  FigurePanelPlan panel;
  panel.view = session.block.empty() ? "scores" : "orders";
  panel.model = session.model;
  panel.image = session.image;
  panel.block = session.block;
  panel.class_index = session.class_index;
  plan.panels.push_back(std::move(panel));
  return plan;
}

}  // namespace orderscope
