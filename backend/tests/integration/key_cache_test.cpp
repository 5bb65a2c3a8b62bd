// Keys in memory: a good one is never refused, and unknown ones do not become a flood of queries.
#include <gtest/gtest.h>

#include "services/accounts/accounts_service.hpp"
#include "services/ingest/caches.hpp"
#include "support/child_process.hpp"

namespace sentinel::ingest {
namespace {

using namespace sentinel::testing;

// A burst right after a start: no key is loaded yet, and every one of these is good.
TEST(KeyCacheTest, RefusesNoGoodKeyBeforeItHasLoadedAny) {
  postgres::Database people(TestDatabase::shared().endpoint("sentinel_db_api"));
  accounts::AccountsService accounts(people);
  auto token = run(accounts.create_key("key-cache-burst", models::KeyScope::Ingest, {}, "test"));
  ASSERT_TRUE(token) << token.error().message;
  asio::io_context context{1};
  postgres::Database database(TestDatabase::shared().endpoint("sentinel_metrics_api"));
  KeyCache cache(database);
  std::vector<std::string> refusals;
  int found = 0;
  for (int request = 0; request < 200; ++request) {
    asio::co_spawn(
        context,
        [&]() -> Task<void> {
          auto key = co_await cache.find(*token);
          key ? void(++found) : refusals.push_back(key.error().message);
        },
        asio::detached);
  }
  context.run_for(kHangGuard);
  EXPECT_EQ(found, 200) << (refusals.empty() ? "" : refusals.front());
  // From then on a flood of unknown keys does not become a flood of queries.
  auto unknown = run(context, cache.find("no-such-key"));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::Unauthenticated);
}

}  // namespace
}  // namespace sentinel::ingest
