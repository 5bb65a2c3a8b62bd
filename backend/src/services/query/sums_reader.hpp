// Where an answer comes from: the coarsest sums that fit its steps and its range, finer ones at its
// ends, and records for what is not summed yet or does not begin with a minute. All of it is read
// in one statement, so that every record counts once.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/pool.hpp"
#include "services/storage/history.hpp"
#include "services/sums/sums_statements.hpp"

namespace sentinel::query {

// Minutes are kept for so long; older ranges that do not begin with an hour read records there.
inline constexpr auto kMinutesKept = std::chrono::days{14};

struct TimeRange {
  Timestamp start;
  Timestamp end;  // exclusive
  bool empty() const { return start >= end; }
};

// How far sums are built. It only grows, so that what was read a moment ago is a lower bound: what
// a statement is sure to need no more, which the planner can then leave out.
struct SumsProgress {
  // Of the newest pass of a level: its day (since 1970 UTC), and up to which pass of the finer
  // level it came. 0 before the first.
  struct Passes {
    int64_t day = 0;
    int64_t upto_pass = 0;
  };
  bool begun = false;  // a pass was made
  Passes hours = {};
  Passes days = {};
  // By level. The day is that of the newest pass it took, and that pass is one of the same level.
  std::array<Passes, 3> fleet = {};
  std::optional<Timestamp> complete_from = {};  // an hour's begin; sums tell nothing before it
};

struct SumsPlan {
  // One piece of the range and what it is read from; nullopt is records.
  struct Piece {
    std::optional<sums::Level> level;
    TimeRange range;
  };
  std::vector<Piece> pieces;  // in the order of time, without gaps
  TimeRange summed;           // the pieces that are not records; empty where all are
  SumsProgress progress;
  sums::Of of = sums::Of::Columns;
  storage::Generations generations = {};  // that records of the range can be in

  // SQL of rows in the form that is added (sums::SumColumn), one for each row of sums and each
  // record: agent_id, ts, the keys, and `columns`. `agents` is SQL of a uuid[]; of custom metrics
  // only those of `names`, SQL of a text[], and all where it is empty.
  std::string source(std::string_view agents, std::span<const std::string> columns,
                     std::string_view names = {}) const;
  // The same of all agents together, from sums of the fleet: agent_id and host_id are NULL where a
  // row is of several.
  std::string fleet_source(std::span<const std::string> columns) const;
  // SQL of rows (ts, records): how many records of agents (none is all) there are about when, as
  // sums and, of what these do not count yet, whole batches tell.
  std::string count_source(const std::vector<Uuid>& agents) const;
};

// `step`: sums that are coarser, or do not fit into it, are not used.
SumsPlan plan_sums(TimeRange range, Microseconds step, Timestamp now, const SumsProgress& progress);

class SumsReader {
 public:
  explicit SumsReader(postgres::Database& database, sums::Of of = sums::Of::Columns)
      : database_(database), of_(of), history_(database) {}

  // Errors: Unavailable.
  Task<Result<SumsPlan>> plan(TimeRange range, Microseconds step);

 private:
  struct Known {
    SumsProgress progress;
    std::chrono::steady_clock::time_point read_at;
  };
  postgres::Database& database_;
  sums::Of of_;
  storage::History history_;
  std::atomic<std::shared_ptr<const Known>> known_;
};

// SQL of a uuid[]; of all agents when there are none.
std::string agents_sql(const std::vector<Uuid>& agents);

}  // namespace sentinel::query
