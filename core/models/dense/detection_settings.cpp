// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/detection_settings.h"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/files.h"
#include "core/checkpoint/mm_config.h"

namespace orderscope {

namespace {

using nlohmann::json;

/// One object of the file; remembers which of its names were asked for.
class Section {
 public:
  Section(const json& object, std::string name) : object_(object), name_(std::move(name)) {}

  Result<void> number(const char* key, double low, double high, double& value) {
    const auto found = object_.find(key);
    known_.insert(key);
    if (found == object_.end()) return {};
    if (!found->is_number()) return wrong(key, "is no number", Error::Kind::Broken);
    const double given = found->get<double>();
    if (!(given >= low && given <= high)) return wrong(key, "is out of range");
    value = given;
    return {};
  }

  Result<void> count(const char* key, std::int64_t low, std::int64_t& value) {
    const auto found = object_.find(key);
    known_.insert(key);
    if (found == object_.end()) return {};
    if (!found->is_number_integer()) return wrong(key, "is no whole number", Error::Kind::Broken);
    const auto given = found->get<std::int64_t>();
    if (given < low || given > 10'000'000) return wrong(key, "is out of range");
    value = given;
    return {};
  }

  Result<void> flag(const char* key, bool& value) {
    const auto found = object_.find(key);
    known_.insert(key);
    if (found == object_.end()) return {};
    if (!found->is_boolean()) return wrong(key, "is neither true nor false", Error::Kind::Broken);
    value = found->get<bool>();
    return {};
  }

  /// iou_thr is what mmcv called iou_threshold.
  Result<void> nms(double& iou_threshold, bool& class_agnostic) {
    known_.insert("nms");
    const auto found = object_.find("nms");
    if (found == object_.end()) return {};
    if (!found->is_object()) return wrong("nms", "is no object", Error::Kind::Broken);
    if (const auto type = found->find("type"); type != found->end() && *type != "nms")
      return fail(Error::Kind::Unsupported, "only plain nms is known, not " + type->dump(-1, ' ', true),
                  name_ + ".nms");
    Section inner(*found, name_ + ".nms");
    TRY_VOID(inner.number("iou_thr", 0, 1, iou_threshold));
    TRY_VOID(inner.number("iou_threshold", 0, 1, iou_threshold));
    TRY_VOID(inner.flag("class_agnostic", class_agnostic));
    return inner.nothing_else({"type", "split_thr"});
  }

  /// `dead`: names that configurations carry and the official test does not read.
  Result<void> nothing_else(const std::set<std::string>& dead) const {
    for (const auto& [key, value] : object_.items())
      if (!known_.contains(key) && !dead.contains(key))
        return fail(Error::Kind::InvalidInput, "has no setting \"" + key + "\"", name_);
    return {};
  }

 private:
  Result<void> wrong(const std::string& key, const std::string& what,
                     Error::Kind kind = Error::Kind::InvalidInput) const {
    return fail(kind, what, name_.empty() ? key : name_ + "." + key);
  }

