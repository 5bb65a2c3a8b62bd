// The pool: its limits, its queue, and what it does with connections that broke.
#include "postgres/pool.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>

#include "postgres/migrations.hpp"
#include "support/child_process.hpp"

namespace sentinel::postgres {
namespace {

using namespace sentinel::testing;
using std::chrono::milliseconds;

class PoolTest : public ::testing::Test {
 protected:
  // Until the pool of a test is gone, nothing else may use this context.
  static std::shared_ptr<Pool> pool(PoolLimits limits) {
    auto endpoint = TestDatabase::shared().endpoint("");
    return std::make_shared<Pool>(Endpoint{endpoint.conninfo, "", "pool-test"}, limits);
  }
  static pid_t backend(Pool::Lease& lease) {
    auto rows = run(lease->execute("SELECT pg_backend_pid()"));
    return rows ? static_cast<pid_t>(rows->integer(0, 0)) : 0;
  }
};

TEST_F(PoolTest, LendsAConnectionAgain) {
  auto pool = this->pool({});
  pid_t first = 0;
  {
    auto lease = run(pool->acquire());
    ASSERT_TRUE(lease);
    first = backend(*lease);
  }
  auto again = run(pool->acquire());
  ASSERT_TRUE(again);
  EXPECT_EQ(backend(*again), first);
  auto other = run(pool->acquire());
  ASSERT_TRUE(other);
  EXPECT_NE(backend(*other), first);
}

TEST_F(PoolTest, RefusesWhoWaitsTooLong) {
  auto pool = this->pool({.connections_max = 1, .waiting_max = 1, .wait_max = milliseconds{50}});
  auto held = run(pool->acquire());
  ASSERT_TRUE(held);
  auto refused = run(pool->acquire());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(refused.error().message, "all connections to the database are in use; try again");
}

TEST_F(PoolTest, ServesWaitersInOrderAndRefusesOneTooMany) {
  auto pool = this->pool({.connections_max = 1, .waiting_max = 2, .wait_max = kHangGuard});
  asio::io_context context{1};
  std::vector<std::string> events;
  auto held = std::make_unique<Result<Pool::Lease>>(run(context, pool->acquire()));
  ASSERT_TRUE(*held);
  for (const char* name : {"first", "second", "third"}) {
    asio::co_spawn(
        context,
        [&, name]() -> Task<void> {
          auto lease = co_await pool->acquire();
          events.push_back(fmt::format("{} {}", name, lease ? "served" : lease.error().reason));
        },
        asio::detached);
  }
  context.restart();
  context.poll();
  EXPECT_EQ(events, std::vector<std::string>{"third database_busy"});
  held.reset();
  context.restart();
  ASSERT_TRUE(holds_soon([&] {
    context.poll();
    return events.size() == 3;
  }));
  EXPECT_EQ(events[1], "first served");
  EXPECT_EQ(events[2], "second served");
  pool.reset();
}

TEST_F(PoolTest, GivesTheTurnOnWhenAConnectionCannotBeOpened) {
  auto nowhere = std::make_shared<Pool>(
      Endpoint{"host=/nowhere user=x dbname=x", "", "x"},
      PoolLimits{.connections_max = 1, .waiting_max = 4, .wait_max = kHangGuard});
  for (int attempt = 0; attempt < 3; ++attempt) {
    auto refused = run(nowhere->acquire());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unavailable) << refused.error().message;
  }
}

TEST_F(PoolTest, IsUnavailableWhenOurOwnLoginIsWrong) {
  auto endpoint = TestDatabase::shared().endpoint("");
  auto stranger = std::make_shared<Pool>(Endpoint{endpoint.conninfo + " user=nobody_here", "", "x"},
                                         PoolLimits{});
  auto refused = run(stranger->acquire());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code,
            ErrorCode::Unavailable);  // not 401 for a caller whose key is good
}

