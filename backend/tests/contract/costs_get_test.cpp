// GET /api/v1/costs: known records, exact money.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class CostsGet : public ContractTest {
 protected:
  // Noon of the day before yesterday, and of yesterday.
  const Timestamp first_ = std::chrono::floor<std::chrono::days>(now()) - 36h;
  const Timestamp second_ = first_ + 24h;
  const std::string agent_ = unique_name("spender");
  const std::string other_ = unique_name("saver");
  const std::string model_ = unique_name("model");

  void record(const std::string& agent, Timestamp at, std::string_view members) {
    store(fmt::format(R"({{"agent_id":"{}","timestamp":"{}",{}}})", agent, format_rfc3339(at),
                      members));
  }
  void known_records() {
    record(agent_, first_,
           fmt::format(R"("model":"{}","provider":"p","cost_usd":0.1,"input_tokens":100,)"
                       R"("output_tokens":7,"cache_read_tokens":3,"cache_write_tokens":2,)"
                       R"("reasoning_tokens":1)",
                       model_));
    record(agent_, second_, fmt::format(R"("model":"{}","provider":"q","cost_usd":0.2)", model_));
    record(agent_, second_, R"("cost_usd":0)");
    record(other_, second_, R"("cost_usd":0.000000001)");
    record(other_, second_, fmt::format(R"("model":"{}","input_tokens":10)", model_));
  }
  Json ask(std::string_view more) {
    auto answer = get("/api/v1/costs", fmt::format("agent={}&agent={}&start={}&end=now{}", agent_,
                                                   other_, format_rfc3339(first_ - 1h), more));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body);
  }
  // "agent provider model day cost requests" of each group, names shortened, - for null; the cost
  // as a double reads it.
  std::vector<std::string> groups(std::string_view more) {
    std::vector<std::string> found;
    auto text = [&](const Json& value) -> std::string {
      if (value.is_null()) return "-";
      if (value.text() == agent_) return "spender";
      if (value.text() == other_) return "saver";
      if (value.text() == model_) return "model";
      if (value.text() == day(first_)) return "first";
      if (value.text() == day(second_)) return "second";
      return "'" + value.text() + "'";
    };
    auto body = ask(more);
    for (const auto& group : body["groups"].items()) {
      found.push_back(fmt::format("{} {} {} {} {} {}", text(group["agent"]),
                                  text(group["provider"]), text(group["model"]), text(group["day"]),
                                  group["cost_usd"].dump(), group["requests"].integer()));
    }
    return found;
  }
  static std::string day(Timestamp time) { return format_rfc3339(time).substr(0, 10); }
};

TEST_F(CostsGet, AddsUpMoneyWithoutRounding) {
  known_records();
  auto total = ask("")["total"];
  EXPECT_EQ(total["cost_usd"].dump(), "0.300000001");
  EXPECT_EQ(total["requests"].integer(), 5);
  EXPECT_EQ(total["priced_requests"].integer(), 4);
  EXPECT_EQ(total["unpriced_requests"].integer(), 1);
  EXPECT_EQ(total["cost_per_request_usd"].dump(), "0.075");
  EXPECT_EQ(total["input_tokens"].integer(), 110);
  EXPECT_EQ(total["output_tokens"].integer(), 7);
  EXPECT_EQ(total["cache_read_tokens"].integer(), 3);
  EXPECT_EQ(total["cache_write_tokens"].integer(), 2);
  EXPECT_EQ(total["reasoning_tokens"].integer(), 1);
}

