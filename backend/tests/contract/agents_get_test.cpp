// GET /api/v1/agents and /api/v1/agents/{id}: who there is, how they are, and the totals.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using namespace std::chrono_literals;

class Agents : public ContractTest {
 protected:
  std::string prefix_ = unique_name("agents");

  std::string name(std::string_view suffix) const { return fmt::format("{}-{}", prefix_, suffix); }

  // A record of an agent, so many ago.
  void record(const std::string& agent, Microseconds age, std::string_view members = "") {
    store(fmt::format(R"({{"agent_id":"{}","timestamp":"{}"{}{}}})", agent, ago(age),
                      members.empty() ? "" : ",", members));
  }
  void event(const std::string& agent, std::string_view type, Microseconds age,
             std::string_view message = "") {
    auto answer = post_events(
        fmt::format(R"({{"agent_id":"{}","type":"{}","timestamp":"{}","message":"{}"}})", agent,
                    type, ago(age), message));
    ASSERT_EQ(answer.status, 201) << answer.body;
  }

  Json one(const std::string& agent) {
    auto answer = get("/api/v1/agents/{id}", "/api/v1/agents/" + percent_encode(agent));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body);
  }

  Json list(const std::string& query) {
    auto answer = get("/api/v1/agents", query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body);
  }
};

TEST_F(Agents, HaveEachStatusThatTheyShould) {
  record(name("up"), 1s);
  record(name("late"), 3min);
  record(name("down"), 30min);
  record(name("stopped"), 30min);
  event(name("stopped"), "stopped", 29min, "end of shift");
  record(name("error"), 30min);
  event(name("error"), "error", 29min, "out of tokens");
  event(name("never"), "annotation", 1min);
  for (std::string status : {"up", "late", "down", "stopped", "error", "never"}) {
    EXPECT_EQ(one(name(status))["status"].text(), status);
  }
  EXPECT_EQ(one(name("stopped"))["reason"].text(), "end of shift");
  EXPECT_EQ(one(name("error"))["reason"].text(), "out of tokens");
  EXPECT_EQ(one(name("late"))["reason"].text(), "no sign for more than 2 of its intervals of 60 s");
  EXPECT_EQ(one(name("up"))["interval_s"].number(), 60);
}

TEST_F(Agents, AreJudgedByTheIntervalOfTheirSamples) {
  record(name("sampled"), 10s, R"("kind":"sample","cpu_usage_percent":1)");
  auto agent = one(name("sampled"));
  EXPECT_EQ(agent["interval_s"].number(), 2);
  // 10 s is five intervals of 2 s and by now a little more.
  EXPECT_EQ(agent["status"].text(), "down");
}

TEST_F(Agents, HaveTheNewestValueOfEachMetric) {
  auto agent = name("values");
  record(agent, 20s,
         R"("latency_ms":10,"cost_usd":0.5,"cpu_usage_percent":50,)"
         R"("memory_usage_mb":100,"host":"node-a")");
  record(agent, 10s, R"("latency_ms":20,"gpu_usage_percent":70,"gpu_memory_usage_mb":2000)");
  record(agent, 10min, R"("throughput_req_per_min":5,"latency_ms":99)");
  auto latest = one(agent)["latest"];
  EXPECT_EQ(latest["latency_ms"].number(), 20);
  EXPECT_EQ(latest["cost_usd"].number(), 0.5);
  EXPECT_EQ(latest["cpu_usage_percent"].number(), 50);
  EXPECT_EQ(latest["memory_usage_mb"].number(), 100);
  EXPECT_EQ(latest["gpu_usage_percent"].number(), 70);
  EXPECT_EQ(latest["gpu_memory_usage_mb"].number(), 2000);
  EXPECT_EQ(latest["throughput_req_per_min"].number(), 2);  // counted: what was reported is too old
}

