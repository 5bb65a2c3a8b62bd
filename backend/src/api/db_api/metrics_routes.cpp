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
    {"xlsx", exports::Format::Xlsx,
     "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
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

struct GroupName {
  std::string_view name;
  query::GroupBy group;
};
constexpr GroupName kGroups[] = {
    {"agent", query::GroupBy::Agent}, {"none", query::GroupBy::None},
    {"model", query::GroupBy::Model}, {"provider", query::GroupBy::Provider},
    {"host", query::GroupBy::Host},
};

Result<void> read_group(const std::string& text, query::BucketRequest& wanted) {
  constexpr std::string_view kLabel = "label:";
  if (text.starts_with(kLabel) && text.size() > kLabel.size()) {
    wanted.group_by = query::GroupBy::Label;
    wanted.label = text.substr(kLabel.size());
    return {};
  }
  const auto* group = std::ranges::find(kGroups, text, &GroupName::name);
  if (group == std::end(kGroups)) {
    return fail(
        ErrorCode::InvalidArgument, "group_unknown",
        fmt::format("group_by '{}' is unknown; it is agent, none, model, provider, host, or "
                    "label: and the name of a label",
                    text.substr(0, 40)));
  }
  wanted.group_by = group->group;
  return {};
}

Result<bool> read_flag(const api::QueryReader& query, std::string_view name, std::string_view yes,
                       std::string_view no) {
  const auto text = query.one(name).value_or(std::string(no));
  if (text == yes || text == no) return text == yes;
  return fail(ErrorCode::InvalidArgument, fmt::format("{}_unknown", name),
              fmt::format("{} is {} or {}", name, yes, no));
}

void write_plan(JsonWriter& json, const query::Buckets& buckets) {
  const auto of = buckets.of_fleet ? sums::Of::Fleet : sums::Of::Columns;
  json.key("plan").begin_array();
  for (const auto& [level, range] : buckets.plan.pieces) {
    json.begin_object()
        .field("from", level ? sums::level_name(of, *level) : "records")
        .field("start", format_rfc3339(range.start))
        .field("end", format_rfc3339(range.end))
        .end_object();
  }
  json.end_array();
}

std::string buckets_json(const query::Buckets& buckets, bool explain) {
  JsonWriter json;
  json.begin_object()
      .field("start", format_rfc3339(buckets.start))
      .field("end", format_rfc3339(buckets.end))
      .field("step_s", to_seconds(buckets.step));
  if (buckets.previous_start) {
    json.field("previous_start", format_rfc3339(*buckets.previous_start));
  }
  if (explain) write_plan(json, buckets);
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
    if (buckets.grouped) json.field("group", series.group);
    if (series.other) json.field("other", true);
    json.field("metric", series.metric).field("unit", series.unit).key("values").begin_array();
    for (const auto& value : series.values) json.value(value);
    json.end_array();
    if (buckets.previous_start) {
      json.key("previous").begin_array();
      for (const auto& value : series.previous) json.value(value);
      json.end_array();
    }
    json.end_object();
  }
  return json.end_array().end_object().take();
}

std::string raw_json(const query::RawPage& page) {
  JsonWriter json;
  json.begin_object().key("columns").begin_array();
  for (const auto& column : query::raw_columns()) json.value(column.name);
  json.end_array().key("rows").begin_array();
  if (!page.rows.empty()) json.raw(page.rows);
  json.end_array()
      .field("next_cursor",
             page.next_cursor.empty() ? std::nullopt : std::optional(page.next_cursor))
      .end_object();
  return json.take();
}

}  // namespace

