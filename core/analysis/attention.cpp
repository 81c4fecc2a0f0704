// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/attention.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/analysis/block_patterns.h"
#include "core/analysis/tensor_map.h"
#include "core/base/guard.h"
#include "core/trace/trace.h"

namespace orderscope {

namespace {

std::string tap_of(const BlockInfo& block) { return block.name + ".attn.probs"; }

const MethodDescriptor& descriptor() {
  static const MethodDescriptor descriptor{
      "attention",
      "Swin attention",
      "Liu et al., Swin Transformer, ICCV 2021; distance as in Dosovitskiy et al., ICLR 2021, appendix D.7",
      {{"block", MethodParameter::Type::Layer, "block to show, or a pattern", "*", {}, 0, 0},
       {"x",
        MethodParameter::Type::Integer,
        "pixel to look from, in the model's input; -1: its centre",
        "-1",
        {},
        0,
        0},
       {"y",
        MethodParameter::Type::Integer,
        "pixel to look from, in the model's input; -1: its centre",
        "-1",
        {},
        0,
        0},
       {"head", MethodParameter::Type::Integer, "head to show; -1: the mean over heads", "-1", {}, 0, 0}},
      /*needs_gradient=*/false,
      /*needs_gnconv=*/false,
      "attention maps"};
  return descriptor;
}

Result<MethodResult> finish(const MethodCall& call, const JobContext& job) {
  const Model& model = *call.subject.model;
  const at::Tensor& image = call.subject.image;
  const auto coordinate = [&](const char* name, std::int64_t side) {
    const std::int64_t value = call.values.integer(name);
    return value == -1 ? side / 2 : value;
  };
  const std::int64_t x = coordinate("x", image.size(3)), y = coordinate("y", image.size(2));
  TRY(const auto blocks, attention_blocks(model, call.values.text("block")));

  MethodResult result;
  Matrix distances;
  distances.name = "attention_distance";
  distances.unit = "px";
  std::vector<std::vector<double>> rows;
  std::size_t heads = 0;
  for (const BlockInfo& block : blocks) {
    TRY_VOID(job.check());
    TRY(const BlockAttention attention, block_attention(call.trace, call.first_probe, model, block));
    TRY(Map map, attention.from_pixel(x, y, call.values.integer("head")));
    result.maps.push_back({block.name, std::move(map)});
    rows.push_back(attention.distances());
    heads = std::max(heads, rows.back().size());
    distances.rows.push_back(block.name);
    const double mean =
        std::accumulate(rows.back().begin(), rows.back().end(), 0.0) / static_cast<double>(rows.back().size());
    result.numbers.push_back({block.name + ".attention_distance", mean, "px"});
  }
  for (std::size_t h = 0; h < heads; ++h) distances.columns.push_back("head " + std::to_string(h));
  for (std::vector<double>& row : rows) {
    row.resize(heads, std::numeric_limits<double>::quiet_NaN());
    distances.values.insert(distances.values.end(), row.begin(), row.end());
  }
  result.matrices.push_back(std::move(distances));
  return result;
}

}  // namespace

const Method& attention_method() {
  static const Method method{
      descriptor(),
      [](const Subject&, const MethodValues& values) { return std::vector{attention_probe(values.text("block"))}; },
      finish};
  return method;
}

Probe attention_probe(const std::string& blocks) {
  // Each of several patterns gets the ending.
  std::string taps;
  for (std::size_t begin = 0; begin <= blocks.size();) {
    const std::size_t comma = std::min(blocks.find(',', begin), blocks.size());
    taps += (taps.empty() ? "" : ",") + blocks.substr(begin, comma - begin) + ".attn.probs";
    begin = comma + 1;
  }
  return Probe::record(taps);
}

Result<std::vector<BlockInfo>> attention_blocks(const Model& model, const std::string& pattern) {
  if (model.architecture.family != Family::Swin) {
    return fail(Error::Kind::InvalidInput,
                "only a Swin has window attention; this is a " + to_string(model.architecture.family), model.name);
  }
  return find_blocks(model, pattern);
}

Result<BlockAttention> block_attention(const Trace& trace, std::size_t probe, const Model& model,
                                       const BlockInfo& block, int n) {
  BlockAttention attention{block, {}, trace.result(probe, tap_of(block))};
  if (!attention.probs.defined()) {
    const auto& dropped = trace.dropped();
    if (std::find(dropped.begin(), dropped.end(), tap_of(block)) != dropped.end())
      return fail(Error::Kind::OutOfMemory, "the attention does not fit in the trace's memory", block.name,
                  "name fewer blocks");
    return fail(Error::Kind::InvalidInput, "no attention was recorded here", block.name);
  }
  TRY(attention.layout, window_layout(model, block, trace.images().size(2), trace.images().size(3)));
  const WindowLayout& layout = attention.layout;
  if (attention.probs.size(0) != layout.windows() * trace.images().size(0) ||
      attention.probs.size(2) != layout.window * layout.window) {
    return fail(Error::Kind::InvalidInput, "the attention does not fit the map's windows", block.name);
  }
  attention.probs = attention.probs.narrow(0, n * layout.windows(), layout.windows());
  if (!at::isfinite(attention.probs).all().item<bool>()) {
    return fail(Error::Kind::InvalidInput, "the attention holds NaN or Inf", block.name,
                "look for NaN in the image and the weights");
  }
  return attention;
}

Result<Map> BlockAttention::from_pixel(std::int64_t x, std::int64_t y, std::int64_t head) const {
  const std::int64_t stride = block.stride;
  if (x < 0 || y < 0 || x >= layout.width * stride || y >= layout.height * stride) {
    return fail(Error::Kind::InvalidInput, "the pixel lies outside the image",
                "pixel " + std::to_string(x) + "," + std::to_string(y),
                "x is 0 to " + std::to_string(layout.width * stride - 1) + ", y 0 to " +
                    std::to_string(layout.height * stride - 1));
  }
  if (head < -1 || head >= heads()) {
    return fail(Error::Kind::InvalidInput, "there is no head " + std::to_string(head), block.name,
                "its heads are 0 to " + std::to_string(heads() - 1));
  }
  at::Tensor values;
  TRY_VOID(guarded([&] {
    const at::Tensor all = attention_from(layout, probs, y / stride * layout.width + x / stride);
    values = head < 0 ? all.mean(0) : all[head];
  }));
  Map map = to_map(values);
  map.unit = "probability";
  map.provenance.layer = tap_of(block);
  map.provenance.method = descriptor().id;
  map.provenance.parameters = {
      {"x", std::to_string(x)}, {"y", std::to_string(y)}, {"head", head < 0 ? "mean" : std::to_string(head)}};
  return map;
}

std::vector<double> BlockAttention::distances() const {
  const at::Tensor tokens = mean_attention_distance(layout, probs) * static_cast<double>(block.stride);
  const double* data = tokens.const_data_ptr<double>();
  return {data, data + tokens.numel()};
}

at::Tensor BlockAttention::full() const {
  return attend(layout, probs.mean(1), at::eye(layout.tokens(), probs.options()));
}

namespace {

/// M x: rows of 2 x 2 tokens that a patch merging joins become their mean; at an odd side's end of those there are.
at::Tensor merge_tokens(const at::Tensor& x, std::int64_t height, std::int64_t width) {
  const std::int64_t h = (height + 1) / 2, w = (width + 1) / 2;
  const at::Tensor grid = x.view({height, width, -1});
  const at::Tensor padded = at::constant_pad_nd(grid, {0, 0, 0, 2 * w - width, 0, 2 * h - height});
  const at::Tensor ones =
      at::constant_pad_nd(at::ones({height, width, 1}, x.options()), {0, 0, 0, 2 * w - width, 0, 2 * h - height});
  const auto sums = [&](const at::Tensor& t) { return t.view({h, 2, w, 2, t.size(2)}).sum({1, 3}); };
  return (sums(padded) / sums(ones)).view({h * w, -1});
}

}  // namespace

Result<std::vector<StageRollout>> attention_rollout(const Trace& trace, std::size_t probe, const Model& model, int n,
                                                    const JobContext& job) {
  TRY(const auto blocks, attention_blocks(model));
  std::vector<StageRollout> stages;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    TRY_VOID(job.check());
    job.progress(static_cast<std::int64_t>(b), static_cast<std::int64_t>(blocks.size()), "rolling out attention");
    TRY(const BlockAttention attention, block_attention(trace, probe, model, blocks[b], n));
    const WindowLayout& layout = attention.layout;
    TRY_VOID(guarded([&] {
      const at::NoGradGuard no_grad;
      if (stages.empty() || stages.back().stage != blocks[b].stage) {
        StageRollout next{
            blocks[b].stage, layout.height, layout.width, at::eye(layout.tokens(), attention.probs.options()), {}};
        if (stages.empty()) {
          next.from_first = next.within;
        } else {
          const StageRollout& last = stages.back();
          next.from_first = merge_tokens(last.from_first, last.height, last.width);
        }
        stages.push_back(std::move(next));
      }
      const at::Tensor mean = attention.probs.mean(1);
      const auto step = [&](const at::Tensor& x) { return 0.5 * attend(layout, mean, x) + 0.5 * x; };
      StageRollout& stage = stages.back();
      const bool is_first = stages.size() == 1;
      stage.within = step(stage.within);
      stage.from_first = is_first ? stage.within : step(stage.from_first);
    }));
  }
  return stages;
}

at::Tensor received(const StageRollout& rollout, std::int64_t first_height, std::int64_t first_width) {
  return rollout.from_first.mean(0).view({first_height, first_width});
}

}  // namespace orderscope
