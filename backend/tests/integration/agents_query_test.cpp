// The sums of today: read once for all who ask, and never in the way of those who can do without.
#include "services/query/agents_query.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/child_process.hpp"
#include "support/test_stack.hpp"

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

TEST(AgentsQueryTest, FindsAgentsByNameOrIdInTheOrderAskedFor) {
  auto insert = [](const std::string& name) {
    return std::string(
        TestDatabase::shared()
            .execute(fmt::format("INSERT INTO agent (name) VALUES ('{}') RETURNING agent_id", name))
            .text(0, 0));
  };
  const auto first = unique_name("resolve-a"), second = unique_name("resolve-b");
  const auto first_id = insert(first), second_id = insert(second);
  postgres::Database database(TestDatabase::shared().endpoint("sentinel_db_api"));
  AgentsQuery agents(database);
  auto names = [&](std::vector<std::string> wanted) {
    auto found = run(agents.resolve(std::move(wanted)));
    if (!found) return found.error().message;
    std::string text;
    for (const auto& agent : *found) text += agent.name + ' ';
    return text;
  };
  const auto both = fmt::format("{} {} ", second, first);
  EXPECT_EQ(names({second, first_id, first}), both);
  EXPECT_EQ(names({second, first_id, first}), both) << "what is remembered says the same";
  EXPECT_EQ(names({first, unique_name("resolve-none")}).substr(0, 17), "there is no agent");
  // What is one's id and another's name is meant as the name, from the moment that it is one.
  EXPECT_EQ(names({second_id}), second + ' ');
  insert(second_id);
  EXPECT_EQ(names({second_id}), second_id + ' ');
  EXPECT_EQ(names({second}), second + ' ');
}

}  // namespace
}  // namespace sentinel::query
