// Connections to one database for one role, kept open and lent out. One pool belongs to one
// io_context and is used from its thread alone; Database finds or makes the pool of the calling
// coroutine's context.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "postgres/connection.hpp"

namespace sentinel::postgres {

struct Endpoint {
  std::string conninfo;     // libpq connection string or URL
  std::string role;         // becomes the current role after connecting; may be empty
  std::string application;  // shows in pg_stat_activity
};

struct PoolLimits {
  size_t connections_max = 4;  // of one pool
  size_t waiting_max =
      256;  // coroutines that wait for one; a further one is refused as Unavailable
  Microseconds wait_max = std::chrono::seconds{10};
  // How long one statement may take before it fails as Unavailable; see Connection::set_time_limit.
  Microseconds statement_max = std::chrono::seconds{60};
};

class Pool : public std::enable_shared_from_this<Pool> {
 public:
  // Gives the connection back, or throws it away when it is not idle. Keeps the pool alive: a
  // coroutine that is dropped with its io_context may outlive the Database.
  class Lease {
   public:
    Lease(std::shared_ptr<Pool> pool, std::unique_ptr<Connection> connection)
        : pool_(std::move(pool)), connection_(std::move(connection)) {}
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (connection_) pool_->give_back(std::move(connection_));
    }
    Connection* operator->() { return connection_.get(); }
    Connection& operator*() { return *connection_; }

   private:
    std::shared_ptr<Pool> pool_;
    std::unique_ptr<Connection> connection_;
  };

  Pool(Endpoint endpoint, PoolLimits limits) : endpoint_(std::move(endpoint)), limits_(limits) {}

  Task<Result<Lease>> acquire();

 private:
  struct Waiter {
    explicit Waiter(asio::any_io_executor executor) : wake(executor) {}
    asio::steady_timer wake;
    bool granted = false;
  };

  // One of connections_max, for who is about to have a connection: the next gets it, whatever ends
  // the wait for one.
  struct GivePlace {
    void operator()(Pool* pool) const { pool->wake_next(); }
  };
  using Place = std::unique_ptr<Pool, GivePlace>;

  void give_back(std::unique_ptr<Connection> connection);
  void wake_next();
  Task<bool> wait_for_turn();
  Lease lend(Place place, std::unique_ptr<Connection> connection);

  Endpoint endpoint_;
  PoolLimits limits_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::deque<std::shared_ptr<Waiter>> waiting_;
  size_t in_use_ = 0;
};

class Database {
 public:
  explicit Database(Endpoint endpoint, PoolLimits limits = {})
      : endpoint_(std::move(endpoint)), limits_(limits) {}

  const Endpoint& endpoint() const { return endpoint_; }

  // A connection of the calling coroutine's own pool.
  Task<Result<Pool::Lease>> acquire();

  // One statement of sql/queries/ by name, on any connection.
  Task<Result<Rows>> query(std::string_view name, Params params = Params{});
  // The same for those that go on from what is in force: who takes the same turn does so one after
  // the other, each seeing what the one before wrote.
  Task<Result<Rows>> query_in_turn(std::string turn, std::string_view name, Params params);

 private:
  Endpoint endpoint_;
  PoolLimits limits_;
  std::mutex mutex_;
  std::map<asio::execution_context*, std::shared_ptr<Pool>> pools_;
};

}  // namespace sentinel::postgres
