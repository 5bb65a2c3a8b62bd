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
  return fmt::format("{} >= {} AND {} < {}", last, literal(range.start), first, literal(range.end));
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

// And what they then mean: the bodies of chunk_ts() and chunk_value(), which PostgreSQL would parse
// again for each column of each statement.
std::string decoded(const RecordColumn& column) {
  if (column.kind == Kind::Time) {
    return "ts_min + ts_unit * coalesce(ts_int2, ts_int4, ts_int8) * interval '1 microsecond' AS "
           "ts";
  }
  if (column.kind != Kind::Integer) return std::string(column.name);
  const auto value = fmt::format(
      "(CASE WHEN {0}_unit IS NULL THEN {0}_base ELSE {0}_base + {0}_unit * coalesce({0}_int2, "
      "{0}_int4, {0}_int8) END)",
      column.name);
  if (column.type == "boolean") return fmt::format("{} = 1 AS {}", value, column.name);
  return fmt::format("{}{}::{} AS {}", value, column.type == "\"char\"" ? "::integer" : "",
                     column.type, column.name);
}

struct Lists {
  std::string names;
  std::string meanings;  // what arrays mean once they are opened
  std::string arrays;
  std::string stored;  // the columns of a chunk that are read for it
};

// The columns of a chunk that hold this one.
std::string stored(const RecordColumn& column) {
  switch (column.kind) {
    case Kind::Time:
      return "ts_min, ts_unit, ts_int2, ts_int4, ts_int8";
    case Kind::Integer:
      return fmt::format("{0}_base, {0}_unit, {0}_int2, {0}_int4, {0}_int8", column.name);
    default:
      return std::string(column.name);
  }
}

Lists lists_of(std::string_view named_in) {
  Lists lists;
  for (const auto* column : columns_named_in(named_in)) {
    const auto* comma = lists.names.empty() ? "" : ", ";
    lists.names.append(comma).append(column->name);
    lists.meanings.append(comma).append(decoded(*column));
    lists.arrays.append(comma).append(opened(*column));
    lists.stored.append(comma).append(stored(*column));
  }
  return lists;
}

// Chunks as rows. `place`: SQL of where a chunk is; empty for records without their order.
std::string chunks_as_rows(const Lists& lists, std::string_view chunks, std::string_view place,
                           std::string_view of_chunks, std::string_view of_records) {
  const auto inner = place.empty() ? std::string()
                                   : fmt::format(
                                         ", c.gen, {} AS place, generate_series(1, c.records) AS "
                                         "ordinal",
                                         place);
  return fmt::format(
      "SELECT * FROM (SELECT {}{} FROM (SELECT {}{} FROM {} c WHERE {}) c) c WHERE {}",
      lists.meanings, place.empty() ? "" : ", gen, 1 AS form, place, ordinal", lists.arrays, inner,
      chunks, of_chunks, of_records);
}

std::string rows_as_rows(const Lists& lists, std::string_view rows, bool ordered,
                         std::string_view where) {
  return fmt::format("SELECT {}{} FROM {} WHERE {}", lists.names,
                     ordered ? ", gen, 0 AS form, ctid AS place, 0 AS ordinal" : "", rows, where);
}

// Rows and hot chunks of generations that are sealed are in chunks.
constexpr std::string_view kUnsealed = "gen > coalesce((SELECT max(gen) FROM sealed_gen), 0) AND ";
constexpr std::string_view kSealed = "gen <= coalesce((SELECT max(gen) FROM sealed_gen), 0) AND ";

// What the view stored_chunk gives, of these columns alone: to plan all 130 of them for each
// partition takes longer than to read them.
std::string stored_chunks(std::string_view columns, std::string_view where) {
  return fmt::format(
      "SELECT {0} FROM metric_hot_chunk WHERE {1}{3} UNION ALL SELECT {0} FROM metric_chunk WHERE "
      "{2}{3}",
      columns, kUnsealed, kSealed, where);
}

std::string select(const RecordConditions& where, std::string_view named_in) {
  const auto lists = lists_of(named_in);
  return rows_as_rows(lists, "metric_record", false, std::string(kUnsealed) + where.rows) +
         " UNION ALL " +
         chunks_as_rows(lists, "(" + stored_chunks(lists.stored, where.chunks) + ")", "", "true",
                        where.records);
}

RecordConditions conditions_of(const RecordRange& range) {
  const auto agents = range.generations.condition() + " AND " + of_agents(range.agents);
  const auto times = condition(range, "ts", "ts");
  return {.rows = agents + " AND " + times,
          .chunks = agents + " AND " + condition(range, "ts_min", "ts_max"),
          .records = times};
}

}  // namespace

std::string record_select(const RecordConditions& conditions, std::string_view named_in) {
  return select(conditions, named_in);
}

std::string hot_record_select(const RecordConditions& conditions, std::string_view named_in) {
  const auto lists = lists_of(named_in);
  return rows_as_rows(lists, "metric_record", false, conditions.rows) + " UNION ALL " +
         chunks_as_rows(lists, "metric_hot_chunk", "", conditions.chunks, conditions.records);
}

std::string record_source(const RecordRange& range, std::string_view named_in) {
  return "(" + select(conditions_of(range), named_in) + ")";
}

std::string correction_source(const RecordRange& range, std::string_view named_in) {
  auto where = conditions_of(range);
  where.rows += " AND kind = 'c'";
  // Corrections have chunks of their own; 99 is ascii('c').
  where.chunks += " AND kind_base = 99 AND kind_unit IS NULL";
  return "(" + select(where, named_in) + ")";
}

std::string copy_of_chunks(const RecordRange& range, std::string_view list) {
  return fmt::format("COPY ({}) TO STDOUT (FORMAT binary)",
                     stored_chunks(list, conditions_of(range).chunks));
}

std::string copy_of_rows(const RecordRange& range, std::string_view list) {
  return fmt::format("COPY (SELECT {} FROM metric_record WHERE {}{}) TO STDOUT (FORMAT binary)",
                     list, kUnsealed, conditions_of(range).rows);
}

std::string unsealed_select(int32_t generation, const RecordConditions& conditions,
                            std::string_view named_in) {
  const auto lists = lists_of(named_in);
  return rows_as_rows(lists, fmt::format("metric_record_g{}", generation), true, conditions.rows) +
         " UNION ALL " +
         chunks_as_rows(lists, fmt::format("metric_hot_chunk_g{}", generation), "c.ctid",
                        conditions.chunks, conditions.records);
}

std::string sealed_select(int32_t generation, const RecordConditions& conditions,
                          std::string_view named_in) {
  return chunks_as_rows(lists_of(named_in), fmt::format("metric_chunk_g{}", generation), "",
                        conditions.chunks, conditions.records);
}

}  // namespace sentinel::storage
