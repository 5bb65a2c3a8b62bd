// A price that came late: records get corrections beside them, once, and every sum is right.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "services/ingest/caches.hpp"
#include "services/prices/price_table.hpp"
#include "services/prices/reprice.hpp"
#include "support/journey.hpp"

namespace sentinel::prices {
namespace {

using namespace sentinel::testing;
using std::chrono::hours;
using std::chrono::minutes;

class RepriceTest : public ::testing::Test {
 protected:
  // `input_tokens` of a request, `fields` more of it.
  void post(Timestamp at, int tokens, std::string_view fields = "") {
    Reporter().post("/api/v1/metrics",
                    Reporter::record(agent_, at,
                                     fmt::format(R"("model":"{}","input_tokens":{}{})", model_,
                                                 tokens, fields)));
  }
  // USD per million tokens of input.
  void set_price(int64_t usd, std::optional<Timestamp> from = std::nullopt) {
    auto row = run(set_override(prices_,
                                {.provider = "",
                                 .match = fmt::format(R"({{"equals":"{}"}})", model_),
                                 .model = model_,
                                 .valid_from = from,
                                 .rates = {.input = usd * 1'000'000, .output = 0}},
                                "test"));
    ASSERT_TRUE(row) << row.error().message;
  }
  // "records corrections newly priced still unpriced change in nano-dollars".
  std::string reprice(bool dry_run = false) {
    auto agent = TestDatabase::shared().execute(
        fmt::format("SELECT agent_id FROM sentinel.agent WHERE name = '{}'", agent_));
    RepriceRange range{.from = begin_ - hours{1},
                       .to = begin_ + hours{48},
                       .agent = parse_uuid(agent.text(0, 0)),
                       .dry_run = dry_run};
    auto book = run(read_book(prices_));
    Reprice again(database_, book.value());
    auto report = run(again.run(range));
    if (!report) return report.error().reason;
    return fmt::format("{} {} {} {} {}", report->records, report->corrections, report->newly_priced,
                       report->unpriced, report->change_nanos);
  }
  std::string sql(std::string_view columns, std::string_view more = "") const {
    auto rows = TestDatabase::shared().execute(
        fmt::format("SELECT {} FROM sentinel.record r JOIN sentinel.agent a USING "
                    "(agent_id) WHERE a.name = '{}' {}",
                    columns, agent_, more));
    return rows.size() == 0 || rows.is_null(0, 0) ? "null" : std::string(rows.text(0, 0));
  }
  // The only value of a metric over all that was posted.
  std::string metric(std::string_view name) {
    static auto person = TestStack::shared().sign_in_as(models::Role::Viewer);
    auto body = ask(
        person,
        fmt::format("/api/v1/metrics?agent={}&metric={}&step=3650d&start={}&end=now&group_by=none",
                    agent_, name, format_rfc3339(begin_ - hours{1})));
    std::string found;
    for (const auto& value : body["series"][0]["values"].items()) {
      if (!value.is_null()) found += value.dump();
    }
    return found;
  }

