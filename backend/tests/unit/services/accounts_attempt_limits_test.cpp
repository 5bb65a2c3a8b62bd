#include "services/accounts/attempt_limits.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sentinel::accounts {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{Microseconds{1'700'000'000'000'000}};

TEST(AttemptLimits, LetsAnAccountFailFiveTimesInFifteenMinutes) {
  AttemptLimits limits;
  for (size_t i = 0; i < AttemptLimits::kPerAccountMax; ++i) {
    EXPECT_EQ(limits.wait("ada", "", kStart + i * 1min), std::nullopt);
    limits.failed("ada", "", kStart + i * 1min);
  }
  EXPECT_EQ(limits.wait("ada", "", kStart + 5min), Microseconds{10min});
  EXPECT_EQ(limits.wait("bob", "", kStart + 5min), std::nullopt);
  // The window slides: the first failure leaves it, the second is still inside.
  EXPECT_EQ(limits.wait("ada", "", kStart + 15min), std::nullopt);
  limits.failed("ada", "", kStart + 15min);
  EXPECT_EQ(limits.wait("ada", "", kStart + 15min), Microseconds{1min});
}

TEST(AttemptLimits, LetsAnAddressFailTwentyTimesOverAllAccounts) {
  AttemptLimits limits;
  for (size_t i = 0; i < AttemptLimits::kPerAddressMax; ++i) {
    EXPECT_EQ(limits.wait(fmt::format("user {}", i), "192.0.2.1", kStart), std::nullopt);
    limits.failed(fmt::format("user {}", i), "192.0.2.1", kStart);
  }
  EXPECT_EQ(limits.wait("ada", "192.0.2.1", kStart), Microseconds{15min});
  EXPECT_EQ(limits.wait("ada", "::ffff:192.0.2.1", kStart), Microseconds{15min});
  EXPECT_EQ(limits.wait("ada", "192.0.2.2", kStart), std::nullopt);
}

TEST(AttemptLimits, CountsAnIpv6NetworkAsOneAddress) {
  AttemptLimits limits;
  for (size_t i = 0; i < AttemptLimits::kPerAddressMax; ++i) {
    limits.failed("", fmt::format("2001:db8:0:1::{:x}", i + 1), kStart);
  }
  EXPECT_TRUE(limits.wait("", "2001:db8:0:1:ffff::9", kStart));
  EXPECT_FALSE(limits.wait("", "2001:db8:0:2::1", kStart));
}

TEST(AttemptLimits, SaysTheLongerOfTwoWaits) {
  AttemptLimits limits;
  for (int i = 0; i < 5; ++i) limits.failed("ada", "192.0.2.1", kStart);
  for (int i = 0; i < 15; ++i) limits.failed("", "192.0.2.1", kStart + 1min);
  EXPECT_EQ(limits.wait("ada", "192.0.2.1", kStart + 2min), Microseconds{13min});
  EXPECT_EQ(limits.wait("ada", "192.0.2.9", kStart + 2min), Microseconds{13min});
  for (int i = 0; i < 20; ++i) limits.failed("", "192.0.2.1", kStart + 2min);
  EXPECT_EQ(limits.wait("ada", "192.0.2.1", kStart + 2min), Microseconds{15min});
}

TEST(AttemptLimits, ForgetsTheFailuresOfAnAccountThatSucceedsButNotThoseOfTheAddress) {
  AttemptLimits limits;
  for (int i = 0; i < 20; ++i) limits.failed("ada", "192.0.2.1", kStart);
  limits.succeeded("ada");
  EXPECT_FALSE(limits.wait("ada", "", kStart));
  EXPECT_TRUE(limits.wait("ada", "192.0.2.1", kStart));
}

TEST(AttemptLimits, DoesNotCountWithoutAccountOrAddress) {
  AttemptLimits limits;
  for (int i = 0; i < 30; ++i) limits.failed("", "", kStart);
  EXPECT_FALSE(limits.wait("", "", kStart));
  EXPECT_EQ(limits.accounts(), 0u);
}

TEST(AttemptLimits, KeepsItsTablesBoundedAndDropsTheOldestFirst) {
  AttemptLimits limits;
  for (int i = 0; i < 5; ++i) limits.failed("oldest", "", kStart);
  for (size_t i = 1; i < AttemptLimits::kRowsMax; ++i) {
    limits.failed(fmt::format("user {}", i), "", kStart + 1s);
  }
  for (int i = 0; i < 5; ++i) limits.failed("user 1", "", kStart + 2s);
  EXPECT_TRUE(limits.wait("oldest", "", kStart + 2s));
  limits.failed("one more", "", kStart + 2s);
  EXPECT_EQ(limits.accounts(), AttemptLimits::kRowsMax);
  EXPECT_FALSE(limits.wait("oldest", "", kStart + 2s));
  EXPECT_TRUE(limits.wait("user 1", "", kStart + 2s));
  // What is out of the window leaves as soon as room is wanted.
  limits.failed("much later", "", kStart + 1h);
  EXPECT_EQ(limits.accounts(), 1u);
}

}  // namespace
}  // namespace sentinel::accounts
