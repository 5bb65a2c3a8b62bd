#include "services/accounts/session_cache.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sentinel::accounts {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{Microseconds{1'700'000'000'000'000}};
constexpr Microseconds kTouchEvery = 5min;

models::Caller person(std::string name) {
  models::Caller caller;
  caller.name = std::move(name);
  caller.role = models::Role::Viewer;
  caller.user_id = random_uuid();
  caller.session_id = random_uuid();
  return caller;
}

class SessionCacheTest : public ::testing::Test {
 protected:
  bool remember(std::string_view token, const models::Caller& caller, Timestamp at,
                Timestamp touched) {
    return cache_.remember(hash_token(token), caller, at, touched, kTouchEvery, cache_.ticket());
  }
  bool holds(std::string_view token, Timestamp at) {
    return cache_.find(hash_token(token), at).has_value();
  }
  SessionCache cache_;
};

TEST_F(SessionCacheTest, KeepsAnAnswerForTwoSeconds) {
  remember("a", person("ada"), kStart, kStart);
  EXPECT_EQ(cache_.find(hash_token("a"), kStart + 1999ms)->name, "ada");
  EXPECT_FALSE(holds("a", kStart + 2s));
  EXPECT_FALSE(holds("b", kStart));
}

TEST_F(SessionCacheTest, AsksForOneTouchEveryFiveMinutes) {
  auto ada = person("ada");
  EXPECT_FALSE(remember("a", ada, kStart, kStart - 4min));
  EXPECT_TRUE(remember("a", ada, kStart + 1min, kStart - 4min));
  // The touch may not be in the database yet: nobody asks for a second one.
  EXPECT_FALSE(remember("a", ada, kStart + 1min, kStart - 4min));
  EXPECT_FALSE(remember("a", ada, kStart + 5min, kStart - 4min));
  EXPECT_TRUE(remember("a", ada, kStart + 6min, kStart - 4min));
}

TEST_F(SessionCacheTest, ForgetsAllWithWhatWasAskedBefore) {
  remember("a", person("ada"), kStart, kStart);
  const auto before = cache_.ticket();
  cache_.forget_all();
  EXPECT_FALSE(holds("a", kStart));
  EXPECT_FALSE(cache_.remember(hash_token("a"), person("ada"), kStart, kStart, 5min, before));
  EXPECT_FALSE(holds("a", kStart));
}

TEST_F(SessionCacheTest, ForgetsOneSession) {
  auto ada = person("ada");
  remember("a", ada, kStart, kStart);
  remember("b", person("bob"), kStart, kStart);
  cache_.forget_session(*ada.session_id);
  EXPECT_FALSE(holds("a", kStart));
  EXPECT_TRUE(holds("b", kStart));
}

TEST_F(SessionCacheTest, ForgetsEverySessionOfAUser) {
  auto first = person("ada");
  auto second = person("ada");
  second.user_id = first.user_id;
  remember("a", first, kStart, kStart);
  remember("b", second, kStart, kStart);
  remember("c", person("bob"), kStart, kStart);
  cache_.forget_user(*first.user_id);
  EXPECT_FALSE(holds("a", kStart));
  EXPECT_FALSE(holds("b", kStart));
  EXPECT_TRUE(holds("c", kStart));
}

TEST_F(SessionCacheTest, DoesNotKeepAnAnswerThatASignOutOvertook) {
  auto ada = person("ada");
  auto ticket = cache_.ticket();
  cache_.forget_session(*ada.session_id);
  EXPECT_FALSE(cache_.remember(hash_token("a"), ada, kStart, kStart - 1h, kTouchEvery, ticket));
  EXPECT_FALSE(holds("a", kStart));
}

TEST_F(SessionCacheTest, StaysBounded) {
  auto ada = person("ada");
  for (size_t i = 0; i < SessionCache::kRowsMax; ++i)
    remember(fmt::format("{}", i), ada, kStart, kStart);
  EXPECT_TRUE(holds("0", kStart));
  remember("0", ada, kStart, kStart);
  EXPECT_TRUE(holds("1", kStart));
  remember("one more", ada, kStart, kStart);
  EXPECT_FALSE(holds("0", kStart));
  EXPECT_TRUE(holds("one more", kStart));
}

}  // namespace
}  // namespace sentinel::accounts
