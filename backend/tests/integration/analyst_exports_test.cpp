// "30 days of one agent, in my notebook": an analyst gets every record of the filter, complete and
// in order.
#include <gtest/gtest.h>

#include <sstream>

#include "support/journey.hpp"

namespace sentinel {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using namespace sentinel::testing;

class AnalystExports : public ::testing::Test {
 protected:
  static constexpr int kRecords = 30 * 24;  // one an hour

  void SetUp() override {
    agent_ = unique_name("exported");
    begin_ = Timestamp{std::chrono::floor<hours>(now()) - hours{kRecords}};
    std::string records = "[";
    for (int i = 0; i < kRecords; ++i) {
      records += Reporter::record(agent_, begin_ + hours{i},
                                  fmt::format(R"("latency_ms":{}.25,"model":"m, \"quoted\"")", i)) +
                 ",";
    }
    records.back() = ']';
    Reporter().post("/api/v1/metrics", records);
    analyst_ = TestStack::shared().sign_in_as(models::Role::Viewer);
  }

  std::vector<std::string> lines(const std::string& path) const {
    auto answer = TestStack::shared().http().get(path, analyst_.headers());
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_TRUE(answer.complete);
    std::istringstream text(answer.body);
    std::vector<std::string> found;
    for (std::string line; std::getline(text, line);) {
      if (line.ends_with('\r')) line.pop_back();  // RFC 4180 ends a line with CRLF
      found.push_back(line);
    }
    return found;
  }

  std::string agent_;
  Timestamp begin_;
  TestStack::Person analyst_;
};

TEST_F(AnalystExports, GetsEveryRecordOfThirtyDaysAsCsv) {
  auto rows = lines(fmt::format(
      "/api/v1/export?agent={}&start=now-31d&column=timestamp&column=latency_ms&column=model",
      agent_));
  ASSERT_EQ(rows.size(), static_cast<size_t>(kRecords) + 1);
  EXPECT_EQ(rows[0], "timestamp,latency_ms,model");
  for (int i = 0; i < kRecords; ++i) {
    auto time = format_rfc3339(begin_ + hours{i});
    time.insert(time.size() - 1, ".000000");
    EXPECT_EQ(rows[static_cast<size_t>(i) + 1],
              fmt::format("{},{}.25,\"m, \"\"quoted\"\"\"", time, i));
  }
}

TEST_F(AnalystExports, GetsExactlyTheChosenRangeAsNdjson) {
  auto start = begin_ + hours{100}, end = begin_ + hours{200};
  auto rows = lines(fmt::format("/api/v1/export?agent={}&format=ndjson&start={}&end={}", agent_,
                                format_rfc3339(start), format_rfc3339(end)));
  ASSERT_EQ(rows.size(), 100u);
  for (size_t i = 0; i < rows.size(); ++i) {
    auto record = Json::parse(rows[i]);
    EXPECT_EQ(record["latency_ms"].number(), 100.25 + static_cast<double>(i));
    EXPECT_EQ(record["agent"].text(), agent_);
    EXPECT_EQ(record["model"].text(), "m, \"quoted\"");
    EXPECT_TRUE(record["cost_usd"].is_null());
  }
}

TEST_F(AnalystExports, PagesThroughRawRecordsToTheSameRows) {
  std::string cursor;
  std::vector<double> latencies;
  do {
    auto page =
        ask(analyst_, fmt::format("/api/v1/metrics?agent={}&step=raw&start=now-31d&limit=100{}",
                                  agent_, cursor.empty() ? "" : "&cursor=" + cursor));
    for (const auto& row : page["rows"].items()) latencies.push_back(row[6].number());
    cursor = page["next_cursor"].is_null() ? "" : page["next_cursor"].text();
  } while (!cursor.empty());
  ASSERT_EQ(latencies.size(), static_cast<size_t>(kRecords));
  for (int i = 0; i < kRecords; ++i) EXPECT_EQ(latencies[static_cast<size_t>(i)], i + 0.25);
}

}  // namespace
}  // namespace sentinel
