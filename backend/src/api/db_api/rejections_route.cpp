#include "api/db_api/cursor.hpp"
#include "api/db_api/db_api.hpp"
#include "api/query_reader.hpp"
#include "base/json_writer.hpp"
#include "services/query/rejections_query.hpp"

namespace sentinel::db_api {

namespace {

void write_rejection(JsonWriter& json, const query::RejectionRow& row) {
  json.begin_object()
      .field("agent", row.agent)
      .field("agent_id", row.agent_id)
      .field("key", row.key)
      .field("address", row.address)
      .field("subject", row.subject)
      .field("code", row.code)
      .field("field", row.field)
      .field("reason", row.reason)
      .field("count", row.count)
      .field("first", format_rfc3339(row.first))
      .field("last", format_rfc3339(row.last))
      .end_object();
}

}  // namespace

Task<http::Response> DbApi::list_rejections(http::Request& request, const api::Identity&) {
  auto query = api::QueryReader::read(request, {"agent", "start", "end", "limit", "cursor"});
  if (!query) co_return http::problem(query.error());
  auto range = query->range(now());
  if (!range) co_return http::problem(range.error());
  auto limit = query->integer("limit", 100, 1, 1000);
  if (!limit) co_return http::problem(limit.error());
  std::optional<query::RejectionPosition> behind;
  if (auto cursor = query->one("cursor")) {
    auto position = parse_cursor(*cursor);
    if (!position) co_return http::problem(position.error());
    behind = {position->time, position->id};
  }
  auto found = co_await query::rejections(metrics_database_, query->all("agent"), range->start,
                                          range->end, behind, *limit + 1);
  if (!found) co_return http::problem(found.error());
  std::optional<std::string> next;
  if (found->size() > static_cast<size_t>(*limit)) {
    found->resize(static_cast<size_t>(*limit));
    next = format_cursor(TimeCursor{found->back().last, found->back().kind});
  }
  JsonWriter json;
  json.begin_object().key("rejections").begin_array();
  for (const auto& row : *found) write_rejection(json, row);
  json.end_array().field("next_cursor", next).end_object();
  co_return http::json(200, json.take());
}

}  // namespace sentinel::db_api
