// GET /api/v1/stream: what was committed reaches an open stream.
#include <algorithm>

#include "contract/contract_test.hpp"
#include "support/switched_database.hpp"

namespace sentinel {
namespace {

using namespace std::chrono_literals;
using sentinel::testing::StreamEvent;
using sentinel::testing::SwitchedDatabase;

class Stream : public ContractTest {
 protected:
  std::string agent_ = unique_name("stream");

  EventStream open(const std::string& query, Headers more = {}) {
    auto headers = bearer(read_key());
    headers.insert(more.begin(), more.end());
    return EventStream(stack().port(), "/api/v1/stream" + (query.empty() ? "" : "?" + query),
                       headers);
  }

  // Stores one record and gives the id of its agent.
  std::string record(const std::string& agent, std::string_view members = "") {
    store(fmt::format(R"({{"agent_id":"{}"{}{}}})", agent, members.empty() ? "" : ",", members));
    return Json::parse(get("/api/v1/agents/{id}", "/api/v1/agents/" + agent).body)["agent_id"]
        .text();
  }

  // The next `committed` event, checked against its schema.
  static Json committed(EventStream& stream, std::string* id = nullptr) {
    auto event = stream.next("committed");
    auto data = Json::parse(event.data);
    EXPECT_EQ(said(Contract::db_api().check_schema("Committed", data)), "");
    EXPECT_FALSE(event.id.empty());
    EXPECT_EQ(event.id.find_first_not_of("0123456789"), event.id.npos) << event.id;
    if (id) *id = event.id;
    return data;
  }

