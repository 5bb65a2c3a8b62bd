#include "services/storage/record_source.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "postgres/connection.hpp"
#include "services/storage/record_columns.hpp"

namespace sentinel::storage {

namespace {

using Kind = RecordColumn::Kind;

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

std::vector<const RecordColumn*> columns_named_in(std::string_view sql) {
  std::vector<const RecordColumn*> named;
  for (const auto& column : kRecordColumns) {
    bool found = column.kind == Kind::Time;
    for (size_t at = sql.find(column.name); !found && at != sql.npos;
         at = sql.find(column.name, at + 1)) {
      const size_t end = at + column.name.size();
      found = (at == 0 || !is_word(sql[at - 1])) && (end == sql.size() || !is_word(sql[end]));
    }
    if (found) named.push_back(&column);
  }
  return named;
}

std::string literal(Timestamp time) {
  return fmt::format("'{}'::timestamptz", format_rfc3339(time));
}

// One agent is compared, not looked for in a list: then an index gives its records by time.
std::string of_agents(const std::vector<Uuid>& agents) {
  if (agents.empty()) return "agent_id = ANY (ARRAY(SELECT agent_id FROM agent))";
  if (agents.size() == 1) return fmt::format("agent_id = '{}'::uuid", format_uuid(agents.front()));
  std::vector<std::string> ids;
  for (const auto& agent : agents) ids.push_back(format_uuid(agent));
  return fmt::format("agent_id = ANY ('{}'::uuid[])", postgres::to_array(ids));
}

// `first` and `last` are the times of the same record, or those of a chunk's first and last.
std::string condition(const RecordRange& range, std::string_view first, std::string_view last) {
  auto text =
      fmt::format("{} >= {} AND {} < {}", last, literal(range.start), first, literal(range.end));
  if (!range.last.empty()) text += fmt::format(" AND {} <= {}", first, range.last);
  return text;
}

// What a chunk's columns are opened as.
std::string opened(const RecordColumn& column) {
  switch (column.kind) {
    case Kind::Agent:
      return "c.agent_id";
    case Kind::Time:
      return "c.ts_min, c.ts_unit, unnest(c.ts_int2) AS ts_int2, unnest(c.ts_int4) AS ts_int4, "
             "unnest(c.ts_int8) AS ts_int8";
    case Kind::Integer:
      return fmt::format(
          "c.{0}_base, c.{0}_unit, unnest(c.{0}_int2) AS {0}_int2, unnest(c.{0}_int4) AS {0}_int4, "
          "unnest(c.{0}_int8) AS {0}_int8",
          column.name);
    default:
      return fmt::format("unnest(c.{0}) AS {0}", column.name);
  }
}

// And what they then mean.
std::string decoded(const RecordColumn& column) {
  if (column.kind == Kind::Time) {
    return "chunk_ts(ts_min, ts_unit, ts_int2, ts_int4, ts_int8) AS ts";
  }
  if (column.kind != Kind::Integer) return std::string(column.name);
  const auto value =
      fmt::format("chunk_value({0}_base, {0}_unit, {0}_int2, {0}_int4, {0}_int8)", column.name);
  if (column.type == "boolean") return fmt::format("{} = 1 AS {}", value, column.name);
  return fmt::format("{}{}::{} AS {}", value, column.type == "\"char\"" ? "::integer" : "",
                     column.type, column.name);
}

std::string select(const RecordConditions& where, std::string_view named_in, bool ordered) {
  std::string names, meanings, arrays;
  for (const auto* column : columns_named_in(named_in)) {
    const auto* comma = names.empty() ? "" : ", ";
    names.append(comma).append(column->name);
    meanings.append(comma).append(decoded(*column));
    arrays.append(comma).append(opened(*column));
  }
  return fmt::format(
      "SELECT {}{} FROM metric_record WHERE {} UNION ALL SELECT * FROM (SELECT {}{} FROM (SELECT "
      "{}{} FROM metric_hot_chunk c WHERE {}) c) c WHERE {}",
      names, ordered ? ", gen, 0 AS form, ctid AS place, 0 AS ordinal" : "", where.rows, meanings,
      ordered ? ", gen, 1, place, ordinal" : "", arrays,
      ordered ? ", c.gen, c.ctid AS place, generate_series(1, c.records) AS ordinal" : "",
      where.chunks, where.records);
}

RecordConditions conditions_of(const RecordRange& range) {
  const auto agents = of_agents(range.agents);
  const auto times = condition(range, "ts", "ts");
  return {.rows = agents + " AND " + times,
          .chunks = agents + " AND " + condition(range, "ts_min", "ts_max"),
          .records = times};
}

}  // namespace

std::string record_select(const RecordConditions& conditions, std::string_view named_in) {
  return select(conditions, named_in, false);
}

std::string record_source(const RecordRange& range, std::string_view named_in) {
  return "(" + select(conditions_of(range), named_in, false) + ")";
}

std::string ordered_record_source(const RecordRange& range, std::string_view named_in) {
  return "(" + select(conditions_of(range), named_in, true) + ")";
}

std::string time_of_enough(const RecordRange& range, int64_t count) {
  return fmt::format(
      "coalesce((SELECT ts_max FROM (SELECT ts_max, sum(records) OVER (ORDER BY ts_max) AS held "
      "FROM metric_hot_chunk WHERE {} AND ts_max >= {} AND ts_max < {} AND ts_min >= {}) c WHERE "
      "held >= {} ORDER BY ts_max LIMIT 1), 'infinity')",
      of_agents(range.agents), literal(range.start), literal(range.end), literal(range.start),
      count);
}

}  // namespace sentinel::storage
