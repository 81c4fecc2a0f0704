// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/training_state.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <charconv>
#include <sstream>
#include <unordered_map>

#include "core/base/mapped_pages.h"
#include "core/checkpoint/safetensors.h"

namespace orderscope {

namespace {

constexpr auto kKey = "training_state";

nlohmann::json to_json(const EpochLog& row) {
  const auto optional = [](const std::optional<double>& v) { return v ? nlohmann::json(*v) : nlohmann::json(); };
  return {row.epoch,  row.step, row.learning_rate, row.train_loss, optional(row.val_top1), optional(row.val_top5),
          row.seconds};
}

EpochLog epoch_log(const nlohmann::json& json) {
  const auto optional = [](const nlohmann::json& v) {
    return v.is_null() ? std::nullopt : std::optional(v.get<double>());
  };
  return {json.at(0).get<int>(), json.at(1).get<std::int64_t>(), json.at(2).get<double>(), json.at(3).get<double>(),
          optional(json.at(4)),  optional(json.at(5)),           json.at(6).get<double>()};
}

std::string difference(const nlohmann::json& saved, const nlohmann::json& wanted) {
  for (const auto& [key, value] : wanted.items()) {
    if (!saved.contains(key) || saved[key] != value)
      return key + " was " + (saved.contains(key) ? saved[key].dump() : "not there") + ", is " + value.dump();
  }
  return "they have other options";
}

}  // namespace

std::string log_csv(const std::vector<EpochLog>& log) {
  std::string csv = "epoch,step,lr,train_loss,val_top1,val_top5,seconds\n";
  const auto number = [](double v) { return nlohmann::json(v).dump(); };
  for (const EpochLog& row : log) {
    csv += std::to_string(row.epoch) + ',' + std::to_string(row.step) + ',' + number(row.learning_rate) + ',' +
           number(row.train_loss) + ',' + (row.val_top1 ? number(*row.val_top1) : "") + ',' +
           (row.val_top5 ? number(*row.val_top5) : "") + ',' + number(row.seconds) + '\n';
  }
  return csv;
}

Result<std::vector<EpochLog>> parse_log_csv(const std::string& text, const std::string& path) {
  std::vector<EpochLog> log;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (number == 1 || line.empty()) continue;
    const auto broken = [&]() -> Result<std::vector<EpochLog>> {
      return fail(Error::Kind::Broken, "line " + std::to_string(number) + " is no line of a training's log", path);
    };
    std::vector<std::optional<double>> fields;
    std::istringstream columns(line + ",");
    for (std::string field; std::getline(columns, field, ',');) {
      double value = 0;
      const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
      if (!field.empty() && (error != std::errc() || end != field.data() + field.size())) return broken();
      fields.push_back(field.empty() ? std::nullopt : std::optional(value));
    }
    if (fields.size() != 7 || !fields[0] || !fields[1] || !fields[2] || !fields[3] || !fields[6]) return broken();
    log.push_back({static_cast<int>(*fields[0]), static_cast<std::int64_t>(*fields[1]), *fields[2], *fields[3],
                   fields[4], fields[5], *fields[6]});
  }
  return log;
}

Result<void> save_state(const std::filesystem::path& path, const TrainingState& state, const nlohmann::json& recipe,
                        const StateDict& tensors) {
  nlohmann::json json{
      {"step", state.step}, {"loss_sum", state.loss_sum}, {"seconds", state.seconds}, {"log", nlohmann::json::array()}};
  for (const EpochLog& row : state.log) json["log"].push_back(to_json(row));
  return write_safetensors(path, tensors, {{kKey, json.dump()}, {"recipe", recipe.dump()}});
}

Result<TrainingState> load_state(const std::filesystem::path& path, const nlohmann::json& recipe, StateDict& tensors) {
  const auto broken = [&](const std::string& what) {
    return fail(Error::Kind::Broken, what, path.string(), "remove it to start the training again");
  };
  Checkpoint saved;
  saved.path = path;
  TRY(saved.file, MappedFile::open(path));
  TRY_VOID(read_safetensors(saved));
  if (!saved.metadata.contains(kKey) || !saved.metadata.contains("recipe")) return broken("is no state of a training");
  const auto saved_recipe = nlohmann::json::parse(saved.metadata["recipe"], nullptr, false);
  if (saved_recipe != recipe) {
    return fail(Error::Kind::InvalidInput, "is the state of another training: " + difference(saved_recipe, recipe),
                path.string(), "choose another output folder, or the options it was started with");
  }

  std::unordered_map<std::string, at::Tensor> by_name;
  for (const NamedTensor& named : saved.state_dict) by_name[named.name] = named.tensor;
  const at::NoGradGuard no_grad;
  for (NamedTensor& named : tensors) {
    const auto found = by_name.find(named.name);
    if (found == by_name.end()) return broken("lacks " + named.name);
    if (found->second.sizes() != named.tensor.sizes()) return broken("has another shape of " + named.name);
    named.tensor.copy_(found->second);
  }
  TRY_VOID(check_mapped(saved.file->bytes().data()));
  try {
    const auto json = nlohmann::json::parse(saved.metadata[kKey]);
    TrainingState state;
    state.step = json.at("step").get<std::int64_t>();
    state.loss_sum = json.at("loss_sum").get<double>();
    state.seconds = json.at("seconds").get<double>();
    for (const auto& row : json.at("log")) state.log.push_back(epoch_log(row));
    if (state.step < 0) return broken("counts steps below 0");
    return state;
  } catch (const nlohmann::json::exception& error) {
    return broken(std::string("its state cannot be read: ") + error.what());
  }
}

}  // namespace orderscope
