// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/interactions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "core/analysis/baseline_image.h"
#include "core/base/random.h"

namespace orderscope {

namespace {

using Pair = std::pair<int, int>;

/// Binomial coefficient, or `limit` if it is larger.
std::int64_t choose(std::int64_t n, std::int64_t k, std::int64_t limit) {
  k = std::min(k, n - k);
  double value = 1;
  for (std::int64_t i = 1; i <= k; ++i) {
    value = value * static_cast<double>(n - k + i) / static_cast<double>(i);
    if (value >= static_cast<double>(limit) + 0.5) return limit;
  }
  return std::llround(value);
}

std::int64_t contexts_of(const InteractionOptions& options, int order) {
  return choose(options.players - 2, order, options.contexts);
}

std::vector<int> orders_of(const InteractionOptions& options) {
  std::vector<int> orders;
  // 0.29 * 100 is 28.999...: the order meant is 29.
  for (const double ratio : options.ratios)
    orders.push_back(static_cast<int>(std::floor((options.players - 2) * ratio + 1e-9)));
  return orders;
}

std::vector<Pair> draw_pairs(const InteractionOptions& options, const std::string& key) {
  std::vector<Pair> all = options.candidates;
  if (all.empty()) {
    for (int i = 0; i < options.players; ++i)
      for (int j = i + 1; j < options.players; ++j) all.emplace_back(i, j);
  }
  const auto count = static_cast<std::size_t>(std::min<std::int64_t>(options.pairs, std::ssize(all)));
  if (count == all.size()) return all;
  // The start of a shuffle: more pairs continue what fewer began.
  Random random(key + "/pairs/" + std::to_string(options.seed));
  for (std::size_t i = 0; i < count; ++i) std::swap(all[i], all[i + random.below(all.size() - i)]);
  all.resize(count);
  return all;
}

/// Contexts of `order` players other than the pair: all of them if they are few enough, else drawn independently.
std::vector<Coalition> draw_contexts(const InteractionOptions& options, const Pair& pair, int order,
                                     const std::string& key) {
  std::vector<int> others;
  for (int player = 0; player < options.players; ++player)
    if (player != pair.first && player != pair.second) others.push_back(player);
  const auto n = others.size();
  const auto m = static_cast<std::size_t>(order);
  const auto coalition = [&](const std::vector<int>& members) {
    Coalition context(static_cast<std::size_t>(options.players), 0);
    for (std::size_t i = 0; i < m; ++i) context[static_cast<std::size_t>(members[i])] = 1;
    return context;
  };

  std::vector<Coalition> contexts;
  if (choose(options.players - 2, order, options.contexts + 1) <= options.contexts) {
    std::vector<std::uint8_t> taken(n, 0);
    std::fill(taken.begin(), taken.begin() + order, 1);
    do {
      std::vector<int> members;
      for (std::size_t i = 0; i < n; ++i)
        if (taken[i]) members.push_back(others[i]);
      contexts.push_back(coalition(members));
    } while (std::prev_permutation(taken.begin(), taken.end()));
    return contexts;
  }
  Random random(key + "/contexts/" + std::to_string(options.seed));
  for (std::int64_t c = 0; c < options.contexts; ++c) {
    for (std::size_t i = 0; i < m; ++i) std::swap(others[i], others[i + random.below(n - i)]);
    contexts.push_back(coalition(others));
  }
  return contexts;
}

/// I_m(i,j): the mean of delta v over contexts.
Result<double> interaction(const Game& game, const Pair& pair, const std::vector<Coalition>& contexts,
                           const std::string& key) {
  std::vector<Coalition> coalitions;
  for (const Coalition& context : contexts) {
    for (const auto& [i, j] : {Pair{1, 1}, Pair{1, 0}, Pair{0, 1}, Pair{0, 0}}) {
      coalitions.push_back(context);
      coalitions.back()[static_cast<std::size_t>(pair.first)] = static_cast<std::uint8_t>(i);
      coalitions.back()[static_cast<std::size_t>(pair.second)] = static_cast<std::uint8_t>(j);
    }
  }
  TRY(const std::vector<double> v, game.values(coalitions));
  double sum = 0;
  for (std::size_t c = 0; c < contexts.size(); ++c) sum += v[4 * c] - v[4 * c + 1] - v[4 * c + 2] + v[4 * c + 3];
  if (!std::isfinite(sum)) {
    return fail(Error::Kind::InvalidInput, "the score of a masked image is NaN or infinite", key,
                "look for NaN in the image and the weights");
  }
  return sum / static_cast<double>(contexts.size());
}

/// Strengths by order from rows of |I_m|, one a pair, chosen by index.
template <typename Choose>
std::vector<double> mean_rows(const std::vector<std::vector<double>>& rows, const Choose& choose_row) {
  std::vector<double> mean(rows.front().size(), 0);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::vector<double>& row = rows[choose_row(r)];
    for (std::size_t k = 0; k < row.size(); ++k) mean[k] += row[k];
  }
  for (double& value : mean) value /= static_cast<double>(rows.size());
  return mean;
}

std::vector<double> relative(std::vector<double> strength) {
  const double mean = std::accumulate(strength.begin(), strength.end(), 0.0) / static_cast<double>(strength.size());
  for (double& value : strength) value /= mean;
  return strength;
}

void bootstrap(const std::vector<std::vector<double>>& rows, const InteractionOptions& options,
               InteractionCurve& curve) {
  std::vector<std::vector<double>> samples(curve.orders.size());
  Random random("bootstrap/" + std::to_string(options.seed));
  for (int b = 0; b < options.resamples; ++b) {
    const std::vector<double> sample =
        relative(mean_rows(rows, [&](std::size_t) { return static_cast<std::size_t>(random.below(rows.size())); }));
    if (!std::isfinite(sample.front())) continue;
    for (std::size_t k = 0; k < sample.size(); ++k) samples[k].push_back(sample[k]);
  }
  const double tail = (1 - options.confidence) / 2;
  for (std::vector<double>& values : samples) {
    std::sort(values.begin(), values.end());
    const auto quantile = [&](double q) {
      if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
      const double place = q * static_cast<double>(values.size() - 1);
      const auto below = static_cast<std::size_t>(place);
      const auto above = std::min(below + 1, values.size() - 1);
      return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
    };
    curve.low.push_back(quantile(tail));
    curve.high.push_back(quantile(1 - tail));
  }
}

Result<void> check(const InteractionOptions& options, std::size_t games) {
  const auto wrong = [](const std::string& what, const std::string& on, const std::string& advice = {}) {
    return Result<void>(fail(Error::Kind::InvalidInput, what, on, advice));
  };
  if (games == 0) return wrong("there is nothing to look at", "interactions");
  if (options.players < 3) return wrong("needs at least 3 players", "interactions");
  if (options.ratios.empty() || options.pairs < 1 || options.contexts < 1 || options.budget < 0)
    return wrong("needs ratios, pairs and contexts", "interactions");
  for (const double ratio : options.ratios)
    if (!(ratio >= 0 && ratio <= 1)) return wrong("ratios lie between 0 and 1", "ratios");
  for (const auto& [i, j] : options.candidates)
    if (i < 0 || j < 0 || i == j || std::max(i, j) >= options.players)
      return wrong("a pair is two different players", "interactions");
  const std::int64_t cost = values_per_pair(options);
  if (options.budget != 0 && options.budget < cost) {
    return wrong("one pair at all orders takes " + std::to_string(cost) + " forwards",
                 "budget " + std::to_string(options.budget), "raise the budget or take fewer contexts");
  }
  return {};
}

}  // namespace

