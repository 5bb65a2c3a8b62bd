// "Is anything down?": an operator sees the light of each agent, since when and why.
#include <gtest/gtest.h>

#include <thread>

#include "support/journey.hpp"

namespace sentinel {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using namespace sentinel::testing;

class StatusIndicators : public ::testing::Test {
 protected:
  void SetUp() override { operator_ = TestStack::shared().sign_in_as(models::Role::Viewer); }

  Json agent(const std::string& name) const { return ask(operator_, "/api/v1/agents/" + name); }

  TestStack::Person operator_;
};

TEST_F(StatusIndicators, ShowsAFreshAgentAsUp) {
  auto name = unique_name("fresh");
  Reporter().post("/api/v1/metrics", Reporter::record(name, now(), R"("latency_ms":1)"));
  auto shown = agent(name);
  EXPECT_EQ(shown["status"].text(), "up");
  EXPECT_EQ(shown["latest"]["latency_ms"].number(), 1);
  EXPECT_TRUE(shown["latest"]["gpu_usage_percent"].is_null());
}

TEST_F(StatusIndicators, ShowsSilenceAsLateAndThenDown) {
  auto late = unique_name("late"), down = unique_name("down");
  const auto time = now();
  // No interval is known of agents that report on their own: two minutes are late, five are down.
  Reporter().post("/api/v1/metrics",
                  Reporter::record(late, time - minutes{3}, R"("latency_ms":1)"));
  Reporter().post("/api/v1/metrics",
                  Reporter::record(down, time - minutes{6}, R"("latency_ms":1)"));
  EXPECT_EQ(agent(late)["status"].text(), "late");
  auto shown = agent(down);
  EXPECT_EQ(shown["status"].text(), "down");
  EXPECT_EQ(shown["since"].text(), format_rfc3339(time - minutes{1}));
  EXPECT_EQ(shown["reason"].text(), "no sign for more than 5 of its intervals of 60 s");
}

// Steps and counters of OpenTelemetry come when there is something to tell, its gauges each minute.
TEST_F(StatusIndicators, HoldsNobodyToAnIntervalThatItWasNotAskedFor) {
  auto steps = unique_name("steps"), gauges = unique_name("gauges"),
       collected = unique_name("collected");
  const auto time = now();
  auto sample = [&](const std::string& name, seconds age, std::string_view measured) {
    Reporter().post(
        "/api/v1/metrics",
        Reporter::record(name, time - age, fmt::format(R"("kind":"sample",{})", measured)));
  };
  sample(steps, seconds{60}, R"("custom_metrics":{"execute_tool.duration_ms":12})");
  sample(gauges, seconds{120}, R"("cpu_usage_percent":5)");
  sample(gauges, seconds{60}, R"("cpu_usage_percent":6)");
  sample(collected, seconds{62}, R"("cpu_usage_percent":5)");
  sample(collected, seconds{60}, R"("cpu_usage_percent":6)");
  EXPECT_EQ(agent(steps)["status"].text(), "up");
  EXPECT_EQ(agent(gauges)["status"].text(), "up");
  EXPECT_EQ(agent(collected)["status"].text(), "down");
  EXPECT_EQ(agent(gauges)["interval_s"].number(), 60);
  EXPECT_EQ(agent(collected)["interval_s"].number(), 2);
}

TEST_F(StatusIndicators, ShowsWhatAnAgentSaidOfItself) {
  auto stopped = unique_name("stopped"), failed = unique_name("failed");
  const auto time = now();
  for (const auto& name : {stopped, failed}) {
    Reporter().post("/api/v1/metrics",
                    Reporter::record(name, time - seconds{20}, R"("latency_ms":1)"));
  }
  Reporter().post(
      "/api/v1/events",
      Reporter::record(stopped, time - seconds{10}, R"("type":"stopped","message":"exit code 0")"));
  Reporter().post("/api/v1/events", Reporter::record(failed, time - seconds{10},
                                                     R"("type":"error","message":"exit code 3")"));
  auto shown = agent(failed);
  EXPECT_EQ(shown["status"].text(), "error");
  EXPECT_EQ(shown["reason"].text(), "exit code 3");
  EXPECT_EQ(shown["since"].text(), format_rfc3339(time - seconds{10}));
  EXPECT_EQ(agent(stopped)["status"].text(), "stopped");
  // A record after the event: it works again.
  Reporter().post("/api/v1/metrics", Reporter::record(failed, time, R"("latency_ms":1)"));
  EXPECT_EQ(agent(failed)["status"].text(), "up");
}

TEST_F(StatusIndicators, FiltersByStatusAndCountsAll) {
  auto up = unique_name("counted-up"), stopped = unique_name("counted-stopped");
  Reporter().post("/api/v1/metrics", Reporter::record(up, now(), R"("latency_ms":1)"));
  Reporter().post("/api/v1/events", Reporter::record(stopped, now(), R"("type":"stopped")"));
  auto list = ask(operator_, fmt::format("/api/v1/agents?agent={}&agent={}", up, stopped));
  EXPECT_EQ(list["agents"].size(), 2u);
  EXPECT_EQ(list["totals"]["up"].integer(), 1);
  EXPECT_EQ(list["totals"]["stopped"].integer(), 1);
  auto only =
      ask(operator_, fmt::format("/api/v1/agents?agent={}&agent={}&status=stopped", up, stopped));
  ASSERT_EQ(only["agents"].size(), 1u);
  EXPECT_EQ(only["agents"][0]["name"].text(), stopped);
}

TEST_F(StatusIndicators, TellsAnOpenPageWhenAnAgentStops) {
  auto name = unique_name("watched");
  Reporter().post("/api/v1/metrics", Reporter::record(name, now(), R"("latency_ms":1)"));
  EventStream stream(TestStack::shared().port(), "/api/v1/stream?agent=" + name,
                     operator_.headers());
  EXPECT_EQ(Json::parse(stream.next("agents").data)["agents"][0]["status"].text(), "up");
  Reporter().post("/api/v1/events", Reporter::record(name, now(), R"("type":"stopped")"));
  std::string status;
  while (status != "stopped")
    status = Json::parse(stream.next("agents").data)["agents"][0]["status"].text();
  EXPECT_EQ(status, "stopped");
}

// Three people at once, each with a filter and a saved view of their own.
TEST(People, WorkAtTheSameTimeWithoutMeetingEachOther) {
  auto& stack = TestStack::shared();
  struct Visitor {
    TestStack::Person person;
    std::string agent;
  };
  std::vector<Visitor> visitors;
  for (auto role : {models::Role::Viewer, models::Role::Editor, models::Role::Admin}) {
    auto agent = unique_name("visited");
    Reporter().post("/api/v1/metrics", Reporter::record(agent, now(), R"("latency_ms":1)"));
    visitors.push_back({stack.sign_in_as(role), agent});
  }
  std::vector<std::string> problems(visitors.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < visitors.size(); ++i) {
    threads.emplace_back([&, i] {
      try {
        const auto& [person, agent] = visitors[i];
        auto headers = person.headers();
        headers["Content-Type"] = "application/json";
        for (int round = 0; round < 20; ++round) {
          auto query = fmt::format("agent={}&round={}", agent, round);
          auto saved = stack.http().post(
              "/api/v1/me/views",
              fmt::format(R"({{"name":"mine","path":"/","query":"{}"}})", query), headers);
          auto views = ask(person, "/api/v1/me/views");
          auto list = ask(person, "/api/v1/agents?agent=" + agent);
          if (saved.status != 201) problems[i] = saved.body;
          if (views["views"].size() != 1 || views["views"][0]["query"].text() != query)
            problems[i] = views.dump();
          if (list["agents"].size() != 1 || list["agents"][0]["name"].text() != agent)
            problems[i] = list.dump();
          if (ask(person, "/api/v1/me")["name"].text() != person.name) problems[i] = "another name";
        }
      } catch (const std::exception& exception) {
        problems[i] = exception.what();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& problem : problems) EXPECT_EQ(problem, "");
}

}  // namespace
}  // namespace sentinel