  static bool names(const Json& committed, const std::string& agent_id) {
    for (const auto& one : committed["agents"].items()) {
      if (one.text() == agent_id) return true;
    }
    return false;
  }
};

TEST_F(Stream, TellsWhatWasCommitted) {
  record(agent_);
  auto stream = open("agent=" + agent_);
  EXPECT_EQ(stream.head().header("cache-control"), "no-store");
  EXPECT_EQ(said(Contract::db_api().check("GET", "/api/v1/stream", stream.head())), "");
  auto time = ago(1min);
  auto id = record(agent_, fmt::format(R"("timestamp":"{}")", time));
  for (;;) {
    auto told = committed(stream);
    ASSERT_TRUE(names(told, id));
    ASSERT_EQ(told["agents"].size(), 1u);
    EXPECT_GE(told["records"].integer(), 1);
    // The record before the stream was opened may be told first.
    if (parse_rfc3339(told["start"].text()).value() <= parse_rfc3339(time).value()) break;
  }
}

TEST_F(Stream, TellsEveryRecordOfALoop) {
  record(agent_);
  auto stream = open("agent=" + agent_);
  for (int i = 0; i < 20; ++i) {
    // Each has a time of its own, further back than the ones before.
    auto time = now() - 1h - std::chrono::minutes{i};
    record(agent_, fmt::format(R"("timestamp":"{}")", format_rfc3339(time)));
    while (parse_rfc3339(committed(stream)["start"].text()).value() > time) {
    }
  }
}

TEST_F(Stream, TellsEventsToo) {
  auto id = record(agent_);
  auto stream = open("agent=" + agent_);
  auto time = now() - 2h;
  ASSERT_EQ(post_events(fmt::format(R"({{"agent_id":"{}","type":"deployed","timestamp":"{}"}})",
                                    agent_, format_rfc3339(time)))
                .status,
            201);
  while (parse_rfc3339(committed(stream)["start"].text()).value() > time) {
  }
}

TEST_F(Stream, BeginsWithTheAgentsAndTellsTheirChanges) {
  record(agent_, R"("latency_ms":1)");
  auto stream = open("agent=" + agent_);
  auto latency = [&](const StreamEvent& event) {
    auto data = Json::parse(event.data);
    EXPECT_TRUE(parse_rfc3339(data["server_time"].text()));
    EXPECT_EQ(data["agents"].size(), 1u);
    EXPECT_EQ(said(Contract::db_api().check_schema("Agent", data["agents"][0])), "");
    EXPECT_EQ(data["agents"][0]["name"].text(), agent_);
    return data["agents"][0]["latest"]["latency_ms"].number();
  };
  EXPECT_EQ(latency(stream.next("agents")), 1);
  record(agent_, R"("latency_ms":2)");
  while (latency(stream.next("agents")) != 2) {
  }
}

// A list of the agents that was begun before a stream was opened must not come behind a newer one.
TEST_F(Stream, NeverGoesBackToOlderValues) {
  auto keeps_the_lists_coming = open("");
  std::map<std::string, EventStream> streams;
  for (int i = 0; i < 40; ++i) {
    auto agent = unique_name("stream");
    record(agent, R"("latency_ms":1)");
    streams.try_emplace(agent, stack().port(), "/api/v1/stream?agent=" + agent, bearer(read_key()));
  }
  for (const auto& [agent, stream] : streams) record(agent, R"("latency_ms":2)");
  for (auto& [agent, stream] : streams) {
    std::vector<std::string> seen;
    do {
      auto latest = Json::parse(stream.next("agents").data)["agents"][0]["latest"];
      seen.push_back(latest["latency_ms"].dump());
    } while (seen.back() != "2");
    // On a busy machine the same list may be told twice; an older one would show null.
    EXPECT_TRUE(std::ranges::is_sorted(seen)) << ::testing::PrintToString(seen);
  }
}

TEST_F(Stream, KeepsToTheAgentsThatWereAskedFor) {
  auto other = unique_name("stream");
  auto own_id = record(agent_);
  auto stream = open("agent=" + agent_);
  for (int i = 0; i < 3; ++i) record(other);
  auto time = now() - 1h;
  record(agent_, fmt::format(R"("timestamp":"{}")", format_rfc3339(time)));
  for (;;) {
    auto told = committed(stream);
    ASSERT_EQ(told["agents"].dump(), "[\"" + own_id + "\"]");
    if (parse_rfc3339(told["start"].text()).value() <= time) break;
  }
}

TEST_F(Stream, TellsAllAgentsWhereNoneIsNamed) {
  record(agent_);
  auto stream = open("");
  auto other = unique_name("stream");
  auto id = record(other);
  while (!names(committed(stream), id)) {
  }
}

TEST_F(Stream, ResumesBehindTheLastEvent) {
  record(agent_);
  std::string position;
  {
    auto stream = open("agent=" + agent_);
    record(agent_);
    committed(stream, &position);
  }
  auto time = now() - 3h;  // committed while nobody listens
  record(agent_, fmt::format(R"("timestamp":"{}")", format_rfc3339(time)));
  auto stream = open("agent=" + agent_, {{"Last-Event-ID", position}});
  while (parse_rfc3339(committed(stream)["start"].text()).value() > time) {
  }
}

TEST_F(Stream, TellsManyListenersTheSame) {
  record(agent_);
  std::vector<std::unique_ptr<EventStream>> streams;
  for (int i = 0; i < 20; ++i) {
    streams.push_back(std::make_unique<EventStream>(
        stack().port(), "/api/v1/stream?agent=" + agent_, bearer(read_key())));
  }
  auto time = now() - 4h;
  record(agent_, fmt::format(R"("timestamp":"{}")", format_rfc3339(time)));
  for (auto& stream : streams) {
    while (parse_rfc3339(committed(*stream)["start"].text()).value() > time) {
    }
  }
}

TEST_F(Stream, PingsWhenNothingHappens) {
  record(agent_);
  auto stream = open("agent=" + agent_);
  auto ping = stream.next("ping");
  EXPECT_TRUE(parse_rfc3339(Json::parse(ping.data)["server_time"].text()));
}

// Silence must not look like peace: a page that is open learns that nothing can be read.
TEST_F(Stream, EndsWhenTheDatabaseCannotBeRead) {
  record(agent_);
  SwitchedDatabase database("sentinel_db_api");
  apps::StackOptions options;
  options.db_api = database.endpoint();
  TestStack reader(std::move(options));
  const std::string path = "/api/v1/stream?agent=" + agent_;
  EventStream stream(reader.port(), path, bearer(read_key()));
  EXPECT_EQ(stream.next().type, "agents");
  database.take_away();
  std::string how_it_ended;
  try {
    for (;;) stream.next();
  } catch (const std::runtime_error& error) {
    how_it_ended = error.what();
  }
  EXPECT_EQ(how_it_ended, "the stream ended");
  EXPECT_EQ(reader.http().get(path, bearer(read_key())).status, 503);
  database.bring_back();
  EventStream again(reader.port(), path, bearer(read_key()));
  EXPECT_EQ(again.next().type, "agents");
}

TEST_F(Stream, ForgetsAListenerThatIsGone) {
  record(agent_);
  auto& live = stack().stack().db_api()->live();
  {
    auto stream = open("agent=" + agent_);
    EXPECT_GE(live.listeners(), 1u);
    stream.cut();
  }
  // A listener is missed when it is next told something; those of other tests at their next ping.
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (live.listeners() > 0 && std::chrono::steady_clock::now() < deadline) record(agent_);
  EXPECT_EQ(live.listeners(), 0u);
}

TEST_F(Stream, IsRefusedWithTheReason) {
  auto refused = [&](const std::string& query, Headers more = {}) {
    auto headers = bearer(read_key());
    headers.insert(more.begin(), more.end());
    return problem_of(get("/api/v1/stream", query, headers));
  };
  EXPECT_EQ(refused("agent=nobody"), "404 agent_unknown: there is no agent 'nobody'");
  EXPECT_EQ(refused("agents=x"),
            "400 parameter_unknown: there is no parameter 'agents' here; there are agent");
  for (std::string position : {"x", "1.5", "-1", "123456789012345678901", "99999999999999999999"}) {
    EXPECT_EQ(refused("", {{"Last-Event-ID", position}}),
              "400 position_invalid: Last-Event-ID is not one of ours")
        << position;
  }
}

}  // namespace
}  // namespace sentinel
