#include "services/live/live_hub.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

#include "base/log.hpp"

namespace sentinel::live {

namespace {

using std::chrono::milliseconds;

constexpr auto kPoll = milliseconds{200};
constexpr auto kPollIdle = milliseconds{1000};  // nobody listens
constexpr auto kAgentsEvery = milliseconds{1000};
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// What a listener would see change: status and newest values, not the age of the last sign.
std::string fingerprint(const models::AgentSummary& agent) {
  const auto& l = agent.latest;
  auto number = [](const std::optional<double>& value) {
    return value ? fmt::format("{}", *value) : "-";
  };
  return fmt::format(
      "{} {} {} {} {} {} {} {} {} {} {}", models::to_string(agent.status.status),
      agent.status.last_seen ? agent.status.last_seen->time_since_epoch().count() : 0,
      number(l.latency_ms), number(l.throughput_req_per_min), number(l.cost_usd),
      number(l.cpu_usage_percent), number(l.gpu_usage_percent), number(l.memory_usage_mb),
      number(l.gpu_memory_usage_mb), agent.today.requests,
      agent.description + agent.labels + agent.parent);
}

// A transaction id as PostgreSQL counts them.
bool is_position(std::string_view text) {
  uint64_t position = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), position);
  return failed == std::errc{} && end == text.data() + text.size();
}

}  // namespace

void Committed::merge(const Committed& other) {
  agents.insert(other.agents.begin(), other.agents.end());
  start = std::min(start, other.start);
  end = std::max(end, other.end);
  records += other.records;
}

Task<Update> Subscription::next(Microseconds wait) {
  {
    std::lock_guard lock(mutex_);
    if (!pending_.committed.empty() || !pending_.agents.empty())
      co_return std::exchange(pending_, {});
  }
  wake_.expires_after(wait);
  co_await wake_.async_wait(kAwait);
  std::lock_guard lock(mutex_);
  co_return std::exchange(pending_, {});
}

size_t LiveHub::listeners() const {
  std::lock_guard lock(mutex_);
  return static_cast<size_t>(
      std::ranges::count_if(subscriptions_, [](const auto& s) { return !s.expired(); }));
}

Task<Result<LiveHub::Step>> LiveHub::read_since(std::string position) {
  auto rows = co_await database_.query("batches_since",
                                       postgres::Params(position.empty() ? "0" : position));
  if (!rows) co_return forward(rows);
  Step step{std::string(rows->text(0, 0)), {}};
  // The first look only finds out where the order of commits is.
  if (position.empty()) co_return step;
  for (int row = 0; row < rows->size(); ++row) {
    if (rows->is_null(row, 1)) continue;
    step.committed.agents.insert(parse_uuid(rows->text(row, 1)).value_or(Uuid{}));
    step.committed.start =
        std::min(step.committed.start, Timestamp{Microseconds{rows->integer(row, 2)}});
    step.committed.end =
        std::max(step.committed.end, Timestamp{Microseconds{rows->integer(row, 3)}});
    step.committed.records = rows->integer(row, 4);
  }
  co_return step;
}

Task<Result<std::shared_ptr<Subscription>>> LiveHub::subscribe(std::set<Uuid> agents,
                                                               std::string last_position) {
  auto executor = co_await asio::this_coro::executor;
  std::shared_ptr<Subscription> subscription(new Subscription(std::move(agents), executor));
  if (!last_position.empty() && !is_position(last_position)) {
    co_return fail(ErrorCode::InvalidArgument, "position_invalid",
                   "Last-Event-ID is not one of ours");
  }
  {
    // Listen first and read back second: a commit in between is told twice rather than never.
    std::lock_guard lock(mutex_);
    subscriptions_.push_back(subscription);
  }
  auto step = co_await read_since(last_position);
  if (!step) co_return forward(step);
  std::scoped_lock lock(mutex_, subscription->mutex_);
  subscription->lists_from_ = lists_ + 1;
  if (subscription->pending_.position.empty()) subscription->pending_.position = step->position;
  if (!subscription->only_.empty()) {
    std::erase_if(step->committed.agents,
                  [&](const Uuid& id) { return !subscription->only_.contains(id); });
  }
  if (!step->committed.empty()) subscription->pending_.committed.merge(step->committed);
  co_return subscription;
}

void LiveHub::publish(const std::string& position, const Committed& committed,
                      const std::vector<models::AgentSummary>& agents, uint64_t list) {
  std::lock_guard lock(mutex_);
  std::erase_if(subscriptions_, [](const auto& s) { return s.expired(); });
  for (const auto& weak : subscriptions_) {
    auto subscription = weak.lock();
    if (!subscription) continue;
    const auto& only = subscription->only_;
    Committed wanted = committed;
    if (!only.empty())
      std::erase_if(wanted.agents, [&](const Uuid& id) { return !only.contains(id); });
    {
      std::lock_guard pending_lock(subscription->mutex_);
      auto& pending = subscription->pending_;
      pending.position = position;
      if (!wanted.empty()) pending.committed.merge(wanted);
      for (const auto& agent : agents) {
        if (list < subscription->lists_from_) break;
        if (!only.empty() && !only.contains(agent.agent_id)) continue;
        std::erase_if(pending.agents,
                      [&](const auto& old) { return old.agent_id == agent.agent_id; });
        pending.agents.push_back(agent);
      }
      if (pending.committed.empty() && pending.agents.empty()) continue;
    }
    asio::post(subscription->executor_, [subscription] { subscription->wake_.cancel(); });
  }
}

Task<void> LiveHub::tell_agents() {
  uint64_t list = 0;
  {
    std::lock_guard lock(mutex_);
    list = ++lists_;
  }
  auto all = co_await agents_.list({}, std::nullopt, 10'000);
  if (!all || !co_await agents_.add_known_today(*all)) co_return;
  std::vector<models::AgentSummary> changed;
  for (auto& agent : *all) {
    auto print = fingerprint(agent);
    auto& told = told_[agent.agent_id];
    if (told == print) continue;
    told = std::move(print);
    changed.push_back(std::move(agent));
  }
  if (!changed.empty()) publish(position_, {}, changed, list);
}

Task<void> LiveHub::follow() {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  auto agents_due = std::chrono::steady_clock::now();
  for (;;) {
    const bool wanted = listeners() > 0;
    timer.expires_after(wanted ? kPoll : kPollIdle);
    auto [error] = co_await timer.async_wait(kAwait);
    if (error) co_return;
    // Also when nobody listens: whoever comes next is told what was committed since a moment
    // before.
    auto step = co_await read_since(position_);
    if (!step) continue;  // the database is away: go on where we were when it is back
    read_at_ = std::chrono::steady_clock::now();
    position_ = step->position;
    if (!step->committed.empty()) publish(position_, step->committed, {}, 0);
    if (wanted && std::chrono::steady_clock::now() >= agents_due) {
      agents_due = std::chrono::steady_clock::now() + kAgentsEvery;
      co_await tell_agents();
    }
  }
}

}  // namespace sentinel::live
