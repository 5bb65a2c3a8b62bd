#include "services/query/costs_query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "services/query/agents_query.hpp"
#include "services/query/metrics_query.hpp"

namespace sentinel::query {

namespace {

using std::chrono::days;
using std::chrono::sys_days;

std::optional<std::string> maybe_text(const postgres::Rows& rows, int row, int column) {
  if (rows.is_null(row, column)) return std::nullopt;
  return std::string(rows.text(row, column));
}

const std::string kColumns[] = {"requests",
                                "priced_requests",
                                "unpriced_requests",
                                "cost_sum",
                                "input_tokens_sum",
                                "output_tokens_sum",
                                "cache_read_tokens_sum",
                                "cache_write_tokens_sum",
                                "reasoning_tokens_sum"};

// The dearest first. A correction (kind c) carries the difference, and how many records it priced.
std::string groups_sql(const SumsPlan& plan, const std::vector<Uuid>& agents, CostGrouping by) {
  auto when = [](bool wanted, std::string_view sql) {
    return wanted ? std::string(sql) : std::string("NULL");
  };
  return fmt::format(
      R"(WITH cells AS (
  SELECT {agent_id}::uuid AS agent_id, model_id, {day}::timestamptz AS day, sum(cost_sum) AS cost_nanos,
    sum(requests) FILTER (WHERE kind = 'r') AS requests, sum(priced_requests) AS priced,
    sum(unpriced_requests) AS unpriced, sum(input_tokens_sum) AS input_tokens,
    sum(output_tokens_sum) AS output_tokens, sum(cache_read_tokens_sum) AS cache_read_tokens,
    sum(cache_write_tokens_sum) AS cache_write_tokens, sum(reasoning_tokens_sum) AS reasoning_tokens
  FROM ({source}) s WHERE kind IN ('r', 'c')
  GROUP BY 1, 2, 3
), groups AS (
  SELECT c.agent_id, {provider} AS provider, {model} AS model, c.day,
    sum(c.cost_nanos) AS cost_nanos, sum(c.requests) AS requests, sum(c.priced) AS priced,
    sum(c.unpriced) AS unpriced, sum(c.input_tokens) AS input_tokens,
    sum(c.output_tokens) AS output_tokens, sum(c.cache_read_tokens) AS cache_read_tokens,
    sum(c.cache_write_tokens) AS cache_write_tokens, sum(c.reasoning_tokens) AS reasoning_tokens
  FROM cells c LEFT JOIN model m ON m.model_id = c.model_id
  GROUP BY 1, 2, 3, 4
)
SELECT g.agent_id, a.name, g.provider, g.model, to_char(g.day AT TIME ZONE 'UTC', 'YYYY-MM-DD'), g.cost_nanos,
  coalesce(g.requests, 0), coalesce(g.priced, 0), coalesce(g.unpriced, 0), coalesce(g.input_tokens, 0),
  coalesce(g.output_tokens, 0), coalesce(g.cache_read_tokens, 0), coalesce(g.cache_write_tokens, 0),
  coalesce(g.reasoning_tokens, 0)
FROM groups g LEFT JOIN agent a ON a.agent_id = g.agent_id
ORDER BY g.cost_nanos DESC NULLS LAST, g.day, a.name, g.provider, g.model
LIMIT {limit})",
      fmt::arg("agent_id", when(by.agent, "agent_id")),
      fmt::arg("day", when(by.day, "date_bin('1 day', ts, timestamptz 'epoch')")),
      fmt::arg("source", plan.source(agents_sql(agents), kColumns)),
      fmt::arg("provider", when(by.model || by.provider, "coalesce(m.provider, '')")),
      fmt::arg("model", when(by.model, "coalesce(m.name, '')")),
      fmt::arg("limit", kCostGroupsMax + 1));
}

Task<Result<std::vector<CostGroup>>> groups(postgres::Database& database, SumsReader& sums,
                                            const std::vector<Uuid>& agents, TimeRange range,
                                            CostGrouping by) {
  auto plan = co_await sums.plan(range, days{1});
  if (!plan) co_return forward(plan);
  auto lease = co_await database.acquire();
  if (!lease) co_return forward(lease);
  auto rows = co_await (*lease)->execute(groups_sql(*plan, agents, by));
  if (!rows) co_return forward(rows);
  if (rows->size() > kCostGroupsMax) {
    co_return fail(ErrorCode::InvalidArgument, "too_many_groups",
                   fmt::format("these costs fall into more than {} groups; take a shorter range, "
                               "fewer agents, or fewer of group_by",
                               kCostGroupsMax));
  }
  std::vector<CostGroup> found;
  for (int row = 0; row < rows->size(); ++row) {
    auto number = [&](int column) { return rows->integer(row, column); };
    found.push_back({.agent_id = maybe_text(*rows, row, 0),
                     .agent = maybe_text(*rows, row, 1),
                     .provider = maybe_text(*rows, row, 2),
                     .model = maybe_text(*rows, row, 3),
                     .day = maybe_text(*rows, row, 4),
                     .figures = {.cost_nanos = rows->maybe_integer(row, 5),
                                 .requests = number(6),
                                 .priced_requests = number(7),
                                 .unpriced_requests = number(8),
                                 .input_tokens = number(9),
                                 .output_tokens = number(10),
                                 .cache_read_tokens = number(11),
                                 .cache_write_tokens = number(12),
                                 .reasoning_tokens = number(13)}});
  }
  co_return found;
}

