#include "models/agent.hpp"

#include <gtest/gtest.h>

namespace sentinel::models {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h;
constexpr Microseconds kInterval = 10s;

AgentSigns record_ago(Microseconds age) {
  AgentSigns signs;
  signs.interval = kInterval;
  signs.first_seen = kNow - 24h;
  signs.last_record = kNow - age;
  return signs;
}

AgentSigns with_event(AgentSigns signs, std::string type, Microseconds age,
                      std::string message = "") {
  signs.last_event = std::move(type);
  signs.last_event_at = kNow - age;
  signs.last_event_message = std::move(message);
  return signs;
}

AgentStatus status_of(const AgentSigns& signs) { return judge(signs, kNow).status; }

TEST(Judge, SaysNeverOfAnAgentWithoutASign) {
  AgentSigns signs;
  signs.interval = kInterval;
  auto judged = judge(signs, kNow);
  EXPECT_EQ(judged.status, AgentStatus::Never);
  EXPECT_EQ(judged.reason, "nothing has been received from it yet");
  EXPECT_FALSE(judged.since);
  EXPECT_FALSE(judged.last_seen);
}

TEST(Judge, SaysNeverOfAnAgentThatOnlyHadANote) {
  AgentSigns signs;
  signs.interval = kInterval;
  auto judged = judge(with_event(signs, "annotation", 1s), kNow);
  EXPECT_EQ(judged.status, AgentStatus::Never);
  EXPECT_EQ(judged.reason, "it has sent events, but no record yet");
  EXPECT_EQ(judged.last_seen, kNow - 1s);
}

TEST(Judge, SaysUpWhileRecordsCome) {
  auto judged = judge(record_ago(5s), kNow);
  EXPECT_EQ(judged.status, AgentStatus::Up);
  EXPECT_EQ(judged.reason, "it reports at least every 20 s");
  EXPECT_EQ(judged.since, kNow - 24h);
  EXPECT_EQ(judged.last_seen, kNow - 5s);
}

TEST(Judge, CountsUpFromTheNewestStart) {
  auto signs = record_ago(5s);
  signs.up_since = kNow - 1h;
  EXPECT_EQ(judge(signs, kNow).since, kNow - 1h);
}

TEST(Judge, SaysUpOfAnAgentThatStartedButSentNoRecordYet) {
  AgentSigns signs;
  signs.interval = kInterval;
  signs.up_since = kNow - 3s;
  auto judged = judge(with_event(signs, "started", 3s), kNow);
  EXPECT_EQ(judged.status, AgentStatus::Up);
  EXPECT_EQ(judged.last_seen, kNow - 3s);
}

TEST(Judge, SaysLateAfterTwoIntervalsAndDownAfterFive) {
  EXPECT_EQ(status_of(record_ago(20s)), AgentStatus::Up);
  EXPECT_EQ(status_of(record_ago(20s + 1us)), AgentStatus::Late);
  EXPECT_EQ(status_of(record_ago(50s)), AgentStatus::Late);
  EXPECT_EQ(status_of(record_ago(50s + 1us)), AgentStatus::Down);
}

TEST(Judge, SaysSinceWhenAndWhy) {
  auto late = judge(record_ago(30s), kNow);
  EXPECT_EQ(late.since, kNow - 10s);
  EXPECT_EQ(late.reason, "no sign for more than 2 of its intervals of 10 s");
  auto down = judge(record_ago(120s), kNow);
  EXPECT_EQ(down.since, kNow - 70s);
  EXPECT_EQ(down.reason, "no sign for more than 5 of its intervals of 10 s");
}

TEST(Judge, TellsIntervalsInPlainWords) {
  auto reason = [](Microseconds interval) {
    auto signs = record_ago(24h);
    signs.interval = interval;
    return judge(signs, kNow).reason;
  };
  EXPECT_EQ(reason(200ms), "no sign for more than 5 of its intervals of 0.2 s");
  EXPECT_EQ(reason(119s), "no sign for more than 5 of its intervals of 119 s");
  EXPECT_EQ(reason(120s), "no sign for more than 5 of its intervals of 2 min");
  EXPECT_EQ(reason(90min), "no sign for more than 5 of its intervals of 90 min");
}

TEST(Judge, BelievesAnAgentThatSaidItStoppedOrFailed) {
  auto stopped = judge(with_event(record_ago(1h), "stopped", 59min, "end of shift"), kNow);
  EXPECT_EQ(stopped.status, AgentStatus::Stopped);
  EXPECT_EQ(stopped.since, kNow - 59min);
  EXPECT_EQ(stopped.reason, "end of shift");
  EXPECT_EQ(stopped.last_seen, kNow - 59min);
  auto error = judge(with_event(record_ago(1h), "error", 59min), kNow);
  EXPECT_EQ(error.status, AgentStatus::Error);
  EXPECT_EQ(error.reason, "it said so");
}

TEST(Judge, BelievesAStopWithoutAnyRecord) {
  AgentSigns signs;
  signs.interval = kInterval;
  EXPECT_EQ(status_of(with_event(signs, "stopped", 1h)), AgentStatus::Stopped);
}

TEST(Judge, LetsARecordAfterAStopMeanThatItRunsAgain) {
  EXPECT_EQ(status_of(with_event(record_ago(5s), "stopped", 10s)), AgentStatus::Up);
  EXPECT_EQ(status_of(with_event(record_ago(5s), "error", 10s)), AgentStatus::Up);
}

TEST(Judge, LetsTheLastSampleAndTheStopBeASecondApart) {
  EXPECT_EQ(status_of(with_event(record_ago(5s), "stopped", 6s)), AgentStatus::Stopped);
  EXPECT_EQ(status_of(with_event(record_ago(5s), "stopped", 6s + 1us)), AgentStatus::Up);
}

TEST(Judge, TakesADeployOrANoteForNoSignOfLife) {
  EXPECT_EQ(status_of(with_event(record_ago(1h), "deployed", 1s)), AgentStatus::Down);
  EXPECT_EQ(judge(with_event(record_ago(1h), "annotation", 1s), kNow).last_seen, kNow - 1h);
}

TEST(Judge, TakesAStartForASignOfLife) {
  auto signs = record_ago(1h);
  signs.up_since = kNow - 2s;
  EXPECT_EQ(status_of(with_event(signs, "restarted", 2s)), AgentStatus::Up);
}

TEST(Judge, BearsARecordOfAClockThatRunsAhead) {
  EXPECT_EQ(status_of(record_ago(-60s)), AgentStatus::Up);
}

TEST(AgentStatusName, GoesThereAndBack) {
  for (auto status : {AgentStatus::Up, AgentStatus::Late, AgentStatus::Down, AgentStatus::Stopped,
                      AgentStatus::Error, AgentStatus::Never}) {
    EXPECT_EQ(parse_agent_status(to_string(status)), status);
  }
  EXPECT_EQ(to_string(AgentStatus::Stopped), "stopped");
  EXPECT_FALSE(parse_agent_status("UP"));
  EXPECT_FALSE(parse_agent_status(""));
}

}  // namespace
}  // namespace sentinel::models