TEST_F(Agents, ShowNullForWhatIsNotMeasured) {
  event(name("bare"), "started", 1s);
  auto agent = one(name("bare"));
  for (const auto& [metric, value] : agent["latest"].members())
    EXPECT_TRUE(value.is_null()) << metric;
  EXPECT_TRUE(agent["host"].is_null());
  EXPECT_EQ(agent["today"]["requests"].integer(), 0);
  EXPECT_TRUE(agent["today"]["cost_usd"].is_null());
  EXPECT_EQ(agent["description"].text(), "");
  EXPECT_EQ(agent["labels"].size(), 0u);
}

TEST_F(Agents, AreFoundByNameAndById) {
  record(name("found"), 1s);
  auto id = one(name("found"))["agent_id"].text();
  EXPECT_EQ(one(id)["name"].text(), name("found"));
  for (char& c : id) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(one(id)["name"].text(), name("found"));
}

TEST_F(Agents, AreListedByNameWithTotals) {
  record(name("b"), 1s,
         R"("cpu_usage_percent":20,"memory_usage_mb":100,)"
         R"("gpu_usage_percent":50,"gpu_count":2,"gpu_memory_usage_mb":10)");
  record(name("a"), 1s,
         R"("cpu_usage_percent":40,"memory_usage_mb":50,)"
         R"("gpu_usage_percent":80,"gpu_memory_usage_mb":5)");
  record(name("c"), 30min);
  auto body = list(fmt::format("agent={}&agent={}&agent={}", name("c"), name("a"), name("b")));
  ASSERT_EQ(body["agents"].size(), 3u);
  EXPECT_EQ(body["agents"][0]["name"].text(), name("a"));
  EXPECT_EQ(body["agents"][2]["name"].text(), name("c"));
  EXPECT_TRUE(body["next_cursor"].is_null());
  const auto& totals = body["totals"];
  EXPECT_EQ(totals["agents"].integer(), 3);
  EXPECT_EQ(totals["up"].integer(), 2);
  EXPECT_EQ(totals["down"].integer(), 1);
  EXPECT_EQ(totals["late"].integer() + totals["stopped"].integer() + totals["error"].integer() +
                totals["never"].integer(),
            0);
  EXPECT_EQ(totals["cpu_usage_percent"].number(), 30);
  EXPECT_EQ(totals["memory_usage_mb"].number(), 150);
  EXPECT_EQ(totals["gpu_count"].integer(), 3);
  EXPECT_EQ(totals["gpu_usage_percent"].number(), 60);  // (2 x 50 + 80) / 3
  EXPECT_EQ(totals["gpu_memory_usage_mb"].number(), 15);
}

TEST_F(Agents, DoNotCountWhatTheirHostCountsToo) {
  auto host = unique_name("host:node");
  record(host, 1s,
         R"("kind":"sample","cpu_usage_percent":90,"memory_usage_mb":9000,)"
         R"("gpu_usage_percent":10,"gpu_count":4,"gpu_memory_usage_mb":400)");
  record(name("on-host"), 1s,
         R"("kind":"sample","cpu_usage_percent":30,"memory_usage_mb":100,)"
         R"("gpu_usage_percent":99,"gpu_memory_usage_mb":50)");
  auto totals =
      list(fmt::format("agent={}&agent={}", percent_encode(host), name("on-host")))["totals"];
  EXPECT_EQ(totals["cpu_usage_percent"].number(), 30);
  EXPECT_EQ(totals["memory_usage_mb"].number(), 100);
  EXPECT_EQ(totals["gpu_count"].integer(), 4);
  EXPECT_EQ(totals["gpu_usage_percent"].number(), 10);
  EXPECT_EQ(totals["gpu_memory_usage_mb"].number(), 400);
}

TEST_F(Agents, AreListedByStatus) {
  record(name("up"), 1s);
  record(name("down"), 30min);
  auto only = fmt::format("agent={}&agent={}", name("up"), name("down"));
  auto body = list(only + "&status=down");
  ASSERT_EQ(body["agents"].size(), 1u);
  EXPECT_EQ(body["agents"][0]["name"].text(), name("down"));
  EXPECT_EQ(list(only + "&status=down&status=up")["agents"].size(), 2u);
  EXPECT_EQ(list(only + "&status=error")["agents"].size(), 0u);
}

