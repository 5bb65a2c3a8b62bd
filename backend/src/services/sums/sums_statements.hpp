// The statements that build sums. Each is one statement, so it sees one snapshot, and its rows and
// its progress are committed together.
#pragma once

#include <string>

#include "base/time.hpp"
#include "services/sums/sum_columns.hpp"

namespace sentinel::sums {

enum class Level { Minute, Hour, Day };

Microseconds length_of(Level level);
std::string_view name_of(Level level);  // minute
std::string_view prefix_of(Of of);      // of levels in sums_progress: nothing, custom_ or fleet_
std::string level_name(Of of, Level level);  // custom_minute
std::string table_of(Of of, Level level);    // metric_custom_minute

// How many records a pass counts before it leaves the rest to the next.
inline constexpr int64_t kPassRecordsMax = 5'000'000;
// The same of the fleet: rows of agents' sums.
inline constexpr int64_t kFleetRowsMax = 2'000'000;

// The newest row of sums_progress of a level, as a scalar subquery; NULL before the first pass.
std::string newest_progress(Of of, Level level, std::string_view column);

// SELECT of the records of some batches that have something to add, with those columns of
// metric_record that `named_in` names. `batches`: SELECT of xid, agent_ids, ts_min and ts_max of
// ingest_batch. `agents` (SQL of a uuid[]) and `times` (SQL over ts) say which of their records;
// empty for all.
std::string records_of_batches(Of of, std::string_view batches, std::string_view agents,
                               std::string_view times, std::string_view named_in);

// Counts all records there are, as the first pass does.
std::string first_pass_statement(Of of);
// A first pass that counts nothing: readers take records of times before `complete_from`, which is
// later than any record there is, whoever's clock is an hour wrong.
std::string begin_later_statement(Of of);
// Counts what was committed since the pass before.
std::string minute_pass_statement(Of of);
// Rolls up what passes of the finer level added since. `level`: Hour or Day.
std::string roll_up_statement(Of of, Level level);
// Adds up over all agents what passes of this level added since.
std::string fleet_statement(Level level);

}  // namespace sentinel::sums
