#include "services/query/sums_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "services/storage/record_source.hpp"
#include "services/sums/sum_columns.hpp"

namespace sentinel::query {

namespace {

using std::chrono::days;
using sums::Level;

constexpr auto kProgressAgeMax = std::chrono::seconds{2};

Timestamp floor_to(Timestamp time, Microseconds step) {
  return Timestamp{time.time_since_epoch() - time.time_since_epoch() % step};
}

Timestamp ceil_to(Timestamp time, Microseconds step) {
  return floor_to(time + step - Microseconds{1}, step);
}

// What of `range` whole buckets of this level fill.
TimeRange whole(TimeRange range, Level level) {
  const auto length = sums::length_of(level);
  return {ceil_to(range.start, length), floor_to(range.end, length)};
}

int64_t day_of(Timestamp time) { return std::chrono::floor<days>(time).time_since_epoch().count(); }

std::string literal(Timestamp time) {
  return fmt::format("'{}'::timestamptz", format_rfc3339(time));
}

std::string between(std::string_view column, TimeRange range) {
  return fmt::format("{0} >= {1} AND {0} < {2}", column, literal(range.start), literal(range.end));
}

// SQL of the passes that sums do not hold yet: by the row that is in force at the snapshot, and,
// for the planner, by the one that was read before.
std::string since(sums::Of of, Level level, const SumsProgress::Passes& known) {
  return fmt::format(" AND pass > {} AND pass > coalesce({}, 0)", known.upto_pass,
                     sums::newest_progress(of, level, "upto_pass"));
}

// The SELECTs of a source.
class Branches {
 public:
  // `fleet`: of all agents together, and how far that is built; nullptr is not.
  Branches(sums::Of of, std::string_view agents, std::string generations,
           std::span<const std::string> columns, std::string_view names,
           const std::array<SumsProgress::Passes, 3>* fleet)
      : of_(of), agents_(agents), generations_(std::move(generations)), fleet_(fleet) {
    for (const auto& name : columns) {
      const auto& column = sums::sum_column(of, name);
      of_record_ += fmt::format(", {} AS {}", column.of_record, name);
      of_stored_ += fmt::format(", {} AS {}", column.of_stored, name);
    }
    if (!names.empty()) of_names_ = fmt::format("name = ANY ({})", names);
  }

  // `passes`: SQL that says which, else all. `from_day`: no pass before is wanted.
  void stored(Level level, TimeRange range, std::string passes, int64_t from_day) {
    if (range.empty()) return;
    if (fleet_) {
      add(
          fmt::format("SELECT NULL::uuid AS agent_id, bucket AS ts, kind, model_id, NULL::integer "
                      "AS host_id{} FROM {} WHERE {} AND day >= {}{}",
                      of_stored_, sums::table_of(sums::Of::Fleet, level), between("bucket", range),
                      from_day, passes));
      // Of agents, the passes that were not added up over all of them yet.
      const auto& taken = (*fleet_)[static_cast<size_t>(level)];
      passes += since(sums::Of::Fleet, level, taken);
      from_day = std::max(from_day, taken.day - 1);
    }
    add(
        fmt::format("SELECT agent_id, bucket AS ts, {}{} FROM {} WHERE agent_id = ANY ({}) AND {} "
                    "AND {} AND day >= {}{}",
                    sums::sum_keys(of_), of_stored_, sums::table_of(of_, level), agents_, of_names_,
                    between("bucket", range), from_day, passes));
  }

  void records(TimeRange range) {
    if (range.empty()) return;
    const auto holding = sums::sum_condition(of_);
    of_records(storage::record_select(
        {.rows = fmt::format("{}{} AND {}", of_agents(), between("ts", range), holding),
         .chunks = fmt::format("{} AND {}ts_max >= {} AND ts_min < {} AND {}", generations_,
                               of_agents(), literal(range.start), literal(range.end), holding),
         .records = fmt::format("{} AND {}", between("ts", range), holding)},
        named()));
  }

