#include "services/worker/worker.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <unordered_map>

#include "base/log.hpp"
#include "postgres/embedded_sql.hpp"
#include "services/sums/sums_builder.hpp"

namespace sentinel::worker {

namespace {

constexpr auto kExpireEvery = std::chrono::minutes{10};
constexpr auto kMeasureEvery = std::chrono::hours{1};
constexpr auto kMeasureAgain = std::chrono::minutes{1};  // whether the hour is over

struct StatusEvent {
  std::string type;
  Timestamp at;
};

}  // namespace

Worker::Worker(postgres::Endpoint endpoint, WorkerLimits limits)
    : endpoint_(endpoint),
      limits_(limits),
      database_(endpoint, {.connections_max = 1}),
      agents_(database_),
      sealer_(limits.sealing) {}

Worker::~Worker() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

void Worker::start() {
  thread_ = std::thread([this] {
    asio::co_spawn(context_, run(), asio::detached);
    context_.run();
  });
}

Task<void> Worker::run() {
  asio::steady_timer timer(context_);
  bool failing = false;
  for (;;) {
    auto done = co_await tick();
    if (!done && !failing) log::warning("worker: {}; trying on", done.error().message);
    if (done && failing) log::info("worker: the database is back");
    failing = !done;
    timer.expires_after(limits_.tick);
    auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
  }
}

Task<Result<bool>> Worker::hold_lock() {
  if (lock_ && lock_->idle()) {
    // A connection may die unseen: ask, so that two workers never both believe that they act.
    auto alive = co_await lock_->execute("SELECT 1");
    if (alive) co_return true;
  }
  lock_.reset();
  auto opened = co_await postgres::Connection::open(endpoint_.conninfo, endpoint_.role,
                                                    endpoint_.application);
  if (!opened) co_return forward(opened);
  auto locked =
      co_await (*opened)->execute("SELECT pg_try_advisory_lock(hashtext('sentinel.worker'))");
  if (!locked) co_return forward(locked);
  if (!locked->boolean(0, 0)) co_return false;
  lock_ = std::move(*opened);
  sealer_.forget();
  co_return true;
}

Task<Result<bool>> Worker::tick() {
  auto acts = co_await hold_lock();
  if (!acts || !*acts) co_return acts;
  // What people wait for first, what may take long last; and nothing waits for what fails.
  const auto rotated = co_await rotate_generation();
  const auto noted = co_await note_status_changes();
  const auto expired = co_await expire_days();
  const auto measured = co_await note_size();
  const auto summed = co_await sums::build(*lock_);
  const auto sealed = co_await sealer_.step(*lock_);
  for (const auto* done : {&rotated, &noted, &expired, &measured, &summed, &sealed}) {
    if (!*done) co_return std::unexpected(done->error());
  }
  co_return true;
}

Task<Result<void>> Worker::rotate_generation() {
  auto rows = co_await lock_->execute(postgres::query("generation_newest"));
  if (!rows) co_return forward(rows);
  const auto generation = rows->integer(0, 0);
  if (rows->integer(0, 1) < limits_.generation_seconds_max &&
      rows->integer(0, 2) < limits_.generation_records_max) {
    co_return Result<void>{};
  }
  auto opened =
      co_await lock_->execute(postgres::query("generation_open"), postgres::Params(generation + 1));
  if (!opened) co_return forward(opened);
  log::info("opened generation {}", generation + 1);
  co_return Result<void>{};
}

Task<Result<void>> Worker::expire_days() {
  if (std::chrono::steady_clock::now() < expire_at_) co_return Result<void>{};
  auto ingest = co_await drop_days("ingest_days_expired", "ingest_day_drop");
  if (!ingest) co_return forward(ingest);
  auto rejections = co_await drop_days("rejection_days_expired", "rejection_day_drop");
  if (!rejections) co_return forward(rejections);
  auto minutes = co_await drop_days("sums_days_expired", "sums_day_drop");
  if (!minutes) co_return forward(minutes);
  if (*ingest && *rejections && *minutes)
    expire_at_ = std::chrono::steady_clock::now() + kExpireEvery;
  co_return Result<void>{};
}

Task<Result<void>> Worker::note_size() {
  if (std::chrono::steady_clock::now() < measure_at_) co_return Result<void>{};
  constexpr auto kEvery_s = std::chrono::duration_cast<std::chrono::seconds>(kMeasureEvery).count();
  auto noted =
      co_await lock_->execute(postgres::query("database_size_note"), postgres::Params(kEvery_s));
  if (!noted) co_return forward(noted);
  measure_at_ = std::chrono::steady_clock::now() + kMeasureAgain;
  co_return Result<void>{};
}

Task<Result<bool>> Worker::drop_days(std::string_view listed, std::string_view drop) {
  auto rows = co_await lock_->execute(postgres::query(listed));
  if (!rows) co_return forward(rows);
  for (int row = 0; row < rows->size(); ++row) {
    postgres::Params which;
    for (int column = 0; column < rows->columns(); ++column) which.add(rows->text(row, column));
    auto dropped = co_await lock_->execute(postgres::query(drop), std::move(which));
    if (!dropped) co_return forward(dropped);
    if (!dropped->boolean(0, 0)) co_return false;
    log::info("{}: dropped day {}", drop, rows->text(row, rows->columns() - 1));
  }
  co_return true;
}

Task<Result<void>> Worker::note_status_changes() {
  auto rows = co_await lock_->execute(postgres::query("agent_status_candidates"));
  if (!rows) co_return forward(rows);
  if (rows->size() == 0) co_return Result<void>{};
  std::unordered_map<Uuid, StatusEvent> noted;
  std::vector<Uuid> candidates;
  for (int row = 0; row < rows->size(); ++row) {
    candidates.push_back(parse_uuid(rows->text(row, 0)).value_or(Uuid{}));
    noted[candidates.back()] = {std::string(rows->text(row, 1)),
                                Timestamp{Microseconds{rows->integer(row, 2)}}};
  }
  const auto count = static_cast<int>(candidates.size());
  auto agents = co_await agents_.list(std::move(candidates), std::nullopt, count);
  if (!agents) co_return forward(agents);
  for (const auto& agent : *agents) {
    const auto& last = noted.at(agent.agent_id);
    const bool was_down = last.type == "down";
    const auto status = agent.status.status;
    if (status == models::AgentStatus::Down && !was_down) {
      auto written = co_await lock_->execute(
          postgres::query("agent_event_down"),
          postgres::Params(agent.agent_id, *agent.status.since, agent.status.reason));
      if (!written) co_return forward(written);
    } else if (was_down &&
               (status == models::AgentStatus::Up || status == models::AgentStatus::Late)) {
      auto written = co_await lock_->execute(postgres::query("agent_event_back"),
                                             postgres::Params(agent.agent_id, last.at));
      if (!written) co_return forward(written);
    }
  }
  co_return Result<void>{};
}

}  // namespace sentinel::worker
