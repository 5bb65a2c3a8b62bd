// Sums tell what the records tell, at every moment: while they are built, with late and repeated
// data, with several writers, and when a pass dies.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "services/prices/price_table.hpp"
#include "services/prices/reprice.hpp"
#include "services/query/buckets_query.hpp"
#include "services/query/costs_query.hpp"
#include "services/sums/sums_builder.hpp"
#include "sketch/quantile_sketch.hpp"
#include "support/child_process.hpp"
#include "support/test_stack.hpp"

namespace sentinel::sums {
namespace {

using namespace sentinel::testing;
using namespace std::chrono_literals;
using std::chrono::days;

class SumsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { TestStack::end_shared(); }  // its worker makes passes too

  static apps::StackOptions without_worker() {
    auto options = TestStack::all_services();
    options.worker.reset();
    return options;
  }
  static std::unique_ptr<postgres::Connection> open(std::string_view role) {
    auto endpoint = TestDatabase::shared().endpoint(role);
    return run(postgres::Connection::open(endpoint.conninfo, endpoint.role, "sums-test")).value();
  }
  static postgres::Rows execute(const std::string& sql) {
    return TestDatabase::shared().execute(sql);
  }

  void post(const std::string& body) const {
    auto answer = stack_.http().post("/api/v1/metrics", body, json_with(key_));
    ASSERT_EQ(answer.status, 201) << answer.body;
  }
  static std::string record(const std::string& agent, Timestamp at, std::string_view fields) {
    return fmt::format(R"({{"agent_id":"{}","timestamp":"{}",{}}})", agent, format_rfc3339(at),
                       fields);
  }
  void pass(Level level) { pass_of({Of::Columns, Of::Custom}, level); }
  void pass_of(std::initializer_list<Of> kinds, Level level) {
    for (auto of : kinds) {
      auto made = run(make_pass(*worker_, of, level));
      ASSERT_TRUE(made) << made.error().message;
    }
  }
  void all_passes() {
    for (auto level : {Level::Minute, Level::Hour, Level::Day}) pass(level);
    fleet_passes();
  }
  void fleet_passes() {
    for (auto level : {Level::Minute, Level::Hour, Level::Day}) pass_of({Of::Fleet}, level);
  }
  query::AgentName find(const std::string& agent) {
    return run(agents_.resolve({agent})).value().at(0);
  }
  // One value over the whole range, or "null".
  std::string total(const std::vector<query::AgentName>& agents, std::string_view metric,
                    Timestamp start, Timestamp end) {
    auto answer = run(buckets_.read({.agents = agents,
                                     .metrics = {query::parse_wanted_metric(metric).value()},
                                     .start = start,
                                     .end = end,
                                     .step = days{3650},
                                     .group_by = query::GroupBy::None}));
    if (!answer) return answer.error().message;
    std::string text;
    for (const auto& value : answer->series[0].values) {
      if (value) text += fmt::format("{}", *value);
    }
    return text.empty() ? "null" : text;
  }

