// GET /api/v1/metrics?step=raw: the records themselves, page by page.
#include <set>

#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using namespace std::chrono_literals;

class Raw : public ContractTest {
 protected:
  std::string agent_ = unique_name("raw");

  Json page(std::string_view more = "") {
    auto query = fmt::format("agent={}&step=raw&start=now-1d&end=now%2B1m{}{}", agent_,
                             more.empty() ? "" : "&", more);
    auto answer = get("/api/v1/metrics", query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body);
  }

  // A row as an object would show it: the value of a column.
  static const Json& cell(const Json& page, size_t row, std::string_view column) {
    for (size_t i = 0; i < page["columns"].size(); ++i) {
      if (page["columns"][i].text() == column) return page["rows"][row][i];
    }
    throw std::runtime_error(fmt::format("there is no column {}", column));
  }

  // input_tokens of every record over all pages of this size, in the order told.
  std::vector<int64_t> walk(int limit) {
    std::vector<int64_t> seen;
    std::string cursor;
    do {
      auto body = page(fmt::format("limit={}{}", limit, cursor.empty() ? "" : "&cursor=" + cursor));
      EXPECT_LE(body["rows"].size(), static_cast<size_t>(limit));
      for (size_t row = 0; row < body["rows"].size(); ++row)
        seen.push_back(cell(body, row, "input_tokens").integer());
      cursor = body["next_cursor"].is_null() ? "" : body["next_cursor"].text();
    } while (!cursor.empty());
    return seen;
  }
};

TEST_F(Raw, GivesEveryColumnAsItWasSent) {
  auto time = format_rfc3339(std::chrono::floor<std::chrono::seconds>(now()) - 1h + 250ms);
  store(fmt::format(R"({{"agent_id":"{}","timestamp":"{}","status":"error",)"
                    R"("request_count":2,"latency_ms":1.5,"ttft_ms":0.25,)"
                    R"("throughput_req_per_min":3.5,"cost_usd":0.000000001,)"
                    R"("model":"m","provider":"p","input_tokens":1,"output_tokens":2,)"
                    R"("cache_read_tokens":3,"cache_write_tokens":4,)"
                    R"("reasoning_tokens":5,"cpu_usage_percent":6.25,)"
                    R"("gpu_usage_percent":7,"gpu_count":8,"memory_usage_mb":9.5,)"
                    R"("gpu_memory_usage_mb":10,"host":"h","process_id":11,)"
                    R"("trace_id":"0AF71D9C22F14B8E9A4400FF10203040",)"
                    R"("span_id":"00000000000000ff","custom_metrics":{{"x":1.5}},)"
                    R"("attributes":{{"a":"\"ü\\\n","b":true}}}})",
                    agent_, time));
  auto body = page();
  ASSERT_EQ(body["rows"].size(), 1u);
  ASSERT_EQ(body["rows"][0].size(), body["columns"].size());
  auto is = [&](std::string_view column) { return cell(body, 0, column).dump(); };
  EXPECT_EQ(parse_rfc3339(cell(body, 0, "timestamp").text()).value(), parse_rfc3339(time).value());
  EXPECT_EQ(is("agent"), '"' + agent_ + '"');
  EXPECT_EQ(is("kind"), "\"request\"");
  EXPECT_EQ(is("status"), "\"error\"");
  EXPECT_EQ(is("request_count"), "2");
  EXPECT_EQ(is("latency_ms"), "1.5");
  EXPECT_EQ(is("ttft_ms"), "0.25");
  EXPECT_EQ(is("throughput_req_per_min"), "3.5");
  EXPECT_EQ(cell(body, 0, "cost_usd").number(), 1e-9);
  EXPECT_EQ(is("cost_source"), "\"reported\"");
  EXPECT_EQ(is("model") + is("provider") + is("host"), R"("m""p""h")");
  EXPECT_EQ(is("cache_read_tokens") + is("cache_write_tokens") + is("reasoning_tokens"), "345");
  EXPECT_EQ(is("cpu_usage_percent"), "6.25");
  EXPECT_EQ(is("gpu_count"), "8");
  EXPECT_EQ(is("memory_usage_mb"), "9.5");
  EXPECT_EQ(is("process_id"), "11");
  EXPECT_EQ(is("trace_id"), "\"0af71d9c22f14b8e9a4400ff10203040\"");
  EXPECT_EQ(is("span_id"), "\"00000000000000ff\"");
  EXPECT_EQ(cell(body, 0, "custom_metrics")["x"].number(), 1.5);
  EXPECT_EQ(cell(body, 0, "attributes")["a"].text(), "\"\xc3\xbc\\\n");
}

