#include "services/query/agents_query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sentinel::query {

namespace {

// Where no samples of its process tell an interval, an agent is late after two minutes and down
// after five.
constexpr Microseconds kUnknownInterval = std::chrono::minutes{1};
constexpr auto kTodayWaitMax = std::chrono::seconds{20};
constexpr auto kTodayPoll = std::chrono::milliseconds{10};
constexpr size_t kNamesMax = 10'000;

void add_once(std::vector<AgentName>& agents, AgentName agent) {
  if (std::ranges::find(agents, agent.agent_id, &AgentName::agent_id) == agents.end()) {
    agents.push_back(std::move(agent));
  }
}

std::optional<Timestamp> maybe_time(const postgres::Rows& rows, int row, int column) {
  if (rows.is_null(row, column)) return std::nullopt;
  return Timestamp{Microseconds{rows.integer(row, column)}};
}

models::AgentLatest read_latest(const postgres::Rows& rows, int row, int column) {
  models::AgentLatest latest;
  latest.latency_ms = rows.maybe_number(row, column);
  latest.throughput_req_per_min = rows.maybe_number(row, column + 1);
  latest.cost_usd = rows.maybe_number(row, column + 2);
  latest.cpu_usage_percent = rows.maybe_number(row, column + 3);
  latest.gpu_usage_percent = rows.maybe_number(row, column + 4);
  latest.memory_usage_mb = rows.maybe_number(row, column + 5);
  latest.gpu_memory_usage_mb = rows.maybe_number(row, column + 6);
  latest.gpu_count = rows.maybe_integer(row, column + 7).value_or(0);
  return latest;
}

// `pause_us` is the time between the newest two samples. Collectors keep to what is configured;
// OpenTelemetry's exporters have intervals of their own.
Microseconds interval_of(Microseconds configured, std::optional<int64_t> pause_us) {
  const Microseconds pause{pause_us.value_or(0)};
  if (pause <= 2 * configured) return configured;
  return std::max(configured, std::min(kUnknownInterval, pause));
}

models::AgentSummary read_summary(const postgres::Rows& rows, int row, Timestamp now) {
  models::AgentSummary agent;
  agent.agent_id = parse_uuid(rows.text(row, 0)).value_or(Uuid{});
  agent.name = rows.text(row, 1);
  agent.description = rows.text(row, 2);
  agent.labels = rows.text(row, 3);
  agent.created_at = Timestamp{Microseconds{rows.integer(row, 4)}};
  agent.interval = rows.boolean(row, 6) ? interval_of(Microseconds{rows.integer(row, 12) * 1000},
                                                      rows.maybe_integer(row, 21))
                                        : kUnknownInterval;
  agent.host = rows.text(row, 7);
  models::AgentSigns signs;
  signs.last_record = maybe_time(rows, row, 5);
  signs.last_event = rows.text(row, 8);
  signs.last_event_at = maybe_time(rows, row, 9);
  signs.last_event_message = rows.text(row, 10);
  signs.up_since = maybe_time(rows, row, 11);
  signs.first_seen = agent.created_at;
  signs.interval = agent.interval;
  agent.status = models::judge(signs, now);
  agent.latest = read_latest(rows, row, 13);
  agent.parent_id = parse_uuid(rows.text(row, 22));
  agent.parent = rows.text(row, 23);
  return agent;
}

}  // namespace

std::vector<std::string> format_ids(const std::vector<Uuid>& ids) {
  std::vector<std::string> texts;
  for (const auto& id : ids) texts.push_back(format_uuid(id));
  return texts;
}

std::optional<std::vector<AgentName>> AgentsQuery::known(
    const std::vector<std::string>& wanted) const {
  std::lock_guard lock(names_mutex_);
  std::vector<AgentName> agents;
  for (const auto& text : wanted) {
    const auto found = names_.find(text);
    if (found == names_.end()) return std::nullopt;
    add_once(agents, found->second);
  }
  return agents;
}

void AgentsQuery::remember(const AgentName& agent) {
  std::lock_guard lock(names_mutex_);
  if (names_.size() >= kNamesMax) names_.clear();
  names_.emplace(agent.name, agent);
}

Task<Result<std::vector<AgentName>>> AgentsQuery::resolve(std::vector<std::string> wanted) {
  if (!wanted.empty()) {
    if (auto found = known(wanted)) co_return std::move(*found);
  }
  auto rows = wanted.empty() ? co_await database_.query("agent_names")
                             : co_await database_.query(
                                   "agent_resolve", postgres::Params(postgres::to_array(wanted)));
  if (!rows) co_return forward(rows);
  std::vector<AgentName> agents;
  std::vector<std::string> found;
  for (int row = 0; row < rows->size(); ++row) {
    found.emplace_back(rows->text(row, 0));
    AgentName agent{parse_uuid(rows->text(row, 1)).value_or(Uuid{}),
                    std::string(rows->text(row, 2))};
    if (!wanted.empty() && found.back() == agent.name) remember(agent);
    add_once(agents, std::move(agent));
  }
  for (const auto& name : wanted) {
    if (std::ranges::find(found, name) == found.end()) {
      co_return fail(ErrorCode::NotFound, "agent_unknown",
                     fmt::format("there is no agent '{}'", name));
    }
  }
  co_return agents;
}

