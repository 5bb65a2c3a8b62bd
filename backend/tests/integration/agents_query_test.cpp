// The sums of today: read once for all who ask, and never in the way of those who can do without.
#include "services/query/agents_query.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/child_process.hpp"

namespace sentinel::query {
namespace {

using namespace sentinel::testing;

TEST(AgentsQueryTest, ReadsTheSumsOfTodayOnceForAllWhoAsk) {
  auto endpoint = TestDatabase::shared().endpoint("sentinel_db_api");
  endpoint.application = "today-test";
  asio::io_context context{1};
  postgres::Database database(endpoint);
  AgentsQuery agents(database);
  auto super = TestDatabase::shared().endpoint("");
  auto holder = run(postgres::Connection::open(super.conninfo, "", "holder")).value();
  ASSERT_TRUE(
      run(holder->run("BEGIN; LOCK TABLE sentinel.metric_record IN ACCESS EXCLUSIVE MODE")));

  int answered = 0;
  for (int i = 0; i < 8; ++i) {
    asio::co_spawn(
        context,
        [&]() -> Task<void> {
          std::vector<models::AgentSummary> none;
          answered += (co_await agents.add_today(none)).has_value();
        },
        asio::detached);
  }
  auto reading = [] {
    return TestDatabase::shared()
        .execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'today-test' AND "
            "wait_event_type = 'Lock'")
        .integer(0, 0);
  };
  ASSERT_TRUE(holds_soon([&] {
    context.poll();
    return reading() > 0;
  }));
  EXPECT_EQ(reading(), 1);
  EXPECT_EQ(answered, 0);
  // Who will not wait gets none, at once.
  std::vector<models::AgentSummary> none;
  bool known = true;
  asio::co_spawn(
      context, [&]() -> Task<void> { known = co_await agents.add_known_today(none); },
      asio::detached);
  ASSERT_TRUE(holds_soon([&] {
    context.poll();
    return !known;
  }));
  holder.reset();
  context.restart();
  context.run_for(kHangGuard);
  EXPECT_EQ(answered, 8);
}

}  // namespace
}  // namespace sentinel::query