Task<http::Response> DbApi::get_metrics(http::Request& request, const api::Identity&) {
  auto query =
      api::QueryReader::read(request, {"agent", "metric", "start", "end", "step", "group_by", "top",
                                       "compare", "explain", "limit", "cursor"});
  if (!query) co_return http::problem(query.error());
  auto range = query->range(now());
  if (!range) co_return http::problem(range.error());
  auto step_text = query->one("step").value_or("auto");
  query::BucketRequest wanted;
  auto grouped = read_group(query->one("group_by").value_or("agent"), wanted);
  if (!grouped) co_return http::problem(grouped.error());
  auto previous = read_flag(*query, "compare", "previous", "none");
  if (!previous) co_return http::problem(previous.error());
  auto explain = read_flag(*query, "explain", "true", "false");
  if (!explain) co_return http::problem(explain.error());
  auto top = query->integer("top", 0, 1, query::kTopMax);
  if (!top) co_return http::problem(top.error());
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
  wanted.agents = std::move(*agents);
  wanted.fleet = query->all("agent").empty();
  wanted.metrics = std::move(*metrics);
  wanted.start = range->start;
  wanted.end = range->end;
  wanted.step = *step;
  if (*top > 0) wanted.top = *top;
  wanted.previous = *previous;
  wanted.anew = *explain || api::wants_anew(request);
  auto buckets = co_await buckets_.read(std::move(wanted));
  if (!buckets) co_return http::problem(buckets.error());
  co_return http::json(200, buckets_json(*buckets, *explain));
}

Task<http::Response> DbApi::list_custom_metrics(http::Request& request, const api::Identity&) {
  auto query = api::QueryReader::read(request, {"start", "end"});
  if (!query) co_return http::problem(query.error());
  auto range = query->range(now());
  if (!range) co_return http::problem(range.error());
  std::vector<std::string> wanted{request.path_values.at("id")};
  auto found = co_await agents_.resolve(std::move(wanted));
  if (!found) co_return http::problem(found.error());
  auto names = co_await metrics_.custom_names(found->front().agent_id, range->start, range->end);
  if (!names) co_return http::problem(names.error());
  JsonWriter json;
  json.begin_object().key("names").begin_array();
  for (const auto& name : *names) json.value(name);
  co_return http::json(200, json.end_array().end_object().take());
}

Task<http::Response> DbApi::export_metrics(http::Request& request, const api::Identity&) {
  auto query = api::QueryReader::read(request, {"agent", "column", "start", "end", "format"});
  if (!query) co_return http::problem(query.error());
  auto range = query->range(now());
  if (!range) co_return http::problem(range.error());
  auto name = query->one("format").value_or("csv");
  const auto* format = std::ranges::find(kExportFormats, name, &ExportFormat::name);
  if (format == std::end(kExportFormats)) {
    co_return http::problem(
        Error{ErrorCode::InvalidArgument, "format_unknown",
              fmt::format("format '{}' is unknown; it is csv, json, ndjson or xlsx",
                          name.substr(0, 40))});
  }
  auto columns = exports::find_columns(query->all("column"));
  if (!columns) co_return http::problem(columns.error());
  exports::ExportRequest wanted;
  if (auto names = query->all("agent"); !names.empty()) {
    auto agents = co_await agents_.resolve(std::move(names));
    if (!agents) co_return http::problem(agents.error());
    for (const auto& agent : *agents) wanted.agents.push_back(agent.agent_id);
  }
  wanted.columns = std::move(*columns);
  wanted.start = range->start;
  wanted.end = range->end;
  wanted.format = format->format;
  wanted.body_wanted = request.method != http::Method::Head;
  http::Response response;
  response.make = [this, wanted = std::move(wanted)] { return start_export(wanted); };
  co_return response;
}

Task<http::Response> DbApi::start_export(exports::ExportRequest wanted) {
  const auto& format = *std::ranges::find(kExportFormats, wanted.format, &ExportFormat::format);
  auto started = co_await exports_.start(std::move(wanted));
  if (!started) co_return http::problem(started.error());
  http::Response response;
  response.content_type = format.content_type;
  response.headers.emplace_back("Content-Disposition",
                                fmt::format("attachment; filename=\"sentinel.{}\"", format.name));
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("Sentinel-Estimated-Rows", std::to_string(started->estimated_rows));
  response.stream = std::move(started->stream);
  response.stream_bytes = started->bytes;
  co_return response;
}

}  // namespace sentinel::db_api
