#include "services/ingest/rate_limit.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sentinel::ingest {
namespace {

using namespace std::chrono_literals;

class RateLimitTest : public ::testing::Test {
 protected:
  // "" when taken, else "seconds to wait".
  std::string records(RateLimits& limits, size_t count) {
    auto taken = limits.take_records(key_, count, now_);
    return taken ? "" : std::to_string(taken.error().retry_after_s);
  }
  std::string requests(RateLimits& limits) {
    auto taken = limits.take_request(key_, now_);
    return taken ? "" : std::to_string(taken.error().retry_after_s);
  }

  models::ApiKey key_;
  RateLimits::Clock::time_point now_ = RateLimits::Clock::now();
};

TEST_F(RateLimitTest, TakesAnyNumberUnlessTold) {
  RateLimits limits({});
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(records(limits, 10'000), "");
    EXPECT_EQ(requests(limits), "");
  }
}

TEST_F(RateLimitTest, TakesFiveSecondsAtOnceAndThenWhatTheSecondsBring) {
  RateLimits limits({.records_per_second = 100, .requests_per_second = 2});
  EXPECT_EQ(records(limits, 300), "");
  EXPECT_EQ(records(limits, 201), "1") << "refused whole";
  EXPECT_EQ(records(limits, 200), "");
  EXPECT_EQ(records(limits, 150), "2");
  now_ += 1s;
  EXPECT_EQ(records(limits, 150), "1");
  EXPECT_EQ(records(limits, 100), "");
  EXPECT_EQ(records(limits, 1), "1");
  now_ += 1h;
  EXPECT_EQ(records(limits, 500), "");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(requests(limits), "") << i;
  EXPECT_EQ(requests(limits), "1");
  now_ += 500ms;
  EXPECT_EQ(requests(limits), "");
}

TEST_F(RateLimitTest, TakesMoreThanFitsOfAFullBucketAndLetsTheNextWait) {
  RateLimits limits({.records_per_second = 10});
  EXPECT_EQ(records(limits, 1000), "");
  EXPECT_EQ(records(limits, 1), "96");
  now_ += 99s;
  EXPECT_EQ(records(limits, 40), "");
  EXPECT_EQ(records(limits, 1000), "5") << "only a full one";
  now_ += 5s;
  EXPECT_EQ(records(limits, 1000), "");
}

TEST_F(RateLimitTest, OfAKeyBeatsThatOfTheNode) {
  RateLimits limits({.records_per_second = 10});
  key_.records_per_second = 0;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(records(limits, 1000), "");
  key_.records_per_second = 1;
  EXPECT_EQ(records(limits, 5), "");
  EXPECT_EQ(records(limits, 5), "5");
}

TEST_F(RateLimitTest, CountsEachKeyByItself) {
  RateLimits limits({.records_per_second = 1});
  EXPECT_EQ(records(limits, 5), "");
  key_.key_id = random_uuid();
  EXPECT_EQ(records(limits, 5), "");
}

TEST_F(RateLimitTest, NamesTheLimit) {
  RateLimits limits({.records_per_second = 10, .requests_per_second = 1});
  EXPECT_EQ(records(limits, 1000), "");
  auto refused = limits.take_records(key_, 1, now_).error();
  EXPECT_EQ(refused.code, ErrorCode::RateLimited);
  EXPECT_EQ(refused.reason, "rate_limited");
  EXPECT_EQ(refused.message,
            "this key may send 10 records a second to this node and 50 at once; nothing of this "
            "request is stored, send it again in 96 s");
}

TEST_F(RateLimitTest, GivesNoMoreToManyThreadsThanToOne) {
  RateLimits limits({.records_per_second = 1000});
  std::atomic<int> taken = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 5000; ++n) taken += limits.take_records(key_, 1, now_).has_value();
      });
    }
  }
  EXPECT_EQ(taken, 5000);
}

}  // namespace
}  // namespace sentinel::ingest