Task<Result<std::vector<Uuid>>> AgentsQuery::children(std::optional<Uuid> parent) {
  auto rows = co_await database_.query("agent_children", postgres::Params(parent));
  if (!rows) co_return forward(rows);
  std::vector<Uuid> ids;
  for (int row = 0; row < rows->size(); ++row) {
    ids.push_back(parse_uuid(rows->text(row, 0)).value_or(Uuid{}));
  }
  co_return ids;
}

Task<Result<std::vector<models::AgentSummary>>> AgentsQuery::list(std::vector<Uuid> only,
                                                                  std::optional<std::string> after,
                                                                  int limit) {
  std::optional<std::string> ids;
  if (!only.empty()) ids = postgres::to_array(format_ids(only));
  auto rows = co_await database_.query("agent_list", postgres::Params(ids, after, limit));
  if (!rows) co_return forward(rows);
  std::vector<models::AgentSummary> agents;
  const Timestamp time = now();
  for (int row = 0; row < rows->size(); ++row) agents.push_back(read_summary(*rows, row, time));
  co_return agents;
}

void AgentsQuery::fill(const TodayTable& table, std::vector<models::AgentSummary>& agents) {
  for (auto& agent : agents) {
    auto found = table.by_agent.find(agent.agent_id);
    if (found != table.by_agent.end()) agent.today = found->second;
  }
}

// Yesterday's are none.
std::shared_ptr<const AgentsQuery::TodayTable> AgentsQuery::known_today(Timestamp time) const {
  using std::chrono::days;
  auto known = today_.load();
  if (known && std::chrono::floor<days>(time) != std::chrono::floor<days>(known->read_at)) {
    return nullptr;
  }
  return known;
}

// Requests, errors and cost of every agent since midnight UTC.
Task<Result<postgres::Rows>> AgentsQuery::select_today(Timestamp time) {
  const Timestamp midnight = std::chrono::floor<std::chrono::days>(time);
  const auto step = std::chrono::days{1};
  auto plan = co_await sums_.plan({midnight, midnight + step}, step);
  if (!plan) co_return forward(plan);
  const std::string columns[] = {"requests", "errors", "cost_sum"};
  auto lease = co_await database_.acquire();
  if (!lease) co_return forward(lease);
  co_return co_await (*lease)->execute(fmt::format(
      "SELECT agent_id, coalesce(sum(requests), 0), coalesce(sum(errors), 0), sum(cost_sum) / "
      "1e9::float8 FROM ({}) s GROUP BY agent_id",
      plan->source(agents_sql({}), columns)));
}

Task<Result<void>> AgentsQuery::read_today() {
  const Timestamp begun = now();
  auto rows = co_await select_today(begun);
  if (!rows) {
    reading_today_ = false;
    co_return forward(rows);
  }
  auto fresh = std::make_shared<TodayTable>();
  fresh->read_at = begun;
  fresh->good_until = now() + std::max<Microseconds>(kTodayAgeMax, 10 * (now() - begun));
  for (int row = 0; row < rows->size(); ++row) {
    fresh->by_agent[parse_uuid(rows->text(row, 0)).value_or(Uuid{})] = {
        rows->integer(row, 1), rows->integer(row, 2), rows->maybe_number(row, 3)};
  }
  today_ = std::move(fresh);
  reading_today_ = false;
  co_return Result<void>{};
}

Task<bool> AgentsQuery::add_known_today(std::vector<models::AgentSummary>& agents) {
  const Timestamp time = now();
  auto known = known_today(time);
  if ((!known || time > known->good_until) && !reading_today_.exchange(true)) {
    auto executor = co_await asio::this_coro::executor;
    // A failure leaves the older sums in force; the next to ask begins another read.
    asio::co_spawn(executor, read_today(), asio::detached);
  }
  if (known) fill(*known, agents);
  co_return known != nullptr;
}

Task<Result<void>> AgentsQuery::add_today(std::vector<models::AgentSummary>& agents) {
  if (co_await add_known_today(agents)) co_return Result<void>{};
  // The first of a day, or after a start: all wait for the same read.
  const auto deadline = std::chrono::steady_clock::now() + kTodayWaitMax;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (reading_today_ && std::chrono::steady_clock::now() < deadline) {
    timer.expires_after(kTodayPoll);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  auto known = known_today(now());
  if (!known) {
    co_return fail(ErrorCode::Unavailable, "sums_not_ready",
                   "the sums of today could not be read yet; ask again in a moment");
  }
  fill(*known, agents);
  co_return Result<void>{};
}

Task<Result<std::vector<AgentEventRow>>> AgentsQuery::events(Uuid agent, Timestamp start,
                                                             Timestamp end,
                                                             std::optional<Position> before,
                                                             int limit) {
  std::optional<Timestamp> ts;
  std::optional<int64_t> id;
  if (before) {
    ts = before->ts;
    id = before->event_id;
  }
  auto rows =
      co_await database_.query("agent_events", postgres::Params(agent, start, end, ts, id, limit));
  if (!rows) co_return forward(rows);
  std::vector<AgentEventRow> events;
  for (int row = 0; row < rows->size(); ++row) {
    events.push_back({rows->integer(row, 0), std::string(rows->text(row, 1)),
                      Timestamp{Microseconds{rows->integer(row, 2)}},
                      std::string(rows->text(row, 3)), std::string(rows->text(row, 4))});
  }
  co_return events;
}

}  // namespace sentinel::query
