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

Task<Result<std::vector<CostGroup>>> groups(postgres::Database& database,
                                            std::optional<std::string> agents, Timestamp start,
                                            Timestamp end, CostGrouping by) {
  auto rows =
      co_await database.query("costs", postgres::Params(agents, start, end, by.agent, by.model,
                                                        by.provider, by.day, kCostGroupsMax + 1));
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

Task<Result<MonthCosts>> this_month(postgres::Database& database, std::optional<std::string> agents,
                                    Timestamp now) {
  const auto previous = month_of(now) - std::chrono::months{1};
  auto found = co_await groups(database, std::move(agents), Timestamp{first_of(previous)}, now,
                               CostGrouping{.day = true});
  if (!found) co_return forward(found);
  std::vector<DayCost> by_day;
  for (const auto& group : *found) {
    if (group.figures.cost_nanos)
      by_day.push_back({parse_day(group.day.value_or("")), *group.figures.cost_nanos});
  }
  co_return month_costs(by_day, now);
}

Task<Result<std::vector<UnpricedUsage>>> unpriced(postgres::Database& database,
                                                  std::optional<std::string> agents,
                                                  Timestamp start, Timestamp end) {
  auto rows = co_await database.query("costs_unpriced", postgres::Params(agents, start, end));
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

Task<Result<Costs>> costs(postgres::Database& database, CostRequest request, Timestamp now) {
  if (auto checked = check_range(request.start, request.end); !checked) co_return forward(checked);
  std::optional<std::string> agents;
  if (!request.agents.empty()) agents = postgres::to_array(format_ids(request.agents));
  auto found = co_await groups(database, agents, request.start, request.end, request.by);
  if (!found) co_return forward(found);
  auto month = co_await this_month(database, agents, now);
  if (!month) co_return forward(month);
  auto without = co_await unpriced(database, agents, request.start, request.end);
  if (!without) co_return forward(without);
  Costs answer;
  answer.groups = std::move(*found);
  answer.month = *month;
  answer.unpriced = std::move(*without);
  for (const auto& group : answer.groups) answer.total.add(group.figures);
  co_return answer;
}

}  // namespace sentinel::query