TEST_F(Agents, ArePagedEachExactlyOnce) {
  std::string only;
  for (int i = 0; i < 7; ++i) {
    record(name(std::to_string(i)), 1s);
    only += "&agent=" + name(std::to_string(i));
  }
  std::vector<std::string> seen;
  std::string cursor;
  do {
    auto body =
        list("limit=3" + only + (cursor.empty() ? "" : "&cursor=" + percent_encode(cursor)));
    EXPECT_EQ(body["totals"]["agents"].integer(), 7);
    for (const auto& agent : body["agents"].items()) seen.push_back(agent["name"].text());
    cursor = body["next_cursor"].is_null() ? "" : body["next_cursor"].text();
  } while (!cursor.empty());
  ASSERT_EQ(seen.size(), 7u);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(seen[static_cast<size_t>(i)], name(std::to_string(i)));
}

TEST_F(Agents, SumWhatHappenedToday) {
  auto agent = name("today");
  record(agent, 0s, R"("request_count":3,"status":"error","cost_usd":0.25)");
  record(agent, 0s, R"("cost_usd":0.5)");
  // What was summed may be five seconds old, and from between the two: ask until it has both.
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (one(agent)["today"]["requests"].integer() < 4 &&
         std::chrono::steady_clock::now() < deadline) {
  }
  auto today = one(agent)["today"];
  EXPECT_EQ(today["requests"].integer(), 4);
  EXPECT_EQ(today["errors"].integer(), 3);
  EXPECT_EQ(today["cost_usd"].number(), 0.75);
}

TEST_F(Agents, CarryTheirDescriptionAndLabels) {
  record(name("described"), 1s);
  TestDatabase::shared().execute(
      fmt::format("INSERT INTO sentinel.agent_revision (agent_id, description, labels, created_by) "
                  "SELECT agent_id, 'writes \"mails\"', '{{\"team\": \"a\\\\b\"}}', 'test' FROM "
                  "sentinel.agent WHERE name = '{}'",
                  name("described")));
  auto agent = one(name("described"));
  EXPECT_EQ(agent["description"].text(), "writes \"mails\"");
  EXPECT_EQ(agent["labels"]["team"].text(), "a\\b");
}

TEST_F(Agents, AreRefusedWithTheReason) {
  auto ask = [](std::string_view query) { return problem_of(get("/api/v1/agents", query)); };
  EXPECT_EQ(ask("limit=0"), "400 parameter_invalid: limit '0' must be an integer from 1 to 1000");
  EXPECT_EQ(ask("limit=1001"),
            "400 parameter_invalid: limit '1001' must be an integer from 1 to 1000");
  EXPECT_EQ(ask("status=asleep"),
            "400 status_unknown: status 'asleep' is unknown; it is up, late, down, stopped, error "
            "or never");
  EXPECT_EQ(ask("name=x"),
            "400 parameter_unknown: there is no parameter 'name' here; there are agent, parent, "
            "status, limit, cursor");
  EXPECT_EQ(ask("agent=%zz"),
            "400 query_invalid: the query string holds a broken percent-encoding");
  EXPECT_EQ(ask("agent=%ff"),
            "400 query_invalid: the query string holds a NUL character or is not UTF-8");
  EXPECT_EQ(ask("agent=a%00b"),
            "400 query_invalid: the query string holds a NUL character or is not UTF-8");
  auto one = [](std::string_view agent) {
    return problem_of(get("/api/v1/agents/{id}", fmt::format("/api/v1/agents/{}", agent)));
  };
  EXPECT_EQ(one("nobody%20here"), "404 agent_unknown: there is no agent 'nobody here'");
  EXPECT_EQ(one("00000000-0000-0000-0000-000000000000"),
            "404 agent_unknown: there is no agent '00000000-0000-0000-0000-000000000000'");
  EXPECT_EQ(one("%ff"), "404 route_unknown: there is nothing at /api/v1/agents/%ff");
}

TEST_F(Agents, ThatAreUnknownAreNamed) {
  EXPECT_EQ(problem_of(get("/api/v1/agents", "agent=nobody")),
            "404 agent_unknown: there is no agent 'nobody'");
}

}  // namespace
}  // namespace sentinel