TEST_F(PoolTest, ThrowsAConnectionAwayThatIsInTheMiddleOfSomething) {
  auto pool = this->pool({.connections_max = 1, .waiting_max = 1, .wait_max = kHangGuard});
  pid_t first = 0;
  {
    auto lease = run(pool->acquire());
    ASSERT_TRUE(lease);
    first = backend(*lease);
    ASSERT_TRUE(run((*lease)->run("BEGIN")));
  }
  auto lease = run(pool->acquire());
  ASSERT_TRUE(lease);
  EXPECT_NE(backend(*lease), first);
}

// A server of its own, since it is killed.
class PoolRestartTest : public ::testing::Test {
 protected:
  void SetUp() override {
    TestDatabase::shared();
    data_ = folder_.path() / "data";
    std::filesystem::create_directories(data_);
    start();
    auto connection = run(Connection::open(conninfo(), "", "test"));
    ASSERT_TRUE(connection);
    ASSERT_TRUE(run(migrate(**connection)));
  }
  std::string conninfo() const {
    return EmbeddedServer::conninfo(data_, EmbeddedServer::kSuperuser);
  }
  void start() {
    auto server = EmbeddedServer::start(data_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  bool answers() const { return run(Connection::open(conninfo(), "", "test")).has_value(); }

  TemporaryFolder folder_;
  std::filesystem::path data_;
  std::unique_ptr<EmbeddedServer> server_;
};

TEST_F(PoolRestartTest, ReadsGoOnAfterTheServerRestarted) {
  Database database({conninfo(), "", "pool-test"});
  ASSERT_TRUE(run(database.query("health")));
  server_.reset();
  auto away = run(database.query("health"));
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().code, ErrorCode::Unavailable);
  start();
  ASSERT_TRUE(run(database.query("health")));

  // In good order: the idle connection holds the server's last words.
  server_.reset();
  start();
  auto after = run(database.query("health"));
  EXPECT_TRUE(after) << after.error().message;

  // And by kill -9.
  const pid_t before = server_->pid();
  kill(before, SIGKILL);
  ASSERT_TRUE(holds_soon([&] { return server_->pid() != before && answers(); }));
  after = run(database.query("health"));
  EXPECT_TRUE(after) << after.error().message;
}

TEST_F(PoolRestartTest, AllIdleConnectionsAreReplacedWhenOneIsBroken) {
  Database database({conninfo(), "", "pool-test"});
  {
    auto first = run(database.acquire()), second = run(database.acquire()),
         third = run(database.acquire());
    ASSERT_TRUE(first && second && third);
  }
  server_.reset();
  start();
  // A statement that may write is not sent twice, so it may fail once; then every connection is a
  // new one.
  for (int attempt = 0; attempt < 4; ++attempt) {
    auto lease = run(database.acquire());
    ASSERT_TRUE(lease);
    auto done = run((*lease)->execute("SELECT 1"));
    EXPECT_TRUE(done || attempt == 0) << attempt << done.error().message;
  }
}

TEST_F(PoolRestartTest, AFrozenServerBlocksNobodyForLongerThanTheLimit) {
  auto connection = run(Connection::open(conninfo(), "", "test"));
  ASSERT_TRUE(connection);
  auto processes = postgres_on(data_);
  for (pid_t pid : processes) kill(pid, SIGSTOP);
  (*connection)->set_time_limit(milliseconds{200});
  const auto begin = std::chrono::steady_clock::now();
  auto failed = run((*connection)->execute("SELECT 1"));
  connection->reset();  // asks for a cancel, and waits for no answer
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{20});
  auto refused = run(Connection::open(conninfo(), "", "test"));
  for (pid_t pid : processes) kill(pid, SIGCONT);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "the database did not answer in time");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "the database did not accept a connection in time");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{40});
  EXPECT_TRUE(holds_soon([this] { return answers(); }));
}

}  // namespace
}  // namespace sentinel::postgres
