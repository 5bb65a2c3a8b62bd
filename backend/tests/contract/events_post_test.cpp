// POST /api/v1/events, and GET /api/v1/agents/{id}/events, which tells them again.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class Events : public ContractTest {
 protected:
  std::string agent_ = unique_name("events");

  std::string event(std::string_view type, std::string_view members = "") const {
    return fmt::format(R"({{"agent_id":"{}","type":"{}"{}{}}})", agent_, type,
                       members.empty() ? "" : ",", members);
  }

  Json list(std::string_view query = "") {
    auto path = fmt::format("/api/v1/agents/{}/events?start=now-1d&end=now%2B1m{}{}", agent_,
                            query.empty() ? "" : "&", query);
    auto answer = get("/api/v1/agents/{id}/events", path);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body);
  }

  // The sentence of the only event, which must be refused.
  std::string refused(const std::string& members) {
    auto answer = post_events(fmt::format(R"({{"agent_id":"{}",{}}})", agent_, members));
    if (answer.status != 400) return fmt::format("{} {}", answer.status, answer.body);
    return rejections_of(answer).at(0);
  }
};

TEST_F(Events, AreStoredAndToldAgain) {
  auto time = ago(1h);
  auto body = event("deployed",
                    R"("timestamp":")" + time +
                        R"(","message":"v2 \"beta\"\nnotes","attributes":{"sha":"a\\b","n":2})");
  EXPECT_EQ(
      said(Contract::metrics_api().check_request("POST", "/api/v1/events", Json::parse(body))), "");
  EXPECT_EQ(post_events(body).body, R"({"accepted":1,"duplicates":0,"rejected":[]})");
  auto events = list();
  ASSERT_EQ(events["events"].size(), 1u);
  const auto& told = events["events"][0];
  EXPECT_EQ(told["type"].text(), "deployed");
  EXPECT_EQ(told["timestamp"].text(), time);
  EXPECT_EQ(told["message"].text(), "v2 \"beta\"\nnotes");
  EXPECT_EQ(told["attributes"]["sha"].text(), "a\\b");
  EXPECT_EQ(told["attributes"]["n"].integer(), 2);
}

// Clients number both from one, or use the id of a run for both.
TEST_F(Events, HaveOtherKeysThanRecords) {
  store(fmt::format(R"({{"agent_id":"{}","record_id":"1"}})", agent_));
  EXPECT_EQ(post_events(event("started", R"("event_id":"1")")).body,
            R"({"accepted":1,"duplicates":0,"rejected":[]})");
  auto headers = json_with(ingest_key());
  headers["Idempotency-Key"] = unique_name("run");
  EXPECT_EQ(post_metrics(fmt::format(R"({{"agent_id":"{}"}})", agent_), headers).body,
            R"({"accepted":1,"duplicates":0,"rejected":[]})");
  EXPECT_EQ(post_events(event("started"), headers).body,
            R"({"accepted":1,"duplicates":0,"rejected":[]})");
}

TEST_F(Events, AreNotTakenAsLines) {
  auto headers = bearer(ingest_key());
  headers["Content-Type"] = "application/x-ndjson";
  EXPECT_EQ(problem_of(http().post("/api/v1/events", event("started"), headers)),
            "415 content_type_unsupported: events come as one JSON object or an array of them; "
            "send application/json");
}

TEST_F(Events, OfEveryTypeAreTaken) {
  std::string body = "[";
  for (std::string_view type : {"started", "stopped", "error", "deployed", "annotation"})
    body += event(type) + ",";
  body.back() = ']';
  EXPECT_EQ(post_events(body).body, R"({"accepted":5,"duplicates":0,"rejected":[]})");
  EXPECT_EQ(list()["events"].size(), 5u);
}

