// GET /api/v1/rejections: who sends what is refused, found by agent, key or address, registered or
// not.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using ::testing::ElementsAre;

class RejectionsGet : public ContractTest {
 protected:
  // Sends with a stack that ends, which writes what it counted.
  template <class Send>
  static void send(Send what) {
    auto options = TestStack::all_services();
    options.db_api.reset();
    options.worker.reset();
    TestStack sender(std::move(options));
    what([&](std::string_view path, std::string_view body, const Headers& headers) {
      return kept(Contract::metrics_api(), "POST", path, sender.http().post(path, body, headers));
    });
  }
  // "subject code field count: reason" of each entry.
  static std::vector<std::string> listed(const Answer& answer) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::vector<std::string> found;
    auto body = Json::parse(answer.body);
    for (const auto& one : body["rejections"].items()) {
      found.push_back(fmt::format("{} {} {} {}: {}", one["subject"].text(), one["code"].text(),
                                  one["field"].text(), one["count"].integer(),
                                  one["reason"].text()));
    }
    return found;
  }
  static Answer of_agent(std::string_view agent) {
    return get("/api/v1/rejections", fmt::format("agent={}", percent_encode(agent)));
  }

  const std::string agent_ = unique_name("misconfigured");
};

TEST_F(RejectionsGet, FindsAnAgentThatNeverRegistered) {
  send([&](auto post) {
    const auto bad = fmt::format(R"({{"cpu_usage_percent":130,"agent_id":"{}"}})", agent_);
    const auto worse = fmt::format(R"({{"agent_id":"{}","cpu_usage_percent":140.5}})", agent_);
    EXPECT_EQ(
        post("/api/v1/metrics", "[" + bad + "," + worse + "]", json_with(ingest_key())).status,
        400);
    EXPECT_EQ(post("/api/v1/metrics", bad, json_with(ingest_key())).status, 400);
    const auto event = fmt::format(R"({{"type":"restarted","agent_id":"{}"}})", agent_);
    EXPECT_EQ(post("/api/v1/events", event, json_with(ingest_key())).status, 400);
  });
  auto answer = of_agent(agent_);
  EXPECT_THAT(
      listed(answer),
      ElementsAre("event record_invalid type 1: type 'restarted' is unknown; it is started, "
                  "stopped, error, deployed or annotation",
                  "record record_invalid cpu_usage_percent 3: cpu_usage_percent 130 is over 100"));
  auto body = Json::parse(answer.body);
  EXPECT_EQ(body["rejections"][0]["agent"].text(), agent_);
  EXPECT_TRUE(body["rejections"][0]["agent_id"].is_null());
  EXPECT_FALSE(body["rejections"][0]["key"].text().empty());
  EXPECT_EQ(body["rejections"][0]["address"].text(), "127.0.0.1");
}

TEST_F(RejectionsGet, FindsARegisteredAgentByNameAndById) {
  std::string id;
  send([&](auto post) {
    auto sent = [&](const std::string& agent, std::string_view rest) {
      return post("/api/v1/metrics", fmt::format(R"({{"agent_id":"{}"{}}})", agent, rest),
                  json_with(ingest_key()))
          .status;
    };
    EXPECT_EQ(sent(agent_, ""), 201);
    id = TestDatabase::shared()
             .execute(fmt::format("SELECT agent_id FROM sentinel.agent WHERE name = '{}'", agent_))
             .text(0, 0);
    EXPECT_EQ(sent(agent_, R"(,"latency_ms":-1)"), 400);
    EXPECT_EQ(sent(id, R"(,"latency_ms":-1)"), 400);
  });
  for (const auto& asked : {agent_, id}) {
    auto answer = of_agent(asked);
    EXPECT_EQ(listed(answer).size(), 2u) << answer.body;
    auto body = Json::parse(answer.body);
    for (const auto& one : body["rejections"].items()) EXPECT_EQ(one["agent_id"].text(), id);
  }
}

