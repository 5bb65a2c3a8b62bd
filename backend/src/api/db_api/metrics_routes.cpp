#include <fmt/format.h>

#include <algorithm>

#include "api/db_api/db_api.hpp"
#include "api/query_reader.hpp"
#include "base/json_writer.hpp"

namespace sentinel::db_api {

namespace {

struct ExportFormat {
  std::string_view name;
  exports::Format format;
  std::string_view content_type;
};
constexpr ExportFormat kExportFormats[] = {
    {"csv", exports::Format::Csv, "text/csv; charset=utf-8"},
    {"json", exports::Format::Json, "application/json"},
    {"ndjson", exports::Format::Ndjson, "application/x-ndjson"},
};

Result<std::vector<query::WantedMetric>> read_metrics(const api::QueryReader& query) {
  auto texts = query.all("metric");
  if (texts.empty()) {
    return fail(ErrorCode::InvalidArgument, "metric_missing",
                "ask for metrics, such as metric=latency_ms:p95; for single records step=raw");
  }
  std::vector<query::WantedMetric> metrics;
  for (const auto& text : texts) {
    auto metric = query::parse_wanted_metric(text);
    if (!metric) return forward(metric);
    metrics.push_back(std::move(*metric));
  }
  return metrics;
}

Result<std::optional<Microseconds>> read_step(const std::string& text) {
  if (text == "auto") return std::nullopt;
  auto step = parse_duration(text);
  if (!step || *step < std::chrono::seconds{1} ||
      *step % std::chrono::milliseconds{1} != Microseconds{0}) {
    return fail(
        ErrorCode::InvalidArgument, "step_invalid",
        fmt::format(
            "step '{}' must be auto, raw, or a duration of at least 1s such as 10s, 5m or 1h",
            text.substr(0, 40)));
  }
  return *step;
}

std::string buckets_json(const query::Buckets& buckets) {
  JsonWriter json;
  json.begin_object()
      .field("start", format_rfc3339(buckets.start))
      .field("end", format_rfc3339(buckets.end))
      .field("step_s", to_seconds(buckets.step));
  json.key("times").begin_array();
  for (auto time : buckets.times_ms) json.value(time);
  json.end_array().key("series").begin_array();
  for (const auto& series : buckets.series) {
    json.begin_object();
    if (series.agent) {
      json.field("agent_id", format_uuid(series.agent->agent_id))
          .field("agent", series.agent->name);
    } else {
      json.key("agent_id").null().key("agent").null();
    }
    json.field("metric", series.metric).field("unit", series.unit).key("values").begin_array();
    for (const auto& value : series.values) json.value(value);
    json.end_array().end_object();
  }
  return json.end_array().end_object().take();
}

std::string raw_json(const query::RawPage& page) {
  JsonWriter json;
  json.begin_object().key("columns").begin_array();
  for (const auto& column : query::raw_columns()) json.value(column.name);
  json.end_array().key("rows").begin_array();
  for (const auto& row : page.rows) json.raw(row);
  json.end_array()
      .field("next_cursor",
             page.next_cursor.empty() ? std::nullopt : std::optional(page.next_cursor))
      .end_object();
  return json.take();
}

}  // namespace

Task<http::Response> DbApi::get_metrics(http::Request& request, const api::Identity&) {
  auto query = api::QueryReader::read(
      request, {"agent", "metric", "start", "end", "step", "group_by", "limit", "cursor"});
  if (!query) co_return http::problem(query.error());
  auto range = query->range(now());
  if (!range) co_return http::problem(range.error());
  auto step_text = query->one("step").value_or("auto");
  auto group = query->one("group_by").value_or("agent");
  if (group != "agent" && group != "none") {
    co_return http::problem(
        Error{ErrorCode::InvalidArgument, "group_unknown", "group_by is agent or none"});
  }
  auto limit = query->integer("limit", 1000, 1, query::kRawRowsMax);
  if (!limit) co_return http::problem(limit.error());
  auto agents = co_await agents_.resolve(query->all("agent"));
  if (!agents) co_return http::problem(agents.error());
  if (step_text == "raw") {
    query::RawRequest raw;
    for (const auto& agent : *agents) raw.agents.push_back(agent.agent_id);
    raw.start = range->start;
    raw.end = range->end;
    raw.limit = *limit;
    raw.cursor = query->one("cursor").value_or("");
    auto page = co_await metrics_.raw(std::move(raw));
    if (!page) co_return http::problem(page.error());
    co_return http::json(200, raw_json(*page));
  }
  auto metrics = read_metrics(*query);
  if (!metrics) co_return http::problem(metrics.error());
  auto step = read_step(step_text);
  if (!step) co_return http::problem(step.error());
  query::BucketRequest wanted;
  wanted.agents = std::move(*agents);
  wanted.metrics = std::move(*metrics);
  wanted.start = range->start;
  wanted.end = range->end;
  wanted.step = *step;
  wanted.by_agent = group == "agent";
  auto buckets = co_await metrics_.buckets(std::move(wanted));
  if (!buckets) co_return http::problem(buckets.error());
  co_return http::json(200, buckets_json(*buckets));
}

Task<http::Response> DbApi::export_metrics(http::Request& request, const api::Identity&) {
  auto query = api::QueryReader::read(request, {"agent", "column", "start", "end", "format"});
  if (!query) co_return http::problem(query.error());
  auto range = query->range(now());
  if (!range) co_return http::problem(range.error());
  auto name = query->one("format").value_or("csv");
  const auto* format = std::ranges::find(kExportFormats, name, &ExportFormat::name);
  if (format == std::end(kExportFormats)) {
    co_return http::problem(Error{
        ErrorCode::InvalidArgument, "format_unknown",
        fmt::format("format '{}' is unknown; it is csv, json or ndjson", name.substr(0, 40))});
  }
  auto columns = exports::find_columns(query->all("column"));
  if (!columns) co_return http::problem(columns.error());
  auto agents = co_await agents_.resolve(query->all("agent"));
  if (!agents) co_return http::problem(agents.error());
  exports::ExportRequest wanted;
  for (const auto& agent : *agents) wanted.agents.push_back(agent.agent_id);
  wanted.columns = std::move(*columns);
  wanted.start = range->start;
  wanted.end = range->end;
  wanted.format = format->format;
  auto started = co_await exports_.start(std::move(wanted));
  if (!started) co_return http::problem(started.error());
  http::Response response;
  response.content_type = format->content_type;
  response.headers.emplace_back("Content-Disposition",
                                fmt::format("attachment; filename=\"sentinel.{}\"", name));
  response.headers.emplace_back("Cache-Control", "no-store");
  response.stream = std::move(*started);
  co_return response;
}

}  // namespace sentinel::db_api