  TestStack stack_{without_worker()};
  std::string key_ = stack_.make_key(models::KeyScope::Ingest);
  std::unique_ptr<postgres::Connection> worker_ = open("sentinel_worker");
  postgres::Database database_{TestDatabase::shared().endpoint("sentinel_db_api")};
  query::AgentsQuery agents_{database_};
  query::BucketsQuery buckets_{database_};
  query::SumsReader sums_{database_};
  query::CostsQuery costs_{database_, sums_};
};

TEST_F(SumsTest, SketchesInSqlAndHereAreTheSame) {
  std::mt19937_64 random{21};
  sketch::QuantileSketch sketch;
  std::string values = "0";
  sketch.add_value(0);
  for (int i = 0; i < 2'000; ++i) {
    const auto value = static_cast<int64_t>(random() >> (1 + random() % 62));
    values += fmt::format(",{}", value);
    sketch.add_value(value);
  }
  auto rows = execute(
      fmt::format("SELECT sketch_merge(string_agg(sketch_of(v), '')), sketch_of(NULL) IS NULL, "
                  "sketch_of(-7) = sketch_of(0) FROM unnest(ARRAY[{}]::bigint[]) AS v",
                  values));
  EXPECT_EQ(rows.bytes(0, 0), sketch.entries());
  EXPECT_TRUE(rows.boolean(0, 1));
  EXPECT_TRUE(rows.boolean(0, 2));
  // More than an entry holds, as SQL splits it.
  rows = execute(
      "SELECT sketch_merge('\\x0007ffff0007ffff00070003'::bytea), (SELECT sum(values_in) FROM "
      "sketch_entries('\\x0007ffff0007ffff00070003'::bytea)), sketch_value(101)");
  EXPECT_EQ(rows.text(0, 0), "\\x0007ffff0007ffff00070003");
  EXPECT_EQ(rows.integer(0, 1), 131'073);
  EXPECT_NEAR(rows.number(0, 2), 7.315, 0.001);
}

// What the records themselves tell, bucket by bucket, as the aggregates of the catalog define it.
class SumsAgainstRecords : public SumsTest {
 protected:
  void compare(const std::vector<query::AgentName>& agents, Timestamp start, Timestamp end,
               Microseconds step, bool by_agent) {
    std::vector<query::WantedMetric> metrics;
    for (const auto& metric : query::metric_catalog()) {
      for (auto aggregate : {"avg", "min", "max", "sum", "count", "p50", "p95", "p99"}) {
        auto wanted =
            query::parse_wanted_metric(fmt::format("{}:{}", metric.name, aggregate)).value();
        if (query::sums_aggregate(wanted, to_seconds(step))) metrics.push_back(std::move(wanted));
      }
    }
    for (auto name : {"custom.depth", "custom.it's a \"score\"", "custom.nobody has it"}) {
      for (auto aggregate : {"avg", "min", "max", "sum", "count"}) {
        metrics.push_back(
            query::parse_wanted_metric(fmt::format("{}:{}", name, aggregate)).value());
      }
    }
    auto answer =
        run(buckets_.read({.agents = agents,
                           .metrics = metrics,
                           .start = start,
                           .end = end,
                           .step = step,
                           .group_by = by_agent ? query::GroupBy::Agent : query::GroupBy::None}));
    ASSERT_TRUE(answer) << answer.error().message;
    std::string columns, ids;
    for (const auto& metric : metrics) {
      columns += ", " + query::aggregate_sql(metric, to_seconds(step));
    }
    for (const auto& agent : agents) ids += (ids.empty() ? "" : ",") + format_uuid(agent.agent_id);
    auto rows = execute(fmt::format(
        "SELECT {5}, (extract(epoch FROM bucket) * 1000)::bigint {0} FROM (SELECT *, date_bin('{1} "
        "microseconds', ts, timestamptz 'epoch') AS bucket FROM record WHERE agent_id = ANY "
        "('{{{2}}}') AND ts >= '{3}' AND ts < '{4}') r GROUP BY 1, 2",
        columns, step.count(), ids, format_rfc3339(answer->start), format_rfc3339(end),
        by_agent ? "agent_id::text" : "''"));
    size_t found = 0;
    for (int row = 0; row < rows.size(); ++row) {
      const auto bucket = static_cast<size_t>(
          std::ranges::find(answer->times_ms, rows.integer(row, 1)) - answer->times_ms.begin());
      ASSERT_LT(bucket, answer->times_ms.size());
      for (size_t i = 0; i < metrics.size(); ++i) {
        size_t agent = 0;
        while (by_agent && format_uuid(agents[agent].agent_id) != rows.text(row, 0)) ++agent;
        const auto& series = answer->series[agent * metrics.size() + i];
        const auto told = series.values[bucket];
        const auto truth = rows.maybe_number(row, static_cast<int>(i) + 2);
        ASSERT_EQ(told.has_value(), truth.has_value()) << metrics[i].text << ' ' << bucket;
        if (!told) continue;
        ++found;
        using query::Aggregate;
        switch (metrics[i].aggregate) {
          case Aggregate::P50:
          case Aggregate::P95:
          case Aggregate::P99:
            ASSERT_NEAR(*told, *truth, sketch::kRelativeError * *truth) << metrics[i].text;
            break;
          case Aggregate::Avg:
            // A mean of integers here, of fractions there.
            ASSERT_NEAR(*told, *truth, 1e-9 * (1 + std::abs(*truth))) << metrics[i].text;
            break;
          default:
            ASSERT_NEAR(*told, *truth, 1e-12 * (1 + std::abs(*truth))) << metrics[i].text;
        }
      }
    }
    size_t told = 0;
    for (const auto& series : answer->series) {
      for (const auto& value : series.values) told += value.has_value();
    }
    ASSERT_EQ(told, found) << "and nothing else";
  }

  // What sums of the fleet and those of each agent tell of all of them.
  void compare_fleet(Timestamp start, Timestamp end, Microseconds step, query::GroupBy by) {
    const auto everybody = run(agents_.resolve({})).value();
    auto ask = [&](bool fleet) {
      query::BucketRequest request{.agents = everybody,
                                   .fleet = fleet,
                                   .metrics = {},
                                   .start = start,
                                   .end = end,
                                   .step = step,
                                   .group_by = by};
      for (auto metric : {"requests:sum", "latency_ms:p95", "latency_ms:avg", "latency_ms:max",
                          "cost_usd:sum", "memory_usage_mb:min", "input_tokens:sum",
                          "unpriced_records:sum", "custom.depth:sum"}) {
        request.metrics.push_back(query::parse_wanted_metric(metric).value());
      }
      auto answer = run(buckets_.read(std::move(request)));
      EXPECT_TRUE(answer) << answer.error().message;
      std::map<std::pair<std::string, std::string>, std::string> told;
      if (!answer) return told;
      for (const auto& series : answer->series) {
        auto& text = told[{series.group.value_or("-"), series.metric}];
        for (const auto& value : series.values) text += value ? fmt::format("{} ", *value) : "- ";
      }
      return told;
    };
    const auto fleet = ask(true);
    ASSERT_FALSE(fleet.empty());
    ASSERT_EQ(fleet, ask(false)) << step;
  }
  void compare_fleet_costs(Timestamp start, Timestamp end) {
    query::CostRequest request{
        .agents = {}, .start = start, .end = end, .by = {.model = true, .day = true}};
    const auto time = now();
    const auto fleet = run(costs_.read(request, book_, time));
    for (const auto& agent : run(agents_.resolve({})).value()) {
      request.agents.push_back(agent.agent_id);
    }
    const auto of_agents = run(costs_.read(request, book_, time));
    ASSERT_TRUE(fleet && of_agents);
    ASSERT_GT(fleet->total.requests, 0);
    ASSERT_EQ(text_of(*fleet), text_of(*of_agents));
  }

  static std::string text_of(const query::Costs& costs) {
    std::string text = fmt::format("{} {}\n", costs.month.cost_nanos, costs.month.previous_nanos);
    for (const auto& group : costs.groups) {
      const auto& f = group.figures;
      text += fmt::format("{} {} {} {} {} {} {}\n", group.agent.value_or("-"),
                          group.model.value_or("-"), f.cost_nanos.value_or(-1), f.requests,
                          f.priced_requests, f.input_tokens, f.output_tokens);
    }
    for (const auto& usage : costs.unpriced) {
      text += fmt::format("{} {} {}\n", usage.model, usage.requests, usage.input_tokens);
    }
    return text;
  }

  // What is kept of whole days and read of the ends, against records, and all of it read anew.
  void compare_costs(const std::vector<query::AgentName>& agents, Timestamp start, Timestamp end) {
    query::CostRequest request{
        .agents = {}, .start = start, .end = end, .by = {.agent = true, .model = true}};
    std::string ids;
    for (const auto& agent : agents) {
      request.agents.push_back(agent.agent_id);
      ids += (ids.empty() ? "" : ",") + format_uuid(agent.agent_id);
    }
    const auto time = now();
    auto kept = run(costs_.read(request, book_, time));
    request.anew = true;
    auto anew = run(costs_.read(request, book_, time));
    ASSERT_TRUE(kept) << kept.error().message;
    ASSERT_TRUE(anew) << anew.error().message;
    EXPECT_EQ(text_of(*kept), text_of(*anew));
    auto rows = execute(fmt::format(
        "SELECT coalesce(sum(cost_nanos), 0), coalesce(sum(request_count) FILTER (WHERE kind = "
        "'r'), 0) FROM record WHERE agent_id = ANY ('{{{}}}') AND ts >= '{}' AND ts < '{}' AND "
        "kind IN ('r', 'c')",
        ids, format_rfc3339(start), format_rfc3339(end)));
    EXPECT_EQ(kept->total.cost_nanos.value_or(0), rows.integer(0, 0));
    EXPECT_EQ(kept->total.requests, rows.integer(0, 1));
  }

  std::shared_ptr<const pricing::PriceBook> book_ = pricing::PriceBook::bundled();
};

TEST_F(SumsAgainstRecords, TellTheSameOfRandomLateAndRepeatedData) {
  std::mt19937_64 random{22};
  auto chance = [&](int percent) { return static_cast<int>(random() % 100) < percent; };
  auto number = [&](uint64_t max) { return random() % max; };
  const std::string house_model = unique_name("sums-house-model");
  std::vector<std::string> names{unique_name("sums-a"), unique_name("sums-b"),
                                 unique_name("sums-c")};
  const Timestamp end = now(), start = end - 76h;
  int ids = 0;
  auto fields = [&] {
    std::string text = fmt::format(R"("record_id":"{}")", ids++);
    auto add = [&](int percent, std::string_view name, std::string value) {
      if (chance(percent)) text += fmt::format(R"(,"{}":{})", name, value);
    };
    const bool sample = chance(30);
    if (sample) text += R"(,"kind":"sample")";
    add(80, "latency_ms", fmt::format("{}.{:03}", number(60'000), number(1000)));
    add(40, "ttft_ms", fmt::format("{}", number(3'000)));
    add(20, "throughput_req_per_min", fmt::format("{}.5", number(500)));
    if (!sample) {
      add(30, "request_count", fmt::format("{}", 1 + number(20)));
      add(40, "status", chance(20) ? R"("error")" : R"("success")");
      if (chance(50)) {
        text += fmt::format(R"(,"model":"{}","provider":"openai","input_tokens":{})",
                            chance(50) ? "gpt-4o" : house_model, number(10'000));
        add(80, "output_tokens", fmt::format("{}", number(5'000)));
      } else {
        add(50, "cost_usd", fmt::format("0.{:09}", number(1'000'000'000)));
      }
    }
    add(40, "cpu_usage_percent", fmt::format("{}.{:02}", number(100), number(100)));
    add(10, "gpu_usage_percent", fmt::format("{}", number(100)));
    add(40, "memory_usage_mb", fmt::format("{}", number(64'000)));
    add(30, "host", chance(50) ? R"("host-1")" : R"("host-2")");
    if (chance(40)) {
      // The sum of a value may be the value itself, its opposite, or much longer than it.
      text += fmt::format(R"(,"custom_metrics":{{"depth":{})", number(5));
      if (chance(50)) {
        text += fmt::format(R"(,"it's a \"score\"":{}{}.{:07})", chance(50) ? "-" : "",
                            number(1'000'000'000'000), number(10'000'000));
      }
      text += "}";
    }
    return text;
  };
  auto any_time = [&] {
    // Most of it new, some of it days late.
    const auto back = chance(70) ? number(3'600'000'000) : number(76 * 3'600'000'000ULL);
    return end - Microseconds{static_cast<int64_t>(back)};
  };
  std::vector<query::AgentName> agents;
  std::string previous;
  for (int round = 0; round < 12; ++round) {
    std::string body = "[";
    for (int i = 0; i < 150; ++i) {
      body += (i ? "," : "") + record(names[number(3)], any_time(), fields());
    }
    body += "]";
    post(body);
    if (!previous.empty() && chance(40)) post(previous);  // a client that did not hear the answer
    previous = body;
    if (round == 8) {
      // A price that came late: corrections.
      auto priced =
          run(prices::set_override(database_,
                                   {.provider = "",
                                    .match = fmt::format(R"({{"equals":"{}"}})", house_model),
                                    .model = house_model,
                                    .valid_from = std::nullopt,
                                    .rates = {.input = 3'000'000, .output = 5'000'000}},
                                   "test"));
      ASSERT_TRUE(priced) << priced.error().message;
      postgres::Database ingest{TestDatabase::shared().endpoint("sentinel_metrics_api")};
      prices::Reprice again(ingest, run(prices::read_book(database_)).value());
      auto report = run(again.run({.from = start - 1h, .to = end + 1h, .agent = std::nullopt}));
      ASSERT_TRUE(report) << report.error().message;
      EXPECT_GT(report->corrections, 0);
    }
    // Passes of either kind go their own way.
    for (auto of : {Of::Columns, Of::Custom}) {
      // The coarser come after the finer.
      if (round == 2 || chance(70)) pass_of({of}, Level::Minute);
      if (round == 3 || (round > 3 && chance(50))) pass_of({of}, Level::Hour);
      if (round > 4 && chance(50)) pass_of({of}, Level::Day);
    }
    for (auto level : {Level::Minute, Level::Hour, Level::Day}) {
      if (round > 2 && chance(50)) pass_of({Of::Fleet}, level);
    }
    if (agents.empty()) {
      for (const auto& name : names) agents.push_back(find(name));
    }
    for (auto step : {Microseconds{1h}, Microseconds{days{1}}, Microseconds{6h}}) {
      ASSERT_NO_FATAL_FAILURE(compare(agents, start, end, step, chance(50)))
          << round << ' ' << step;
    }
    ASSERT_NO_FATAL_FAILURE(compare({agents[0]}, end - 1h, end, 1min, true)) << round;
    // An end in the middle of a bucket, and of a minute.
    const auto middle = start + Microseconds{static_cast<int64_t>(number(70 * 3'600'000'000ULL))};
    ASSERT_NO_FATAL_FAILURE(compare(agents, start, middle, 1h, false)) << round;
    ASSERT_NO_FATAL_FAILURE(compare_costs(agents, start, end)) << round;
    for (auto by : {query::GroupBy::None, query::GroupBy::Model, query::GroupBy::Provider}) {
      const Microseconds steps[] = {1h, days{1}, 6h};
      ASSERT_NO_FATAL_FAILURE(compare_fleet(start, end, steps[number(3)], by)) << round;
      ASSERT_NO_FATAL_FAILURE(compare_fleet(end - 1h, end, 1min, by)) << round;
      ASSERT_NO_FATAL_FAILURE(compare_fleet(start, middle, 1h, by)) << round;
    }
    ASSERT_NO_FATAL_FAILURE(compare_fleet_costs(start, end)) << round;
    // Some ranges come again, others are a part of them.
    const auto later = start + Microseconds{30min} * static_cast<int64_t>(number(8));
    ASSERT_NO_FATAL_FAILURE(compare_costs(agents, later, end - number(4) * 1h)) << round;
  }
}

// Which buckets of an answer were read for it: their hours from `start` on, "" where none were.
class KeptBucketsTest : public SumsTest {
 protected:
  std::string ask(int first_hour, int last_hour, bool anew = false) {
    auto answer =
        run(buckets_.read({.agents = agents_of_,
                           .metrics = {query::parse_wanted_metric("latency_ms:count").value()},
                           .start = start_ + first_hour * 1h,
                           .end = start_ + last_hour * 1h,
                           .step = 1h,
                           .anew = anew}));
    if (!answer) return answer.error().message;
    std::string text;
    for (const auto& value : answer->series[0].values)
      text += value ? fmt::format("{} ", *value) : "- ";
    const auto& pieces = answer->plan.pieces;
    if (pieces.empty()) return text + "as before";
    return text + fmt::format("read from {}", (pieces.front().range.start - start_) / 1h);
  }

  const std::string name_ = unique_name("sums-kept");
  const Timestamp start_ = std::chrono::floor<std::chrono::hours>(now()) - 10h;
  std::vector<query::AgentName> agents_of_;
};

TEST_F(KeptBucketsTest, AreReadAgainFromWhereSomethingWasStored) {
  auto store = [&](int hour) {
    post(record(name_, start_ + hour * 1h + 1min, R"("latency_ms":1)"));
  };
  store(0);
  store(3);
  agents_of_ = {find(name_)};
  EXPECT_EQ(ask(0, 5), "1 - - 1 - read from 0");
  EXPECT_EQ(ask(0, 5), "1 - - 1 - as before");
  EXPECT_EQ(ask(1, 4), "- - 1 as before") << "a part of it";
  EXPECT_EQ(ask(0, 5), "1 - - 1 - as before") << "which leaves the whole";
  EXPECT_EQ(ask(0, 5, true), "1 - - 1 - read from 0");
  EXPECT_EQ(ask(1, 6), "- - 1 - - read from 5") << "time goes on";
  EXPECT_EQ(ask(0, 6), "1 - - 1 - - as before") << "and what is kept with it";
  EXPECT_EQ(ask(-1, 6), "- 1 - - 1 - - read from -1") << "nothing before it is kept";
  EXPECT_EQ(ask(8, 9), "- read from 8") << "nothing between is kept";
  EXPECT_EQ(ask(0, 6), "1 - - 1 - - read from 0");

  store(4);
  EXPECT_EQ(ask(0, 6), "1 - - 1 1 - read from 4");
  pass(Level::Minute);
  EXPECT_EQ(ask(0, 6), "1 - - 1 1 - as before") << "sums say nothing new";
  store(8);
  EXPECT_EQ(ask(0, 6), "1 - - 1 1 - as before") << "after the range";
  post(record(unique_name("sums-kept-other"), start_ + 1min, R"("latency_ms":1)"));
  EXPECT_EQ(ask(0, 6), "1 - - 1 1 - as before") << "of another agent";
  EXPECT_EQ(ask(5, 9), "- - - 1 read from 6") << "the newest of a chart";
  EXPECT_EQ(ask(0, 9), "1 - - 1 1 - - - 1 as before") << "goes on with the whole of it";
  store(2);
  EXPECT_EQ(ask(5, 9), "- - - 1 read from 5") << "what is kept ends before that now";
  store(0);
  EXPECT_EQ(ask(0, 9), "2 - 1 1 1 - - - 1 read from 0");
}

TEST_F(KeptBucketsTest, KnowTransactionsThatEndLater) {
  post(record(name_, start_ + 1min, R"("latency_ms":1)"));
  agents_of_ = {find(name_)};
  // A writer whose transaction began before an answer, and ends after it.
  auto writer = open("sentinel_metrics_api");
  ASSERT_TRUE(run(writer->execute("BEGIN")));
  ASSERT_TRUE(run(writer->execute("SELECT pg_current_xact_id()")));
  EXPECT_EQ(ask(0, 2), "1 - read from 0");
  EXPECT_EQ(ask(0, 2), "1 - as before");
  ASSERT_TRUE(run(writer->execute(fmt::format(
      "INSERT INTO ingest_batch (day, writer, sequence, records, ts_min, ts_max, agent_ids) SELECT "
      "day, gen_random_uuid(), 1, 1, '{0}', '{0}', agent_ids FROM ingest_batch WHERE agent_ids = "
      "'{{{1}}}' LIMIT 1",
      format_rfc3339(start_ + 1h), format_uuid(agents_of_[0].agent_id)))));
  EXPECT_EQ(ask(0, 2), "1 - as before") << "not yet";
  ASSERT_TRUE(run(writer->execute("COMMIT")));
  EXPECT_EQ(ask(0, 2), "1 - read from 1");
}

TEST_F(KeptBucketsTest, AreNotThoseOfAClusterThatWasRestored) {
  auto stored = run(query::stored_since(database_, std::nullopt, {}, start_, start_ + 1h));
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->from, Timestamp::max());
  auto later =
      run(query::stored_since(database_, stored->edge + 1'000'000'000, {}, start_, start_ + 1h));
  ASSERT_TRUE(later);
  EXPECT_EQ(later->from, Timestamp::min()) << "ids that are still to come";
}

TEST_F(SumsTest, CountEachRecordOnceWhileWritersAndPassesRun) {
  const auto name = unique_name("sums-race");
  const Timestamp start = now() - 2h;
  constexpr std::string_view kOne = R"("latency_ms":1,"custom_metrics":{"one":1})";
  post(record(name, start, kOne));
  pass(Level::Minute);
  const auto agent = find(name);
  const int others = std::stoi(total(run(agents_.resolve({})).value(), "latency_ms:count",
                                     start - 1h, start + 3h)) -
                     1;
  std::atomic<int> sent = 1, stored = 1, checks = 0, done = 0;
  std::atomic<bool> writing = true;
  std::vector<std::thread> writers;
  for (int w = 0; w < 3; ++w) {
    writers.emplace_back([&, w] {
      std::mt19937_64 random(static_cast<uint64_t>(w));
      // Until it was looked at while all of them wrote, however slow looking is.
      for (int i = 0; i < 60 || checks < 4; ++i) {
        std::string body = "[";
        for (int r = 0; r < 10; ++r) {
          const auto at = start + std::chrono::seconds{random() % 7000};
          body += (r ? "," : "") + record(name, at, kOne);
        }
        sent += 10;
        auto answer = stack_.http().post("/api/v1/metrics", body + "]", json_with(key_));
        EXPECT_EQ(answer.status, 201) << answer.body;
        if (answer.status != 201) break;
        stored += 10;
      }
      ++done;
    });
  }
  std::thread builder([&] {
    asio::io_context context;
    auto endpoint = TestDatabase::shared().endpoint("sentinel_worker");
    auto connection =
        run(context, postgres::Connection::open(endpoint.conninfo, endpoint.role, "sums-race"))
            .value();
    for (int i = 0; writing; ++i) {
      for (auto level : {Level::Minute, Level::Hour, Level::Day}) {
        if (level != Level::Minute && i % 3 != 0) continue;
        for (auto of : {Of::Columns, Of::Custom, Of::Fleet}) {
          if (of == Of::Fleet && i % 2 != 0) continue;
          auto made = run(context, make_pass(*connection, of, level));
          ASSERT_TRUE(made) << made.error().message;
        }
      }
    }
  });
  // Nothing else is stored meanwhile.
  auto of_fleet = [&] {
    auto answer =
        run(buckets_.read({.agents = {agent},
                           .fleet = true,
                           .metrics = {query::parse_wanted_metric("latency_ms:count").value()},
                           .start = start - 1h,
                           .end = start + 3h,
                           .step = days{3650},
                           .group_by = query::GroupBy::None}));
    if (!answer) return -1;
    double sum = 0;
    for (const auto& value : answer->series[0].values) sum += value.value_or(0);
    return static_cast<int>(sum) - others;
  };
  // Of whole hours, which are kept and told again as far as nothing was stored in them.
  auto by_hour = [&](std::string_view metric) {
    auto answer = run(buckets_.read({.agents = {agent},
                                     .metrics = {query::parse_wanted_metric(metric).value()},
                                     .start = start - 1h,
                                     .end = std::chrono::ceil<std::chrono::hours>(start + 3h),
                                     .step = 1h}));
    if (!answer) return -1;
    double sum = 0;
    for (const auto& value : answer->series[0].values) sum += value.value_or(0);
    return static_cast<int>(sum);
  };
  for (bool last = false; !last; ++checks) {
    last = done == 3;
    const int fleet_least = stored, fleet = of_fleet(), fleet_most = sent;
    EXPECT_GE(fleet, fleet_least);
    EXPECT_LE(fleet, fleet_most);
    for (auto metric : {"latency_ms:count", "custom.one:sum"}) {
      int least = stored;
      const auto told = total({agent}, metric, start - 1h, start + 3h);
      int most = sent;
      EXPECT_GE(std::stoi(told), least) << metric;
      EXPECT_LE(std::stoi(told), most) << metric;
      least = stored;
      const int hours = by_hour(metric);
      most = sent;
      EXPECT_GE(hours, least) << metric;
      EXPECT_LE(hours, most) << metric;
    }
  }
  for (auto& writer : writers) writer.join();
  writing = false;
  builder.join();
  pass(Level::Minute);
  const auto all = std::to_string(stored);
  EXPECT_EQ(total({agent}, "latency_ms:count", start - 1h, start + 3h), all);
  EXPECT_EQ(total({agent}, "custom.one:sum", start - 1h, start + 3h), all);
  EXPECT_EQ(std::to_string(of_fleet()), all);
  EXPECT_EQ(execute(fmt::format("SELECT sum(records) FROM metric_minute WHERE agent_id = '{}'",
                                format_uuid(agent.agent_id)))
                .integer(0, 0),
            stored.load());
}

TEST_F(SumsTest, CountWhatIsCommittedAfterALongTransactionToo) {
  const auto name = unique_name("sums-long");
  const Timestamp start = now() - 10min;
  post(record(name, start, R"("latency_ms":1)"));
  const auto agent = find(name);
  pass(Level::Minute);
  // An older transaction holds the horizon back: nothing behind it is counted yet, all is told.
  auto old = open("sentinel_metrics_api");
  ASSERT_TRUE(run(old->run("BEGIN; SELECT pg_current_xact_id()")));
  post(record(name, start, R"("latency_ms":1)"));
  pass(Level::Minute);
  EXPECT_EQ(total({agent}, "latency_ms:count", start - 1h, start + 1h), "2");
  ASSERT_TRUE(run(old->run("COMMIT")));
  pass(Level::Minute);
  EXPECT_EQ(total({agent}, "latency_ms:count", start - 1h, start + 1h), "2");
  EXPECT_EQ(execute(fmt::format("SELECT sum(records) FROM metric_minute WHERE agent_id = '{}'",
                                format_uuid(agent.agent_id)))
                .integer(0, 0),
            2);
}

TEST_F(SumsTest, ArePassedOnceByTwoWorkers) {
  const auto name = unique_name("sums-two");
  post(record(name, now() - 10min, R"("latency_ms":1)"));
  pass(Level::Minute);
  const auto agent = find(name);
  post(record(name, now() - 10min, R"("latency_ms":1)"));
  // Both see the same progress; the second waits for the first and is refused.
  ASSERT_TRUE(run(worker_->run("BEGIN")));
  ASSERT_TRUE(run(worker_->run(minute_pass_statement(Of::Columns))));
  std::optional<Result<void>> second;
  std::thread other([&] {
    asio::io_context context;
    auto endpoint = TestDatabase::shared().endpoint("sentinel_worker");
    auto connection =
        run(context, postgres::Connection::open(endpoint.conninfo, endpoint.role, "sums-two"))
            .value();
    second = run(context, make_pass(*connection, Of::Columns, Level::Minute));
  });
  EXPECT_TRUE(holds_soon([] {
    return execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
               .integer(0, 0) > 0;
  }));
  ASSERT_TRUE(run(worker_->run("COMMIT")));
  other.join();
  ASSERT_TRUE(second);
  ASSERT_FALSE(*second);
  EXPECT_EQ(postgres::sqlstate(second->error()), "23505");
  EXPECT_EQ(execute(fmt::format("SELECT sum(records) FROM metric_minute WHERE agent_id = '{}'",
                                format_uuid(agent.agent_id)))
                .integer(0, 0),
            2);
}

TEST_F(SumsTest, LoseNothingWhenAPassDies) {
  const auto name = unique_name("sums-dies");
  const Timestamp start = now() - 10min;
  post(record(name, start, R"("latency_ms":1)"));
  pass(Level::Minute);
  const auto agent = find(name);
  post(record(name, start, R"("latency_ms":1)"));
  for (auto statement :
       {minute_pass_statement(Of::Columns), roll_up_statement(Of::Columns, Level::Hour),
        fleet_statement(Level::Minute)}) {
    auto dying = open("sentinel_worker");
    ASSERT_TRUE(run(dying->run("BEGIN")));
    ASSERT_TRUE(run(dying->run(statement)));
    execute(
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = "
        "'sums-test' AND state = 'idle in transaction'");
    EXPECT_EQ(total({agent}, "latency_ms:count", start - 1h, start + 1h), "2");
  }
  all_passes();
  EXPECT_EQ(total({agent}, "latency_ms:count", start - 1h, start + 1h), "2");
}

TEST_F(SumsTest, HoldSumsThatAreLongerThanTheirRecords) {
  const auto name = unique_name("sums-large");
  const Timestamp start = now() - 10min;
  std::string body = "[";
  for (int i = 0; i < 100; ++i) {
    body +=
        (i ? "," : "") + record(name, start, R"("cost_usd":1000000,"memory_usage_mb":100000000)");
  }
  for (int i = 0; i < 120; ++i) post(body + "]");
  all_passes();
  const auto agent = find(name);
  // 12,000 times 10^15 nano-dollars are more than 64 bits hold.
  EXPECT_EQ(total({agent}, "cost_usd:sum", start - 1h, start + 1h), "12000000000");
  EXPECT_EQ(total({agent}, "memory_usage_mb:avg", start - 1h, start + 1h), "100000000");
}

TEST_F(SumsTest, LetMinutesGoThatAreOld) {
  const auto today = execute("SELECT extract(epoch FROM now())::bigint / 86400").integer(0, 0);
  post(record(unique_name("sums-old"), now(), R"("latency_ms":1)"));
  all_passes();
  auto exists = [](std::string_view level, int64_t day) {
    return execute(fmt::format("SELECT to_regclass('metric_{}_d{}') IS NOT NULL", level, day))
        .boolean(0, 0);
  };
  for (auto level : {"minute", "custom_minute", "fleet_minute"}) {
    for (int64_t day : {today - 20, today - 10}) {
      execute(fmt::format(
          "CREATE TABLE metric_{2}_d{0} PARTITION OF metric_{2} FOR VALUES FROM ({0}) TO ({1}); "
          "ALTER TABLE metric_{2}_d{0} OWNER TO sentinel_owner",
          day, day + 1, level));
    }
  }
  postgres::Database worker{TestDatabase::shared().endpoint("sentinel_worker")};
  auto expired = run(worker.query("sums_days_expired"));
  ASSERT_TRUE(expired) << expired.error().message;
  std::set<std::string> levels;
  for (int row = 0; row < expired->size(); ++row) {
    const auto level = expired->text(row, 0);
    levels.emplace(level);
    EXPECT_EQ(expired->integer(row, 1), today - 20);
    auto dropped = run(worker.query("sums_day_drop", postgres::Params(level, today - 20)));
    ASSERT_TRUE(dropped) << dropped.error().message;
    EXPECT_FALSE(exists(level, today - 20));
    auto early = run(worker.query("sums_day_drop", postgres::Params(level, today - 10)));
    ASSERT_FALSE(early);
    EXPECT_EQ(postgres::sqlstate(early.error()), "22023");
    execute(fmt::format("DROP TABLE metric_{}_d{}", level, today - 10));
  }
  EXPECT_THAT(levels, ::testing::ElementsAre("custom_minute", "fleet_minute", "minute"));
}

// Neither a partition that cannot hold what is asked for nor a whole one is read.
TEST_F(SumsTest, AreReadByTheirIndexes) {
  const auto name = unique_name("sums-plan");
  post(record(name, now() - 3h, R"("latency_ms":1,"custom_metrics":{"depth":1})"));
  all_passes();
  const auto agent = find(name);
  const auto end = std::chrono::floor<days>(now());
  auto plan_of = [&](Of of, std::vector<std::string> columns, std::string_view names) {
    query::SumsReader reader(database_, of);
    auto plan = run(reader.plan({end - days{30}, end}, 1h));
    EXPECT_TRUE(plan);
    auto rows = execute(fmt::format(
        "SET enable_seqscan = off; EXPLAIN (COSTS OFF) SELECT sum({}) FROM ({}) s", columns.front(),
        plan->source(query::agents_sql({agent.agent_id}), columns, names)));
    std::string text;
    for (int row = 0; row < rows.size(); ++row) text += std::string(rows.text(row, 0)) + "\n";
    // Tiny tables are read whole otherwise. What has no index to be read by would be all the same.
    EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("Seq Scan on metric")));
    EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("Seq Scan on ingest_batch")));
    EXPECT_THAT(text, ::testing::ContainsRegex("metric_record_g[0-9]+_agent_id_ts_idx"));
    return text;
  };
  const auto of_columns = plan_of(Of::Columns, {"latency_sum", "latency_n", "latency_sketch"}, "");
  EXPECT_THAT(of_columns, ::testing::ContainsRegex("metric_hour_d[0-9]+_agent_id_bucket_idx"));
  EXPECT_THAT(of_columns, ::testing::Not(::testing::HasSubstr("metric_day")));
  const auto custom = plan_of(Of::Custom, {"value_sum", "value_n"}, "ARRAY['depth']::text[]");
  EXPECT_THAT(custom,
              ::testing::ContainsRegex("metric_custom_hour_d[0-9]+_agent_id_name_bucket_idx"));
  EXPECT_THAT(custom, ::testing::Not(::testing::HasSubstr("metric_custom_day")));

  // With what autovacuum knows of them a minute later: that no pass is newer than the newest.
  execute("ANALYZE metric_hour, metric_minute");
  auto plan = run(sums_.plan({end - days{30}, end}, 1h));
  ASSERT_TRUE(plan);
  const std::string columns[] = {"latency_sum", "latency_n"};
  auto rows = execute(fmt::format(
      "SET enable_seqscan = off; EXPLAIN (COSTS OFF) SELECT sum(latency_sum) FROM ({}) s",
      plan->fleet_source(columns)));
  std::string fleet;
  for (int row = 0; row < rows.size(); ++row) fleet += std::string(rows.text(row, 0)) + "\n";
  EXPECT_THAT(fleet, ::testing::Not(::testing::HasSubstr("Seq Scan on metric")));
  EXPECT_THAT(fleet, ::testing::ContainsRegex("metric_fleet_hour_d[0-9]+_bucket_idx"));
  EXPECT_THAT(fleet, ::testing::ContainsRegex("metric_hour_d[0-9]+_pass_idx"))
      << "what is not added up yet";
  EXPECT_THAT(fleet,
              ::testing::Not(::testing::ContainsRegex("metric_hour_d[0-9]+_agent_id_bucket_idx")));
}

}  // namespace
}  // namespace sentinel::sums
