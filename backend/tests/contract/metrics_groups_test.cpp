// GET /api/v1/metrics by model, provider, host and label; the top groups; the time before; the
// plan.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using namespace std::chrono_literals;

class Groups : public ContractTest {
 protected:
  // Begins with an hour that is over.
  Timestamp start_ = std::chrono::floor<std::chrono::hours>(now()) - 5h;
  std::string one_ = unique_name("groups-one"), two_ = unique_name("groups-two");
  std::string fast_ = unique_name("fast"), slow_ = unique_name("slow");
  std::string provider_ = unique_name("provider"), host_ = unique_name("host");

  void record(const std::string& agent, Microseconds offset, std::string_view members) {
    store(fmt::format(R"({{"agent_id":"{}","timestamp":"{}",{}}})", agent,
                      format_rfc3339(start_ + offset), members));
  }
  void fill() {
    auto model = [this](const std::string& name, int latency) {
      return fmt::format(R"("model":"{}","provider":"{}","cost_usd":{},"latency_ms":{})", name,
                         provider_, latency, latency);
    };
    record(one_, 1min, model(fast_, 1));
    record(one_, 2min, model(fast_, 3) + fmt::format(R"(,"host":"{}")", host_));
    record(one_, 3min, model(slow_, 100));
    record(two_, 1h, model(fast_, 8));
    record(two_, 2h, R"("latency_ms":20,"cost_usd":20)");
  }
  Json ask(std::string_view more, std::string_view metric = "cost_usd:sum", int hours = 3) {
    auto answer = get("/api/v1/metrics",
                      fmt::format("agent={}&agent={}&metric={}&step=1h&start={}&end={}&{}", one_,
                                  two_, metric, format_rfc3339(start_),
                                  format_rfc3339(start_ + std::chrono::hours{hours}), more));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body);
  }
  // "group [values]" of each series.
  static std::vector<std::string> told(const Json& body) {
    std::vector<std::string> series;
    for (const auto& one : body["series"].items()) {
      series.push_back(fmt::format("{}{} {}",
                                   one.has("group") ? one["group"].dump() : one["agent"].dump(),
                                   one.has("other") ? " other" : "", one["values"].dump()));
    }
    return series;
  }
  std::string quoted(const std::string& text) { return '"' + text + '"'; }
};

TEST_F(Groups, AreModelsProvidersHostsAndLabels) {
  fill();
  EXPECT_THAT(told(ask("group_by=model")),
              ::testing::UnorderedElementsAre("null [null,null,20]", quoted(fast_) + " [4,8,null]",
                                              quoted(slow_) + " [100,null,null]"));
  EXPECT_THAT(
      told(ask("group_by=provider")),
      ::testing::UnorderedElementsAre("null [null,null,20]", quoted(provider_) + " [104,8,null]"));
  EXPECT_THAT(told(ask("group_by=host")),
              ::testing::UnorderedElementsAre("null [101,8,20]", quoted(host_) + " [3,null,null]"));
  EXPECT_THAT(told(ask("group_by=none")), ::testing::ElementsAre("null [104,8,20]"));
  TestDatabase::shared().execute(fmt::format(
      "INSERT INTO agent_revision (agent_id, created_by, labels) SELECT agent_id, 'test', "
      "'{{\"team\":\"old\"}}' "
      "FROM agent WHERE name = '{0}'; INSERT INTO agent_revision (agent_id, created_by, labels) "
      "SELECT agent_id, 'test', '{{\"team\":\"it''s\"}}' FROM agent WHERE name = '{0}'",
      one_));
  EXPECT_THAT(told(ask("group_by=label:team")),
              ::testing::UnorderedElementsAre("null [null,8,20]", "\"it's\" [104,null,null]"));
  EXPECT_THAT(told(ask("group_by=label:it's%20%22not%22")),
              ::testing::ElementsAre("null [104,8,20]"));
}

TEST_F(Groups, AreTheTopOnesAndTheOthersTogether) {
  fill();
  EXPECT_THAT(told(ask("group_by=model&top=1")),
              ::testing::ElementsAre(quoted(slow_) + " [100,null,null]", "null other [4,8,20]"));
  EXPECT_THAT(told(ask("top=1")),
              ::testing::ElementsAre(quoted(one_) + " [104,null,null]", "null other [null,8,20]"));
  EXPECT_THAT(told(ask("top=2")), ::testing::ElementsAre(quoted(one_) + " [104,null,null]",
                                                         quoted(two_) + " [null,8,20]"));
  // Of percentiles the mean ranks; of what only records tell, the value itself.
  EXPECT_THAT(told(ask("group_by=model&top=1", "latency_ms:p95"))[0],
              ::testing::StartsWith(quoted(slow_)));
  EXPECT_THAT(told(ask("group_by=model&top=1", "cost_usd:p95")),
              ::testing::ElementsAre(quoted(slow_) + " [100,null,null]", "null other [2.9,8,20]"));
}

