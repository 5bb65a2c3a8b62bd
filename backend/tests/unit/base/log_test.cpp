#include "base/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time.hpp"
#include "support/json.hpp"

namespace sentinel {
namespace {

using sentinel::testing::Json;
using ::testing::MatchesRegex;

class LogTest : public ::testing::Test {
 protected:
  void TearDown() override { log::configure("", log::Level::Info, log::Format::Text); }

  template <class Work>
  static std::string said_during(Work work) {
    ::testing::internal::CaptureStderr();
    work();
    return ::testing::internal::GetCapturedStderr();
  }
};

TEST_F(LogTest, WritesOneJsonObjectALine) {
  log::configure("metrics-api", log::Level::Info, log::Format::Json);
  auto text = said_during([] { log::warning("disk {} is \"full\"\nnearly", "sda"); });
  ASSERT_TRUE(text.ends_with("\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  auto line = Json::parse(text);
  EXPECT_EQ(line.size(), 4u);
  EXPECT_TRUE(parse_rfc3339(line["ts"].text()));
  EXPECT_EQ(line["level"].text(), "warning");
  EXPECT_EQ(line["service"].text(), "metrics-api");
  EXPECT_EQ(line["msg"].text(), "disk sda is \"full\"\nnearly");
}

TEST_F(LogTest, LeavesOutWhatIsBelowItsLevel) {
  log::configure("test", log::Level::Warning, log::Format::Json);
  auto text = said_during([] {
    log::debug("one");
    log::info("two");
    log::warning("three");
    log::error("four");
  });
  EXPECT_EQ(text.find("one"), text.npos);
  EXPECT_EQ(text.find("two"), text.npos);
  EXPECT_NE(text.find("\"level\":\"warning\""), text.npos);
  EXPECT_NE(text.find("\"level\":\"error\""), text.npos);
}

TEST_F(LogTest, WritesTextForPeople) {
  log::configure("test", log::Level::Debug, log::Format::Text);
  auto text = said_during([] { log::debug("opened {}", 7); });
  EXPECT_THAT(text, MatchesRegex("[0-9-]+T[0-9:]+Z debug   opened 7\n"));
}

}  // namespace
}  // namespace sentinel
