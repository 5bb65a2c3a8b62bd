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
  std::string of_record_and_keys;  // what a record must tell
};

const Lists& lists() {
  static const Lists all = [] {
    Lists made;
    for (const auto& column : sum_columns()) {
      made.names += ", " + column.name;
      made.of_record += fmt::format(", {} AS {}", column.of_record, column.name);
      made.of_stored += fmt::format(", {} AS {}", column.of_stored, column.name);
      made.merged += fmt::format(", {} AS {}", column.merged, column.name);
      made.to_stored += ", " + column.to_stored;
    }
    made.of_record_and_keys = fmt::format("agent_id, ts, {}{}", kSumKeys, made.of_record);
    return made;
  }();
  return all;
}

// `source`: SQL of rows in the form that is added. `last` and `edge` are defined before.
std::string insert_statement(Level level, std::string_view source, std::string_view upto) {
  const auto& l = lists();
  return fmt::format(
      "added AS (INSERT INTO {table} (agent_id, bucket, pass, day, {keys}{names}) "
      "SELECT agent_id, bucket, (SELECT pass + 1 FROM last), {today}, {keys}{to_stored} FROM ("
      "SELECT agent_id, bucket, {keys}{merged} FROM ({source}) form GROUP BY agent_id, bucket, "
      "{keys}) merged RETURNING 1) "
      "INSERT INTO sums_progress (level, pass, {upto}, day, rows) SELECT '{level}', last.pass + 1, "
      "edge.upto, {today}, (SELECT count(*) FROM added) FROM last, edge RETURNING rows",
      fmt::arg("table", table_of(level)), fmt::arg("keys", kSumKeys), fmt::arg("names", l.names),
      fmt::arg("today", kToday), fmt::arg("to_stored", l.to_stored), fmt::arg("merged", l.merged),
      fmt::arg("source", source), fmt::arg("upto", upto), fmt::arg("level", name_of(level)));
}

std::string by_the_minute(std::string_view records) {
  return fmt::format(
      "SELECT agent_id, date_bin('1 minute', ts, timestamptz 'epoch') AS bucket, {}{} FROM ({}) r",
      kSumKeys, lists().of_record, records);
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

std::string table_of(Level level) { return fmt::format("metric_{}", name_of(level)); }

std::string newest_progress(Level level, std::string_view column) {
  return fmt::format("(SELECT {} FROM sums_progress WHERE level = '{}' ORDER BY pass DESC LIMIT 1)",
                     column, name_of(level));
}

std::string records_of_batches(std::string_view batches, std::string_view agents,
                               std::string_view times, std::string_view named_in) {
  // A record is known by the transaction that wrote it; the times of its batches find it by the
  // index. Nothing is sealed before it is counted. The agents' times are gathered first, so that
  // each is read once.
  const auto only = times.empty() ? std::string("true") : std::string(times);
  return fmt::format(
      "WITH batches AS MATERIALIZED ({}) SELECT m.* FROM (SELECT agent, min(ts_min) AS first, "
      "max(ts_max) AS last FROM batches, unnest(agent_ids) AS agent {} GROUP BY agent) span "
      "CROSS JOIN LATERAL ({}) m",
      batches, agents.empty() ? std::string() : fmt::format("WHERE agent = ANY ({})", agents),
      storage::hot_record_select(
          {.rows = "agent_id = span.agent AND ts >= span.first AND ts <= span.last AND xmin IN "
                   "(SELECT xid::xid FROM batches) AND " +
                   only,
           .chunks = "agent_id = span.agent AND ts_max >= span.first AND ts_min <= span.last AND "
                     "xid IN (SELECT xid FROM batches)",
           .records = only},
          named_in));
}

std::string first_pass_statement() {
  const auto unfinished = fmt::format("FROM ingest_batch WHERE xid >= {}", kHorizon);
  const auto records =
      storage::record_select({.rows = fmt::format("xmin NOT IN (SELECT xid::xid {})", unfinished),
                              .chunks = fmt::format("xid NOT IN (SELECT xid {})", unfinished),
                              .records = "true"},
                             lists().of_record_and_keys);
  return fmt::format("WITH last AS (SELECT 0::bigint AS pass), edge AS (SELECT {} AS upto), ",
                     kHorizon) +
         insert_statement(Level::Minute, by_the_minute(records), "upto_xid");
}

std::string minute_pass_statement() {
  return fmt::format(
             "WITH last AS (SELECT pass, upto_xid FROM sums_progress WHERE level = 'minute' ORDER "
             "BY pass DESC LIMIT 1), waiting AS MATERIALIZED (SELECT xid, agent_ids, ts_min, "
             "ts_max, sum(records) OVER (ORDER BY xid) - records AS before FROM ingest_batch WHERE "
             "xid >= (SELECT upto_xid FROM last) AND xid < {0}), edge AS (SELECT coalesce((SELECT "
             "min(xid) FROM waiting WHERE before >= {1}), {0}) AS upto), ",
             kHorizon, kPassRecordsMax) +
         insert_statement(
             Level::Minute,
             by_the_minute(records_of_batches(
                 "SELECT xid, agent_ids, ts_min, ts_max FROM waiting WHERE xid < (SELECT upto FROM "
                 "edge)",
                 "", "", lists().of_record_and_keys)),
             "upto_xid");
}

std::string roll_up_statement(Level level) {
  const auto finer = level == Level::Day ? Level::Hour : Level::Minute;
  const auto source = fmt::format(
      "SELECT agent_id, date_bin('1 {}', bucket, timestamptz 'epoch') AS bucket, {}{} FROM {} "
      "WHERE pass > (SELECT upto_pass FROM last) AND pass <= (SELECT upto FROM edge)",
      name_of(level), kSumKeys, lists().of_stored, table_of(finer));
  return fmt::format(
             "WITH last AS (SELECT coalesce({}, 0) AS pass, coalesce({}, 0) AS upto_pass), edge AS "
             "(SELECT {} AS upto), ",
             newest_progress(level, "pass"), newest_progress(level, "upto_pass"),
             newest_progress(finer, "pass")) +
         insert_statement(level, source, "upto_pass");
}

}  // namespace sentinel::sums
