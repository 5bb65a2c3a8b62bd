// When the worker adds up: as soon as it pays, and not a pass for every record.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "postgres/connection.hpp"
#include "postgres/embedded_sql.hpp"
#include "support/child_process.hpp"

namespace sentinel::sums {
namespace {

using namespace sentinel::testing;

// Made-up passes, in a transaction that is rolled back.
class SumsDueTest : public ::testing::Test {
 protected:
  void SetUp() override {
    connection_ =
        run(postgres::Connection::open(TestDatabase::shared().endpoint("").conninfo, "", "due"))
            .value();
    execute("BEGIN");
    execute("ALTER TABLE sums_progress DISABLE TRIGGER USER");
    execute("DELETE FROM sums_progress");
  }
  void TearDown() override { execute("ROLLBACK"); }

  void execute(const std::string& sql) {
    auto done = run(connection_->run(sql));
    ASSERT_TRUE(done) << done.error().message;
  }
  // `hours_ago`: when it was made.
  void pass(std::string_view level, int number, int64_t rows, int upto_pass = 0,
            int hours_ago = 0) {
    execute(fmt::format(
        "INSERT INTO sums_progress (level, pass, {}, day, rows, made_at) VALUES ('{}', {}, {}, "
        "0, {}, now() - interval '{} hours')",
        level == "minute" ? "upto_xid" : "upto_pass", level, number,
        level == "minute" ? "'1'" : std::to_string(upto_pass), rows, hours_ago));
  }
  // Of hours and days: "due due".
  std::string due() {
    auto rows = run(connection_->execute(postgres::query("sums_due"), postgres::Params("")));
    if (!rows) return rows.error().message;
    auto word = [&](int column) { return rows->boolean(0, column) ? "due" : "-"; };
    return fmt::format("{} {}", word(4), word(5));
  }

  std::unique_ptr<postgres::Connection> connection_;
};

TEST_F(SumsDueTest, TheFirstTimeWithTheFirstRows) {
  EXPECT_EQ(due(), "- -");
  pass("minute", 1, 0);
  EXPECT_EQ(due(), "- -") << "the pass before a history";
  pass("minute", 2, 1);
  EXPECT_EQ(due(), "due -");
  pass("hour", 1, 1, 2);
  EXPECT_EQ(due(), "- due");
  pass("day", 1, 1, 1);
  EXPECT_EQ(due(), "- -");
}

TEST_F(SumsDueTest, TheFirstTimeAfterSixtyPassesWithoutRows) {
  for (int i = 1; i < 60; ++i) pass("minute", i, 0);
  EXPECT_EQ(due(), "- -");
  pass("minute", 60, 0);
  EXPECT_EQ(due(), "due -");
}

TEST_F(SumsDueTest, WhenOneHasEnded) {
  pass("minute", 1, 1, 0, 25);
  pass("hour", 1, 1, 1, 25);
  pass("day", 1, 1, 1, 25);
  EXPECT_EQ(due(), "- -") << "with nothing to add";
  pass("minute", 2, 1);
  EXPECT_EQ(due(), "due -");
  pass("hour", 2, 1, 2);
  EXPECT_EQ(due(), "- due");
}

TEST_F(SumsDueTest, WhenMuchWaits) {
  pass("minute", 1, 1);
  pass("hour", 1, 1, 1);
  pass("day", 1, 1, 1);
  pass("minute", 2, 199'999);
  EXPECT_EQ(due(), "- -");
  pass("minute", 3, 1);
  EXPECT_EQ(due(), "due -");
  pass("hour", 2, 49'999, 3);
  EXPECT_EQ(due(), "- -");
  pass("hour", 3, 1, 3);
  EXPECT_EQ(due(), "- due");
}

}  // namespace
}  // namespace sentinel::sums
