#include "services/query/metrics_query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace sentinel::query {

namespace {

constexpr std::string_view kTime = "to_char(r.ts, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";

constexpr RawColumn kRawColumns[] = {
    {"timestamp", kTime},
    {"agent_id", "r.agent_id"},
    {"agent", "a.name", true},
    {"kind", "CASE r.kind WHEN 'r' THEN 'request' WHEN 's' THEN 'sample' ELSE 'correction' END"},
    {"status", "CASE WHEN r.error THEN 'error' WHEN NOT r.error THEN 'success' END"},
    {"request_count", "r.request_count"},
    {"latency_ms", "r.latency_us / 1e3::float8"},
    {"ttft_ms", "r.ttft_us / 1e3::float8"},
    {"throughput_req_per_min", "r.throughput_millirpm / 1e3::float8"},
    {"cost_usd", "trim_scale(r.cost_nanos / 1000000000.0)"},
    // What was priced later has its cost in a correction beside it.
    {"cost_source",
     "CASE r.cost_source WHEN 'r' THEN 'reported' WHEN 'c' THEN 'computed' WHEN 'u' THEN CASE WHEN "
     "EXISTS (SELECT FROM metric_record c WHERE c.agent_id = r.agent_id AND c.ts = r.ts AND c.kind "
     "= 'c' AND ROW(c.model_id, c.host_id, c.trace_id, c.span_id) IS NOT DISTINCT FROM "
     "ROW(r.model_id, r.host_id, r.trace_id, r.span_id)) THEN 'computed' ELSE 'unpriced' END END"},
    {"provider", "nullif(m.provider, '')", true},
    {"model", "m.name", true},
    {"input_tokens", "r.input_tokens"},
    {"output_tokens", "r.output_tokens"},
    {"cache_read_tokens", "r.cache_read_tokens"},
    {"cache_write_tokens", "r.cache_write_tokens"},
    {"reasoning_tokens", "r.reasoning_tokens"},
    {"cpu_usage_percent", "r.cpu_centipercent / 1e2::float8"},
    {"gpu_usage_percent", "r.gpu_centipercent / 1e2::float8"},
    {"gpu_count", "r.gpu_count"},
    {"memory_usage_mb", "r.memory_bytes / 1e6::float8"},
    {"gpu_memory_usage_mb", "r.gpu_memory_bytes / 1e6::float8"},
    {"host", "h.name", true},
    {"process_id", "r.process_id"},
    {"trace_id", "replace(r.trace_id::text, '-', '')"},
    {"span_id", "lpad(to_hex(r.span_id), 16, '0')"},
    {"custom_metrics", "r.custom"},
    {"attributes", "r.attributes"},
};

std::string id_array(const std::vector<Uuid>& ids) {
  return fmt::format("'{}'::uuid[]", postgres::to_array(format_ids(ids)));
}

std::string time_literal(Timestamp time) {
  return fmt::format("'{}'::timestamptz", format_rfc3339(time));
}

// Position of a record: its time, generation and place in the generation. Rows never move, since
// none is ever changed.
struct RawPosition {
  int64_t ts_us = 0;
  int32_t gen = 0;
  std::string place;  // (block,item)
};

constexpr int64_t kTimeMax_us = 9'214'646'400'000'000;  // 2262-01-01

Result<RawPosition> parse_cursor(const std::string& cursor) {
  RawPosition position;
  long block = 0, item = 0;
  char end = 0;
  if (std::sscanf(cursor.c_str(), "%ld.%d.%ld.%ld%c", &position.ts_us, &position.gen, &block, &item,
                  &end) != 4 ||
      position.ts_us < 0 || position.ts_us > kTimeMax_us || block < 0 || item < 0 || item > 65535 ||
      block > 4294967295L) {
    return fail(ErrorCode::InvalidArgument, "cursor_invalid",
                "this cursor is not one of ours; begin again without it");
  }
  position.place = fmt::format("({},{})", block, item);
  return position;
}

}  // namespace

Result<void> check_range(Timestamp start, Timestamp end) {
  if (start < end) return {};
  return fail(
      ErrorCode::InvalidArgument, "range_reversed",
      fmt::format("start {} is not before end {}", format_rfc3339(start), format_rfc3339(end)));
}

std::span<const RawColumn> raw_columns() { return kRawColumns; }

std::string raw_source(const std::vector<Uuid>& agents, Timestamp start, Timestamp end) {
  return fmt::format(
      "FROM metric_record r JOIN agent a ON a.agent_id = r.agent_id LEFT JOIN model m ON "
      "m.model_id = r.model_id "
      "LEFT JOIN host h ON h.host_id = r.host_id WHERE r.agent_id = ANY ({}) AND r.ts >= {} AND "
      "r.ts < {}",
      id_array(agents), time_literal(start), time_literal(end));
}

Task<Result<RawPage>> MetricsQuery::raw(RawRequest request) {
  if (auto range = check_range(request.start, request.end); !range) co_return forward(range);
  RawPage page;
  if (request.agents.empty()) co_return page;
  std::string after;
  if (!request.cursor.empty()) {
    auto position = parse_cursor(request.cursor);
    if (!position) co_return forward(position);
    after = fmt::format(" AND (r.ts, r.gen, r.ctid) > ({}, {}, '{}'::tid)",
                        time_literal(Timestamp{Microseconds{position->ts_us}}), position->gen,
                        position->place);
  }
  std::string columns;
  for (const auto& column : raw_columns())
    columns.append(columns.empty() ? "" : ", ").append(column.sql);
  auto sql = fmt::format(
      "SELECT jsonb_build_array({}), (extract(epoch FROM r.ts) * 1000000)::bigint, r.gen, r.ctid "
      "{}{} "
      "ORDER BY r.ts, r.gen, r.ctid LIMIT {}",
      columns, raw_source(request.agents, request.start, request.end), after, request.limit + 1);
  auto lease = co_await database_.acquire();
  if (!lease) co_return forward(lease);
  auto rows = co_await (*lease)->execute(sql);
  if (!rows) co_return forward(rows);
  const int shown = std::min(rows->size(), request.limit);
  for (int row = 0; row < shown; ++row) page.rows.emplace_back(rows->text(row, 0));
  if (rows->size() > shown) {
    auto place = rows->text(shown - 1, 3);  // (block,item)
    std::string dotted(place.substr(1, place.size() - 2));
    std::ranges::replace(dotted, ',', '.');
    page.next_cursor =
        fmt::format("{}.{}.{}", rows->text(shown - 1, 1), rows->text(shown - 1, 2), dotted);
  }
  co_return page;
}

}  // namespace sentinel::query
