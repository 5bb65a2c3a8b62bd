#include "api/db_api/db_api.hpp"
#include "api/query_reader.hpp"
#include "base/json_writer.hpp"
#include "services/query/changes_query.hpp"

namespace sentinel::db_api {

namespace {

void write_range(JsonWriter& json, std::string_view name, query::TimeRange range) {
  json.key(name)
      .begin_object()
      .field("start", format_rfc3339(range.start))
      .field("end", format_rfc3339(range.end))
      .end_object();
}

std::string changes_json(const query::Changes& changes) {
  JsonWriter json;
  json.begin_object();
  write_range(json, "window", changes.window);
  write_range(json, "before", changes.baseline);
  json.field("step_s", to_seconds(changes.step)).key("changes").begin_array();
  for (const auto& change : changes.changes) {
    json.begin_object()
        .field("agent_id", format_uuid(change.agent.agent_id))
        .field("agent", change.agent.name)
        .field("metric", change.metric)
        .field("unit", change.unit)
        .field("before", change.before)
        .field("during", change.during)
        .field("change_percent",
               change.before == 0
                   ? std::nullopt
                   : std::optional(100 * (change.during - change.before) / change.before))
        .field("score", change.score)
        .end_object();
  }
  return json.end_array().end_object().take();
}

}  // namespace

Task<http::Response> DbApi::get_changes(http::Request& request, const api::Identity&) {
  auto query = api::QueryReader::read(request, {"agent", "start", "end", "limit"});
  if (!query) co_return http::problem(query.error());
  auto range = query->range(now());
  if (!range) co_return http::problem(range.error());
  auto limit = query->integer("limit", 20, 1, query::kChangesMax);
  if (!limit) co_return http::problem(limit.error());
  auto agents = co_await agents_.resolve(query->all("agent"));
  if (!agents) co_return http::problem(agents.error());
  auto changes =
      co_await query::changes(buckets_, std::move(*agents), {range->start, range->end}, *limit);
  if (!changes) co_return http::problem(changes.error());
  co_return http::json(200, changes_json(*changes));
}

}  // namespace sentinel::db_api
