// GET and POST /api/v1/configuration.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

class Configuration : public ContractTest {
 protected:
  static constexpr auto kPath = "/api/v1/configuration";
  std::string agent_ = unique_name("configured");

  void SetUp() override { store(fmt::format(R"({{"agent_id":"{}"}})", agent_)); }

  static Answer change(std::string_view body, Headers headers = json_with(admin_key())) {
    return ContractTest::post(kPath, body, headers);
  }

  // The only configuration that a question gives.
  static Json only(const std::string& query) {
    auto body = Json::parse(get(kPath, query).body);
    EXPECT_EQ(body["configurations"].size(), 1u);
    return body["configurations"][0];
  }

  static std::string refused(std::string_view body) { return problem_of(change(body)); }
};

TEST_F(Configuration, OfTheFleetIsThereFromTheStart) {
  auto all = Json::parse(get(kPath).body);
  ASSERT_GE(all["configurations"].size(), 1u);
  const auto& fleet = all["configurations"][0];
  EXPECT_TRUE(fleet["agent_id"].is_null());
  EXPECT_TRUE(fleet["agent"].is_null());
  EXPECT_GE(fleet["version"].integer(), 1);
}

TEST_F(Configuration, OfAnAgentIsTheFleetsUntilItHasItsOwn) {
  EXPECT_TRUE(only("agent=" + agent_)["agent"].is_null());
  auto body = fmt::format(R"({{"agent":"{}","interval_s":0.5,)"
                          R"("thresholds":{{"latency_ms":{{"warn":500,"critical":null}}}}}})",
                          agent_);
  EXPECT_EQ(said(Contract::db_api().check_request("POST", kPath, Json::parse(body))), "");
  auto answer = change(body);
  ASSERT_EQ(answer.status, 201) << answer.body;
  auto written = Json::parse(answer.body);
  EXPECT_EQ(written["agent"].text(), agent_);
  EXPECT_EQ(written["interval_s"].number(), 0.5);
  EXPECT_EQ(written["thresholds"]["latency_ms"]["warn"].number(), 500);
  EXPECT_TRUE(written["thresholds"]["latency_ms"]["critical"].is_null());
  EXPECT_EQ(only("agent=" + agent_).dump(), written.dump());
  EXPECT_EQ(only("agent=" + written["agent_id"].text()).dump(), written.dump());
}

TEST_F(Configuration, KeepsWhatAChangeLeavesOut) {
  change(
      fmt::format(R"({{"agent":"{}","interval_s":5,"retention_days":7,"enabled":false}})", agent_));
  auto second = Json::parse(change(fmt::format(R"({{"agent":"{}","interval_s":6}})", agent_)).body);
  EXPECT_EQ(second["interval_s"].number(), 6);
  EXPECT_EQ(second["retention_days"].integer(), 7);
  EXPECT_FALSE(second["enabled"].boolean());
}

TEST_F(Configuration, KeepsEveryVersion) {
  for (int seconds : {3, 4, 5})
    change(fmt::format(R"({{"agent":"{}","interval_s":{}}})", agent_, seconds));
  auto history = Json::parse(get(kPath, "history=true&agent=" + agent_).body)["configurations"];
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(history[0]["interval_s"].number(), 5);
  EXPECT_EQ(history[2]["interval_s"].number(), 3);
  EXPECT_GT(history[0]["version"].integer(), history[1]["version"].integer());
  EXPECT_GE(Json::parse(get(kPath, "history=true").body)["configurations"].size(), 4u);
  EXPECT_EQ(only("history=false&agent=" + agent_)["interval_s"].number(), 5);
}

TEST_F(Configuration, NamesWhoWroteIt) {
  auto editor = stack().sign_in_as(models::Role::Editor);
  auto written =
      Json::parse(change(fmt::format(R"({{"agent":"{}"}})", agent_), editor.headers()).body);
  EXPECT_EQ(written["created_by"].text(), editor.name);
}

TEST_F(Configuration, IsForEditorsToChange) {
  auto viewer = stack().sign_in_as(models::Role::Viewer);
  EXPECT_EQ(problem_of(change("{}", viewer.headers())),
            "403 role_refused: " + viewer.name + " has the role viewer, this needs editor");
  EXPECT_EQ(change("{}", json_with(read_key())).status, 403);
  EXPECT_EQ(problem_of(change("{}", {})),
            "401 credential_missing: sign in, or send a key of scope read");
}

TEST_F(Configuration, RefusesAChangeWithTheFieldAndTheLimit) {
  EXPECT_EQ(refused(R"({"interval_s":0.1})"),
            "400 field_invalid: interval_s is 0.1, 0.2 to 3600 are allowed");
  EXPECT_EQ(refused(R"({"interval_s":3601})"),
            "400 field_invalid: interval_s is 3601, 0.2 to 3600 are allowed");
  EXPECT_EQ(refused(R"({"interval_s":"2"})"), "400 field_invalid: interval_s must be a number");
  EXPECT_EQ(refused(R"({"retention_days":0})"),
            "400 field_invalid: retention_days is 0, 1 to 36500 are allowed");
  EXPECT_EQ(refused(R"({"retention_days":1.5})"),
            "400 field_invalid: retention_days must be an integer");
  EXPECT_EQ(refused(R"({"enabled":1})"), "400 field_invalid: enabled must be true or false");
  EXPECT_EQ(refused(R"({"thresholds":[]})"), "400 field_invalid: thresholds must be an object");
  EXPECT_EQ(
      refused(R"({"thresholds":{"latency_ms":{"warn":1}}})"),
      "400 field_invalid: thresholds.latency_ms needs both warn and critical; null means none");
  EXPECT_EQ(refused(R"({"thresholds":{"latency_ms":{"warn":-1,"critical":null}}})"),
            "400 field_invalid: thresholds.latency_ms.warn must be a finite number of at least 0, "
            "or null");
  EXPECT_EQ(refused(R"({"thresholds":{"lag":{"warn":1,"critical":null}}})"),
            "400 metric_unknown: thresholds names 'lag'; known are latency_ms, ttft_ms, "
            "throughput_req_per_min, cost_usd, "
            "cpu_usage_percent, gpu_usage_percent, memory_usage_mb, gpu_memory_usage_mb, "
            "error_rate_percent");
  EXPECT_EQ(refused(R"({"interval":2})"),
            "400 field_unknown: interval is not known; a change may name agent, enabled, "
            "interval_s, retention_days and "
            "thresholds");
  EXPECT_EQ(refused(R"({"agent":"nobody"})"), "404 agent_unknown: there is no agent 'nobody'");
  EXPECT_EQ(refused("[]"), "400 json_invalid: the body is not valid JSON: an object is wanted");
  EXPECT_EQ(refused("{} {}"), "400 json_invalid: the body is not valid JSON: text after the end");
}

TEST_F(Configuration, RefusesAQuestionThatItDoesNotUnderstand) {
  auto ask = [](const std::string& query) { return problem_of(get(kPath, query)); };
  EXPECT_EQ(ask("agent=nobody"), "404 agent_unknown: there is no agent 'nobody'");
  EXPECT_EQ(ask("history=true&agent=nobody"), "404 agent_unknown: there is no agent 'nobody'");
  EXPECT_EQ(ask("history=yes"), "400 parameter_invalid: history is true or false");
  EXPECT_EQ(
      ask("version=1"),
      "400 parameter_unknown: there is no parameter 'version' here; there are agent, history");
}

}  // namespace
}  // namespace sentinel
