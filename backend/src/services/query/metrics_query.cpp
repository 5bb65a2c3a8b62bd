#include "services/query/metrics_query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "services/query/sums_reader.hpp"

namespace sentinel::query {

using storage::RecordRange;

namespace {

constexpr std::string_view kTime = "to_char(r.ts, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";

using Kind = RawColumn::Kind;

constexpr RawColumn kRawColumns[] = {
    {"timestamp", kTime, Kind::Time},
    {"agent_id", "r.agent_id", Kind::Word},
    {"agent", "a.name", Kind::Text},
    {"kind", "CASE r.kind WHEN 'r' THEN 'request' WHEN 's' THEN 'sample' ELSE 'correction' END",
     Kind::Word},
    {"status", "CASE WHEN r.error THEN 'error' WHEN NOT r.error THEN 'success' END", Kind::Word},
    {"request_count", "r.request_count"},
    {"latency_ms", "r.latency_us / 1e3::float8"},
    {"ttft_ms", "r.ttft_us / 1e3::float8"},
    {"throughput_req_per_min", "r.throughput_millirpm / 1e3::float8"},
    {"cost_usd", "trim_scale(r.cost_nanos / 1000000000.0)"},
    // What was priced later has its cost in a correction beside it.
    {"cost_source",
     "CASE r.cost_source WHEN 'r' THEN 'reported' WHEN 'c' THEN 'computed' WHEN 'u' THEN CASE WHEN "
     "priced.ts IS NULL THEN 'unpriced' ELSE 'computed' END END",
     Kind::Word},
    {"provider", "nullif(m.provider, '')", Kind::Text},
    {"model", "m.name", Kind::Text},
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
    {"host", "h.name", Kind::Text},
    {"process_id", "r.process_id"},
    {"trace_id", "replace(r.trace_id::text, '-', '')", Kind::Word},
    {"span_id", "lpad(to_hex(r.span_id), 16, '0')", Kind::Word},
    {"custom_metrics", "r.custom", Kind::Word},
    {"attributes", "r.attributes", Kind::Word},
};

// Where a page ends: so many records of exactly this time are told already.
struct RawPosition {
  int64_t ts_us = 0;
  int64_t told = 0;
};

constexpr int64_t kTimeMax_us = 9'214'646'400'000'000;  // 2262-01-01
constexpr int64_t kToldMax = 1'000'000'000'000;

Result<RawPosition> parse_cursor(const std::string& cursor) {
  RawPosition position;
  const char* end = cursor.data() + cursor.size();
  auto time = std::from_chars(cursor.data(), end, position.ts_us);
  auto told = time;
  if (time.ec == std::errc{} && time.ptr != end && *time.ptr == '.') {
    told = std::from_chars(time.ptr + 1, end, position.told);
  }
  if (told.ptr == time.ptr || told.ec != std::errc{} || told.ptr != end || position.ts_us < 0 ||
      position.ts_us > kTimeMax_us || position.told < 1 || position.told > kToldMax) {
    return fail(ErrorCode::InvalidArgument, "cursor_invalid",
                "this cursor is not one of ours; begin again without it");
  }
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

std::string raw_source(const RecordRange& range, std::string_view columns) {
  std::string priced, priced_by;
  if (columns.contains("priced.")) {
    // Found all at once: a look for each record was most of the time of an export.
    priced_by = "trace_id, span_id, cost_source, ";
    constexpr std::string_view kKey =
        "coalesce({0}.model_id, 0){1}, coalesce({0}.host_id, 0){2}, coalesce({0}.trace_id, "
        "'00000000-0000-0000-0000-000000000000'){3}, coalesce({0}.span_id, 0){4}";
    priced = fmt::format(
        " LEFT JOIN (SELECT DISTINCT c.agent_id, c.ts, {} FROM correction_records({}, "
        "'{}'::timestamptz, '{}'::timestamptz, {}) c) priced ON r.cost_source = 'u' AND "
        "(priced.agent_id, "
        "priced.ts, "
        "priced.model, priced.host, priced.trace, priced.span) = (r.agent_id, r.ts, {})",
        fmt::format(kKey, "c", " AS model", " AS host", " AS trace", " AS span"),
        agents_sql(range.agents), format_rfc3339(range.start), format_rfc3339(range.end),
        range.generations.arguments(), fmt::format(kKey, "r", "", "", "", ""));
  }
  return fmt::format(
      "FROM {} r JOIN agent a ON a.agent_id = r.agent_id LEFT JOIN model m ON m.model_id = "
      "r.model_id LEFT JOIN host h ON h.host_id = r.host_id{}",
      ordered_record_source(range,
                            fmt::format("agent_id, model_id, host_id, {}{}", priced_by, columns)),
      priced);
}

Task<Result<RawPage>> MetricsQuery::raw(RawRequest request) {
  if (auto range = check_range(request.start, request.end); !range) co_return forward(range);
  RawPage page;
  if (request.agents.empty()) co_return page;
  RawPosition position;
  if (!request.cursor.empty()) {
    auto parsed = parse_cursor(request.cursor);
    if (!parsed) co_return forward(parsed);
    position = *parsed;
    // A page begins among the records of the time at which the one before it ended, unless the
    // range has left that behind.
    const Timestamp ended{Microseconds{position.ts_us}};
    if (ended < request.start) position.told = 0;
    request.start = std::max(request.start, ended);
  }
  auto generations = co_await history_.generations(request.start, request.end);
  if (!generations) co_return forward(generations);
  std::string columns;
  for (const auto& column : raw_columns())
    columns.append(columns.empty() ? "" : ", ").append(column.sql);
  RecordRange range{.agents = std::move(request.agents),
                    .start = request.start,
                    .end = request.end,
                    .generations = std::move(*generations),
                    .last = "(SELECT ts FROM enough)"};
  const auto wanted = position.told + request.limit + 1;
  auto sql = fmt::format(
      "WITH enough AS (SELECT {} AS ts) SELECT jsonb_build_array({}), (extract(epoch FROM r.ts) * "
      "1000000)::bigint {} ORDER BY {} LIMIT {} OFFSET {}",
      time_of_enough(range, wanted), columns, raw_source(range, columns), storage::kRecordOrder,
      request.limit + 1, position.told);
  auto lease = co_await database_.acquire();
  if (!lease) co_return forward(lease);
  auto rows = co_await (*lease)->execute(sql);
  if (!rows) co_return forward(rows);
  const int shown = std::min(rows->size(), request.limit);
  for (int row = 0; row < shown; ++row) page.rows.emplace_back(rows->text(row, 0));
  if (rows->size() > shown) {
    const auto last = rows->integer(shown - 1, 1);
    int64_t told = last == position.ts_us ? position.told : 0;
    for (int row = 0; row < shown; ++row) told += rows->integer(row, 1) == last;
    page.next_cursor = fmt::format("{}.{}", last, told);
  }
  co_return page;
}

}  // namespace sentinel::query
