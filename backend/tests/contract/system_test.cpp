// GET /api/v1/system: how Sentinel itself is doing.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using models::Role;

class System : public ContractTest {
 protected:
  static constexpr auto kPath = "/api/v1/system";
  static Json told() {
    auto answer = get(kPath);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body);
  }
  static postgres::Rows execute(const std::string& sql) {
    return TestDatabase::shared().execute(sql);
  }
};

TEST_F(System, KnowsItsVersions) {
  auto system = told();
  EXPECT_EQ(system["version"].text(), SENTINEL_VERSION);
  EXPECT_THAT(system["database"]["version"].text(), ::testing::MatchesRegex("[0-9]+\\.[0-9].*"));
  EXPECT_EQ(system["database"]["schema"].integer(),
            execute("SELECT max(version) FROM sentinel.schema_migration").integer(0, 0));
  EXPECT_LE(parse_rfc3339(system["started_at"].text()).value(),
            parse_rfc3339(system["server_time"].text()).value());
}

TEST_F(System, ForecastsItsDisk) {
  auto before = told()["database"];
  EXPECT_GT(before["bytes"].integer(), 1'000'000);
  EXPECT_GT(before["disk"]["total_bytes"].number(), before["disk"]["free_bytes"].number());
  // The database is younger than a day.
  EXPECT_TRUE(before["bytes_per_day"].is_null());
  EXPECT_TRUE(before["disk"]["days_left"].is_null());
  execute(
      "INSERT INTO sentinel.database_size (sampled_at, bytes) VALUES (now() - interval '8 days', "
      "1000000000000), (now() - interval '2 days', 0), (now() - interval '1 day', 1000000000), "
      "(now(), 2000000000)");
  auto grown = told()["database"];
  // The worker's own sample is on no line with these.
  EXPECT_NEAR(grown["bytes_per_day"].number(), 1e9, 1e9);
  EXPECT_GT(grown["bytes_per_day"].number(), 0);
  EXPECT_NEAR(grown["disk"]["days_left"].number() * grown["bytes_per_day"].number(),
              grown["disk"]["free_bytes"].number(), 1e6);
  EXPECT_LT(parse_rfc3339(grown["measured_since"].text()).value(), now() - std::chrono::hours{47});
}

TEST_F(System, CountsWhatComesIn) {
  const auto before = told()["ingest"];
  store(fmt::format(R"([{{"agent_id":"{0}"}},{{"agent_id":"{0}"}}])", unique_name("system")));
  const auto after = told()["ingest"];
  EXPECT_GT(after["records_per_minute"].number(), 0);
  EXPECT_GE(after["process"]["records"].integer(), before["process"]["records"].integer() + 2);
  EXPECT_GT(after["process"]["commits"].integer(), before["process"]["commits"].integer());
  EXPECT_GT(after["process"]["commit_ms"].number(), 0);
  EXPECT_TRUE(after["process"]["spool"].is_null());
  EXPECT_GE(parse_rfc3339(after["newest_commit_at"].text()).value(), now() - std::chrono::hours{1});
}

TEST_F(System, KnowsNoMetricsApiOfAnotherProcess) {
  auto options = TestStack::all_services();
  options.metrics_api.reset();
  options.worker.reset();
  options.db_api_options.data_folder.clear();
  TestStack alone(std::move(options));
  auto answer = kept(Contract::db_api(), "GET", kPath, alone.http().get(kPath, bearer(read_key())));
  auto system = Json::parse(answer.body);
  EXPECT_TRUE(system["ingest"]["process"].is_null());
  EXPECT_TRUE(system["database"]["disk"].is_null());
}

TEST_F(System, KnowsSumsAndGenerations) {
  store(fmt::format(R"({{"agent_id":"{}"}})", unique_name("system")));
  Json system;
  for (int i = 0; i < 1000 && (system.is_null() || system["sums"]["minutes_at"].is_null()); ++i) {
    system = told();  // the worker makes its first pass within a moment
  }
  EXPECT_FALSE(system["sums"]["minutes_at"].is_null());
  EXPECT_GE(system["sealing"]["open"].integer(), 1);
  EXPECT_GE(system["sealing"]["waiting"].integer(), 0);
  EXPECT_EQ(system["sealing"]["waiting_s"].is_null(), system["sealing"]["waiting"].integer() == 0);
  EXPECT_EQ(system["sums"]["waiting_s"].is_null(),
            system["sums"]["waiting_batches"].integer() == 0);
}

TEST_F(System, CountsWhatWasRefused) {
  execute("SELECT sentinel.open_rejection_day((extract(epoch FROM now()) / 86400)::integer)");
  execute(
      "INSERT INTO sentinel.rejection (day, rejection_id, kind, subject, code, agent, address, "
      "field, reason, count, first_at, last_at) SELECT (extract(epoch FROM now()) / "
      "86400)::integer, gen_random_uuid(), gen_random_uuid(), 'record', 'system_test', 'a', "
      "'127.0.0.1', '', 'r', n, now(), now() FROM unnest(ARRAY[700000, 300000]) n");
  const auto first = told()["rejections_24h"][0];
  EXPECT_EQ(first.dump(), R"({"code":"system_test","count":1000000})");
}

TEST_F(System, NamesItsSlowestRequests) {
  get("/api/v1/changes", "start=now-2h&end=now-1h");
  auto slow = told()["slow_requests"];
  ASSERT_GT(slow.size(), 0u);
  for (size_t i = 1; i < slow.size(); ++i) {
    EXPECT_LE(slow[i]["duration_ms"].number(), slow[i - 1]["duration_ms"].number());
  }
  EXPECT_THAT(slow[0]["route"].text(), ::testing::MatchesRegex("(GET|POST) /api/v1/.*"));
}

TEST_F(System, CountsSessionsAndStreams) {
  const auto before = told();
  auto person = stack().sign_in_as(Role::Viewer);
  EXPECT_EQ(told()["sessions"].integer(), before["sessions"].integer() + 1);
  EXPECT_EQ(post("/api/v1/sign-out", "", person.headers()).status, 204);
  EXPECT_EQ(told()["sessions"].integer(), before["sessions"].integer());
  HttpConnection listener(stack().port());
  listener.send(sentinel::testing::to_wire("GET", "/api/v1/stream", "", bearer(read_key())));
  EXPECT_EQ(listener.read_head().status, 200);
  EXPECT_GE(told()["streams"].integer(), 1);
}

TEST_F(System, IsForViewers) {
  EXPECT_EQ(get(kPath, "", stack().sign_in_as(Role::Viewer).headers()).status, 200);
  EXPECT_EQ(get(kPath, "", bearer(ingest_key())).status, 403);
  EXPECT_EQ(get(kPath, "", {}).status, 401);
}

}  // namespace
}  // namespace sentinel