  postgres::Database prices_{TestDatabase::shared().endpoint("sentinel_db_api")};
  postgres::Database database_{TestDatabase::shared().endpoint("sentinel_metrics_api")};
  std::string agent_ = unique_name("reprice-agent");
  std::string model_ = unique_name("reprice-model");
  const Timestamp begin_ = now() - hours{30};
};

TEST_F(RepriceTest, PricesWhatHadNoPriceOnce) {
  post(begin_, 1000, R"(,"latency_ms":10)");
  post(begin_ + minutes{1}, 2000, R"(,"latency_ms":20,"status":"error")");
  EXPECT_EQ(metric("cost_usd:sum"), "");
  EXPECT_EQ(metric("unpriced_records:sum"), "2");
  EXPECT_EQ(reprice(), "2 0 0 2 0");
  set_price(3);
  EXPECT_EQ(reprice(true), "2 2 2 0 9000000");
  EXPECT_EQ(metric("cost_usd:sum"), "");
  EXPECT_EQ(reprice(), "2 2 2 0 9000000");
  EXPECT_EQ(reprice(), "2 0 0 0 0");
  // Sums have it, and nothing else counts the corrections.
  EXPECT_EQ(metric("cost_usd:sum"), "0.009");
  EXPECT_EQ(metric("cost_usd:avg"), "0.0045");
  EXPECT_EQ(metric("unpriced_records:sum"), "0");
  EXPECT_EQ(metric("requests:sum"), "2");
  EXPECT_EQ(metric("requests:count"), "2");
  EXPECT_EQ(metric("errors:sum"), "1");
  EXPECT_EQ(metric("errors:count"), "2");
  EXPECT_EQ(metric("error_rate_percent:avg"), "50");
  EXPECT_EQ(metric("error_rate_percent:count"), "2");
  EXPECT_EQ(metric("latency_ms:count"), "2");
  EXPECT_NEAR(std::stod(metric("latency_ms:p50")), 15, 0.15);
  // Nothing that was stored has changed; a correction says what it is.
  EXPECT_EQ(sql("string_agg(cost_source::text || coalesce(cost_nanos::text, '-'), ' ' ORDER BY ts)",
                "AND kind = 'r'"),
            "u- u-");
  EXPECT_EQ(sql("attributes ->> 'correction'", "AND kind = 'c' LIMIT 1"), "reprice");
  EXPECT_THAT(sql("attributes ->> 'price_version'", "AND kind = 'c' LIMIT 1"),
              ::testing::StartsWith("user-"));
  EXPECT_EQ(sql("sum(request_count)", "AND kind = 'c'"), "0");
}

TEST_F(RepriceTest, ShowsWhatItPricedAsComputed) {
  post(begin_, 1000,
       R"(,"trace_id":"0af71d9c22f14b8e9a4400ff10203040","span_id":"00000000000000ff")");
  set_price(3);
  EXPECT_EQ(reprice(), "1 1 1 0 3000000");
  auto person = TestStack::shared().sign_in_as(models::Role::Viewer);
  auto answer =
      TestStack::shared().http().get(fmt::format("/api/v1/"
                                                 "export?agent={}&start=now-3d&column=kind&column="
                                                 "cost_usd&column=cost_source&column=span_id",
                                                 agent_),
                                     person.headers());
  EXPECT_THAT(answer.body, ::testing::HasSubstr("request,,computed,00000000000000ff\r\n"));
  EXPECT_THAT(answer.body, ::testing::HasSubstr("correction,0.003,computed,00000000000000ff\r\n"));
}

TEST_F(RepriceTest, AddsTheDifferenceWhenAPriceChanges) {
  set_price(3);
  post(begin_, 1000);
  set_price(3);  // this stack may not have read it when the record came: now it has its price
  reprice();
  EXPECT_EQ(metric("cost_usd:sum"), "0.003");
  set_price(5);
  EXPECT_EQ(reprice(), "1 1 0 0 2000000");
  set_price(4);
  EXPECT_EQ(reprice(), "1 1 0 0 -1000000");
  EXPECT_EQ(reprice(), "1 0 0 0 0");
  EXPECT_EQ(metric("cost_usd:sum"), "0.004");
  EXPECT_EQ(metric("unpriced_records:sum"), "0");
}

TEST_F(RepriceTest, TakesThePriceOfTheRecordsTime) {
  post(begin_, 1000);
  post(begin_ + hours{20}, 1000);
  set_price(1);
  set_price(10, begin_ + hours{10});
  EXPECT_EQ(reprice(), "2 2 2 0 11000000");
}

TEST_F(RepriceTest, LeavesReportedCostAndSamplesAlone) {
  post(begin_, 1000, R"(,"cost_usd":0.5)");
  post(begin_, 1000, R"(,"kind":"sample")");
  set_price(3);
  EXPECT_EQ(reprice(), "0 0 0 0 0");
  EXPECT_EQ(metric("cost_usd:sum"), "0.5");
}

TEST_F(RepriceTest, MarksAFreeModelAsPriced) {
  post(begin_, 1000);
  set_price(0);
  EXPECT_EQ(reprice(), "1 1 1 0 0");
  EXPECT_EQ(reprice(), "1 0 0 0 0");
  EXPECT_EQ(metric("cost_usd:sum"), "0");
  EXPECT_EQ(metric("unpriced_records:sum"), "0");
}

// Nothing tells these records apart: one correction stands for all of them.
TEST_F(RepriceTest, CorrectsRecordsOfOneMomentTogether) {
  std::string records = "[";
  for (int i = 0; i < 5000; ++i) {
    records += Reporter::record(agent_, begin_,
                                fmt::format(R"("model":"{}","input_tokens":{})", model_, i + 1)) +
               ",";
  }
  records.back() = ']';
  Reporter().post("/api/v1/metrics", records);
  set_price(2);
  // 2 micro-dollars x (1 + … + 5,000).
  EXPECT_EQ(reprice(), "5000 1 5000 0 25005000000");
  EXPECT_EQ(reprice(), "5000 0 0 0 0");
  EXPECT_EQ(metric("unpriced_records:sum"), "0");
}

TEST_F(RepriceTest, WorksThroughMoreThanOneBatch) {
  std::string records = "[";
  for (int i = 0; i < 9000; ++i) {
    records += Reporter::record(agent_, begin_ + std::chrono::seconds{10} * i,
                                fmt::format(R"("model":"{}","input_tokens":1)", model_)) +
               ",";
  }
  records.back() = ']';
  Reporter().post("/api/v1/metrics", records);
  set_price(2);
  EXPECT_EQ(reprice(), "9000 9000 9000 0 18000000");
  EXPECT_EQ(reprice(), "9000 0 0 0 0");
  EXPECT_EQ(metric("cost_usd:sum"), "0.018");
}

TEST_F(RepriceTest, MovesARequestFromUnpricedToCosts) {
  post(begin_, 1'000'000);
  auto lead = TestStack::shared().sign_in_as(models::Role::Viewer);
  auto costs = [&] {
    auto body = ask(lead, fmt::format("/api/v1/costs?agent={}&group_by=model&start={}&end=now",
                                      agent_, format_rfc3339(begin_ - hours{1})));
    const auto& group = body["groups"][0];
    return fmt::format("{} {} {} {} {}", group["cost_usd"].dump(),
                       group["priced_requests"].integer(), group["unpriced_requests"].integer(),
                       group["input_tokens"].integer(), body["unpriced"].size());
  };
  EXPECT_EQ(costs(), "null 0 1 1000000 1");
  set_price(2);
  EXPECT_EQ(reprice(), "1 1 1 0 2000000000");
  EXPECT_EQ(costs(), "2 1 0 1000000 0");
}

TEST_F(RepriceTest, ListsRequestsByWhatTheyCostNow) {
  post(begin_, 1'000'000);
  post(begin_ + hours{2}, 3'000'000);
  auto lead = TestStack::shared().sign_in_as(models::Role::Viewer);
  auto dearest = [&] {
    auto body = ask(lead, fmt::format("/api/v1/requests?agent={}&order=dearest&start={}&end=now",
                                      agent_, format_rfc3339(begin_ - hours{1})));
    std::string costs;
    const auto columns = body["columns"].items();
    for (const auto& row : body["rows"].items()) {
      for (size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].text() == "cost_usd") costs += row[i].dump() + " ";
      }
    }
    return costs;
  };
  EXPECT_EQ(dearest(), "");  // nothing has a cost
  set_price(2);
  EXPECT_EQ(reprice(), "2 2 2 0 8000000000");
  EXPECT_EQ(dearest(), "6 2 ");
  set_price(3);
  EXPECT_EQ(reprice(), "2 2 0 0 4000000000");
  EXPECT_EQ(dearest(), "9 3 ");
}

