// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "core/run/batch_query_state.h"

namespace orderscope {

Result<BatchQuery::Tallies> BatchQuery::tallies(const BatchFilter& filter, int confidence_parts,
                                                const JobContext& job) const {
  TRY_VOID(job.check());
  if (confidence_parts < 1) return fail(Error::Kind::InvalidInput, "must be at least 1", "parts of the confidence");
  const BatchWhere where(filter);
  Tallies tallies;
  tallies.by_label.resize(state_->classes.size() + 1);
  tallies.by_confidence.resize(static_cast<std::size_t>(confidence_parts));
  TRY_VOID(guarded_sql(state_->file, [&] {
    const Interruptible interruptible(*state_->database, job);
    SQLite::Statement select(*state_->database, std::string("SELECT i.label, r.correct, r.confidence FROM result r") +
                                                    kJoinImage + where.sql + " AND r.predicted IS NOT NULL");
    where.bind(select);
    while (select.executeStep()) {
      const auto label = optional_of(select.getColumn(0));
      const auto correct = optional_of(select.getColumn(1));
      const bool placed = label && *label >= 0 && static_cast<std::size_t>(*label) < state_->classes.size();
      const auto add = [&](Tally& tally) {
        ++(correct ? (*correct != 0 ? tally.right : tally.wrong) : tally.unlabelled);
      };
      add(tallies.all);
      add(placed ? tallies.by_label[static_cast<std::size_t>(*label)] : tallies.by_label.back());
      if (select.getColumn(2).isNull()) continue;
      const int part = static_cast<int>(select.getColumn(2).getDouble() * confidence_parts);
      add(tallies.by_confidence[static_cast<std::size_t>(std::clamp(part, 0, confidence_parts - 1))]);
    }
  }));
  return tallies;
}

}  // namespace orderscope
