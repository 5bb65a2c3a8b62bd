// Limits on what a key and an agent may bring, and that whoever has to wait is told how long.
#include "contract/contract_test.hpp"
#include "support/otlp.hpp"

namespace sentinel {
namespace {

using ::testing::ElementsAre;

class Limits : public ContractTest {
 protected:
  void start(ingest::GuardSettings guards, ingest::WriterLimits writer = {}) {
    auto options = TestStack::all_services();
    options.db_api.reset();
    options.worker.reset();
    options.guards = guards;
    options.writer = writer;
    stack_ = std::make_unique<TestStack>(std::move(options));
  }
  Answer post(std::string_view route, std::string_view body) const {
    return kept(Contract::metrics_api(), "POST", route,
                stack_->http().post(route, body, json_with(ingest_key())));
  }
  Answer metrics(std::string_view body) const { return post("/api/v1/metrics", body); }
  std::string record(std::string_view agent, std::string_view rest = "") const {
    return fmt::format(R"({{"agent_id":"{}"{}}})", agent, rest);
  }
  std::string records(int count) const {
    std::string body;
    for (int i = 0; i < count; ++i) body += (i ? "," : "[") + record(agent_);
    return body + "]";
  }

  const std::string agent_ = unique_name("limited");
  std::unique_ptr<TestStack> stack_;
};

TEST_F(Limits, OnRecordsASecondRefuseARequestWhole) {
  start({.rates = {.records_per_second = 1}});
  EXPECT_EQ(metrics(records(1000)).status, 201) << "a full bucket";
  for (const auto& answer :
       {metrics(records(2)), post("/api/v1/events", record(agent_, R"(,"type":"deployed")"))}) {
    EXPECT_EQ(answer.status, 429);
    EXPECT_GT(std::stoi(std::string(answer.header("retry-after"))), 5);
    EXPECT_THAT(
        problem_of(answer),
        ::testing::StartsWith("429 rate_limited: this key may send 1 records a second to "
                              "this node and 5 at once; nothing of this request is stored"));
  }
  EXPECT_EQ(rows_of(agent_), 1000);
}

TEST_F(Limits, OnRequestsASecondComeBeforeTheBodyIsUnpacked) {
  start({.rates = {.requests_per_second = 1}});
  auto headers = json_with(ingest_key());
  headers["Content-Encoding"] = "gzip";
  Answer answer;
  for (int i = 0; i < 1000 && answer.status != 429; ++i) {
    answer = kept(Contract::metrics_api(), "POST", "/api/v1/metrics",
                  stack_->http().post("/api/v1/metrics", "no gzip", headers));
    EXPECT_TRUE(answer.status == 400 || answer.status == 429) << answer.body;
  }
  EXPECT_THAT(problem_of(answer),
              ::testing::StartsWith("429 rate_limited: this key may send 1 requests a second"));
  EXPECT_EQ(answer.header("retry-after"), "1");
}

TEST_F(Limits, OnNamesOfCustomMetricsRefuseARecordAlone) {
  start({.cardinality = {.custom_metric_names = 2}});
  EXPECT_EQ(metrics(record(agent_, R"(,"custom_metrics":{"a":1,"b":2})")).status, 201);
  auto answer =
      metrics("[" + record(agent_, R"(,"custom_metrics":{"a":1})") + "," +
              record(agent_, R"(,"custom_metrics":{"c":1})") + "," + record(agent_) + "]");
  EXPECT_EQ(answer.status, 201);
  EXPECT_THAT(rejections_of(answer),
              ElementsAre("1 custom_metrics.c: custom_metrics.c is a new name, and an agent may "
                          "have 2 names of custom metrics"));
  EXPECT_EQ(rows_of(agent_), 3);
}

TEST_F(Limits, OnSeriesOfCountersRefuseAPointAlone) {
  start({.cardinality = {.counter_series_per_hour = 3}});
  const auto now_ns =
      std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  auto point = [&](int id, std::string_view value) {
    return fmt::format(R"({{"startTimeUnixNano":"{}","timeUnixNano":"{}",{},"attributes":{}}})",
                       now_ns - 1'000'000'000, now_ns, value,
                       testing::otlp_attributes(fmt::format(R"({{"request":{}}})", id)));
  };
  std::string points;
  for (int id : {1, 2, 1, 3, 4, 5})
    points += (points.empty() ? "" : ",") + point(id, R"("asInt":1)");
  const auto body = testing::otlp_export(
      otlp::Signal::Metrics, fmt::format(R"({{"service.name":"{}"}})", agent_),
      fmt::format(R"({{"name":"jobs","sum":{{"aggregationTemporality":1,"isMonotonic":true,)"
                  R"("dataPoints":[{}]}}}},{{"name":"took","histogram":{{)"
                  R"("aggregationTemporality":1,"dataPoints":[{}]}}}})",
                  points, point(1, R"("count":2,"sum":3)")));
  auto answer = post("/v1/metrics", body);
  EXPECT_EQ(answer.status, 200);
  auto partial = Json::parse(answer.body)["partialSuccess"];
  EXPECT_EQ(partial["rejectedDataPoints"].text(), "3") << "the histogram is one of them";
  EXPECT_THAT(partial["errorMessage"].text(),
              ::testing::StartsWith("4: jobs has attributes that make a new series of it, and an "
                                    "agent may bring 3 series of counters an hour; 5: jobs"));
  EXPECT_EQ(TestDatabase::shared()
                .execute(fmt::format("SELECT count(*) FROM sentinel.metric_point JOIN "
                                     "sentinel.agent USING (agent_id) WHERE agent.name = '{}'",
                                     agent_))
                .integer(0, 0),
            4);
  stack_.reset();
  auto listed = get("/api/v1/rejections", fmt::format("agent={}", agent_));
  auto rejections = Json::parse(listed.body);
  ASSERT_EQ(rejections["rejections"].size(), 2u) << listed.body;
  for (const auto& one : rejections["rejections"].items()) {
    EXPECT_EQ(one["code"].text(), "counter_series_limit");
  }
}

TEST_F(Limits, OnNewAgentsOfAKeyRefuseARecordAlone) {
  start({.cardinality = {.new_agents_per_hour = 2}});
  auto answer = metrics("[" + record(agent_ + "-1") + "," + record(agent_ + "-2") + "," +
                        record(agent_ + "-3") + "," + record(agent_ + "-1") + "]");
  EXPECT_EQ(answer.status, 201);
  EXPECT_THAT(rejections_of(answer),
              ElementsAre(fmt::format("2 agent_id: agent_id '{}-3' is new, and a key may bring 2 "
                                      "new agents an hour",
                                      agent_)));
  EXPECT_EQ(metrics(record(agent_ + "-2")).status, 201) << "it is known";
  EXPECT_EQ(post("/api/v1/events", record(agent_ + "-4", R"(,"type":"deployed")")).status, 400);
  EXPECT_EQ(TestDatabase::shared()
                .execute(fmt::format("SELECT count(*) FROM sentinel.agent WHERE name LIKE '{}-%'",
                                     agent_))
                .integer(0, 0),
            2);
  stack_.reset();
  auto listed = get("/api/v1/rejections", fmt::format("agent={}-3", agent_));
  auto body = Json::parse(listed.body);
  ASSERT_EQ(body["rejections"].size(), 1u) << listed.body;
  EXPECT_EQ(body["rejections"][0]["code"].text(), "new_agents_limit");
}

TEST_F(Limits, OnTheQueueAre503) {
  start({}, {.queue_bytes_max = 1});
  auto answer = metrics(record(agent_));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("retry-after"), "1");
  EXPECT_THAT(problem_of(answer), ::testing::StartsWith("503 queue_full: "));
  EXPECT_EQ(rows_of(agent_), 0);
}

// Every route of both contracts, asked while there is no database: a 503 says when to come again,
// and Contract::check() holds every answer of every other test to the same.
TEST_F(Limits, SayWhenToComeAgainWhereverAContractSaysBusy) {
  apps::StackOptions options;
  const postgres::Endpoint nowhere{"host=/nowhere/at-all dbname=none", "", "test"};
  for (bool metrics_api : {false, true}) {
    apps::StackOptions one;
    (metrics_api ? one.metrics_api : one.db_api) = nowhere;
    TestStack stack(std::move(one));
    const auto& contract = metrics_api ? Contract::metrics_api() : Contract::db_api();
    int busy = 0;
    for (const auto& operation : contract.operations()) {
      for (std::string_view status : {"429", "503"}) {
        EXPECT_EQ(said(contract.missing_header(operation, status, "Retry-After")), "");
      }
      auto path = operation.path;
      if (auto brace = path.find('{'); brace != path.npos) {
        path.replace(brace, path.find('}') - brace + 1, "a");
      }
      if (path == "/api/v1/collection") path += "?agent=a";
      auto headers = json_with("sk_any");
      const auto body = R"({"name":"a","password":"a long one","token":"t","agent_id":"a"})";
      auto answer = stack.http().request(operation.method, path,
                                         operation.method == "POST" ? body : "", headers);
      EXPECT_EQ(said(contract.check(operation.method, operation.path, answer)), "") << path;
      if (answer.status != 503) continue;
      ++busy;
      EXPECT_EQ(answer.header("retry-after"), "1") << path;
    }
    EXPECT_GE(busy, metrics_api ? 4 : 10);
  }
}

}  // namespace
}  // namespace sentinel
