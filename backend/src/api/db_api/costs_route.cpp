#include <fmt/format.h>

#include <cmath>

#include "api/db_api/db_api.hpp"
#include "api/query_reader.hpp"
#include "base/json_writer.hpp"
#include "services/query/costs_query.hpp"

namespace sentinel::db_api {

namespace {

constexpr int64_t kNanos = 1'000'000'000;

// A JSON number without rounding.
std::string usd(int64_t nanos) {
  const auto size = nanos < 0 ? -static_cast<uint64_t>(nanos) : static_cast<uint64_t>(nanos);
  auto text = fmt::format("{}{}.{:09}", nanos < 0 ? "-" : "", size / kNanos, size % kNanos);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string usd(const std::optional<int64_t>& nanos) { return nanos ? usd(*nanos) : "null"; }

void write_figures(JsonWriter& json, const query::CostFigures& figures) {
  std::optional<int64_t> each;
  if (figures.cost_nanos && figures.priced_requests > 0) {
    each = std::llround(static_cast<double>(*figures.cost_nanos) /
                        static_cast<double>(figures.priced_requests));
  }
  json.key("cost_usd").raw(usd(figures.cost_nanos));
  json.field("requests", figures.requests)
      .field("priced_requests", figures.priced_requests)
      .field("unpriced_requests", figures.unpriced_requests);
  json.key("cost_per_request_usd").raw(usd(each));
  json.key("cache_saved_usd").raw(usd(figures.cache_saved_nanos));
  json.field("input_tokens", figures.input_tokens)
      .field("output_tokens", figures.output_tokens)
      .field("cache_read_tokens", figures.cache_read_tokens)
      .field("cache_write_tokens", figures.cache_write_tokens)
      .field("reasoning_tokens", figures.reasoning_tokens);
}

void write_month(JsonWriter& json, const query::MonthCosts& month) {
  json.begin_object().field("start", fmt::format("{:04}-{:02}-01", int{month.month.year()},
                                                 unsigned{month.month.month()}));
  json.key("cost_usd").raw(usd(month.cost_nanos));
  json.key("previous_cost_usd").raw(usd(month.previous_nanos));
  json.key("forecast_usd").raw(usd(month.forecast_nanos));
  json.field("forecast_days", month.forecast_days).end_object();
}

std::string costs_json(const query::CostRequest& request, const query::Costs& costs) {
  JsonWriter json;
  json.begin_object()
      .field("start", format_rfc3339(request.start))
      .field("end", format_rfc3339(request.end));
  json.key("total").begin_object();
  write_figures(json, costs.total);
  json.end_object().key("groups").begin_array();
  for (const auto& group : costs.groups) {
    json.begin_object()
        .field("agent_id", group.agent_id)
        .field("agent", group.agent)
        .field("provider", group.provider)
        .field("model", group.model)
        .field("day", group.day);
    write_figures(json, group.figures);
    json.end_object();
  }
  json.end_array().key("month");
  write_month(json, costs.month);
  json.key("unpriced").begin_array();
  for (const auto& usage : costs.unpriced) {
    json.begin_object()
        .field("provider", usage.provider)
        .field("model", usage.model)
        .field("requests", usage.requests)
        .field("input_tokens", usage.input_tokens)
        .field("output_tokens", usage.output_tokens)
        .end_object();
  }
  return json.end_array().end_object().take();
}

Result<query::CostGrouping> read_grouping(std::vector<std::string> names) {
  if (names.empty()) names = {"agent"};
  query::CostGrouping by;
  for (const auto& name : names) {
    bool* wanted = name == "agent"      ? &by.agent
                   : name == "model"    ? &by.model
                   : name == "provider" ? &by.provider
                   : name == "day"      ? &by.day
                                        : nullptr;
    if (!wanted) {
      return fail(ErrorCode::InvalidArgument, "group_unknown",
                  fmt::format("group_by '{}' is unknown; it is agent, model, provider or day",
                              name.substr(0, 40)));
    }
    *wanted = true;
  }
  return by;
}

}  // namespace

Task<http::Response> DbApi::get_costs(http::Request& request, const api::Identity&) {
  auto query = api::QueryReader::read(request, {"agent", "start", "end", "group_by"});
  if (!query) co_return http::problem(query.error());
  const Timestamp time = now();
  auto range = query->range(time);
  if (!range) co_return http::problem(range.error());
  auto by = read_grouping(query->all("group_by"));
  if (!by) co_return http::problem(by.error());
  query::CostRequest wanted{.agents = {},
                            .start = range->start,
                            .end = range->end,
                            .by = *by,
                            .anew = api::wants_anew(request)};
  if (auto names = query->all("agent"); !names.empty()) {
    auto agents = co_await agents_.resolve(std::move(names));
    if (!agents) co_return http::problem(agents.error());
    for (const auto& agent : *agents) wanted.agents.push_back(agent.agent_id);
  }
  auto book = co_await price_book_.read(metrics_database_);
  if (!book) co_return http::problem(book.error());
  auto costs = co_await costs_.read(wanted, std::move(*book), time);
  if (!costs) co_return http::problem(costs.error());
  co_return http::json(200, costs_json(wanted, *costs));
}

}  // namespace sentinel::db_api