TEST_F(Events, AreToldNewestFirstAndByPages) {
  std::string body = "[";
  auto same = ago(10min);
  for (int i = 0; i < 7; ++i) {
    body += event("annotation",
                  fmt::format(R"("message":"{}","timestamp":"{}")", i,
                              i < 5 ? same : ago(Microseconds{std::chrono::minutes{i}}))) +
            ",";
  }
  body.back() = ']';
  ASSERT_EQ(post_events(body).status, 201);
  std::vector<std::string> seen;
  std::string cursor;
  for (int pages = 1;; ++pages) {
    auto page = list(cursor.empty() ? "limit=2" : "limit=2&cursor=" + cursor);
    for (const auto& one : page["events"].items()) seen.push_back(one["message"].text());
    if (page["next_cursor"].is_null()) {
      EXPECT_EQ(pages, 4);
      break;
    }
    EXPECT_EQ(page["events"].size(), 2u);
    cursor = page["next_cursor"].text();
  }
  EXPECT_THAT(seen, ::testing::UnorderedElementsAre("0", "1", "2", "3", "4", "5", "6"));
  EXPECT_EQ(seen[0], "5");
  EXPECT_EQ(seen[1], "6");
}

TEST_F(Events, AreToldOfTheRangeThatWasAskedFor) {
  post_events("[" + event("error", R"("timestamp":")" + ago(3h) + '"') + "," +
              event("started", R"("timestamp":")" + ago(1h) + '"') + "]");
  auto path = [&](std::string_view range) {
    return fmt::format("/api/v1/agents/{}/events?{}", agent_, range);
  };
  auto types = [&](std::string_view range) {
    std::vector<std::string> found;
    auto body = Json::parse(get("/api/v1/agents/{id}/events", path(range)).body);
    for (const auto& one : body["events"].items()) found.push_back(one["type"].text());
    return found;
  };
  EXPECT_THAT(types("start=now-4h&end=now-2h"), ElementsAre("error"));
  EXPECT_THAT(types("start=now-2h"), ElementsAre("started"));
  EXPECT_THAT(types("start=now-10m"), ElementsAre());
}

TEST_F(Events, AreStoredOnceByTheirIdAndByTheRequest) {
  auto one = event("error", R"("event_id":"e1")");
  EXPECT_EQ(post_events(one).body, R"({"accepted":1,"duplicates":0,"rejected":[]})");
  EXPECT_EQ(post_events(one).body, R"({"accepted":0,"duplicates":1,"rejected":[]})");
  EXPECT_EQ(post_events("[" + one + "," + one + "]").body,
            R"({"accepted":0,"duplicates":2,"rejected":[]})");
  auto headers = json_with(ingest_key());
  headers["Idempotency-Key"] = unique_name("request");
  auto body = "[" + event("started") + "," + event("stopped") + "]";
  EXPECT_EQ(post_events(body, headers).body, R"({"accepted":2,"duplicates":0,"rejected":[]})");
  EXPECT_EQ(post_events(body, headers).body, R"({"accepted":0,"duplicates":2,"rejected":[]})");
  EXPECT_EQ(list()["events"].size(), 3u);
}

TEST_F(Events, KeepTheGoodAndNameTheBad) {
  auto answer = post_events("[" + event("error") + "," + event("down") + ",7]");
  EXPECT_EQ(answer.status, 201);
  EXPECT_THAT(
      rejections_of(answer),
      ElementsAre(
          "1 type: type 'down' is unknown; it is started, stopped, error, deployed or annotation",
          "2 : a record must be an object"));
  EXPECT_EQ(list()["events"].size(), 1u);
}

TEST_F(Events, AreRefusedWithTheFieldAndTheLimit) {
  EXPECT_EQ(
      refused(R"("type":"exploded")"),
      "0 type: type 'exploded' is unknown; it is started, stopped, error, deployed or annotation");
  EXPECT_EQ(refused(R"("message":"m")"), "0 type: type is missing");
  EXPECT_EQ(refused(R"("type":"error","level":1)"), "0 level: there is no field 'level'");
  EXPECT_EQ(refused(R"("type":"error","message":")" + std::string(2001, 'm') + '"'),
            "0 message: message has 2001 characters, the limit is 2000");
  auto ahead = format_rfc3339(now() + 2min), old = format_rfc3339(now() - 91 * 24h);
  EXPECT_EQ(refused(R"("type":"error","timestamp":")" + ahead + '"'),
            "0 timestamp: timestamp " + ahead + " is more than 60 s ahead of the server");
  EXPECT_EQ(refused(R"("type":"error","timestamp":")" + old + '"'),
            "0 timestamp: timestamp " + old + " is more than 90 days old");
  EXPECT_THAT(rejections_of(post_events(R"({"type":"error"})")),
              ElementsAre("0 agent_id: agent_id is missing"));
}

TEST_F(Events, OverAThousandAreRefused) {
  std::string body = "[";
  for (int i = 0; i < 1001; ++i) body += event("error") + ",";
  body.back() = ']';
  EXPECT_EQ(problem_of(post_events(body)),
            "413 too_many_records: a request may hold at most 1000 records");
}

TEST_F(Events, InBodiesThatCannotBeReadAreRefused) {
  EXPECT_EQ(problem_of(post_events("[" + event("error") + "] []")),
            "400 json_invalid: the body is not valid JSON: text after the end");
  EXPECT_EQ(problem_of(post_events(std::string(8 * 1024 * 1024 + 1, ' '))),
            "413 body_too_large: the body is over the limit of 8388608 bytes");
  auto headers = bearer(ingest_key());
  headers["Content-Type"] = "text/plain";
  EXPECT_EQ(problem_of(post_events(event("error"), headers)),
            "415 content_type_unsupported: Content-Type text/plain is not understood; send "
            "application/json or "
            "application/x-ndjson");
  headers = json_with(ingest_key());
  headers["Idempotency-Key"] = std::string(201, 'k');
  EXPECT_EQ(problem_of(post_events(event("error"), headers)),
            "400 idempotency_key_too_long: Idempotency-Key has 201 characters, the limit is 200");
}

TEST_F(Events, NeedTheRightKey) {
  EXPECT_EQ(post_events(event("error"), {}).status, 401);
  EXPECT_EQ(problem_of(post_events(event("error"), json_with("sk_wrong"))),
            "401 key_unknown: this key is not known: it may be mistyped, revoked or expired");
  EXPECT_EQ(problem_of(post_events(event("error"), json_with(read_key()))),
            "403 scope_refused: this key has scope read, this needs ingest");
  auto key = stack().make_key(models::KeyScope::Ingest, {"another"});
  EXPECT_EQ(problem_of(post_events(event("error"), json_with(key))),
            "400 all_rejected: nothing was stored: agent_id '" + agent_ +
                "' is not among the agents of this key");
}

TEST_F(Events, OfAnAgentAreRefusedWithTheReason) {
  post_events(event("error"));
  auto ask = [&](std::string_view agent, std::string_view query) {
    return problem_of(get("/api/v1/agents/{id}/events",
                          fmt::format("/api/v1/agents/{}/events?{}", agent, query)));
  };
  EXPECT_EQ(ask("nobody", ""), "404 agent_unknown: there is no agent 'nobody'");
  EXPECT_EQ(ask(agent_, "limit=0"),
            "400 parameter_invalid: limit '0' must be an integer from 1 to 1000");
  EXPECT_EQ(ask(agent_, "start=noon"),
            "400 time_invalid: start: 'noon' is not a time: write 2026-11-22T20:45:00Z");
  EXPECT_EQ(ask(agent_, "end=noon"),
            "400 time_invalid: end: 'noon' is not a time: write 2026-11-22T20:45:00Z");
  EXPECT_EQ(ask(agent_, "type=error"),
            "400 parameter_unknown: there is no parameter 'type' here; there are start, end, "
            "limit, cursor");
  for (std::string cursor :
       {"x", "1", "1.", "1.2.3", ".1", "9223372036854775807.1", "-9223372036854775808.1"}) {
    EXPECT_EQ(ask(agent_, "cursor=" + cursor),
              "400 cursor_invalid: this cursor is not one of ours; begin again without it");
  }
}

}  // namespace
}  // namespace sentinel