// YYYY-MM-DD, as the statement writes it.
sys_days parse_day(std::string_view text) {
  auto part = [text](size_t begin, size_t size) {
    int value = 0;
    std::from_chars(text.data() + begin, text.data() + begin + size, value);
    return value;
  };
  return std::chrono::year{part(0, 4)} / part(5, 2) / part(8, 2);
}

sys_days first_of(std::chrono::year_month month) { return month / std::chrono::day{1}; }

std::chrono::year_month month_of(Timestamp time) {
  const std::chrono::year_month_day date{std::chrono::floor<days>(time)};
  return date.year() / date.month();
}

Task<Result<MonthCosts>> this_month(postgres::Database& database, SumsReader& sums,
                                    const std::vector<Uuid>& agents, Timestamp now) {
  const auto previous = month_of(now) - std::chrono::months{1};
  auto found = co_await groups(database, sums, agents, {Timestamp{first_of(previous)}, now},
                               CostGrouping{.day = true});
  if (!found) co_return forward(found);
  std::vector<DayCost> by_day;
  for (const auto& group : *found) {
    if (group.figures.cost_nanos)
      by_day.push_back({parse_day(group.day.value_or("")), *group.figures.cost_nanos});
  }
  co_return month_costs(by_day, now);
}

// Usage without a price by model, the most tokens first.
Task<Result<std::vector<UnpricedUsage>>> unpriced(postgres::Database& database, SumsReader& sums,
                                                  const std::vector<Uuid>& agents,
                                                  TimeRange range) {
  auto plan = co_await sums.plan(range, days{1});
  if (!plan) co_return forward(plan);
  const std::string columns[] = {"unpriced_requests", "unpriced_input_tokens",
                                 "unpriced_output_tokens"};
  auto lease = co_await database.acquire();
  if (!lease) co_return forward(lease);
  auto rows = co_await (*lease)->execute(fmt::format(
      R"(SELECT coalesce(m.provider, ''), coalesce(m.name, ''), u.requests, u.input_tokens, u.output_tokens
FROM (
  SELECT model_id, sum(unpriced_requests) AS requests, coalesce(sum(unpriced_input_tokens), 0) AS input_tokens,
    coalesce(sum(unpriced_output_tokens), 0) AS output_tokens
  FROM ({}) s WHERE kind IN ('r', 'c') GROUP BY model_id HAVING sum(unpriced_requests) > 0
) u
LEFT JOIN model m ON m.model_id = u.model_id
ORDER BY u.input_tokens + u.output_tokens DESC, 1, 2)",
      plan->source(agents_sql(agents), columns)));
  if (!rows) co_return forward(rows);
  std::vector<UnpricedUsage> usage;
  for (int row = 0; row < rows->size(); ++row) {
    usage.push_back({std::string(rows->text(row, 0)), std::string(rows->text(row, 1)),
                     rows->integer(row, 2), rows->integer(row, 3), rows->integer(row, 4)});
  }
  co_return usage;
}

}  // namespace

void CostFigures::add(const CostFigures& other) {
  if (other.cost_nanos) cost_nanos = cost_nanos.value_or(0) + *other.cost_nanos;
  requests += other.requests;
  priced_requests += other.priced_requests;
  unpriced_requests += other.unpriced_requests;
  input_tokens += other.input_tokens;
  output_tokens += other.output_tokens;
  cache_read_tokens += other.cache_read_tokens;
  cache_write_tokens += other.cache_write_tokens;
  reasoning_tokens += other.reasoning_tokens;
}

MonthCosts month_costs(const std::vector<DayCost>& by_day, Timestamp now) {
  MonthCosts costs;
  costs.month = month_of(now);
  const sys_days begin = first_of(costs.month);
  const sys_days next = first_of(costs.month + std::chrono::months{1});
  const sys_days today = std::chrono::floor<days>(now);
  sys_days first = today;
  for (const auto& [day, nanos] : by_day) {
    (day < begin ? costs.previous_nanos : costs.cost_nanos) += nanos;
    first = std::min(first, day);
  }
  const sys_days from = std::max(first, today - days{kForecastDays});
  costs.forecast_days = static_cast<int>((today - from).count());
  if (costs.forecast_days == 0) return costs;
  int64_t recent = 0;
  for (const auto& [day, nanos] : by_day) {
    if (day >= from && day < today) recent += nanos;
  }
  const auto left = std::chrono::duration<double, days::period>(Timestamp{next} - now);
  costs.forecast_nanos = costs.cost_nanos + std::llround(static_cast<double>(recent) /
                                                         costs.forecast_days * left.count());
  return costs;
}

Task<Result<Costs>> costs(postgres::Database& database, SumsReader& sums, CostRequest request,
                          Timestamp now) {
  if (auto checked = check_range(request.start, request.end); !checked) co_return forward(checked);
  auto found =
      co_await groups(database, sums, request.agents, {request.start, request.end}, request.by);
  if (!found) co_return forward(found);
  auto month = co_await this_month(database, sums, request.agents, now);
  if (!month) co_return forward(month);
  auto without = co_await unpriced(database, sums, request.agents, {request.start, request.end});
  if (!without) co_return forward(without);
  Costs answer;
  answer.groups = std::move(*found);
  answer.month = *month;
  answer.unpriced = std::move(*without);
  for (const auto& group : answer.groups) answer.total.add(group.figures);
  co_return answer;
}

}  // namespace sentinel::query