TEST_F(RejectionsGet, FindsRequestsByTheirKeyAndAddress) {
  const auto record = fmt::format(R"({{"agent_id":"{}"}})", agent_);
  const auto from = "start=" + percent_encode(format_rfc3339(now()));
  send([&](auto post) {
    EXPECT_EQ(post("/api/v1/metrics", record, json_with("sk_secret_of_somebody")).status, 401);
    EXPECT_EQ(post("/api/v1/metrics", record, json_with(read_key())).status, 403);
    EXPECT_EQ(post("/api/v1/metrics", record + "]", json_with(ingest_key())).status, 400);
    auto packed = json_with(ingest_key());
    packed["Content-Encoding"] = "br";
    EXPECT_EQ(post("/api/v1/metrics", record, packed).status, 415);
    const std::string large(8 * 1024 * 1024 + 1, ' ');
    EXPECT_EQ(post("/api/v1/metrics", large, json_with(ingest_key())).status, 413);
    auto otlp = post("/v1/traces", large, json_with(ingest_key()));
    EXPECT_EQ(otlp.status, 413);
    EXPECT_EQ(otlp.body, R"({"code":8,"message":"the body is over the limit of 8388608 bytes"})");
    EXPECT_EQ(post("/api/v1/metrics", R"({"latency_ms":1})", json_with(ingest_key())).status, 400);
  });
  auto answer = get("/api/v1/rejections", "agent=&" + from);
  EXPECT_THAT(
      listed(answer),
      ElementsAre("record record_invalid agent_id 1: agent_id is missing",
                  "request body_too_large  2: the body is over the limit of 8388608 bytes",
                  "request encoding_unsupported  1: Content-Encoding br is not understood; send "
                  "gzip, zstd or none",
                  "request json_invalid  1: the body is not valid JSON: a broken object",
                  "request scope_refused  1: this key has scope read, this needs ingest",
                  "request key_unknown  1: this key is not known: it may be mistyped, revoked or "
                  "expired"));
  auto body = Json::parse(answer.body);
  EXPECT_FALSE(body["rejections"][4]["key"].is_null());
  EXPECT_TRUE(body["rejections"][5]["key"].is_null());
  EXPECT_EQ(body["rejections"][5]["address"].text(), "127.0.0.1");
  EXPECT_EQ(answer.body.find("sk_"), std::string::npos) << "a secret is shown";
  EXPECT_TRUE(listed(of_agent(agent_)).empty());
}

TEST_F(RejectionsGet, PagesByCursor) {
  send([&](auto post) {
    for (std::string_view field : {"one", "two", "three", "four", "five"}) {
      post("/api/v1/metrics", fmt::format(R"({{"agent_id":"{}","{}":1}})", agent_, field),
           json_with(ingest_key()));
    }
  });
  const auto all = listed(of_agent(agent_));
  ASSERT_EQ(all.size(), 5u);
  std::vector<std::string> paged;
  std::string cursor;
  for (int page = 0; page < 3; ++page) {
    auto answer = get("/api/v1/rejections", fmt::format("agent={}&limit=2{}", agent_, cursor));
    for (auto& one : listed(answer)) paged.push_back(std::move(one));
    auto body = Json::parse(answer.body);
    EXPECT_EQ(body["next_cursor"].is_null(), page == 2);
    if (page < 2) cursor = "&cursor=" + body["next_cursor"].text();
  }
  EXPECT_EQ(paged, all);
}

TEST_F(RejectionsGet, RefusesWhatItDoesNotUnderstand) {
  for (std::string query : {"cursor=1", "cursor=1.x", "cursor=-1.00000000000000000000000000000000",
                            "limit=0", "limit=1001", "start=yesterday", "colour=red"}) {
    EXPECT_EQ(get("/api/v1/rejections", query).status, 400) << query;
  }
  EXPECT_EQ(get("/api/v1/rejections", "", {}).status, 401);
  EXPECT_EQ(get("/api/v1/rejections", "", bearer(ingest_key())).status, 403);
}

TEST_F(RejectionsGet, AreFiguresByCodeToo) {
  auto figure = [](std::string_view sample) {
    auto text =
        "\n" + kept(Contract::metrics_api(), "GET", "/metrics", http().get("/metrics")).body;
    size_t at = text.find(fmt::format("\n{} ", sample));
    return at == text.npos ? 0.0 : std::stod(text.substr(at + sample.size() + 2));
  };
  const std::string items = R"(sentinel_ingest_rejected_total{code="record_invalid"})";
  const std::string requests = R"(sentinel_ingest_requests_refused_total{code="json_invalid"})";
  const auto items_before = figure(items), requests_before = figure(requests);
  const auto bad = fmt::format(R"({{"agent_id":"{}","latency_ms":-1}})", agent_);
  post_metrics("[" + bad + "," + bad + "]");
  post_metrics("[");
  EXPECT_EQ(figure(items), items_before + 2);
  EXPECT_EQ(figure(requests), requests_before + 1);
}

}  // namespace
}  // namespace sentinel
