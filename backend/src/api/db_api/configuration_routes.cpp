#include "api/db_api/db_api.hpp"
#include "api/query_reader.hpp"
#include "base/json_writer.hpp"

namespace sentinel::db_api {

namespace {

void write_configuration(JsonWriter& json, const models::Configuration& configuration) {
  json.begin_object();
  if (configuration.agent_id) {
    json.field("agent_id", format_uuid(*configuration.agent_id))
        .field("agent", configuration.agent);
  } else {
    json.key("agent_id").null().key("agent").null();
  }
  json.field("version", configuration.version)
      .field("enabled", configuration.enabled)
      .field("interval_s", configuration.interval_ms / 1e3)
      .field("retention_days", configuration.retention_days);
  json.key("thresholds").begin_object();
  for (const auto& [metric, threshold] : configuration.thresholds) {
    json.key(metric)
        .begin_object()
        .field("warn", threshold.warn)
        .field("critical", threshold.critical)
        .end_object();
  }
  json.end_object()
      .field("created_at", format_rfc3339(configuration.created_at))
      .field("created_by", configuration.created_by)
      .end_object();
}

}  // namespace

Task<http::Response> DbApi::get_configuration(http::Request& request, const api::Identity&) {
  auto query = api::QueryReader::read(request, {"agent", "history"});
  if (!query) co_return http::problem(query.error());
  auto agent = query->one("agent");
  auto history = query->one("history").value_or("false");
  if (history != "true" && history != "false") {
    co_return http::problem(
        Error{ErrorCode::InvalidArgument, "parameter_invalid", "history is true or false"});
  }
  std::vector<models::Configuration> found;
  if (history == "true" || !agent) {
    auto list = history == "true" ? co_await configuration_.history(agent)
                                  : co_await configuration_.newest();
    if (!list) co_return http::problem(list.error());
    found = std::move(*list);
  } else {
    auto effective = co_await configuration_.effective(*agent);
    if (!effective) co_return http::problem(effective.error());
    found.push_back(std::move(*effective));
  }
  JsonWriter json;
  json.begin_object().key("configurations").begin_array();
  for (const auto& configuration : found) write_configuration(json, configuration);
  json.end_array().end_object();
  co_return http::json(200, json.take());
}

Task<http::Response> DbApi::post_configuration(http::Request& request,
                                               const api::Identity& identity) {
  auto change = settings::parse_change(request.body);
  if (!change) co_return http::problem(change.error());
  auto written = co_await configuration_.change(std::move(*change), identity.caller.name);
  if (!written) co_return http::problem(written.error());
  JsonWriter json;
  write_configuration(json, *written);
  co_return http::json(201, json.take());
}

}  // namespace sentinel::db_api