TEST_F(Raw, GivesNullForWhatWasNotSent) {
  store(fmt::format(R"({{"agent_id":"{}","kind":"sample"}})", agent_));
  auto body = page();
  for (std::string column :
       {"status", "request_count", "latency_ms", "cost_usd", "cost_source", "provider", "model",
        "host", "trace_id", "span_id", "custom_metrics", "attributes"}) {
    EXPECT_TRUE(cell(body, 0, column).is_null()) << column;
  }
  EXPECT_EQ(cell(body, 0, "kind").text(), "sample");
}

TEST_F(Raw, GivesASpanIdWithItsHighestBit) {
  store(fmt::format(R"({{"agent_id":"{}","span_id":"ffffffffffffffff"}})", agent_));
  EXPECT_EQ(cell(page(), 0, "span_id").text(), "ffffffffffffffff");
}

// Many records of the same microsecond, in two generations: each must be told exactly once.
TEST_F(Raw, WalksRecordsOfEqualTimesExactlyOnce) {
  auto time = ago(1h);
  std::string body = "[";
  for (int i = 0; i < 60; ++i) {
    body +=
        fmt::format(R"({{"agent_id":"{}","timestamp":"{}","input_tokens":{}}},)", agent_, time, i);
  }
  body.back() = ']';
  store(body);
  auto& database = TestDatabase::shared();
  database.execute(fmt::format(
      "SET search_path = sentinel; SELECT open_generation(max(gen) + 1) FROM generation; "
      "INSERT INTO metric_record (agent_id, ts, kind, gen, input_tokens) SELECT agent_id, '{}', "
      "'r', (SELECT max(gen) FROM "
      "generation), n FROM agent, generate_series(60, 99) AS n WHERE name = '{}'",
      time, agent_));
  for (int limit : {1, 7, 50, 99, 100, 101}) {
    auto seen = walk(limit);
    EXPECT_EQ(seen.size(), 100u) << limit;
    EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), 100u) << limit;
  }
}

TEST_F(Raw, GivesTheOldestFirstAndKeepsTheRange) {
  for (int minutes : {5, 50, 20, 90}) {
    store(fmt::format(R"({{"agent_id":"{}","timestamp":"{}","input_tokens":{}}})", agent_,
                      ago(std::chrono::minutes{minutes}), minutes));
  }
  EXPECT_EQ(walk(2), (std::vector<int64_t>{90, 50, 20, 5}));
  auto query = fmt::format("agent={}&step=raw&start=now-1h&end=now-10m", agent_);
  EXPECT_EQ(Json::parse(get("/api/v1/metrics", query).body)["rows"].size(), 2u);
}

TEST_F(Raw, HasAPageForRecordsThatComeWhileItIsRead) {
  auto add = [&](int i) {
    store(fmt::format(R"({{"agent_id":"{}","input_tokens":{}}})", agent_, i));
  };
  for (int i = 0; i < 4; ++i) add(i);
  auto first = page("limit=3");
  add(4);
  auto second = page("limit=3&cursor=" + first["next_cursor"].text());
  EXPECT_EQ(second["rows"].size(), 2u);
  EXPECT_TRUE(second["next_cursor"].is_null());
}

TEST_F(Raw, RefusesACursorThatIsNotItsOwn) {
  store(fmt::format(R"({{"agent_id":"{}"}})", agent_));
  for (std::string cursor : {"x", "1", "1.", ".1", "1.0", "1.-1", "1.2.3", "1.2x", "-1.1", " 1.2",
                             "1. 2", "9223372036854775807.1", "9223372036854775808.1",
                             "1.9223372036854775807", "1.2;DROP", "1'.2"}) {
    auto query = fmt::format("agent={}&step=raw&cursor={}", agent_, percent_encode(cursor));
    EXPECT_EQ(problem_of(get("/api/v1/metrics", query)),
              "400 cursor_invalid: this cursor is not one of ours; begin again without it")
        << cursor;
  }
}

TEST_F(Raw, RefusesAReversedRangeAndAPageThatIsTooLong) {
  store(fmt::format(R"({{"agent_id":"{}"}})", agent_));
  auto ask = [&](std::string_view rest) {
    return problem_of(get("/api/v1/metrics", fmt::format("agent={}&step=raw&{}", agent_, rest)));
  };
  EXPECT_EQ(
      ask("start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z"),
      "400 range_reversed: start 2026-01-02T00:00:00Z is not before end 2026-01-01T00:00:00Z");
  EXPECT_EQ(ask("limit=10001"),
            "400 parameter_invalid: limit '10001' must be an integer from 1 to 10000");
}

}  // namespace
}  // namespace sentinel
