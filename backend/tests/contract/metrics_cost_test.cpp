// Cost from the first request to the answer: reported, computed from tokens, or not known.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

class MetricsCost : public ContractTest {
 protected:
  void post(std::string_view fields) const {
    store(fmt::format(R"({{"agent_id":"{}",{}}})", agent_, fields));
  }
  // "cost source input" of each record, in the order of their time.
  std::vector<std::string> costs() const {
    auto body = Json::parse(
        get("/api/v1/metrics", fmt::format("agent={}&step=raw&start=now-90d", agent_)).body);
    std::vector<std::string> found;
    for (const auto& row : body["rows"].items()) {
      auto cell = [&](std::string_view name) {
        for (size_t i = 0; i < body["columns"].size(); ++i) {
          if (body["columns"][i].text() == name) return row[i].dump();
        }
        return std::string("no such column");
      };
      found.push_back(
          fmt::format("{} {} {}", cell("cost_usd"), cell("cost_source"), cell("input_tokens")));
    }
    return found;
  }
  // The only value of a metric since yesterday.
  std::string sum(std::string_view metric) const {
    auto body = Json::parse(
        get("/api/v1/metrics",
            fmt::format("agent={}&metric={}&step=3650d&start=now-1h&group_by=none", agent_, metric))
            .body);
    std::string found;
    for (const auto& value : body["series"][0]["values"].items()) {
      if (!value.is_null()) found += value.dump();
    }
    return found;
  }

  std::string agent_ = unique_name("metrics-cost");
};

TEST_F(MetricsCost, IsComputedFromTokens) {
  // 1,000 x 2.5 + 100 x 10 micro-dollars.
  post(R"("model":"gpt-4o","provider":"openai","input_tokens":1000,"output_tokens":100)");
  EXPECT_EQ(costs(), (std::vector<std::string>{R"(0.0035 "computed" 1000)"}));
  EXPECT_EQ(sum("cost_usd:sum"), "0.0035");
  EXPECT_EQ(sum("unpriced_records:sum"), "");
}

TEST_F(MetricsCost, IsNullForAModelWithoutAPrice) {
  post(R"("model":"house-model","input_tokens":1000,"output_tokens":100)");
  EXPECT_EQ(costs(), (std::vector<std::string>{R"(null "unpriced" 1000)"}));
  EXPECT_EQ(sum("cost_usd:sum"), "");
  EXPECT_EQ(sum("unpriced_records:sum"), "1");
}

TEST_F(MetricsCost, IsWhatWasReportedWhereItWas) {
  post(R"("model":"gpt-4o","input_tokens":1000,"cost_usd":0.5)");
  EXPECT_EQ(costs(), (std::vector<std::string>{R"(0.5 "reported" 1000)"}));
}

TEST_F(MetricsCost, CountsCachedTokensOnce) {
  // As Bedrock counts: 3 beside 13,216 read and 25 written, phoenix#10036.
  post(
      R"("model":"us.anthropic.claude-sonnet-4-5-20250929-v1:0","provider":"aws.bedrock","input_tokens":3,)"
      R"("output_tokens":12,"cache_read_tokens":13216,"cache_write_tokens":25)");
  EXPECT_EQ(costs(), (std::vector<std::string>{R"(0.004672305 "computed" 13244)"}));
}

TEST_F(MetricsCost, IsThatOfTheRecordsOwnTime) {
  // From 1 to 4 o'clock UTC this model costs twice as much.
  const auto day = std::chrono::floor<std::chrono::days>(now()) - std::chrono::days{2};
  for (int hour : {2, 5}) {
    post(fmt::format(
        R"("timestamp":"{}","model":"deepseek-v4-flash","provider":"deepseek","input_tokens":1000)",
        format_rfc3339(day + std::chrono::hours{hour})));
  }
  EXPECT_EQ(costs(),
            (std::vector<std::string>{R"(0.00044 "computed" 1000)", R"(0.00022 "computed" 1000)"}));
}

TEST_F(MetricsCost, OfASampleIsNothing) {
  post(R"("kind":"sample","model":"gpt-4o","input_tokens":1000)");
  EXPECT_EQ(costs(), (std::vector<std::string>{"null null 1000"}));
}

TEST_F(MetricsCost, WithoutAPriceIsCountedAmongTheOwnFigures) {
  auto figure = [](std::string_view name) {
    auto text =
        "\n" + kept(Contract::metrics_api(), "GET", "/metrics", http().get("/metrics")).body;
    auto begin = text.find(fmt::format("\n{} ", name));
    if (begin == text.npos) return -1.0;
    return std::stod(text.substr(begin + name.size() + 2));
  };
  const auto before = figure("sentinel_ingest_unpriced_total");
  post(R"("model":"house-model","input_tokens":1)");
  EXPECT_EQ(figure("sentinel_ingest_unpriced_total"), before + 1);
  EXPECT_GT(figure("sentinel_prices_age_seconds"), 0);
  EXPECT_GE(figure("sentinel_prices_checked_seconds"), 0);
  EXPECT_THAT(http().get("/metrics").body,
              ::testing::HasSubstr("sentinel_prices_info{version=\"0.1.8-"));
}

}  // namespace
}  // namespace sentinel