TEST_F(CostsGet, TellsWhatCachesSaved) {
  auto set = post("/api/v1/prices",
                  fmt::format(R"({{"model":"{}","input":"3","output":"15","cache_read":"0.3",)"
                              R"("cache_write":"3.75"}})",
                              model_),
                  json_with(admin_key()));
  ASSERT_EQ(set.status, 201) << set.body;
  const auto priced = fmt::format(R"("model":"{}","output_tokens":0,"input_tokens":)", model_);
  record(agent_, first_, priced + R"(1000000,"cache_read_tokens":1000000)");
  record(agent_, second_, priced + R"(1000000,"cache_write_tokens":1000000)");
  record(agent_, second_, priced + "500");
  record(other_, second_, R"("model":"nobody-knows","input_tokens":9,"cache_read_tokens":9)");
  EXPECT_EQ(ask("")["total"]["cache_saved_usd"].dump(), "1.95");
  std::map<std::string, std::string> saved;
  const auto body = ask("&group_by=agent&group_by=day");
  for (const auto& group : body["groups"].items()) {
    saved[group["agent"].text() + " " + group["day"].text()] = group["cache_saved_usd"].dump();
  }
  EXPECT_THAT(saved, UnorderedElementsAre(Pair(agent_ + " " + day(first_), "2.7"),
                                          Pair(agent_ + " " + day(second_), "-0.75"),
                                          Pair(other_ + " " + day(second_), "null")));
}

TEST_F(CostsGet, TellsThemApartByWhatIsAsked) {
  known_records();
  EXPECT_THAT(groups(""), ElementsAre("spender - - - 0.3 3", "saver - - - 1e-09 2"));
  EXPECT_THAT(groups("&group_by=day"),
              ElementsAre("- - - second 0.200000001 4", "- - - first 0.1 1"));
  EXPECT_THAT(groups("&group_by=provider"),
              ElementsAre("- 'q' - - 0.2 1", "- 'p' - - 0.1 1", "- '' - - 1e-09 3"));
  EXPECT_THAT(groups("&group_by=model"), ElementsAre("- 'q' model - 0.2 1", "- 'p' model - 0.1 1",
                                                     "- '' '' - 1e-09 2", "- '' model - null 1"));
  EXPECT_THAT(groups("&group_by=agent&group_by=day"),
              ElementsAre("spender - - second 0.2 2", "spender - - first 0.1 1",
                          "saver - - second 1e-09 2"));
}

TEST_F(CostsGet, ListsUsageWithoutAPrice) {
  known_records();
  auto unpriced = ask("")["unpriced"];
  ASSERT_EQ(unpriced.size(), 1u);
  EXPECT_EQ(unpriced[0]["model"].text(), model_);
  EXPECT_EQ(unpriced[0]["provider"].text(), "");
  EXPECT_EQ(unpriced[0]["requests"].integer(), 1);
  EXPECT_EQ(unpriced[0]["input_tokens"].integer(), 10);
}

TEST_F(CostsGet, TellsOfThisMonthWhateverTheRange) {
  known_records();
  auto month = ask("&group_by=day")["month"];
  EXPECT_EQ(month["start"].text(), day(now()).substr(0, 8) + "01");
  // Both days may be of the month before, or one of them.
  EXPECT_NEAR(month["cost_usd"].number() + month["previous_cost_usd"].number(), 0.300000001, 1e-12);
  EXPECT_EQ(month["forecast_days"].integer(), 2);
  EXPECT_GT(month["forecast_usd"].number(), month["cost_usd"].number());
}

TEST_F(CostsGet, SaysWhatIsWrong) {
  store(fmt::format(R"({{"agent_id":"{}"}})", agent_));
  auto refused = [](std::string_view query) { return problem_of(get("/api/v1/costs", query)); };
  EXPECT_EQ(refused("group_by=host"),
            "400 group_unknown: group_by 'host' is unknown; it is agent, model, provider or day");
  EXPECT_THAT(refused("agent=" + unique_name("nobody")), ::testing::StartsWith("404 "));
  EXPECT_THAT(refused("start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z"),
              ::testing::StartsWith("400 range_reversed: "));
  EXPECT_THAT(refused("step=1h"), ::testing::StartsWith("400 "));
}

}  // namespace
}  // namespace sentinel