namespace {

MethodParameter patch_baseline() {
  MethodParameter parameter = baseline_parameter();
  parameter.help = "what a hidden patch shows: the mean colour of the training images, black, or the image blurred";
  return parameter;
}

}  // namespace

const MethodDescriptor& interactions_descriptor() {
  static const MethodDescriptor descriptor{
      "interactions",
      "Multi-order interactions",
      "Deng et al., Discovering and Explaining the Representation Bottleneck of DNNs, ICLR 2022",
      {{"grid", MethodParameter::Type::Integer, "patches a side: the players are grid x grid", "14", {}, 2, 256},
       {"pairs", MethodParameter::Type::Integer, "pairs of patches an image", "50", {}, 1, 1e9},
       {"contexts", MethodParameter::Type::Integer, "contexts a pair and order", "50", {}, 1, 1e6},
       {"budget", MethodParameter::Type::Integer, "forwards in all, at most; 0: no bound", "20000", {}, 0, 1e12},
       {"distance",
        MethodParameter::Type::Integer,
        "pairs at most so many patches apart, along rows and columns; 0: any",
        "0",
        {},
        0,
        256},
       patch_baseline(),
       {"seed", MethodParameter::Type::Integer, "of the pairs and contexts drawn", "0", {}, 0, 1e15},
       {"class", MethodParameter::Type::Class, "class index; each image's most likely one unless given", "", {}, 0, 0}},
      /*needs_gradient=*/false,
      /*needs_gnconv=*/false,
      "curve over orders"};
  return descriptor;
}