  // Records that no pass has counted.
  void uncounted(TimeRange range) {
    if (range.empty()) return;
    if (batches_) {
      // As if their records came evenly, in at most a day's number of parts.
      add(fmt::format(
          "SELECT NULL::uuid AS agent_id, at AS ts, NULL::\"char\" AS kind, NULL::integer AS "
          "model_id, NULL::integer AS host_id, records FROM (SELECT ts_min + (ts_max - ts_min) * "
          "part / parts AS at, records * (part + 1) / parts - records * part / parts AS records "
          "FROM (SELECT ts_min, ts_max, records::bigint, least(24, 1 + extract(epoch FROM ts_max - "
          "ts_min)::bigint / 3600) AS parts FROM ingest_batch WHERE xid >= {} AND ts_max >= {} AND "
          "ts_min < {}{}) b, generate_series(0, parts - 1) AS part) p WHERE {}",
          sums::newest_progress(of_, Level::Minute, "upto_xid"), literal(range.start),
          literal(range.end), fleet_ ? std::string() : fmt::format(" AND agent_ids && {}", agents_),
          between("at", range)));
      return;
    }
    const auto batches =
        fmt::format("SELECT xid, agent_ids, ts_min, ts_max FROM ingest_batch WHERE xid >= {}",
                    sums::newest_progress(of_, Level::Minute, "upto_xid"));
    of_records(sums::records_of_batches(of_, batches, agents_, between("ts", range), named()));
  }

  // Counts batches whole instead of the records of them that no pass has counted.
  void count_batches() { batches_ = true; }

  std::string take() { return std::move(sql_); }

 private:
  std::string of_agents() const { return fmt::format("agent_id = ANY ({}) AND ", agents_); }
  // What of a record is read: no more than its columns need.
  std::string named() const {
    if (of_ == sums::Of::Custom) return std::string(sums::sum_needs(of_));
    return fmt::format("agent_id, ts, {}{}", sums::sum_keys(of_), of_record_);
  }
  void of_records(std::string_view records) {
    add(fmt::format("SELECT agent_id, ts, {}{} FROM {} WHERE {}", sums::sum_keys(of_), of_record_,
                    sums::sum_rows(of_, records), of_names_));
  }
  void add(std::string_view select) {
    if (!sql_.empty()) sql_ += " UNION ALL ";
    sql_ += select;
  }

