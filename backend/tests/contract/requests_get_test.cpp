// GET /api/v1/requests: the records behind a point of a chart.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using namespace std::chrono_literals;

class Requests : public ContractTest {
 protected:
  void SetUp() override {
    // Latencies in no order, two of each; every fifth request failed; samples between them.
    std::string body = "[";
    for (int i = 0; i < 60; ++i) {
      body += fmt::format(
          R"({}{{"agent_id":"{}","timestamp":"{}","latency_ms":{},"cost_usd":{},"model":"{}",)"
          R"("status":"{}","input_tokens":{},"trace_id":"0af71d9c22f14b8e9a4400ff102030{:02}"}})",
          i == 0 ? "" : ",", agent_, format_rfc3339(start_ + i * 1s), 1 + (i * 7) % 30,
          (i * 11) % 60, i % 2 == 0 ? "even" : "odd", i % 5 == 0 ? "error" : "success", i, i);
      if (i % 3 == 0) {
        body += fmt::format(
            R"(,{{"agent_id":"{}","timestamp":"{}","kind":"sample","cpu_usage_percent":1}})",
            agent_, format_rfc3339(start_ + i * 1s));
      }
    }
    body += fmt::format(R"(,{{"agent_id":"{}","timestamp":"{}","input_tokens":60}})", agent_,
                        format_rfc3339(start_ + 60s));
    store(body + "]");
  }

  Json page(std::string_view more) {
    auto answer = get("/api/v1/requests",
                      fmt::format("agent={}&start={}&end={}&{}", agent_, format_rfc3339(start_),
                                  format_rfc3339(start_ + 1h), more));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body);
  }
  static size_t place(const Json& page, std::string_view column) {
    size_t at = 0;
    while (page["columns"][at].text() != column) ++at;
    return at;
  }
  // A column of all pages.
  std::vector<double> walk(std::string_view column, std::string_view more, int limit = 7) {
    std::vector<double> values;
    std::string cursor;
    do {
      auto body = page(
          fmt::format("{}&limit={}{}{}", more, limit, cursor.empty() ? "" : "&cursor=", cursor));
      EXPECT_LE(body["rows"].size(), static_cast<size_t>(limit));
      for (const auto& row : body["rows"].items()) {
        values.push_back(row[place(body, column)].number());
      }
      cursor = body["next_cursor"].is_null() ? "" : body["next_cursor"].text();
    } while (!cursor.empty());
    return values;
  }

  const std::string agent_ = unique_name("requests");
  const Timestamp start_ = std::chrono::floor<std::chrono::seconds>(now()) - 2h;
};

TEST_F(Requests, AreToldByTime) {
  std::vector<double> all(61);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<double>(i);
  for (int limit : {1, 7, 60, 61, 1000})
    EXPECT_EQ(walk("input_tokens", "order=oldest", limit), all);
  std::ranges::reverse(all);
  for (int limit : {1, 7, 60, 61, 1000}) EXPECT_EQ(walk("input_tokens", "", limit), all);
}

TEST_F(Requests, AreToldTheSlowestOrDearestFirst) {
  const auto latencies = walk("latency_ms", "order=slowest");
  EXPECT_EQ(latencies.size(), 60u);
  EXPECT_TRUE(std::ranges::is_sorted(latencies, std::greater{}));
  EXPECT_EQ(latencies.front(), 30);
  // Each once, and where latencies are the same the newest first.
  auto tokens = walk("input_tokens", "order=slowest");
  for (size_t i = 0; i < tokens.size(); i += 2) EXPECT_EQ(tokens[i], tokens[i + 1] + 30);
  std::ranges::sort(tokens);
  for (size_t i = 0; i < tokens.size(); ++i) EXPECT_EQ(tokens[i], static_cast<double>(i));
  const auto costs = walk("cost_usd", "order=dearest", 13);
  EXPECT_EQ(costs.size(), 60u);
  EXPECT_EQ(costs.front(), 59);
  EXPECT_TRUE(std::ranges::is_sorted(costs, std::greater{}));
}

TEST_F(Requests, AreChosenByStatusAndModel) {
  EXPECT_EQ(walk("input_tokens", "status=error&order=oldest").size(), 12u);
  EXPECT_EQ(walk("input_tokens", "status=success&order=slowest").size(), 48u);
  EXPECT_EQ(walk("input_tokens", "model=odd&status=error&order=oldest"),
            (std::vector<double>{5, 15, 25, 35, 45, 55}));
  EXPECT_TRUE(walk("input_tokens", "model=none").empty());
}

TEST_F(Requests, TellWhatARawRecordTells) {
  auto body = page("order=slowest&limit=1");
  const auto& row = body["rows"][0];
  EXPECT_EQ(row[place(body, "agent")].text(), agent_);
  EXPECT_EQ(row[place(body, "status")].text(), "success");
  EXPECT_EQ(row[place(body, "model")].text(), "odd");
  EXPECT_EQ(row[place(body, "cost_source")].text(), "reported");
  EXPECT_TRUE(row[place(body, "trace_id")].text().starts_with("0af71d9c22f14b8e9a4400ff102030"));
  EXPECT_TRUE(row[place(body, "host")].is_null());
}

TEST_F(Requests, RefuseWhatTheyDoNotKnow) {
  for (const auto& [query, code] : {std::pair{"order=best", "order_unknown"},
                                    {"status=late", "status_unknown"},
                                    {"limit=0", "parameter_invalid"},
                                    {"cursor=1.2", "cursor_invalid"},
                                    {"cursor=1.2.0", "cursor_invalid"},
                                    {"cursor=1.2.3x", "cursor_invalid"},
                                    {"cursor=x", "cursor_invalid"},
                                    {"start=now&end=now-1h", "range_reversed"}}) {
    auto answer = get("/api/v1/requests", query);
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_EQ(Json::parse(answer.body)["code"].text(), code) << query;
  }
}

}  // namespace
}  // namespace sentinel
