// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/analysis/descriptor.h"
#include "core/base/job.h"

namespace orderscope {

/// Multi-order interactions (Deng et al., Discovering and Explaining the Representation Bottleneck of DNNs, ICLR 2022,
/// eq. 1-3): how strongly two players act together in contexts of m others,
///   delta v(i,j|S) = v(S+ij) - v(S+i) - v(S+j) + v(S),   I_m(i,j) = mean over S, |S| = m, of delta v,
///   J(m) = mean over games and pairs of |I_m(i,j)|, divided by its mean over the orders m.
const MethodDescriptor& interactions_descriptor();

/// Which players are present: one byte a player, 0 or 1.
using Coalition = std::vector<std::uint8_t>;

/// The values of coalitions, one each. Called with as many at once as share a pair and an order.
using CoalitionValues = std::function<Result<std::vector<double>>(std::span<const Coalition>)>;

/// An image of which parts are shown, or any other function of sets of players.
struct Game {
  std::string key;  ///< tells it from the other games: seeds what is drawn for it, and names its results
  CoalitionValues values;
};

struct InteractionOptions {
  int players = 0;
  std::vector<double> ratios{0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1};  ///< orders m = floor((players - 2) * ratio)
  std::int64_t pairs = 50;                                            ///< a game; all if there are no more
  std::int64_t contexts = 50;  ///< a pair and order; all subsets, each once, if there are no more
  std::int64_t budget = 0;     ///< values that may be asked for in all, at most; 0: no bound
  std::uint64_t seed = 0;
  int resamples = 1000;  ///< of the bootstrap
  double confidence = 0.95;
  /// Pairs to draw from; empty: all. For "neighbours only" and the like.
  std::vector<std::pair<int, int>> candidates{};
};

struct InteractionCurve {
  std::vector<double> ratios;
  std::vector<int> orders;
  std::vector<double> strength;       ///< J before the division: mean of |I_m|
  std::vector<double> relative;       ///< J(m); its mean over the listed orders is 1
  std::vector<double> low, high;      ///< of `relative`: percentile interval, bootstrap over the pairs of all games
  std::int64_t games = 0, pairs = 0;  ///< pairs: of all games together
  std::int64_t pairs_left = 0;        ///< what the budget did not reach
  std::int64_t forwards = 0;          ///< values that the result rests on
};

/// Results known already and where new ones go, by "game/pair/order". What is known is not computed again; as nothing
/// that is drawn depends on what was computed before, a run that continues ends with the numbers of one that never
/// stopped.
struct InteractionLog {
  std::map<std::string, double> known;
  std::function<Result<void>(const std::string& key, double value)> add;
};

/// Values that one pair of one game costs at all orders.
std::int64_t values_per_pair(const InteractionOptions& options);

/// J(m). Goes from game to game before it takes the second pair of any, so that a small budget still sees all games.
/// A pair is taken at all orders or not at all. Errors: InvalidInput (fewer than 3 players, a ratio outside 0 to 1, a
/// budget under one pair, a value that is not finite, every strength zero), those of the games and the log, Cancelled.
Result<InteractionCurve> multi_order_interactions(std::span<const Game> games, const InteractionOptions& options,
                                                  InteractionLog& log, const JobContext& job = {});

}  // namespace orderscope