  const json& object_;
  std::string name_;
  std::set<std::string> known_;
};

Result<void> read_rpn(const json& object, RpnSettings& rpn) {
  Section section(object, "rpn");
  // max_num and nms_thr are what mmdetection called max_per_img and nms.iou_threshold.
  TRY_VOID(section.count("nms_pre", -1, rpn.nms_pre));
  TRY_VOID(section.count("max_num", 1, rpn.max_per_img));
  TRY_VOID(section.count("max_per_img", 1, rpn.max_per_img));
  TRY_VOID(section.number("min_bbox_size", -1e6, 1e6, rpn.min_bbox_size));
  TRY_VOID(section.number("nms_thr", 0, 1, rpn.iou_threshold));
  TRY_VOID(section.nms(rpn.iou_threshold, rpn.class_agnostic));
  return section.nothing_else({"nms_post", "nms_across_levels"});
}

Result<void> read_rcnn(const json& object, RcnnSettings& rcnn) {
  Section section(object, "rcnn");
  // 0 lets every candidate through; it must not also let the padding of a NaN through.
  TRY_VOID(section.number("score_thr", 0, 1, rcnn.score_thr));
  TRY_VOID(section.count("max_per_img", -1, rcnn.max_per_img));
  TRY_VOID(section.number("mask_thr_binary", 0, 1, rcnn.mask_thr_binary));
  TRY_VOID(section.nms(rcnn.iou_threshold, rcnn.class_agnostic));
  return section.nothing_else({"keep_all_stages"});
}

/// The object that holds a name: this one, or what lies in it as `inner`.
const json& holder_of(const json& object, const char* name, const char* inner) {
  const auto found = object.find(inner);
  return !object.contains(name) && found != object.end() && found->is_object() ? *found : object;
}

Result<DetectionSettings> read(const json& file, const DetectionSettings& base) {
  if (!file.is_object()) return fail(Error::Kind::Broken, "is no JSON object");
  const json& config = file.contains("config") && file.at("config").is_object() ? file.at("config") : file;
  DetectionSettings settings = base;
  Section top(config, "");
  TRY_VOID(top.number("finest_scale", std::numeric_limits<double>::min(), 1e6, settings.finest_scale));
  bool any = config.contains("finest_scale");
  for (const char* part : {"rpn", "rcnn"}) {
    const json& holder = holder_of(config, part, "test_cfg");
    const auto found = holder.find(part);
    if (found == holder.end()) continue;
    if (!found->is_object()) return fail(Error::Kind::Broken, "is no object", part);
    any = true;
    TRY_VOID(std::string(part) == "rpn" ? read_rpn(*found, settings.rpn) : read_rcnn(*found, settings.rcnn));
  }
  if (!any) return fail(Error::Kind::InvalidInput, "sets none of finest_scale, rpn and rcnn");
  return settings;
}

/// What lies in nested objects; null where one of them is none.
json inner(const json& object, std::initializer_list<const char*> names) {
  const json* at = &object;
  for (const char* name : names) {
    const auto found = at->find(name);
    if (!at->is_object() || found == at->end()) return nullptr;
    at = &*found;
  }
  return *at;
}

/// One a stage, or one for all of them.
json::array_t each(const json& value) {
  return value.is_array() ? value.get<json::array_t>() : value.is_null() ? json::array_t{} : json::array_t{value};
}

/// The scale of all RoI extractors; null where none of them says one.
Result<json> finest_scale_of(const json& roi_head) {
  json scale;
  for (const char* extractor : {"bbox_roi_extractor", "mask_roi_extractor"}) {
    for (const json& one : each(inner(roi_head, {extractor}))) {
      // What says nothing has the class' own.
      const json own = inner(one, {"finest_scale"});
      const json told = own.is_null() ? json(DetectionSettings().finest_scale) : own;
      if (!scale.is_null() && scale != told)
        return fail(Error::Kind::Unsupported, "boxes and masks are read with different finest_scale", extractor);
      scale = told;
    }
  }
  return scale;
}

}  // namespace

Result<std::optional<DetectionSettings>> detection_settings_in(const std::string& config) {
  const json model = config_value(config, "model");
  json test = inner(model, {"test_cfg"});
  // Up to mmdetection 2.7 it stands beside the model; later files have another thing of that name there.
  if (!test.is_object()) test = config_value(config, "test_cfg");
  json told = json::object();
  for (const char* part : {"rpn", "rcnn"})
    if (const json found = inner(test, {part}); !found.is_null()) told[part] = found;
  TRY(const json scale, finest_scale_of(inner(model, {"roi_head"})));
  if (!scale.is_null()) told["finest_scale"] = scale;
  if (told.empty()) return std::nullopt;
  TRY(const DetectionSettings settings, read(told, {}));
  return settings;
}

Result<void> check_detection_config(const std::string& config, std::size_t stages) {
  const json model = config_value(config, "model");
  const auto refuse = [](const std::string& what) { return fail(Error::Kind::Unsupported, "its config " + what); };
  const auto differs = [](const json& coder, const json& official) {
    const json told = inner(coder, {"bbox_coder", "target_stds"});
    return !told.is_null() && told != official;
  };
  static const std::array<json, 3> kStds{json{0.1, 0.1, 0.2, 0.2}, json{0.05, 0.05, 0.1, 0.1},
                                         json{0.033, 0.033, 0.067, 0.067}};
  if (differs(inner(model, {"rpn_head"}), json{1.0, 1.0, 1.0, 1.0}))
    return refuse("scales the deltas of proposals otherwise than by 1");
  const auto heads = each(inner(model, {"roi_head", "bbox_head"}));
  for (std::size_t stage = 0; stage < std::min({heads.size(), stages, kStds.size()}); ++stage)
    if (differs(heads[stage], kStds[stage]))
      return refuse("scales the deltas of boxes otherwise than by " + kStds[stage].dump());
  for (const char* extractor : {"bbox_roi_extractor", "mask_roi_extractor"})
    for (const json& one : each(inner(model, {"roi_head", extractor})))
      if (const json ratio = inner(one, {"roi_layer", "sampling_ratio"}); !ratio.is_null() && ratio != 0)
        return refuse("samples RoIs at a ratio of " + ratio.dump() + ", not adaptively");
  for (const json& one : each(inner(model, {"roi_head", "mask_roi_extractor"})))
    if (const json side = inner(one, {"roi_layer", "output_size"}); !side.is_null() && side != 14)
      return refuse("reads masks at a size of " + side.dump() + ", not 14");
  return {};
}

Result<DetectionSettings> read_detection_settings(const std::filesystem::path& path, const DetectionSettings& base) {
  TRY(const std::string text, read_text_file(path));
  const json file = json::parse(text, nullptr, false);
  if (file.is_discarded()) return fail(Error::Kind::Broken, "is no JSON", path.string());
  auto settings = read(file, base);
  if (settings) return settings;
  Error error = std::move(settings.error());
  error.subject = error.subject.empty() ? path.string() : path.string() + ", " + error.subject;
  return fail(std::move(error));
}

}  // namespace orderscope