TEST_F(RepriceTest, LeavesOnlyTheUsageWithoutAPriceInTheList) {
  post(begin_, 700);
  post(begin_ + hours{2}, 30);
  set_price(2, begin_ + hours{1});
  EXPECT_EQ(reprice(), "2 1 1 1 60000");
  auto lead = TestStack::shared().sign_in_as(models::Role::Viewer);
  auto body = ask(lead, fmt::format("/api/v1/costs?agent={}&start={}&end=now", agent_,
                                    format_rfc3339(begin_ - hours{1})));
  ASSERT_EQ(body["unpriced"].size(), 1u);
  EXPECT_EQ(body["unpriced"][0]["requests"].integer(), 1);
  EXPECT_EQ(body["unpriced"][0]["input_tokens"].integer(), 700);
}

TEST_F(RepriceTest, RunsOnceAtATime) {
  post(begin_, 1000);
  asio::io_context context{1};
  postgres::Database other(TestDatabase::shared().endpoint("sentinel_metrics_api"));
  auto held = run(context, other.acquire());
  ASSERT_TRUE(held);
  ASSERT_TRUE(run(context, (*held)->run("SELECT pg_advisory_lock(hashtext('sentinel.reprice'))")));
  EXPECT_EQ(reprice(), "reprice_runs");
  ASSERT_TRUE(
      run(context, (*held)->run("SELECT pg_advisory_unlock(hashtext('sentinel.reprice'))")));
  EXPECT_EQ(reprice(), "1 0 0 1 0");
}

}  // namespace
}  // namespace sentinel::prices