  sums::Of of_;
  std::string_view agents_;
  std::string generations_;
  const std::array<SumsProgress::Passes, 3>* fleet_;
  bool batches_ = false;
  std::string of_names_ = "true";
  std::string of_record_;
  std::string of_stored_;
  std::string sql_;
};

}  // namespace

SumsPlan plan_sums(TimeRange range, Microseconds step, Timestamp now,
                   const SumsProgress& progress) {
  const auto fits = [step](Level level) {
    return step % sums::length_of(level) == Microseconds{0};
  };
  const Timestamp minutes_from = std::chrono::floor<days>(now) - kMinutesKept;
  auto minutes = progress.begun && fits(Level::Minute) ? whole(range, Level::Minute) : TimeRange{};
  minutes.start = std::max(minutes.start, progress.complete_from.value_or(minutes.start));
  const auto hours = fits(Level::Hour) ? whole(minutes, Level::Hour) : TimeRange{};
  const auto all_days = fits(Level::Day) ? whole(hours, Level::Day) : TimeRange{};
  if (hours.empty()) {
    minutes.start = std::max(minutes.start, minutes_from);
  } else {
    // Where minutes are gone, hours begin and end what is summed.
    if (minutes.start < minutes_from) minutes.start = hours.start;
    if (hours.end < minutes_from) minutes.end = hours.end;
  }

  SumsPlan plan{.pieces = {}, .summed = {}, .progress = progress};
  auto add = [&plan](std::optional<Level> level, TimeRange piece) {
    if (!piece.empty()) plan.pieces.push_back({level, piece});
  };
  if (minutes.empty()) {
    add(std::nullopt, range);
    return plan;
  }
  plan.summed = minutes;
  add(std::nullopt, {range.start, minutes.start});
  if (hours.empty()) {
    add(Level::Minute, minutes);
  } else {
    add(Level::Minute, {minutes.start, hours.start});
    if (all_days.empty()) {
      add(Level::Hour, hours);
    } else {
      add(Level::Hour, {hours.start, all_days.start});
      add(Level::Day, all_days);
      add(Level::Hour, {all_days.end, hours.end});
    }
    add(Level::Minute, {hours.end, minutes.end});
  }
  add(std::nullopt, {minutes.end, range.end});
  return plan;
}

namespace {

std::string write(const SumsPlan& plan, Branches branches) {
  const auto& progress = plan.progress;
  // The parts of the range that hours and days cover: what finer passes added since is read there.
  TimeRange rolled_to_hours, rolled_to_days;
  auto cover = [](TimeRange& covered, TimeRange piece) {
    covered = covered.empty() ? piece : TimeRange{covered.start, piece.end};
  };
  for (const auto& [level, range] : plan.pieces) {
    if (!level) {
      branches.records(range);
      continue;
    }
    // A record may be a minute ahead of its pass.
    branches.stored(*level, range, "", day_of(range.start) - 1);
    if (*level != Level::Minute) cover(rolled_to_hours, range);
    if (*level == Level::Day) cover(rolled_to_days, range);
  }
  branches.stored(Level::Hour, rolled_to_days, since(plan.of, Level::Day, progress.days),
                  progress.days.day - 1);
  branches.stored(Level::Minute, rolled_to_hours, since(plan.of, Level::Hour, progress.hours),
                  progress.hours.day - 1);
  branches.uncounted(plan.summed);
  return branches.take();
}

}  // namespace

std::string SumsPlan::source(std::string_view agents, std::span<const std::string> columns,
                             std::string_view names) const {
  return write(*this, Branches(of, agents, generations.condition(), columns, names, nullptr));
}

std::string SumsPlan::count_source(const std::vector<Uuid>& agents) const {
  const std::string columns[] = {"records"};
  const auto ids = agents_sql(agents);
  Branches branches(of, ids, generations.condition(), columns, {},
                    agents.empty() ? &progress.fleet : nullptr);
  branches.count_batches();
  return write(*this, std::move(branches));
}

std::string SumsPlan::fleet_source(std::span<const std::string> columns) const {
  const auto agents = agents_sql({});
  return write(*this, Branches(of, agents, generations.condition(), columns, {}, &progress.fleet));
}

Task<Result<SumsPlan>> SumsReader::plan(TimeRange range, Microseconds step) {
  auto known = known_.load();
  const auto time = std::chrono::steady_clock::now();
  if (!known || time > known->read_at + kProgressAgeMax) {
    auto rows = co_await database_.query("sums_progress", postgres::Params(sums::prefix_of(of_)));
    if (!rows) co_return forward(rows);
    std::optional<Timestamp> complete_from;
    if (auto us = rows->maybe_integer(0, 5)) complete_from = Timestamp{Microseconds{*us}};
    auto passes = [&rows](int column) {
      return SumsProgress::Passes{rows->integer(0, column), rows->integer(0, column + 1)};
    };
    known = std::make_shared<Known>(Known{.progress = {.begun = rows->boolean(0, 0),
                                                       .hours = passes(1),
                                                       .days = passes(3),
                                                       .fleet = {passes(6), passes(8), passes(10)},
                                                       .complete_from = complete_from},
                                          .read_at = time});
    known_ = known;
  }
  auto plan = plan_sums(range, step, now(), known->progress);
  plan.of = of_;
  auto generations = co_await history_.generations(range.start, range.end);
  if (!generations) co_return forward(generations);
  plan.generations = std::move(*generations);
  co_return plan;
}

std::string agents_sql(const std::vector<Uuid>& agents) {
  if (agents.empty()) return "ARRAY(SELECT agent_id FROM agent)";
  std::string ids;
  for (const auto& id : agents) ids += (ids.empty() ? "" : ",") + format_uuid(id);
  return fmt::format("'{{{}}}'::uuid[]", ids);
}

}  // namespace sentinel::query