TEST_F(Groups, AreRankedByTheWholeRange) {
  record(one_, 1min, R"("kind":"sample","throughput_req_per_min":5)");
  record(two_, 1min, R"("request_count":120)");  // 2 a minute over the hour, 24 over five minutes
  auto answer = get("/api/v1/metrics",
                    fmt::format("agent={}&agent={}&metric=throughput_req_per_min:avg&step=5m&top=1"
                                "&start={}&end={}",
                                one_, two_, format_rfc3339(start_), format_rfc3339(start_ + 1h)));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(Json::parse(answer.body)["series"][0]["agent"].text(), one_);
}

TEST_F(Groups, AreComparedWithTheTimeBefore) {
  fill();
  auto body = Json::parse(
      get("/api/v1/metrics",
          fmt::format("agent={}&metric=cost_usd:sum&step=1h&start={}&end={}&compare=previous", two_,
                      format_rfc3339(start_ + 2h), format_rfc3339(start_ + 4h)))
          .body);
  EXPECT_EQ(body["previous_start"].text(), format_rfc3339(start_));
  EXPECT_EQ(body["series"][0]["values"].dump(), "[20,null]");
  EXPECT_EQ(body["series"][0]["previous"].dump(), "[null,8]");
  // A group of the time before alone is told as well, and what is top is so for both.
  body = Json::parse(
      get("/api/v1/metrics",
          fmt::format("agent={}&agent={}&metric=cost_usd:sum&step=1h&start={}&end={}&compare="
                      "previous&group_by=model",
                      one_, two_, format_rfc3339(start_ + 1h), format_rfc3339(start_ + 2h)))
          .body);
  std::vector<std::string> series;
  for (const auto& one : body["series"].items()) {
    series.push_back(one["group"].dump() + one["values"].dump() + one["previous"].dump());
  }
  EXPECT_THAT(series, ::testing::UnorderedElementsAre(quoted(fast_) + "[8][4]",
                                                      quoted(slow_) + "[null][100]"));
}

TEST_F(Groups, SayWhatTheyAreReadFrom) {
  fill();
  auto pieces = [](const Json& body) {
    std::string text;
    for (const auto& piece : body["plan"].items()) text += piece["from"].text() + ' ';
    return text;
  };
  // The worker makes its first pass when it starts.
  EXPECT_EQ(pieces(ask("explain=true")), "hour ");
  EXPECT_EQ(pieces(ask("explain=true", "latency_ms:last")), "records ");
  EXPECT_EQ(pieces(ask("explain=true", "cost_usd:p95")), "records ");
  EXPECT_FALSE(ask("explain=false").has("plan"));
  auto of_all = [&](std::string_view by) {
    return pieces(Json::parse(
        get("/api/v1/metrics",
            fmt::format("metric=cost_usd:sum&step=1h&explain=true&start={}&end={}&group_by={}",
                        format_rfc3339(start_), format_rfc3339(start_ + 3h), by))
            .body));
  };
  EXPECT_EQ(of_all("none"), "fleet_hour ");
  EXPECT_EQ(of_all("model"), "fleet_hour ");
  EXPECT_EQ(of_all("agent"), "hour ");
  EXPECT_EQ(of_all("host"), "hour ");
}

TEST_F(Groups, RefuseWhatIsNoGroup) {
  auto refused = [](std::string_view query) {
    return problem_of(get("/api/v1/metrics", fmt::format("metric=requests:sum&{}", query)));
  };
  EXPECT_EQ(refused("group_by=planet"),
            "400 group_unknown: group_by 'planet' is unknown; it is agent, none, model, provider, "
            "host, or label: and the name of a label");
  EXPECT_EQ(refused("group_by=label:"),
            "400 group_unknown: group_by 'label:' is unknown; it is agent, none, model, provider, "
            "host, or label: and the name of a label");
  EXPECT_EQ(refused("top=0"), "400 parameter_invalid: top '0' must be an integer from 1 to 100");
  EXPECT_EQ(refused("compare=tomorrow"), "400 compare_unknown: compare is previous or none");
  EXPECT_EQ(refused("explain=maybe"), "400 explain_unknown: explain is true or false");
}

}  // namespace
}  // namespace sentinel
