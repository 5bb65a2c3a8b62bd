#include "services/ingest/event_decoder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sentinel::ingest {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h;

Result<DecodedEvents> decode(std::string body) {
  body.reserve(body.size() + 64);
  return decode_events(body, kNow);
}

// "field: reason" of an event of agent "a" with these members.
std::string refused(const std::string& members) {
  auto decoded = decode(R"({"agent_id":"a",)" + members + "}");
  if (!decoded) return decoded.error().message;
  if (decoded->rejected.size() != 1) return "not refused";
  return decoded->rejected.front().field + ": " + decoded->rejected.front().reason;
}

TEST(DecodeEvents, ReadsEveryField) {
  auto decoded = decode(
      R"({"agent_id":"a","type":"deployed","timestamp":"2026-11-22T11:00:00Z","event_id":"e1",)"
      R"("message":"line one\nline two","attributes":{"version":"1.2","n":3,"ok":true}})");
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->events.size(), 1u);
  const auto& event = decoded->events[0];
  EXPECT_EQ(event.agent, "a");
  EXPECT_EQ(event.type, "deployed");
  EXPECT_EQ(event.ts, kNow - 1h);
  EXPECT_EQ(event.event_id, "e1");
  EXPECT_EQ(event.message, "line one\nline two");
  EXPECT_EQ(event.attributes, R"({"version":"1.2","n":3,"ok":true})");
}

TEST(DecodeEvents, TakesEveryTypeOfTheContract) {
  for (std::string type : {"started", "stopped", "error", "deployed", "annotation"}) {
    EXPECT_EQ(refused("\"type\":\"" + type + '"'), "not refused");
  }
}

TEST(DecodeEvents, RefusesTypesThatOnlyTheServerWrites) {
  for (std::string type : {"down", "back", "restarted", "", "STARTED"}) {
    EXPECT_EQ(refused("\"type\":\"" + type + '"'),
              "type: type '" + type +
                  "' is unknown; it is started, stopped, error, deployed or annotation");
  }
  EXPECT_EQ(refused("\"type\":7"), "type: type must be a text");
}

TEST(DecodeEvents, RefusesWhatIsOutOfItsLimits) {
  EXPECT_EQ(refused(R"("type":"error","message":")" + std::string(2001, 'm') + '"'),
            "message: message has 2001 characters, the limit is 2000");
  EXPECT_EQ(refused(R"("type":"error","message":")" + std::string(2000, 'm') + '"'), "not refused");
  EXPECT_EQ(refused(R"("type":"error","message":"a\u0000b")"),
            "message: message holds a NUL character");
  EXPECT_EQ(refused(R"("type":"error","message":[])"), "message: message must be a text");
  EXPECT_EQ(refused(R"("type":"error","event_id":")" + std::string(201, 'e') + '"'),
            "event_id: event_id has 201 characters, the limit is 200");
  EXPECT_EQ(refused(R"("type":"error","timestamp":"2026-11-22T12:02:00Z")"),
            "timestamp: timestamp 2026-11-22T12:02:00Z is more than 60 s ahead of the server");
  EXPECT_EQ(refused(R"("type":"error","timestamp":"2026-08-23T12:00:00Z")"),
            "timestamp: timestamp 2026-08-23T12:00:00Z is more than 90 days old");
  EXPECT_EQ(refused(R"("type":"error","timestamp":12)"),
            "timestamp: timestamp must be an RFC 3339 text");
  EXPECT_EQ(refused(R"("type":"error","timestamp":"noon")"),
            "timestamp: timestamp: 'noon' is not a time: write 2026-11-22T20:45:00Z");
  EXPECT_EQ(refused(R"("type":"error","attributes":{"x":[]})"),
            "attributes: attributes.x must be a text, number or boolean");
  EXPECT_EQ(refused(R"("type":"error","severity":1)"), "severity: there is no field 'severity'");
}

TEST(DecodeEvents, RefusesAnEventWithoutAgentOrType) {
  EXPECT_EQ(refused("\"message\":\"m\""), "type: type is missing");
  auto decoded = decode(R"({"type":"error"})");
  ASSERT_EQ(decoded->rejected.size(), 1u);
  EXPECT_EQ(decoded->rejected[0].reason, "agent_id is missing");
}

TEST(DecodeEvents, TakesNullForNotSent) {
  auto decoded = decode(R"({"agent_id":"a","type":"error","message":null,)"
                        R"("timestamp":null,"attributes":null,"event_id":null})");
  ASSERT_EQ(decoded->events.size(), 1u);
  EXPECT_EQ(decoded->events[0].message, "");
  EXPECT_EQ(decoded->events[0].attributes, "{}");
  EXPECT_FALSE(decoded->events[0].ts);
}

TEST(DecodeEvents, KeepsTheGoodOnesOfAnArray) {
  auto decoded = decode(R"([{"agent_id":"a","type":"x"},{"agent_id":"b",)"
                        R"("type":"error"},"no",{"agent_id":"c","type":"error"}])");
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->indexes, (std::vector<size_t>{1, 3}));
  ASSERT_EQ(decoded->rejected.size(), 2u);
  EXPECT_EQ(decoded->rejected[1].index, 2u);
  EXPECT_EQ(decoded->rejected[1].reason, "a record must be an object");
}

TEST(DecodeEvents, TakesAtMostAThousand) {
  std::string body = "[", one = R"({"agent_id":"a","type":"error"})";
  for (int i = 0; i < 999; ++i) body += one + ",";
  EXPECT_EQ(decode(body + one + "]")->events.size(), 1000u);
  auto over = decode(body + one + "," + one + "]");
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, ErrorCode::TooLarge);
  EXPECT_EQ(over.error().message, "a request may hold at most 1000 records");
}

TEST(DecodeEvents, RefusesABodyThatIsNoJson) {
  for (std::string body :
       {"", "{", "[{\"agent_id\":\"a\"", "{\"agent_id\":\"a\",\"type\":\"error\"} x", "7"}) {
    auto decoded = decode(body);
    ASSERT_FALSE(decoded) << body;
    EXPECT_EQ(decoded.error().reason, "json_invalid");
  }
}

}  // namespace
}  // namespace sentinel::ingest
