// Keys in memory: a good one is never refused, and unknown ones do not become a flood of queries.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/accounts/accounts_service.hpp"
#include "services/ingest/caches.hpp"
#include "support/child_process.hpp"

namespace sentinel::ingest {
namespace {

using namespace sentinel::testing;

class KeyCacheTest : public ::testing::Test {
 protected:
  std::string new_key(const std::string& name) {
    auto token = run(accounts_.create_key({.name = name}, "test"));
    if (!token) throw std::runtime_error(token.error().message);
    return token->token;
  }
  // So many at once look for the same token; gives how many found it.
  int found_by(int count, const std::string& token) {
    int found = 0;
    for (int i = 0; i < count; ++i) {
      asio::co_spawn(
          context_, [&]() -> Task<void> { found += (co_await cache_.find(token)).has_value(); },
          asio::detached);
    }
    context_.restart();
    context_.run_for(kHangGuard);
    return found;
  }

  postgres::Database people_{TestDatabase::shared().endpoint("sentinel_db_api")};
  accounts::AccountsService accounts_{people_};
  asio::io_context context_{1};
  postgres::Database database_{TestDatabase::shared().endpoint("sentinel_metrics_api")};
  KeyCache cache_{database_};
};

// A burst right after a start: no key is loaded yet, and every one of these is good.
TEST_F(KeyCacheTest, RefusesNoGoodKeyBeforeItHasLoadedAny) {
  EXPECT_EQ(found_by(200, new_key("key-cache-burst")), 200);
  EXPECT_EQ(cache_.reads(), 1u);
}

TEST_F(KeyCacheTest, FindsANewKeyInTheMiddleOfAFloodOfUnknownOnes) {
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(found_by(200, "no-such-key"), 0);
    auto token = new_key(fmt::format("key-cache-flood-{}", round));
    EXPECT_EQ(found_by(1, token), 1);
  }
}

TEST_F(KeyCacheTest, SharesAReadAmongAllWhoAskForUnknownKeys) {
  EXPECT_EQ(found_by(5000, "no-such-key"), 0);
  // Those who asked before it began share one; the others come while it runs, and share the next.
  EXPECT_LE(cache_.reads(), 3u);
  auto unknown = run(context_, cache_.find("no-such-key"));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::Unauthenticated);
}

}  // namespace
}  // namespace sentinel::ingest
