#include <fmt/format.h>

#include <algorithm>

#include "api/db_api/db_api.hpp"
#include "api/query_reader.hpp"
#include "base/json_writer.hpp"

namespace sentinel::db_api {

namespace {

using query::RequestOrder;

struct OrderName {
  std::string_view name;
  RequestOrder order;
};
constexpr OrderName kOrders[] = {
    {"newest", RequestOrder::Newest},
    {"oldest", RequestOrder::Oldest},
    {"slowest", RequestOrder::Slowest},
    {"dearest", RequestOrder::Dearest},
};

Result<RequestOrder> read_order(const std::string& text) {
  const auto* found = std::ranges::find(kOrders, text, &OrderName::name);
  if (found != std::end(kOrders)) return found->order;
  return fail(ErrorCode::InvalidArgument, "order_unknown",
              fmt::format("order '{}' is unknown; it is newest, oldest, slowest or dearest",
                          text.substr(0, 40)));
}

Result<std::optional<bool>> read_status(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  if (*text == "success" || *text == "error") return *text == "error";
  return fail(ErrorCode::InvalidArgument, "status_unknown",
              fmt::format("status '{}' is unknown; it is success or error", text->substr(0, 40)));
}

}  // namespace

Task<http::Response> DbApi::list_requests(http::Request& request, const api::Identity&) {
  auto query = api::QueryReader::read(
      request, {"agent", "start", "end", "order", "status", "model", "limit", "cursor"});
  if (!query) co_return http::problem(query.error());
  auto range = query->range(now());
  if (!range) co_return http::problem(range.error());
  auto order = read_order(query->one("order").value_or("newest"));
  if (!order) co_return http::problem(order.error());
  auto failed = read_status(query->one("status"));
  if (!failed) co_return http::problem(failed.error());
  auto limit = query->integer("limit", 100, 1, query::kRequestsMax);
  if (!limit) co_return http::problem(limit.error());
  auto agents = co_await agents_.resolve(query->all("agent"));
  if (!agents) co_return http::problem(agents.error());
  query::RequestsWanted wanted{.agents = {},
                               .start = range->start,
                               .end = range->end,
                               .order = *order,
                               .failed = *failed,
                               .model = query->one("model"),
                               .limit = *limit,
                               .cursor = query->one("cursor").value_or("")};
  for (const auto& agent : *agents) wanted.agents.push_back(agent.agent_id);
  auto page = co_await requests_.read(std::move(wanted));
  if (!page) co_return http::problem(page.error());
  JsonWriter json;
  json.begin_object().key("columns").begin_array();
  for (const auto* column : page->columns) json.value(column->name);
  json.end_array().key("rows").begin_array();
  if (!page->rows.empty()) json.raw(page->rows);
  json.end_array()
      .field("next_cursor",
             page->next_cursor.empty() ? std::nullopt : std::optional(page->next_cursor))
      .end_object();
  co_return http::json(200, json.take());
}

}  // namespace sentinel::db_api
