#include "services/sums/sums_statements.hpp"

#include <fmt/format.h>

#include "services/storage/record_source.hpp"
#include "services/sums/sum_columns.hpp"

namespace sentinel::sums {

namespace {

constexpr std::string_view kToday = "(extract(epoch FROM now())::bigint / 86400)::integer";
// All transactions below this one have ended, and what they committed is visible.
constexpr std::string_view kHorizon = "pg_snapshot_xmin(pg_current_snapshot())";

struct Lists {
  std::string names, of_record, of_stored, merged, to_stored;
};

const Lists& lists(Of of) {
  auto make = [](Of what) {
    Lists made;
    for (const auto& column : sum_columns(what)) {
      made.names += ", " + column.name;
      made.of_record += fmt::format(", {} AS {}", column.of_record, column.name);
      made.of_stored += fmt::format(", {} AS {}", column.of_stored, column.name);
      made.merged += fmt::format(", {} AS {}", column.merged, column.name);
      made.to_stored += ", " + column.to_stored;
    }
    return made;
  };
  static const Lists of_columns = make(Of::Columns), custom = make(Of::Custom);
  return of == Of::Custom ? custom : of_columns;
}

// `source`: SQL of rows in the form that is added. `last` and `edge` are defined before.
std::string insert_statement(Of of, Level level, std::string_view source, std::string_view upto) {
  const auto& l = lists(of);
  return fmt::format(
      "added AS (INSERT INTO {table} (agent_id, bucket, pass, day, {keys}{names}) "
      "SELECT agent_id, bucket, (SELECT pass + 1 FROM last), {today}, {keys}{to_stored} FROM ("
      "SELECT agent_id, bucket, {keys}{merged} FROM ({source}) form GROUP BY agent_id, bucket, "
      "{keys}) merged ORDER BY {order} RETURNING 1) "
      "INSERT INTO sums_progress (level, pass, {upto}, day, rows) SELECT '{level}', last.pass + 1, "
      "edge.upto, {today}, (SELECT count(*) FROM added) FROM last, edge RETURNING rows",
      fmt::arg("table", table_of(of, level)), fmt::arg("keys", sum_keys(of)),
      fmt::arg("names", l.names), fmt::arg("today", kToday), fmt::arg("to_stored", l.to_stored),
      fmt::arg("merged", l.merged), fmt::arg("source", source), fmt::arg("upto", upto),
      // As their index has them: whoever reads some time of an agent finds it side by side, also
      // where one pass counted months of many agents.
      fmt::arg("order", of == Of::Custom ? "agent_id, name, bucket" : "agent_id, bucket"),
      fmt::arg("level", level_name(of, level)));
}

std::string by_the_minute(Of of, std::string_view records) {
  return fmt::format(
      "SELECT agent_id, date_bin('1 minute', ts, timestamptz 'epoch') AS bucket, {}{} FROM {}",
      sum_keys(of), lists(of).of_record, sum_rows(of, records));
}

}  // namespace

Microseconds length_of(Level level) {
  switch (level) {
    case Level::Minute:
      return std::chrono::minutes{1};
    case Level::Hour:
      return std::chrono::hours{1};
    case Level::Day:
      break;
  }
  return std::chrono::days{1};
}

std::string_view name_of(Level level) {
  constexpr std::string_view kNames[] = {"minute", "hour", "day"};
  return kNames[static_cast<size_t>(level)];
}

std::string_view prefix_of(Of of) {
  constexpr std::string_view kPrefixes[] = {"", "custom_", "fleet_"};
  return kPrefixes[static_cast<size_t>(of)];
}

std::string level_name(Of of, Level level) {
  return fmt::format("{}{}", prefix_of(of), name_of(level));
}

std::string table_of(Of of, Level level) { return "metric_" + level_name(of, level); }

std::string newest_progress(Of of, Level level, std::string_view column) {
  return fmt::format("(SELECT {} FROM sums_progress WHERE level = '{}' ORDER BY pass DESC LIMIT 1)",
                     column, level_name(of, level));
}

std::string records_of_batches(Of of, std::string_view batches, std::string_view agents,
                               std::string_view times, std::string_view named_in) {
  // A record is known by the transaction that wrote it; the times of its batches find it by the
  // index. Nothing is sealed before it is counted. The agents' times are gathered first, so that
  // each is read once.
  const auto holding = sum_condition(of);
  const auto only = fmt::format("{} AND {}", times.empty() ? "true" : times, holding);
  return fmt::format(
      "WITH batches AS MATERIALIZED ({}) SELECT m.* FROM (SELECT agent, min(ts_min) AS first, "
      "max(ts_max) AS last FROM batches, unnest(agent_ids) AS agent {} GROUP BY agent) span "
      "CROSS JOIN LATERAL ({}) m",
      batches, agents.empty() ? std::string() : fmt::format("WHERE agent = ANY ({})", agents),
      storage::hot_record_select(
          {.rows = "agent_id = span.agent AND ts >= span.first AND ts <= span.last AND xmin IN "
                   "(SELECT xid::xid FROM batches) AND " +
                   only,
           .chunks = fmt::format("agent_id = span.agent AND ts_max >= span.first AND ts_min <= "
                                 "span.last AND xid IN (SELECT xid FROM batches) AND {}",
                                 holding),
           .records = only},
          named_in));
}

std::string first_pass_statement(Of of) {
  const auto unfinished = fmt::format("FROM ingest_batch WHERE xid >= {}", kHorizon);
  const auto holding = sum_condition(of);
  const auto records = storage::record_select(
      {.rows = fmt::format("xmin NOT IN (SELECT xid::xid {}) AND {}", unfinished, holding),
       .chunks = fmt::format("xid NOT IN (SELECT xid {}) AND {}", unfinished, holding),
       .records = std::string(holding)},
      sum_needs(of));
  return fmt::format("WITH last AS (SELECT 0::bigint AS pass), edge AS (SELECT {} AS upto), ",
                     kHorizon) +
         insert_statement(of, Level::Minute, by_the_minute(of, records), "upto_xid");
}

std::string begin_later_statement(Of of) {
  return fmt::format(
      "INSERT INTO sums_progress (level, pass, upto_xid, day, rows, complete_from) SELECT '{}', 1, "
      "{}, {}, 0, date_bin('1 hour', now(), timestamptz 'epoch') + interval '2 hours'",
      level_name(of, Level::Minute), kHorizon, kToday);
}

std::string minute_pass_statement(Of of) {
  return fmt::format(
             "WITH last AS (SELECT pass, upto_xid FROM sums_progress WHERE level = '{2}' ORDER BY "
             "pass DESC LIMIT 1), waiting AS MATERIALIZED (SELECT xid, agent_ids, ts_min, "
             "ts_max, sum(records) OVER (ORDER BY xid) - records AS before FROM ingest_batch WHERE "
             "xid >= (SELECT upto_xid FROM last) AND xid < {0}), edge AS (SELECT coalesce((SELECT "
             "min(xid) FROM waiting WHERE before >= {1}), {0}) AS upto), ",
             kHorizon, kPassRecordsMax, level_name(of, Level::Minute)) +
         insert_statement(
             of, Level::Minute,
             by_the_minute(of, records_of_batches(
                                   of,
                                   "SELECT xid, agent_ids, ts_min, ts_max FROM waiting WHERE xid < "
                                   "(SELECT upto FROM edge)",
                                   "", "", sum_needs(of))),
             "upto_xid");
}

std::string roll_up_statement(Of of, Level level) {
  const auto finer = level == Level::Day ? Level::Hour : Level::Minute;
  const auto source = fmt::format(
      "SELECT agent_id, date_bin('1 {}', bucket, timestamptz 'epoch') AS bucket, {}{} FROM {} "
      "WHERE pass > (SELECT upto_pass FROM last) AND pass <= (SELECT upto FROM edge)",
      name_of(level), sum_keys(of), lists(of).of_stored, table_of(of, finer));
  return fmt::format(
             "WITH last AS (SELECT coalesce({}, 0) AS pass, coalesce({}, 0) AS upto_pass), edge AS "
             "(SELECT {} AS upto), ",
             newest_progress(of, level, "pass"), newest_progress(of, level, "upto_pass"),
             newest_progress(of, finer, "pass")) +
         insert_statement(of, level, source, "upto_pass");
}

std::string fleet_statement(Level level) {
  const auto& l = lists(Of::Fleet);
  // Rows stay apart by the pass they were added in, so that readers of a coarser level can leave
  // out what it holds already, as they do of the rows of agents.
  return fmt::format(
      "WITH last AS (SELECT coalesce({newest}, 0) AS pass, coalesce({newest_upto}, 0) AS "
      "upto_pass), edge AS (SELECT pass AS upto, day FROM (SELECT pass, day, sum(rows) OVER (ORDER "
      "BY pass) - rows AS before FROM sums_progress WHERE level = '{counted}' AND pass > (SELECT "
      "upto_pass FROM last)) waiting WHERE before < {rows_max} ORDER BY pass DESC LIMIT 1), "
      "added AS (INSERT INTO {table} (bucket, pass, day, {keys}{names}) SELECT bucket, pass, "
      "{today}, {keys}{to_stored} FROM (SELECT bucket, pass, {keys}{merged} FROM (SELECT bucket, "
      "pass, {keys}{of_stored} FROM {agents} WHERE pass > (SELECT upto_pass FROM last) AND pass <= "
      "(SELECT upto FROM edge)) form GROUP BY bucket, pass, {keys}) merged ORDER BY bucket "
      "RETURNING 1) "
      "INSERT INTO sums_progress (level, pass, upto_pass, day, rows) SELECT '{level}', last.pass + "
      "1, edge.upto, edge.day, (SELECT count(*) FROM added) FROM last, edge RETURNING rows",
      fmt::arg("newest", newest_progress(Of::Fleet, level, "pass")),
      fmt::arg("newest_upto", newest_progress(Of::Fleet, level, "upto_pass")),
      fmt::arg("counted", level_name(Of::Columns, level)), fmt::arg("rows_max", kFleetRowsMax),
      fmt::arg("table", table_of(Of::Fleet, level)), fmt::arg("keys", sum_keys(Of::Fleet)),
      fmt::arg("names", l.names), fmt::arg("today", kToday), fmt::arg("to_stored", l.to_stored),
      fmt::arg("merged", l.merged), fmt::arg("of_stored", l.of_stored),
      fmt::arg("agents", table_of(Of::Columns, level)),
      fmt::arg("level", level_name(Of::Fleet, level)));
}

}  // namespace sentinel::sums
