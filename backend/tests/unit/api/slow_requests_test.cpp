#include "api/slow_requests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sentinel::api {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class SlowRequestsTest : public ::testing::Test {
 protected:
  const Timestamp noon_{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h};

  void add(Microseconds duration, Timestamp at) { slow_.add(at, "GET /a", "q=1", duration, 200); }
  std::vector<int64_t> kept(Timestamp at) const {
    std::vector<int64_t> durations;
    for (const auto& entry : slow_.slowest(at)) durations.push_back(entry.duration.count());
    return durations;
  }
  SlowRequests slow_;
};

TEST_F(SlowRequestsTest, AreNoneAtFirst) { EXPECT_TRUE(kept(noon_).empty()); }

TEST_F(SlowRequestsTest, ComeTheSlowestFirst) {
  for (auto duration : {2us, 5us, 1us, 5us}) add(duration, noon_);
  EXPECT_THAT(kept(noon_), ElementsAre(5, 5, 2, 1));
  auto first = slow_.slowest(noon_).front();
  EXPECT_EQ(first.at, noon_);
  EXPECT_EQ(first.route, "GET /a");
  EXPECT_EQ(first.query, "q=1");
  EXPECT_EQ(first.status, 200);
}

TEST_F(SlowRequestsTest, AreSoManyAndNoMore) {
  for (size_t i = 1; i <= SlowRequests::kKept; ++i) {
    add(Microseconds{10 * static_cast<int64_t>(i)}, noon_);
  }
  add(5us, noon_);
  EXPECT_EQ(kept(noon_).size(), SlowRequests::kKept);
  EXPECT_EQ(kept(noon_).back(), 10);
  add(15us, noon_);
  EXPECT_EQ(kept(noon_).size(), SlowRequests::kKept);
  EXPECT_EQ(kept(noon_).back(), 15);
}

TEST_F(SlowRequestsTest, AreForgottenAfterAnHour) {
  add(9us, noon_);
  add(3us, noon_ + 30min);
  EXPECT_THAT(kept(noon_ + 1h), ElementsAre(9, 3));
  EXPECT_THAT(kept(noon_ + 61min), ElementsAre(3));
  add(1us, noon_ + 61min);
  EXPECT_THAT(kept(noon_ + 61min), ElementsAre(3, 1));
}

TEST_F(SlowRequestsTest, KeepTheBeginningOfALongQuery) {
  slow_.add(noon_, "GET /a", std::string(600, 'q'), 1us, 200);
  EXPECT_EQ(slow_.slowest(noon_).front().query, std::string(500, 'q'));
}

}  // namespace
}  // namespace sentinel::api
