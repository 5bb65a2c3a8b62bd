#include "postgres/pool.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "postgres/embedded_sql.hpp"

namespace sentinel::postgres {

Task<bool> Pool::wait_for_turn() {
  auto waiter = std::make_shared<Waiter>(co_await asio::this_coro::executor);
  waiter->wake.expires_after(limits_.wait_max);
  waiting_.push_back(waiter);
  co_await waiter->wake.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!waiter->granted) std::erase(waiting_, waiter);
  co_return waiter->granted;
}

Task<Result<Pool::Lease>> Pool::acquire() {
  if (in_use_ >= limits_.connections_max) {
    if (waiting_.size() >= limits_.waiting_max || !co_await wait_for_turn()) {
      co_return fail(ErrorCode::Unavailable, "database_busy",
                     "all connections to the database are in use; try again");
    }
  } else {
    ++in_use_;  // a woken waiter takes over the count of the one that woke it
  }
  Place place(this);
  while (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->idle()) co_return lend(std::move(place), std::move(connection));
  }
  auto opened =
      co_await Connection::open(endpoint_.conninfo, endpoint_.role, endpoint_.application);
  if (!opened) {
    // Whatever is wrong with our login, it is not the caller's.
    opened.error().code = ErrorCode::Unavailable;
    co_return forward(opened);
  }
  (*opened)->set_time_limit(limits_.statement_max);
  co_return lend(std::move(place), std::move(*opened));
}

Pool::Lease Pool::lend(Place place, std::unique_ptr<Connection> connection) {
  Lease lease(shared_from_this(), std::move(connection));
  std::ignore = place.release();
  return lease;
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  if (connection->idle()) {
    idle_.push_back(std::move(connection));
  } else {
    // A broken connection says the server went away: the idle ones are broken too, they just do not
    // know it yet.
    idle_.clear();
  }
  wake_next();
}

void Pool::wake_next() {
  if (waiting_.empty()) {
    --in_use_;
    return;
  }
  auto waiter = waiting_.front();
  waiting_.pop_front();
  waiter->granted = true;
  waiter->wake.cancel();
}

Task<Result<Pool::Lease>> Database::acquire() {
  auto executor = co_await asio::this_coro::executor;
  auto* context = &asio::query(executor, asio::execution::context);
  std::shared_ptr<Pool> pool;
  {
    std::lock_guard lock(mutex_);
    auto& slot = pools_[context];
    if (!slot) slot = std::make_shared<Pool>(endpoint_, limits_);
    pool = slot;
  }
  co_return co_await pool->acquire();
}

Task<Result<Rows>> Database::query(std::string_view name, Params params) {
  const auto sql = postgres::query(name);
  for (int attempt = 0;; ++attempt) {
    auto lease = co_await acquire();
    if (!lease) co_return forward(lease);
    Params copy = params;
    auto rows = co_await (*lease)->execute(sql, std::move(copy));
    // A pooled connection may have died while it lay idle. Reading again is safe; writing again
    // would not be, so only a statement that never reached the server is retried.
    // A server that shut down in good order left its reason (57P0x) in the socket.
    bool dead_on_arrival = !rows && !(*lease)->idle() && attempt == 0 &&
                           (rows.error().reason == "database_unavailable" ||
                            sqlstate(rows.error()).starts_with("57P0")) &&
                           sql.text.starts_with("SELECT");
    if (!dead_on_arrival) co_return rows;
  }
}

Task<Result<Rows>> Database::query_in_turn(std::string turn, std::string_view name, Params params) {
  auto lease = co_await acquire();
  if (!lease) co_return forward(lease);
  auto& connection = *lease->operator->();
  auto begun = co_await connection.run("BEGIN ISOLATION LEVEL READ COMMITTED");
  if (!begun) co_return forward(begun);
  // A statement of its own, so that the next one sees what the holder before wrote.
  auto done = co_await connection.execute(postgres::query("turn_take"), Params(turn));
  if (done) done = co_await connection.execute(postgres::query(name), std::move(params));
  auto ended = co_await connection.run(done ? "COMMIT" : "ROLLBACK");
  if (done && !ended) co_return forward(ended);
  co_return done;
}

}  // namespace sentinel::postgres
