#include "services/query/costs_query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <charconv>
#include <cmath>
#include <map>
#include <tuple>

#include "services/query/agents_query.hpp"
#include "services/query/cache_prices.hpp"
#include "services/query/metrics_query.hpp"

namespace sentinel::query {

namespace {

using asio::experimental::awaitable_operators::operator&&;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::sys_days;

std::optional<std::string> maybe_text(const postgres::Rows& rows, int row, int column) {
  if (rows.is_null(row, column)) return std::nullopt;
  return std::string(rows.text(row, column));
}

const std::string kColumns[] = {"requests",
                                "priced_requests",
                                "unpriced_requests",
                                "unpriced_input_tokens",
                                "unpriced_output_tokens",
                                "cost_sum",
                                "input_tokens_sum",
                                "output_tokens_sum",
                                "cache_read_tokens_sum",
                                "cache_write_tokens_sum",
                                "reasoning_tokens_sum"};

// Groups (part 0), the dearest first, and usage without a price by model (part 1), the most tokens
// first: of the same cells, so that sums are read once. A correction (kind c) carries the
// difference, and how many records it priced.
std::string groups_sql(std::string_view source, CostGrouping by,
                       const std::vector<CachePrice>& cached) {
  auto when = [](bool wanted, std::string_view sql) {
    return wanted ? std::string(sql) : std::string("NULL");
  };
  return fmt::format(
      R"(WITH cells AS MATERIALIZED (
  SELECT {agent_id}::uuid AS agent_id, s.model_id, {day}::timestamptz AS day, sum(cost_sum) AS cost_nanos,
    sum(coalesce(cache_read_tokens_sum, 0)::numeric * read_picos + coalesce(cache_write_tokens_sum, 0)::numeric * write_picos)
      FILTER (WHERE cache_read_tokens_sum <> 0 OR cache_write_tokens_sum <> 0) AS cache_saved_picos,
    sum(requests) FILTER (WHERE kind = 'r') AS requests, sum(priced_requests) AS priced,
    sum(unpriced_requests) AS unpriced, sum(input_tokens_sum) AS input_tokens,
    sum(output_tokens_sum) AS output_tokens, sum(cache_read_tokens_sum) AS cache_read_tokens,
    sum(cache_write_tokens_sum) AS cache_write_tokens, sum(reasoning_tokens_sum) AS reasoning_tokens,
    sum(unpriced_input_tokens) AS unpriced_input, sum(unpriced_output_tokens) AS unpriced_output
  FROM ({source}) s LEFT JOIN ({cached}) p ON p.model_id = s.model_id AND s.ts >= p.since AND s.ts < p.until
  WHERE kind IN ('r', 'c')
  GROUP BY 1, 2, 3
), groups AS (
  SELECT c.agent_id, {provider} AS provider, {model} AS model, c.day,
    sum(c.cost_nanos) AS cost_nanos, round(sum(c.cache_saved_picos) / 1000)::bigint AS cache_saved_nanos,
    sum(c.requests) AS requests, sum(c.priced) AS priced,
    sum(c.unpriced) AS unpriced, sum(c.input_tokens) AS input_tokens,
    sum(c.output_tokens) AS output_tokens, sum(c.cache_read_tokens) AS cache_read_tokens,
    sum(c.cache_write_tokens) AS cache_write_tokens, sum(c.reasoning_tokens) AS reasoning_tokens
  FROM cells c LEFT JOIN model m ON m.model_id = c.model_id
  GROUP BY 1, 2, 3, 4
  ORDER BY cost_nanos DESC NULLS LAST
  LIMIT {limit}
), unpriced AS (
  SELECT model_id, sum(unpriced) AS requests, sum(unpriced_input) AS input_tokens, sum(unpriced_output) AS output_tokens
  FROM cells GROUP BY model_id HAVING sum(unpriced) > 0
)
SELECT 0 AS part, g.agent_id, a.name, g.provider, g.model, to_char(g.day AT TIME ZONE 'UTC', 'YYYY-MM-DD'), g.cost_nanos,
  g.cache_saved_nanos, coalesce(g.requests, 0), coalesce(g.priced, 0), coalesce(g.unpriced, 0),
  coalesce(g.input_tokens, 0) AS input_tokens, coalesce(g.output_tokens, 0) AS output_tokens, coalesce(g.cache_read_tokens, 0),
  coalesce(g.cache_write_tokens, 0), coalesce(g.reasoning_tokens, 0), g.cost_nanos AS rank
FROM groups g LEFT JOIN agent a ON a.agent_id = g.agent_id
UNION ALL
SELECT 1, NULL, NULL, coalesce(m.provider, ''), coalesce(m.name, ''), NULL, NULL, NULL, 0, 0, u.requests,
  coalesce(u.input_tokens, 0), coalesce(u.output_tokens, 0), 0, 0, 0, coalesce(u.input_tokens, 0) + coalesce(u.output_tokens, 0)
FROM unpriced u LEFT JOIN model m ON m.model_id = u.model_id
ORDER BY part, rank DESC NULLS LAST, 6, 3, 4, 5)",
      fmt::arg("agent_id", when(by.agent, "agent_id")),
      fmt::arg("day", when(by.day, "date_bin('1 day', ts, timestamptz 'epoch')")),
      fmt::arg("source", source), fmt::arg("cached", cache_prices_sql(cached)),
      fmt::arg("provider", when(by.model || by.provider, "coalesce(m.provider, '')")),
      fmt::arg("model", when(by.model, "coalesce(m.name, '')")),
      fmt::arg("limit", kCostGroupsMax + 1));
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

Result<void> check_groups(size_t groups) {
  if (groups <= kCostGroupsMax) return {};
  return fail(ErrorCode::InvalidArgument, "too_many_groups",
              fmt::format("these costs fall into more than {} groups; take a shorter range, fewer "
                          "agents, or fewer of group_by",
                          kCostGroupsMax));
}

// All that the costs of some hours depend on but the prices. `priced`: with what caches saved.
std::string key_of(const std::vector<Uuid>& agents, TimeRange range, CostGrouping by, bool priced) {
  std::string key = fmt::format("{:d}{:d}{:d}{:d}{:d} {} {} ", by.agent, by.model, by.provider,
                                by.day, priced, range.start.time_since_epoch() / hours{1},
                                range.end.time_since_epoch() / hours{1});
  for (const auto& agent : agents) key.append(agent.bytes.begin(), agent.bytes.end());
  return key;
}

}  // namespace

