// What is refused becomes rows: a few sums, once, also when the database was away meanwhile.
#include "services/ingest/rejections.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/child_process.hpp"
#include "support/switched_database.hpp"

namespace sentinel::ingest {
namespace {

using namespace sentinel::testing;

class RejectionsTest : public ::testing::Test {
 protected:
  void TearDown() override { database_.bring_back(); }

  models::Rejection over(int percent) const {
    return {0, "cpu_usage_percent", fmt::format("cpu_usage_percent {} is over 100", percent),
            agent_};
  }
  Request request() const {
    Request made;
    made.key = std::make_shared<models::ApiKey>();
    made.remote_address = "192.0.2.7";
    return made;
  }
  // "agent field count: reason" of the rows about the agent of this test, and of the "other" ones.
  std::string rows(std::string_view agent) const {
    auto found = TestDatabase::shared().execute(fmt::format(
        "SELECT coalesce(string_agg(format('%s %s %s %s', code, field, count, reason), ', ' ORDER "
        "BY last_at, field), '') FROM sentinel.rejection WHERE agent = '{}'",
        agent));
    return std::string(found.text(0, 0));
  }

  SwitchedDatabase database_;
  const std::string agent_ = "refused-" + format_uuid(random_uuid());
};

TEST_F(RejectionsTest, AreOneRowForOneFaultAndWrittenAtTheEnd) {
  {
    Rejections rejections(database_.endpoint());
    for (int i = 0; i < 1000; ++i) rejections.add(request(), {over(101), over(150), over(199)});
    EXPECT_EQ(rejections.totals().items.at("record_invalid"), 3000u);
    EXPECT_EQ(rows(agent_), "");
  }
  EXPECT_EQ(rows(agent_),
            "record_invalid cpu_usage_percent 3000 cpu_usage_percent 199 is over 100");
}

TEST_F(RejectionsTest, AreWrittenByTheirThread) {
  Rejections rejections(database_.endpoint(), {.pause = std::chrono::milliseconds{1}});
  rejections.start();
  rejections.add(request(), {over(130)});
  EXPECT_TRUE(holds_soon([&] { return !rows(agent_).empty(); }));
}

TEST_F(RejectionsTest, WaitForTheDatabaseAndAreWrittenOnce) {
  asio::io_context context{1};
  Rejections rejections(database_.endpoint());
  rejections.add(request(), {over(130)});
  database_.take_away();
  for (int i = 0; i < 2; ++i) {
    auto written = run(context, rejections.write());
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::Unavailable);
    rejections.add(request(), {over(140)});
  }
  database_.bring_back();
  ASSERT_TRUE(run(context, rejections.write()));
  ASSERT_TRUE(run(context, rejections.write()));
  EXPECT_EQ(rows(agent_),
            "record_invalid cpu_usage_percent 1 cpu_usage_percent 130 is over 100, "
            "record_invalid cpu_usage_percent 2 cpu_usage_percent 140 is over 100");
}

TEST_F(RejectionsTest, OfTooManyKindsAreCountedTogether) {
  const auto start = format_rfc3339(now());
  {
    Rejections rejections(database_.endpoint(), {.kinds_max = 2});
    for (int i = 0; i < 100; ++i) {
      auto fault = over(130);
      fault.agent = fmt::format("{}-{}", agent_, i);
      rejections.add(request(), {fault});
    }
  }
  EXPECT_EQ(rows(agent_ + "-0"),
            "record_invalid cpu_usage_percent 1 cpu_usage_percent 130 is over 100");
  EXPECT_EQ(rows(agent_ + "-2"), "");
  auto other = TestDatabase::shared().execute(fmt::format(
      "SELECT sum(count) FROM sentinel.rejection WHERE code = 'other' AND first_at >= '{}'",
      start));
  EXPECT_EQ(other.integer(0, 0), 98);
}

// Whatever bytes a sender takes for a name.
TEST_F(RejectionsTest, HoldWhatTheDatabaseTakes) {
  {
    Rejections rejections(database_.endpoint());
    models::Rejection fault = over(130);
    fault.agent = agent_ + std::string("\0\n\x7f", 3) + std::string(300, 'x');
    fault.field = "\xff\xfe";
    fault.reason = std::string(10'000, '9');
    rejections.add(request(), {fault});
    rejections.add(nullptr, std::string(1000, 'a'),
                   Error{ErrorCode::InvalidArgument, agent_, "\xc3\x28"});
  }
  auto found = TestDatabase::shared().execute(fmt::format(
      "SELECT code, length(agent), field FROM sentinel.rejection WHERE agent LIKE '{0}%' OR "
      "code = '{0}' ORDER BY code = '{0}'",
      agent_));
  ASSERT_EQ(found.size(), 2);
  EXPECT_EQ(found.integer(0, 1), 200);
  EXPECT_EQ(found.text(0, 2), "??");
}

TEST_F(RejectionsTest, ThatAreTheServersOwnAreFiguresAlone) {
  Rejections rejections(database_.endpoint());
  rejections.add(nullptr, "192.0.2.7", Error{ErrorCode::Unavailable, "queue_full", "full"});
  EXPECT_EQ(rejections.totals().requests.at("queue_full"), 1u);
  asio::io_context context{1};
  ASSERT_TRUE(run(context, rejections.write()));
  EXPECT_EQ(TestDatabase::shared()
                .execute("SELECT count(*) FROM sentinel.rejection WHERE code = 'queue_full'")
                .integer(0, 0),
            0);
}

}  // namespace
}  // namespace sentinel::ingest
