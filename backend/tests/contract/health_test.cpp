// GET /api/v1/health and /metrics, with a database and without one.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

class Health : public ContractTest {
 protected:
  // A stack of one service whose database is not there.
  static apps::StackOptions without_database(bool metrics_api) {
    postgres::Endpoint nowhere{"host=/nowhere/at-all dbname=none", "", "test"};
    apps::StackOptions options;
    (metrics_api ? options.metrics_api : options.db_api) = nowhere;
    options.writer.give_up_after = std::chrono::milliseconds{100};
    return options;
  }
};

TEST_F(Health, IsOkWithADatabase) {
  auto answer = get("/api/v1/health", "", {});
  EXPECT_EQ(answer.status, 200);
  auto body = Json::parse(answer.body);
  EXPECT_EQ(body["status"].text(), "ok");
  EXPECT_EQ(body["service"].text(), "db-api");
  EXPECT_EQ(body["version"].text(), SENTINEL_VERSION);
  EXPECT_EQ(body["database"]["status"].text(), "ok");
  EXPECT_GE(body["database"]["latency_ms"].number(), 0);
  EXPECT_FALSE(body["demo"].boolean());
}

TEST_F(Health, OfMetricsApiAloneIsItsOwn) {
  auto options = TestStack::all_services();
  options.db_api.reset();
  options.worker.reset();
  TestStack alone(std::move(options));
  auto answer =
      kept(Contract::metrics_api(), "GET", "/api/v1/health", alone.http().get("/api/v1/health"));
  EXPECT_EQ(Json::parse(answer.body)["service"].text(), "metrics-api");
}

TEST_F(Health, IsFailingWithoutADatabase) {
  for (bool metrics_api : {false, true}) {
    TestStack stack(without_database(metrics_api));
    const auto& contract = metrics_api ? Contract::metrics_api() : Contract::db_api();
    auto answer = kept(contract, "GET", "/api/v1/health", stack.http().get("/api/v1/health"));
    EXPECT_EQ(answer.status, 503);
    auto body = Json::parse(answer.body);
    EXPECT_EQ(body["status"].text(), "failing");
    EXPECT_EQ(body["service"].text(), metrics_api ? "metrics-api" : "db-api");
    EXPECT_EQ(body["database"]["status"].text(), "failing");
    EXPECT_THAT(body["database"]["detail"].text(), ::testing::HasSubstr("/nowhere/at-all"));
  }
}

// Every route says 503 and when to try again; nothing is taken for stored.
TEST_F(Health, OfTheWayInWithoutADatabaseIs503Everywhere) {
  TestStack stack(without_database(true));
  for (std::string path : {"/api/v1/metrics", "/api/v1/events"}) {
    auto answer = kept(Contract::metrics_api(), "POST", path,
                       stack.http().post(path, R"({"agent_id":"a"})", json_with("sk_any")));
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.header("retry-after"), "1");
  }
  EXPECT_EQ(stack.http().get("/api/v1/collection?agent=a", bearer("sk_any")).status, 503);
}

TEST_F(Health, OfTheWayOutWithoutADatabaseIs503Everywhere) {
  TestStack stack(without_database(false));
  for (std::string path : {"/api/v1/agents", "/api/v1/metrics", "/api/v1/export", "/api/v1/stream",
                           "/api/v1/configuration", "/api/v1/me", "/api/v1/me/views"}) {
    for (const auto& headers : {bearer("sk_any"), Headers{{"Cookie", "sentinel_session=ss_any"}}}) {
      auto answer = kept(Contract::db_api(), "GET", path, stack.http().get(path, headers));
      EXPECT_EQ(answer.status, 503) << path;
    }
  }
  auto answer = kept(Contract::db_api(), "POST", "/api/v1/sign-in",
                     stack.http().post("/api/v1/sign-in", R"({"name":"a","password":"b"})"));
  EXPECT_EQ(answer.status, 503);
}

TEST_F(Health, AnswersHead) {
  auto answer = http().head("/api/v1/health");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-type"), "application/json");
  EXPECT_EQ(answer.body, "");
}

TEST_F(Health, HasFiguresThatPrometheusReads) {
  auto answer = kept(Contract::metrics_api(), "GET", "/metrics", http().get("/metrics"));
  EXPECT_EQ(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  std::string help, type;
  int samples = 0;
  for (size_t begin = 0; begin < answer.body.size();) {
    size_t end = answer.body.find('\n', begin);
    ASSERT_NE(end, std::string::npos) << "the last line has no end";
    auto line = answer.body.substr(begin, end - begin);
    begin = end + 1;
    if (line.starts_with("# HELP ")) {
      help = line.substr(7, line.find(' ', 7) - 7);
    } else if (line.starts_with("# TYPE ")) {
      type = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_EQ(type, help);
      EXPECT_THAT(line,
                  ::testing::AnyOf(::testing::EndsWith(" counter"), ::testing::EndsWith(" gauge")));
    } else {
      EXPECT_THAT(line, ::testing::MatchesRegex("sentinel_[a-z_]+([{][^}]+[}])? [0-9.e+-]+"));
      EXPECT_TRUE(line.starts_with(type)) << line;
      ++samples;
    }
  }
  EXPECT_GE(samples, 10);
}

}  // namespace
}  // namespace sentinel