void CostFigures::add(const CostFigures& other) {
  auto add_maybe = [](std::optional<int64_t>& sum, const std::optional<int64_t>& part) {
    if (part) sum = sum.value_or(0) + *part;
  };
  add_maybe(cost_nanos, other.cost_nanos);
  add_maybe(cache_saved_nanos, other.cache_saved_nanos);
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

size_t CostsQuery::KeptCosts::bytes() const {
  // A group's names are short or shared by few.
  constexpr size_t kNames = 128;
  return sizeof *this + sizeof *found + found->groups.size() * (sizeof(CostGroup) + kNames) +
         found->unpriced.size() * (sizeof(UnpricedUsage) + kNames);
}

void CostsQuery::Grouped::add(Grouped other) {
  const auto key_of_group = [](const CostGroup& group) {
    return std::tuple(group.agent_id, group.provider, group.model, group.day);
  };
  std::map<decltype(key_of_group(CostGroup{})), size_t> known;
  for (size_t i = 0; i < groups.size(); ++i) known.emplace(key_of_group(groups[i]), i);
  for (auto& group : other.groups) {
    const auto [found, fresh] = known.emplace(key_of_group(group), groups.size());
    if (fresh) {
      groups.push_back(std::move(group));
    } else {
      groups[found->second].figures.add(group.figures);
    }
  }
  for (auto& usage : other.unpriced) {
    const auto found = std::ranges::find_if(unpriced, [&](const UnpricedUsage& known_usage) {
      return known_usage.provider == usage.provider && known_usage.model == usage.model;
    });
    if (found == unpriced.end()) {
      unpriced.push_back(std::move(usage));
      continue;
    }
    found->requests += usage.requests;
    found->input_tokens += usage.input_tokens;
    found->output_tokens += usage.output_tokens;
  }
}

void CostsQuery::Grouped::sort() {
  std::ranges::sort(groups, [](const CostGroup& a, const CostGroup& b) {
    const auto &cost = a.figures.cost_nanos, &other = b.figures.cost_nanos;
    if (cost != other) return cost.has_value() && (!other || *cost > *other);
    return std::tie(a.day, a.agent, a.provider, a.model) <
           std::tie(b.day, b.agent, b.provider, b.model);
  });
  std::ranges::sort(unpriced, [](const UnpricedUsage& a, const UnpricedUsage& b) {
    const auto tokens = a.input_tokens + a.output_tokens, other = b.input_tokens + b.output_tokens;
    return std::tie(other, a.provider, a.model) < std::tie(tokens, b.provider, b.model);
  });
}

Task<Result<CostsQuery::Grouped>> CostsQuery::read_groups(const std::vector<Uuid>& agents,
                                                          std::vector<TimeRange> ranges,
                                                          CostGrouping by, const Book& book) {
  Grouped found;
  std::erase_if(ranges, [](const TimeRange& range) { return range.empty(); });
  if (ranges.empty()) co_return found;
  std::string source;
  for (const auto& range : ranges) {
    auto plan = co_await sums_.plan(range, days{1});
    if (!plan) co_return forward(plan);
    source += (source.empty() ? "" : " UNION ALL ") +
              (agents.empty() && !by.agent ? plan->fleet_source(kColumns)
                                           : plan->source(agents_sql(agents), kColumns));
  }
  auto lease = co_await database_.acquire();
  if (!lease) co_return forward(lease);
  std::vector<CachePrice> cached;
  if (book) {
    auto prices = co_await cache_prices(**lease, *book, {ranges.front().start, ranges.back().end});
    if (!prices) co_return forward(prices);
    cached = std::move(*prices);
  }
  auto rows = co_await (*lease)->execute(groups_sql(source, by, cached));
  if (!rows) co_return forward(rows);
  for (int row = 0; row < rows->size(); ++row) {
    auto number = [&](int column) { return rows->integer(row, column); };
    if (number(0) == 1) {
      found.unpriced.push_back({std::string(rows->text(row, 3)), std::string(rows->text(row, 4)),
                                number(10), number(11), number(12)});
      continue;
    }
    found.groups.push_back({.agent_id = maybe_text(*rows, row, 1),
                            .agent = maybe_text(*rows, row, 2),
                            .provider = maybe_text(*rows, row, 3),
                            .model = maybe_text(*rows, row, 4),
                            .day = maybe_text(*rows, row, 5),
                            .figures = {.cost_nanos = rows->maybe_integer(row, 6),
                                        .cache_saved_nanos = rows->maybe_integer(row, 7),
                                        .requests = number(8),
                                        .priced_requests = number(9),
                                        .unpriced_requests = number(10),
                                        .input_tokens = number(11),
                                        .output_tokens = number(12),
                                        .cache_read_tokens = number(13),
                                        .cache_write_tokens = number(14),
                                        .reasoning_tokens = number(15)}});
  }
  if (auto checked = check_groups(found.groups.size()); !checked) co_return forward(checked);
  co_return found;
}

Task<Result<std::shared_ptr<const CostsQuery::Grouped>>> CostsQuery::of_hours(
    const std::vector<Uuid>& agents, TimeRange range, CostGrouping by, const Book& book) {
  auto key = key_of(agents, range, by, book != nullptr);
  const auto time = std::chrono::steady_clock::now();
  auto kept = kept_.find(key, time);
  if (kept && kept->book != book) kept = nullptr;
  auto since = co_await stored_since(database_, kept ? std::optional(kept->edge) : std::nullopt,
                                     agents, range.start, range.end);
  if (!since) co_return forward(since);
  auto again = std::make_shared<KeptCosts>();
  again->edge = since->edge;
  again->book = book;
  if (kept && since->from == Timestamp::max()) {
    again->read_at = kept->read_at;
    again->found = kept->found;
  } else {
    auto found = co_await read_groups(agents, {range}, by, book);
    if (!found) co_return forward(found);
    again->read_at = time;
    again->found = std::make_shared<const Grouped>(std::move(*found));
  }
  auto found = again->found;
  kept_.keep(std::move(key), std::move(again));
  co_return found;
}

Task<Result<CostsQuery::Grouped>> CostsQuery::grouped(const CostRequest& request, Book book) {
  const auto& agents = request.agents;
  const TimeRange range{request.start, request.end};
  const TimeRange whole{std::chrono::ceil<hours>(range.start),
                        std::chrono::floor<hours>(range.end)};
  Grouped found;
  if (whole.empty() || request.anew) {
    auto all = co_await read_groups(agents, {range}, request.by, book);
    if (!all) co_return forward(all);
    found = std::move(*all);
  } else {
    auto settled = co_await of_hours(agents, whole, request.by, book);
    if (!settled) co_return forward(settled);
    auto ends = co_await read_groups(agents, {{range.start, whole.start}, {whole.end, range.end}},
                                     request.by, book);
    if (!ends) co_return forward(ends);
    found = **settled;
    found.add(std::move(*ends));
    if (auto checked = check_groups(found.groups.size()); !checked) co_return forward(checked);
  }
  found.sort();
  co_return found;
}

Task<Result<MonthCosts>> CostsQuery::this_month(const CostRequest& request, Timestamp now) {
  const Timestamp begin{first_of(month_of(now) - std::chrono::months{1})};
  auto found = co_await grouped({.agents = request.agents,
                                 .start = begin,
                                 .end = now,
                                 .by = {.day = true},
                                 .anew = request.anew},
                                nullptr);
  if (!found) co_return forward(found);
  std::vector<DayCost> by_day;
  for (const auto& group : found->groups) {
    const auto& cost = group.figures.cost_nanos;
    if (cost && group.day) by_day.push_back({parse_day(*group.day), *cost});
  }
  co_return month_costs(by_day, now);
}

Task<Result<Costs>> CostsQuery::read(CostRequest request, Book book, Timestamp now) {
  if (auto checked = check_range(request.start, request.end); !checked) co_return forward(checked);
  // Beside each other, on two connections.
  auto [found, month] = co_await (grouped(request, std::move(book)) && this_month(request, now));
  if (!found) co_return forward(found);
  if (!month) co_return forward(month);
  Costs answer{.total = {},
               .groups = std::move(found->groups),
               .month = *month,
               .unpriced = std::move(found->unpriced)};
  for (const auto& group : answer.groups) answer.total.add(group.figures);
  co_return answer;
}

}  // namespace sentinel::query