std::int64_t values_per_pair(const InteractionOptions& options) {
  std::int64_t values = 0;
  const std::vector<int> orders = orders_of(options);
  for (const int order : std::set<int>(orders.begin(), orders.end())) values += 4 * contexts_of(options, order);
  return values;
}

Result<InteractionCurve> multi_order_interactions(std::span<const Game> games, const InteractionOptions& options,
                                                  InteractionLog& log, const JobContext& job) {
  TRY_VOID(check(options, games.size()));
  InteractionCurve curve;
  curve.ratios = options.ratios;
  curve.orders = orders_of(options);
  const std::set<int> distinct(curve.orders.begin(), curve.orders.end());
  const std::int64_t cost = values_per_pair(options);

  std::vector<std::vector<Pair>> pairs;
  for (const Game& game : games) pairs.push_back(draw_pairs(options, game.key));
  const auto rounds = static_cast<std::int64_t>(pairs.front().size());
  std::int64_t most = rounds * std::ssize(games);
  if (options.budget > 0) most = std::min(most, options.budget / cost);

  std::vector<std::vector<double>> rows;
  for (std::int64_t p = 0; p < rounds && std::ssize(rows) < most; ++p) {
    for (std::size_t g = 0; g < games.size() && std::ssize(rows) < most; ++g) {
      const Pair& pair = pairs[g][static_cast<std::size_t>(p)];
      const std::string start =
          games[g].key + "/" + std::to_string(pair.first) + "," + std::to_string(pair.second) + "/";
      std::map<int, double> by_order;
      std::int64_t within = 0;
      for (const int order : distinct) {
        TRY_VOID(job.check());
        job.progress(std::ssize(rows) * cost + within, most * cost, "forwards");
        const std::string key = start + std::to_string(order);
        within += 4 * contexts_of(options, order);
        const auto found = log.known.find(key);
        if (found != log.known.end()) {
          by_order[order] = std::abs(found->second);
          continue;
        }
        TRY(const double value, interaction(games[g], pair, draw_contexts(options, pair, order, key), key));
        log.known[key] = value;
        if (log.add) TRY_VOID(log.add(key, value));
        by_order[order] = std::abs(value);
      }
      rows.emplace_back();
      for (const int order : curve.orders) rows.back().push_back(by_order[order]);
    }
  }

  curve.games = std::min<std::int64_t>(std::ssize(games), std::ssize(rows));
  curve.pairs = std::ssize(rows);
  curve.pairs_left = rounds * std::ssize(games) - curve.pairs;
  curve.forwards = std::ssize(rows) * cost;
  curve.strength = mean_rows(rows, [](std::size_t r) { return r; });
  if (std::accumulate(curve.strength.begin(), curve.strength.end(), 0.0) == 0) {
    return fail(Error::Kind::InvalidInput, "all interactions are zero: the score does not depend on the patches",
                "interactions");
  }
  curve.relative = relative(curve.strength);
  bootstrap(rows, options, curve);
  return curve;
}

}  // namespace orderscope
