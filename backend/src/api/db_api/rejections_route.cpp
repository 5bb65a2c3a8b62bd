#include <fmt/format.h>

#include <charconv>

#include "api/db_api/db_api.hpp"
#include "api/query_reader.hpp"
#include "base/json_writer.hpp"
#include "services/query/rejections_query.hpp"

namespace sentinel::db_api {

namespace {

constexpr int64_t kTimeMax_us = 9'214'646'400'000'000;  // 2262-01-01

// "microseconds.kind" of the last one of a page.
std::string cursor_behind(const query::RejectionRow& row) {
  return fmt::format("{}.{}", row.last.time_since_epoch().count(), format_uuid(row.kind));
}

Result<query::RejectionPosition> parse_cursor(std::string_view cursor) {
  int64_t last_us = 0;
  const char* end = cursor.data() + cursor.size();
  auto [dot, bad] = std::from_chars(cursor.data(), end, last_us);
  if (bad == std::errc{} && dot != end && *dot == '.' && last_us >= 0 && last_us <= kTimeMax_us) {
    if (auto kind = parse_uuid({dot + 1, static_cast<size_t>(end - dot - 1)})) {
      return query::RejectionPosition{Timestamp{Microseconds{last_us}}, *kind};
    }
  }
  return fail(ErrorCode::InvalidArgument, "cursor_invalid",
              "this cursor is not one of ours; begin again without it");
}

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
    behind = *position;
  }
  auto found = co_await query::rejections(metrics_database_, query->all("agent"), range->start,
                                          range->end, behind, *limit + 1);
  if (!found) co_return http::problem(found.error());
  std::optional<std::string> next;
  if (found->size() > static_cast<size_t>(*limit)) {
    found->resize(static_cast<size_t>(*limit));
    next = cursor_behind(found->back());
  }
  JsonWriter json;
  json.begin_object().key("rejections").begin_array();
  for (const auto& row : *found) write_rejection(json, row);
  json.end_array().field("next_cursor", next).end_object();
  co_return http::json(200, json.take());
}

}  // namespace sentinel::db_api
