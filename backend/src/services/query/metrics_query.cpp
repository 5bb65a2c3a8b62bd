#include "services/query/metrics_query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_map>

namespace sentinel::query {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Microseconds kSteps[] = {seconds{1},  seconds{2},  seconds{5}, seconds{10}, seconds{15},
                                   seconds{30}, minutes{1},  minutes{2}, minutes{5},  minutes{10},
                                   minutes{15}, minutes{30}, hours{1},   hours{2},    hours{3},
                                   hours{6},    hours{12},   days{1},    days{7}};

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

Timestamp floor_to(Timestamp time, Microseconds step) {
  return Timestamp{time.time_since_epoch() - time.time_since_epoch() % step};
}

std::string bucket_sql(const BucketRequest& request, Timestamp start, Microseconds step) {
  std::string columns;
  for (const auto& metric : request.metrics)
    columns += ", " + aggregate_sql(metric, to_seconds(step));
  std::vector<Uuid> ids;
  for (const auto& agent : request.agents) ids.push_back(agent.agent_id);
  return fmt::format(
      "SELECT {0}, (extract(epoch FROM bucket) * 1000)::bigint {1} FROM ("
      "SELECT *, date_bin('{2} microseconds', ts, timestamptz 'epoch') AS bucket FROM "
      "metric_record "
      "WHERE agent_id = ANY ({3}) AND ts >= {4} AND ts < {5}) r GROUP BY {6}bucket",
      request.by_agent ? "agent_id" : "NULL", columns, step.count(), id_array(ids),
      time_literal(start), time_literal(request.end), request.by_agent ? "agent_id, " : "");
}

// Empty series, one for each agent and metric, in the order asked for.
std::vector<Series> blank_series(const BucketRequest& request, size_t buckets) {
  std::vector<Series> series;
  auto add = [&](std::optional<AgentName> agent) {
    for (const auto& metric : request.metrics) {
      series.push_back(
          {agent, metric.text, unit_of(metric), std::vector<std::optional<double>>(buckets)});
    }
  };
  if (!request.by_agent) {
    add(std::nullopt);
  } else {
    for (const auto& agent : request.agents) add(agent);
  }
  return series;
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

Microseconds auto_step(Microseconds range) {
  for (auto step : kSteps) {
    if (range / step <= kAutoBucketsMax) return step;
  }
  return kSteps[std::size(kSteps) - 1] *
         (range / kSteps[std::size(kSteps) - 1] / kAutoBucketsMax + 1);
}

Task<Result<Buckets>> MetricsQuery::buckets(BucketRequest request) {
  if (auto checked = check_range(request.start, request.end); !checked) co_return forward(checked);
  Buckets answer;
  auto begin = [&](Microseconds step) {
    answer.step = step;
    answer.start = floor_to(request.start, step);
    return (request.end - answer.start + step - Microseconds{1}) / step;
  };
  const auto range = request.end - request.start;
  answer.end = request.end;
  int64_t count = begin(request.step.value_or(auto_step(range)));
  // The range begins and ends within buckets: what fits by its length may be cut into more.
  if (!request.step && count > kAutoBucketsMax) count = begin(auto_step(range + 2 * answer.step));
  const auto series_count =
      static_cast<int64_t>((request.by_agent ? request.agents.size() : 1) * request.metrics.size());
  if (count * series_count > kBucketsMax) {
    co_return fail(
        ErrorCode::InvalidArgument, "too_many_buckets",
        fmt::format(
            "{} buckets of {} series are over the limit of {}; take a larger step, a shorter "
            "range or fewer agents",
            count, series_count, kBucketsMax));
  }
  for (int64_t i = 0; i < count; ++i) {
    answer.times_ms.push_back((answer.start + i * answer.step).time_since_epoch() /
                              std::chrono::milliseconds{1});
  }
  answer.series = blank_series(request, static_cast<size_t>(count));
  if (request.agents.empty() || request.metrics.empty()) co_return answer;

  auto sql = bucket_sql(request, answer.start, answer.step);
  auto lease = co_await database_.acquire();
  if (!lease) co_return forward(lease);
  auto rows = co_await (*lease)->execute(sql);
  if (!rows) co_return forward(rows);
  std::unordered_map<std::string_view, size_t> first_series;  // by agent id
  std::vector<std::string> ids;
  for (const auto& agent : request.agents) ids.push_back(format_uuid(agent.agent_id));
  for (size_t i = 0; i < ids.size(); ++i) first_series.emplace(ids[i], i * request.metrics.size());
  for (int row = 0; row < rows->size(); ++row) {
    size_t base = request.by_agent ? first_series.at(rows->text(row, 0)) : 0;
    auto bucket =
        (Timestamp{std::chrono::milliseconds{rows->integer(row, 1)}} - answer.start) / answer.step;
    for (size_t metric = 0; metric < request.metrics.size(); ++metric) {
      answer.series[base + metric].values[static_cast<size_t>(bucket)] =
          rows->maybe_number(row, static_cast<int>(metric) + 2);
    }
  }
  co_return answer;
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
