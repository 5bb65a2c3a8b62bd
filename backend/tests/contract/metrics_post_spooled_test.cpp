// What metrics-api answers while its database is away: 202 for what its disk has, named reasons for
// the rest, and what is stored when the database is back.
#include "contract/contract_test.hpp"
#include "support/child_process.hpp"
#include "support/switched_database.hpp"

namespace sentinel {
namespace {

using sentinel::testing::holds_soon;
using sentinel::testing::SwitchedDatabase;
using sentinel::testing::TemporaryFolder;

class MetricsPostSpooled : public ContractTest {
 protected:
  void start(uint64_t spool_bytes_max = 1'000'000) {
    apps::StackOptions options;
    options.metrics_api = database_.endpoint();
    options.writer.spool_after = std::chrono::milliseconds{100};
    options.spool = ingest::Spool::open(folder_.path() / "spool",
                                        {.bytes_max = spool_bytes_max, .disk_free_min = 0})
                        .value();
    stack_ = std::make_unique<TestStack>(std::move(options));
  }
  void TearDown() override { database_.bring_back(); }

  Answer post(std::string_view route, const std::string& body) const {
    return kept(Contract::metrics_api(), "POST", route,
                stack_->http().post(route, body, json_with(ingest_key())));
  }
  Answer metrics(const std::string& body) const { return post("/api/v1/metrics", body); }
  std::string health() const {
    auto answer = kept(Contract::metrics_api(), "GET", "/api/v1/health",
                       stack_->http().get("/api/v1/health"));
    return fmt::format("{} {}", answer.status, Json::parse(answer.body)["status"].text());
  }
  bool drained() const {
    const auto* spool = stack_->stack().ingest()->spool();
    return holds_soon([&] { return spool->waiting() == 0 && !spool->away(); });
  }

  SwitchedDatabase database_;
  TemporaryFolder folder_;
  std::unique_ptr<TestStack> stack_;
  const std::string agent_ = unique_name("spooled");
};

TEST_F(MetricsPostSpooled, Is202AndSaysSo) {
  start();
  const auto record = fmt::format(R"({{"agent_id":"{}","latency_ms":1}})", agent_);
  EXPECT_EQ(metrics(record).status, 201);
  database_.take_away();
  auto answer = metrics("[" + record + R"(,{"agent_id":"x","cpu_usage_percent":130}])");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body,
            R"({"accepted":1,"duplicates":0,"spooled":true,"rejected":[{"index":1,)"
            R"("field":"cpu_usage_percent","reason":"cpu_usage_percent 130 is over 100"}]})");
  auto event =
      post("/api/v1/events", fmt::format(R"({{"agent_id":"{}","type":"deployed"}})", agent_));
  EXPECT_EQ(event.status, 202);
  EXPECT_EQ(metrics(R"({"agent_id":"x","cpu_usage_percent":130})").status, 400);
  EXPECT_EQ(metrics("{").status, 400);
  EXPECT_EQ(health(), "200 spooling");
  auto own = stack_->http().get("/metrics").body;
  EXPECT_NE(own.find("\nsentinel_spool_away 1\n"), std::string::npos) << own;
  EXPECT_NE(own.find("\nsentinel_spool_requests_total 2\n"), std::string::npos) << own;
  database_.bring_back();
  ASSERT_TRUE(drained());
  EXPECT_EQ(health(), "200 ok");
  auto stored = TestDatabase::shared().execute(fmt::format(
      "SELECT (SELECT count(*) FROM sentinel.record r WHERE r.agent_id = a.agent_id), "
      "(SELECT count(*) FROM sentinel.agent_event e WHERE e.agent_id = a.agent_id) FROM "
      "sentinel.agent a WHERE name = '{}'",
      agent_));
  EXPECT_EQ(stored.integer(0, 0), 2);
  EXPECT_EQ(stored.integer(0, 1), 1);
}

TEST_F(MetricsPostSpooled, AFullSpoolIs503WithRetryAfter) {
  start(3000);
  const auto record = fmt::format(R"({{"agent_id":"{}"}})", agent_);
  EXPECT_EQ(metrics(record).status, 201);
  database_.take_away();
  Answer answer;
  while ((answer = metrics(record)).status == 202) {
  }
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("retry-after"), "1");
  EXPECT_EQ(Json::parse(answer.body)["code"].text(), "buffer_full");
  EXPECT_EQ(health(), "503 failing");
  auto own = stack_->http().get("/metrics").body;
  EXPECT_EQ(own.find("\nsentinel_spool_refused_total 0\n"), std::string::npos) << own;
}

}  // namespace
}  // namespace sentinel
