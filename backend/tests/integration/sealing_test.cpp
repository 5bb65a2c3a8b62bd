// A generation becomes history: every view and every answer shows each record exactly once and to
// the last digit, at every snapshot, whatever dies on the way.
#include "services/sealing/sealer.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <tuple>

#include "postgres/embedded_sql.hpp"
#include "services/query/agents_query.hpp"
#include "services/query/buckets_query.hpp"
#include "services/sums/sums_builder.hpp"
#include "support/child_process.hpp"
#include "support/cutting_proxy.hpp"
#include "support/json.hpp"
#include "support/test_stack.hpp"

namespace sentinel::sealing {
namespace {

using namespace sentinel::testing;
using namespace std::chrono_literals;

// All columns of a record but its generation.
constexpr std::string_view kEverything =
    "agent_id, ts, latency_us, ttft_us, throughput_millirpm, cost_nanos, memory_bytes, "
    "gpu_memory_bytes, span_id, trace_id, request_count, model_id, host_id, process_id, "
    "input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, "
    "cpu_centipercent, gpu_centipercent, gpu_count, kind, cost_source, error, custom, attributes";

class SealingTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { TestStack::end_shared(); }  // its worker seals too

  static apps::StackOptions without_worker() {
    auto options = TestStack::all_services();
    options.worker.reset();
    options.writer.generation_age_max = 0ms;
    return options;
  }
  static std::unique_ptr<postgres::Connection> open(std::string_view role) {
    auto endpoint = TestDatabase::shared().endpoint(role);
    return run(postgres::Connection::open(endpoint.conninfo, endpoint.role, "sealing-test"))
        .value();
  }
  static postgres::Rows execute(const std::string& sql) {
    return TestDatabase::shared().execute(sql);
  }
  static int64_t number(const std::string& sql) { return execute(sql).integer(0, 0); }
  static int64_t newest_sealed() { return number("SELECT coalesce(max(gen), 0) FROM sealed_gen"); }
  static int64_t newest() { return number("SELECT max(gen) FROM generation"); }

  void post(const std::string& body) const {
    auto answer = stack_.http().post("/api/v1/metrics", body, json_with(key_));
    ASSERT_EQ(answer.status, 201) << answer.body;
  }
  static std::string record(const std::string& agent, Timestamp at, std::string_view fields) {
    return fmt::format(R"({{"agent_id":"{}","timestamp":"{}",{}}})", agent, format_rfc3339(at),
                       fields);
  }
  // `count` records of an agent with whatever a record can have, some of them alone in their
  // request.
  void fill(const std::string& agent, Timestamp start, int count, uint64_t seed) {
    std::mt19937_64 random{seed};
    auto chance = [&](int percent) { return static_cast<int>(random() % 100) < percent; };
    std::vector<std::string> records;
    for (int i = 0; i < count; ++i) {
      std::string fields = fmt::format(R"("record_id":"{}-{}")", agent, i);
      auto add = [&](int percent, std::string_view name, std::string value) {
        if (chance(percent)) fields += fmt::format(R"(,"{}":{})", name, value);
      };
      add(70, "latency_ms", fmt::format("{}.{:03}", random() % 600'000, random() % 1000));
      add(30, "ttft_ms", fmt::format("{}", random() % 3000));
      add(60, "cost_usd", fmt::format("{}.{:09}", random() % 3, random() % 1'000'000'000));
      add(50, "input_tokens", fmt::format("{}", random() % 200'000));
      add(50, "cpu_usage_percent", fmt::format("{}.{:02}", random() % 100, random() % 100));
      add(50, "memory_usage_mb", fmt::format("{}.{:06}", random() % 64'000, random() % 1'000'000));
      add(40, "status", chance(50) ? R"("error")" : R"("success")");
      add(40, "host", chance(50) ? R"("host-1")" : R"("host-2")");
      add(20, "model", R"("gpt-4o","provider":"openai")");
      add(20, "trace_id", fmt::format("\"{:016x}{:016x}\"", random() | 1, random()));
      add(20, "span_id", fmt::format("\"{:016x}\"", random() | 1));
      add(20, "custom_metrics", fmt::format(R"({{"queue":{},"x":0.1}})", random() % 100));
      add(20, "attributes", R"({"team":"ä","deep":true})");
      const auto at = start + Microseconds{static_cast<int64_t>(random() % 3'600'000'000)};
      records.push_back(record(agent, at, fields));
    }
    size_t at = 0;
    while (at < records.size()) {
      const auto size = chance(30) ? 1 : std::min<size_t>(records.size() - at, 40);
      std::string body = "[";
      for (size_t i = 0; i < size; ++i) body += (i ? "," : "") + records[at + i];
      post(body + "]");
      at += size;
    }
  }
  // The next generation takes what comes from now on.
  static void rotate() { execute("SELECT open_generation(max(gen) + 1) FROM generation"); }
  void count_of_kind(sums::Of of) {
    auto made = run(sums::make_pass(*worker_, of, sums::Level::Minute));
    ASSERT_TRUE(made) << made.error().message;
  }
  void count() {
    for (auto of : {sums::Of::Columns, sums::Of::Custom}) count_of_kind(of);
  }
  Result<void> step(Microseconds budget = 60s) {
    if (!sealer_) sealer_.emplace(SealingLimits{.after = 0s, .budget = budget, .retry = 0s});
    return run(sealer_->step(*worker_));
  }
  // Seals what is over.
  void seal() {
    count();
    auto done = step();
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_EQ(newest_sealed(), newest() - 1);
  }
  static bool has_rows(int64_t gen) {
    return execute(fmt::format("SELECT to_regclass('metric_record_g{}') IS NOT NULL", gen))
        .boolean(0, 0);
  }
  // Rows are dropped at once, or, where somebody uses their table (a vacuum may), a step later.
  bool loses_rows(int64_t gen) {
    return holds_soon([&] { return !has_rows(gen) || (step() && !has_rows(gen)); });
  }
  // Everything of an agent, as one text.
  static std::string all_of(const std::string& agent) {
    auto rows = execute(fmt::format(
        "SELECT {} FROM record r WHERE agent_id = (SELECT agent_id FROM agent WHERE name = '{}') "
        "ORDER BY ts, latency_us, cost_nanos",
        kEverything, agent));
    std::string text;
    for (int row = 0; row < rows.size(); ++row) {
      for (int column = 0; column < rows.columns(); ++column) {
        text += rows.is_null(row, column) ? std::string("-") : std::string(rows.text(row, column));
        text += column + 1 == rows.columns() ? '\n' : '|';
      }
    }
    return text;
  }
  static int64_t count_of(const std::string& agent) {
    return number(fmt::format(
        "SELECT count(*) FROM record WHERE agent_id = (SELECT agent_id FROM agent WHERE name = "
        "'{}')",
        agent));
  }

  static double requests_stored(const std::string& agent) {
    return static_cast<double>(number(fmt::format(
        "SELECT sum(request_count) FROM record WHERE agent_id = (SELECT agent_id FROM agent WHERE "
        "name = '{}')",
        agent)));
  }
  double requests_told(const std::string& agent) const {
    auto answer = stack_.http().get(
        fmt::format("/api/v1/metrics?agent={}&metric=requests:sum&step=7d&start=now-2h", agent),
        bearer(read_key_));
    const auto body = Json::parse(answer.body);
    double told = 0;
    for (const auto& value : body["series"][0]["values"].items()) {
      if (!value.is_null()) told += value.number();
    }
    return told;
  }

  TestStack stack_{without_worker()};
  std::string key_ = stack_.make_key(models::KeyScope::Ingest);
  std::string read_key_ = stack_.make_key(models::KeyScope::Read);
  std::unique_ptr<postgres::Connection> worker_ = open("sentinel_worker");
  std::optional<Sealer> sealer_;
};

TEST_F(SealingTest, LosesNothingAndChangesNothing) {
  const std::vector<std::string> agents{unique_name("seal-a"), unique_name("seal-b"),
                                        unique_name("seal-single")};
  const Timestamp start = now() - 3h;
  fill(agents[0], start, 700, 1);
  fill(agents[1], start - 48h, 300, 2);
  post(record(agents[2], start, R"("latency_ms":5,"kind":"sample","cpu_usage_percent":7)"));
  std::vector<std::string> before;
  std::vector<std::string> paths;
  for (const auto& agent : agents) {
    for (const auto& query :
         {"metrics?step=raw&limit=10000", "export?format=csv", "export?format=ndjson",
          "metrics?step=1h&metric=cost_usd:sum&metric=latency_ms:max&metric=requests:count&metric="
          "latency_ms:last&metric=cpu_usage_percent:p95"}) {
      paths.push_back(fmt::format("/api/v1/{}&agent={}&start=now-60h/h&end=now/h", query, agent));
    }
  }
  auto answer = [&](const std::string& path) {
    auto got = stack_.http().get(path, bearer(read_key_));
    EXPECT_EQ(got.status, 200) << path << got.body;
    return got.body;
  };
  for (const auto& agent : agents) before.push_back(all_of(agent));
  std::vector<std::string> answers;
  count();
  for (const auto& path : paths) answers.push_back(answer(path));
  rotate();
  const auto gen = newest() - 1;
  seal();
  EXPECT_TRUE(loses_rows(gen)) << "nobody had an older snapshot";
  for (size_t i = 0; i < agents.size(); ++i) EXPECT_EQ(all_of(agents[i]), before[i]);
  for (size_t i = 0; i < paths.size(); ++i) EXPECT_EQ(answer(paths[i]), answers[i]) << paths[i];
  // An agent that was silent since is known by its history.
  postgres::Database database{TestDatabase::shared().endpoint("sentinel_db_api")};
  query::AgentsQuery query(database);
  auto found = run(query.resolve({agents[2]})).value();
  auto listed = run(query.list({found[0].agent_id}, std::nullopt, 1));
  ASSERT_TRUE(listed) << listed.error().message;
  EXPECT_EQ((*listed)[0].status.last_seen, start);
}

TEST_F(SealingTest, WaitsForSumsOfEitherKind) {
  post(record(unique_name("seal-waits"), now() - 1h, R"("custom_metrics":{"queue":1})"));
  const auto gen = newest();
  rotate();
  for (auto of : {sums::Of::Columns, sums::Of::Custom}) {
    ASSERT_TRUE(step());
    EXPECT_LT(newest_sealed(), gen) << "they find records by what history does not keep";
    count_of_kind(of);
  }
  ASSERT_TRUE(step());
  EXPECT_GE(newest_sealed(), gen);
}

// A database that is older than the sums of custom metrics: their first pass counts its history, or
// leaves it to the records.
TEST_F(SealingTest, IsAddedUpWhereSumsBeginLater) {
  const auto agent = unique_name("seal-before-sums");
  const Timestamp start = now() - 3h;
  fill(agent, start, 300, 31);
  rotate();
  seal();
  for (int i = 0; i < 20; ++i) {
    post(record(agent, start + i * 1min, R"("custom_metrics":{"queue":200,"x":0.2})"));
  }
  ASSERT_EQ(count_of(agent), 320) << "some sealed, some not";
  postgres::Database database{TestDatabase::shared().endpoint("sentinel_db_api")};
  query::AgentsQuery agents(database);
  const auto found = run(agents.resolve({agent})).value();
  auto answer = [&] {
    // How far sums are is remembered, and never goes back but here.
    query::BucketsQuery buckets(database);
    std::vector<query::WantedMetric> metrics;
    for (auto text : {"custom.queue:sum", "custom.queue:max", "custom.x:avg", "custom.x:count"}) {
      metrics.push_back(query::parse_wanted_metric(text).value());
    }
    auto told = run(buckets.read(
        {.agents = found, .metrics = metrics, .start = start - 1h, .end = now(), .step = 1h}));
    EXPECT_TRUE(told);
    std::string text;
    for (const auto& series : told->series) {
      for (const auto& value : series.values) text += value ? fmt::format("{} ", *value) : "- ";
    }
    return std::pair(text, told->plan.summed.empty());
  };
  const auto [before, unsummed] = answer();
  EXPECT_FALSE(unsummed);
  auto forget = [] {
    execute(
        "BEGIN; ALTER TABLE sums_progress DISABLE TRIGGER USER; "
        "DELETE FROM sums_progress WHERE level LIKE 'custom%'; "
        "ALTER TABLE sums_progress ENABLE ALWAYS TRIGGER refuse_change; "
        "ALTER TABLE sums_progress ENABLE ALWAYS TRIGGER refuse_truncate; COMMIT");
    for (auto level : {"minute", "hour", "day"}) {
      const auto parts = execute(fmt::format("SELECT sums_days('custom_{}')", level));
      for (int row = 0; row < parts.size(); ++row) {
        execute(fmt::format("DROP TABLE metric_custom_{}_d{}", level, parts.integer(row, 0)));
      }
    }
  };
  forget();
  EXPECT_EQ(answer(), std::pair(before, true)) << "from records alone";
  auto more_than = [&](int64_t records) {
    postgres::Database worker{TestDatabase::shared().endpoint("sentinel_worker")};
    return run(worker.query("sums_history", postgres::Params(records))).value().boolean(0, 0);
  };
  EXPECT_TRUE(more_than(300)) << "sealed or not";
  EXPECT_FALSE(more_than(1'000'000'000));
  ASSERT_TRUE(run(worker_->run(sums::begin_later_statement(sums::Of::Custom))));
  count();
  EXPECT_EQ(answer(), std::pair(before, true)) << "of the time before, records tell for good";
  forget();
  count();
  EXPECT_EQ(answer(), std::pair(before, false));
}

TEST_F(SealingTest, KeepsTheRowsWhereChunksDoNotHoldThem) {
  const auto agent = unique_name("seal-spoiled");
  fill(agent, now() - 3h, 100, 11);
  const auto before = all_of(agent);
  const auto gen = newest();
  rotate();
  count();
  // A microsecond more in each latency: no count tells, the hashes do.
  execute(
      "CREATE FUNCTION spoil_chunk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "NEW.latency_us_base := NEW.latency_us_base + 1; RETURN NEW; END $$");
  execute(
      fmt::format("CREATE TRIGGER spoil_chunk BEFORE INSERT ON metric_chunk_g{} FOR EACH ROW "
                  "EXECUTE FUNCTION spoil_chunk()",
                  gen));
  const auto refused = step();
  EXPECT_FALSE(refused);
  EXPECT_EQ(refused ? "" : refused.error().reason, "sealing_failed");
  EXPECT_LT(newest_sealed(), gen);
  EXPECT_EQ(number(fmt::format("SELECT count(*) FROM metric_chunk_g{}", gen)), 0);
  EXPECT_EQ(all_of(agent), before);
  execute("DROP FUNCTION spoil_chunk() CASCADE");
  seal();
  EXPECT_EQ(all_of(agent), before);
}

TEST_F(SealingTest, CutsAnAgentOfManyRecordsIntoPieces) {
  const auto agent = unique_name("seal-many");
  post(record(agent, now() - 1h, R"("latency_ms":1)"));
  // Many of them at the same time, at the place where a piece ends.
  execute(fmt::format(
      "INSERT INTO metric_record (agent_id, ts, kind, latency_us, gen) SELECT agent_id, now() - "
      "interval '1 hour' + least(i, 32000) * interval '1 ms', 'r', i, (SELECT max(gen) FROM "
      "generation) FROM agent, generate_series(1, 70000) i WHERE name = '{}'",
      agent));
  rotate();
  const auto gen = newest() - 1;
  seal();
  EXPECT_EQ(count_of(agent), 70'001);
  EXPECT_EQ(
      number(fmt::format("SELECT sum(latency_us) FROM record WHERE agent_id = (SELECT agent_id "
                         "FROM agent WHERE name = '{}')",
                         agent)),
      70'000LL * 70'001 / 2 + 1000);
  EXPECT_EQ(number(fmt::format("SELECT max(records) FROM metric_chunk_g{}", gen)), 16'384);
}

TEST_F(SealingTest, ShowsEachRecordOnceToReadersWhileWritersWrite) {
  const auto agent = unique_name("seal-race");
  const Timestamp start = now() - 30min;
  post(record(agent, start, R"("latency_ms":1)"));
  std::atomic<int> sent = 1, stored = 1, checks = 0, done = 0;
  std::atomic<bool> writing = true;
  std::vector<std::thread> writers;
  for (int w = 0; w < 3; ++w) {
    writers.emplace_back([&] {
      // Until it was looked at while all of them wrote, however slow looking is.
      for (int i = 0; i < 60 || checks < 4; ++i) {
        std::string body = "[";
        const int size = i % 2 ? 1 : 20;
        for (int r = 0; r < size; ++r) {
          body +=
              (r ? "," : "") + record(agent, start + std::chrono::seconds{r}, R"("latency_ms":1)");
        }
        sent += size;
        auto answer = stack_.http().post("/api/v1/metrics", body + "]", json_with(key_));
        EXPECT_EQ(answer.status, 201) << answer.body;
        if (answer.status != 201) break;
        stored += size;
      }
      ++done;
    });
  }
  std::thread sealing([&] {
    asio::io_context context;
    auto endpoint = TestDatabase::shared().endpoint("sentinel_worker");
    auto connection =
        run(context, postgres::Connection::open(endpoint.conninfo, endpoint.role, "sealing-race"))
            .value();
    postgres::Database worker(endpoint);
    Sealer sealer({.after = 0s, .budget = 60s, .retry = 0s});
    while (writing) {
      auto next = run(context, connection->execute("SELECT max(gen) + 1 FROM generation")).value();
      ASSERT_TRUE(run(context, connection->execute(postgres::query("generation_open"),
                                                   postgres::Params(next.integer(0, 0)))));
      for (auto of : {sums::Of::Columns, sums::Of::Custom}) {
        ASSERT_TRUE(run(context, sums::make_pass(*connection, of, sums::Level::Minute)));
      }
      auto step = run(context, sealer.step(*connection));
      ASSERT_TRUE(step) << step.error().message;
    }
  });
  // As one bucket, which is read each time, and as minutes, most of which may be told again.
  const auto path = fmt::format(
      "/api/v1/metrics?agent={}&metric=latency_ms:count&group_by=none&start=now-1h&step=", agent);
  for (bool last = false; !last; ++checks) {
    last = done == 3;
    int least = stored;
    const auto shown = count_of(agent);
    EXPECT_GE(shown, least);
    EXPECT_LE(shown, sent);
    for (const auto* step : {"7d", "1m"}) {
      least = stored;
      auto body = Json::parse(stack_.http().get(path + step, bearer(read_key_)).body);
      double told = 0;
      for (const auto& value : body["series"][0]["values"].items()) {
        if (!value.is_null()) told += value.number();
      }
      EXPECT_GE(told, least) << step;
      EXPECT_LE(told, sent) << step;
    }
  }
  for (auto& writer : writers) writer.join();
  writing = false;
  sealing.join();
  EXPECT_EQ(count_of(agent), stored.load());
}

TEST_F(SealingTest, KeepsTheRowsForWhoeverBeganBefore) {
  const auto agent = unique_name("seal-old-reader");
  fill(agent, now() - 2h, 100, 3);
  rotate();
  const auto gen = newest() - 1;
  count();
  // An export that took its snapshot before, and has not touched a table yet.
  auto reader = open("sentinel_read");
  ASSERT_TRUE(run(reader->run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")));
  seal();
  EXPECT_TRUE(has_rows(gen));
  EXPECT_EQ(count_of(agent), 100);
  auto seen = run(reader->execute(
      "SELECT count(*) FROM sentinel.record WHERE agent_id = (SELECT agent_id FROM sentinel.agent "
      "WHERE name = $1)",
      postgres::Params(agent)));
  ASSERT_TRUE(seen) << seen.error().message;
  EXPECT_EQ(seen->integer(0, 0), 100);
  ASSERT_TRUE(run(reader->run("COMMIT")));
  ASSERT_TRUE(step());
  EXPECT_FALSE(has_rows(gen));
  EXPECT_EQ(count_of(agent), 100);
}

TEST_F(SealingTest, BeginsAnewAfterACrash) {
  const std::vector<std::string> agents{unique_name("seal-crash-a"), unique_name("seal-crash-b")};
  for (const auto& agent : agents) {
    post(record(agent, now() - 1h, R"("latency_ms":1)"));
    execute(
        fmt::format("INSERT INTO metric_record (agent_id, ts, kind, latency_us, gen) SELECT "
                    "agent_id, now() - i "
                    "* interval '1 ms', 'r', i, (SELECT max(gen) FROM generation) FROM agent, "
                    "generate_series(1, 30000) i WHERE name = '{}'",
                    agent));
  }
  rotate();
  const auto gen = newest() - 1;
  count();
  // One piece of two, and the worker is gone; half a generation is no history.
  while (newest_sealed() < gen - 1) ASSERT_TRUE(step(0s));
  ASSERT_TRUE(step(0s));
  ASSERT_GT(number(fmt::format("SELECT count(*) FROM metric_chunk_g{}", gen)), 0);
  ASSERT_LT(newest_sealed(), gen);
  for (const auto& agent : agents) EXPECT_EQ(count_of(agent), 30'001);
  sealer_.reset();
  worker_ = open("sentinel_worker");
  seal();
  EXPECT_TRUE(loses_rows(gen));
  for (const auto& agent : agents) EXPECT_EQ(count_of(agent), 30'001);
}

// At each piece of the conversation in turn, the server's answers too: done, and nobody knows.
TEST_F(SealingTest, LosesAndDoublesNothingWhereverItsWorkerDies) {
  seal();  // what others left
  constexpr int kRecords = 20;
  for (bool at_answers : {false, true}) {
    int at = 0;
    for (bool cut = true; cut;) {
      const auto agent = unique_name("seal-dies");
      fill(agent, now() - 1h, kRecords, static_cast<uint64_t>(++at));
      rotate();
      CuttingProxy proxy("sentinel_worker", [=, pieces = 0](bool answer, std::string_view) mutable {
        return answer == at_answers && ++pieces == at;
      });
      auto connection = run(postgres::Connection::open(
          proxy.endpoint().conninfo, proxy.endpoint().role, proxy.endpoint().application));
      Sealer dying({.after = 0s, .budget = 60s, .retry = 0s});
      count_of_kind(sums::Of::Custom);
      if (connection &&
          run(sums::make_pass(**connection, sums::Of::Columns, sums::Level::Minute))) {
        std::ignore = run(dying.step(**connection));
      }
      cut = proxy.has_cut();
      connection = fail(ErrorCode::Unavailable, "dead", "dead");
      ASSERT_TRUE(holds_soon([] {
        return number(
                   "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                   "'through-the-proxy'") == 0;
      })) << "the lock of a worker is free when its session is over";
      EXPECT_EQ(count_of(agent), kRecords) << "piece " << at << " of " << at_answers;
      sealer_.reset();
      seal();
      EXPECT_EQ(count_of(agent), kRecords) << "piece " << at << " of " << at_answers;
      EXPECT_TRUE(loses_rows(newest() - 1));
      EXPECT_EQ(requests_told(agent), requests_stored(agent)) << "counted once by the sums";
    }
    EXPECT_GE(at, 10) << "it died nowhere";
  }
}

// A worker whose connection was cut for a while, and another one did its work.
TEST_F(SealingTest, AddsNothingToWhatAnotherSealedMeanwhile) {
  const auto agent = unique_name("seal-meanwhile");
  post(record(agent, now() - 1h, R"("latency_ms":1)"));
  execute(fmt::format(
      "INSERT INTO metric_record (agent_id, ts, kind, latency_us, gen) SELECT agent_id, now() - i "
      "* "
      "interval '1 ms', 'r', i, (SELECT max(gen) FROM generation) FROM agent, generate_series(1, "
      "70000) i WHERE name = '{}'",
      agent));
  rotate();
  const auto gen = newest() - 1;
  count();
  while (newest_sealed() < gen - 1) ASSERT_TRUE(step(0s));
  ASSERT_TRUE(step(0s));
  ASSERT_LT(newest_sealed(), gen);
  // Keeps the rows where they are.
  auto reader = open("sentinel_read");
  ASSERT_TRUE(run(reader->run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")));
  {
    auto connection = open("sentinel_worker");
    Sealer other({.after = 0s, .budget = 60s, .retry = 0s});
    ASSERT_TRUE(run(other.step(*connection)));
    ASSERT_EQ(newest_sealed(), gen);
  }
  EXPECT_FALSE(step()) << "its part is there already";
  EXPECT_EQ(count_of(agent), 70'001);
  ASSERT_TRUE(step());
  EXPECT_EQ(count_of(agent), 70'001);
  // A worker that got the lock again begins anew, and finds nothing to do.
  ASSERT_TRUE(run(reader->run("COMMIT")));
  ASSERT_TRUE(step());
  EXPECT_FALSE(has_rows(gen));
  EXPECT_EQ(count_of(agent), 70'001);
}

TEST_F(SealingTest, DropsWhatSomebodyElseLeftInTheWay) {
  const auto agent = unique_name("seal-differs");
  fill(agent, now() - 2h, 50, 4);
  rotate();
  const auto gen = newest() - 1;
  count();
  // Somebody else's chunk of the same agent.
  execute(fmt::format("INSERT INTO metric_chunk_g{0} SELECT * FROM metric_hot_chunk_g{0} LIMIT 1",
                      gen));
  Sealer sealer({.after = 0s, .budget = 60s, .retry = 0s});
  ASSERT_TRUE(run(sealer.step(*worker_))) << "what a crash left is dropped";
  EXPECT_EQ(newest_sealed(), gen);
  EXPECT_EQ(count_of(agent), 50);
}

TEST_F(SealingTest, IsNotDoneWithChunksThatDifferFromTheRecords) {
  const auto agent = unique_name("seal-differs");
  post(record(agent, now() - 1h, R"("latency_ms":1)"));
  rotate();
  const auto gen = newest() - 1;
  count();
  while (newest_sealed() < gen - 1) ASSERT_TRUE(step(0s));
  execute(fmt::format(
      "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.latency_us_base := "
      "NEW.latency_us_base + 1; RETURN NEW; END'; CREATE TRIGGER spoil BEFORE INSERT ON "
      "metric_chunk_g{} FOR EACH ROW EXECUTE FUNCTION spoil()",
      gen));
  auto refused = step();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "sealing_failed");
  EXPECT_LT(newest_sealed(), gen);
  EXPECT_EQ(number(fmt::format("SELECT count(*) FROM metric_chunk_g{}", gen)), 0);
  EXPECT_EQ(count_of(agent), 1);
  // Not again at once.
  Sealer patient({.after = 0s, .budget = 60s, .retry = 1h});
  EXPECT_FALSE(run(patient.step(*worker_)));
  EXPECT_TRUE(run(patient.step(*worker_)));
  EXPECT_LT(newest_sealed(), gen);
  execute("DROP FUNCTION spoil() CASCADE");
  seal();
  EXPECT_EQ(count_of(agent), 1);
}

TEST_F(SealingTest, WaitsForTheSumsAndForItsTime) {
  const auto agent = unique_name("seal-waits");
  post(record(agent, now() - 1h, R"("latency_ms":1)"));
  count();
  post(record(agent, now() - 1h, R"("latency_ms":1)"));
  rotate();
  const auto gen = newest() - 1;
  ASSERT_TRUE(step());
  EXPECT_LT(newest_sealed(), gen) << "a batch is in no sum yet";
  EXPECT_EQ(number(fmt::format("SELECT count(*) FROM closed_gen WHERE gen = {}", gen)), 1);
  count();
  Sealer later({.after = 6h, .budget = 60s, .retry = 0s});
  ASSERT_TRUE(run(later.step(*worker_)));
  EXPECT_LT(newest_sealed(), gen);
  seal();
}

TEST_F(SealingTest, ClosesAGenerationToWritersOnly) {
  const auto agent = unique_name("seal-closed");
  post(record(agent, now() - 1h, R"("latency_ms":1)"));
  rotate();
  const auto gen = newest() - 1;
  // Somebody still writes to it.
  auto writer = open("sentinel_metrics_api");
  ASSERT_TRUE(run(writer->run(fmt::format(
      "BEGIN; INSERT INTO metric_record_g{} (agent_id, ts, kind) SELECT agent_id, now(), 's' FROM "
      "agent WHERE name = '{}'",
      gen, agent))));
  ASSERT_TRUE(step());
  EXPECT_EQ(number(fmt::format("SELECT count(*) FROM closed_gen WHERE gen = {}", gen)), 0);
  ASSERT_TRUE(run(writer->run("COMMIT")));
  count();
  ASSERT_TRUE(step());
  EXPECT_EQ(newest_sealed(), gen);
  EXPECT_EQ(count_of(agent), 2);
  for (std::string_view part :
       {"metric_record_g{} (agent_id, ts, kind)", "metric_chunk_g{} (agent_id)"}) {
    auto refused = run(writer->run(fmt::format(
        fmt::runtime(fmt::format("INSERT INTO {} VALUES (gen_random_uuid(), now(), 's')", part)),
        gen)));
    EXPECT_FALSE(refused);
  }
}

TEST_F(SealingTest, LetsHistoryGoThatNobodyKeeps) {
  const auto agent = unique_name("seal-expired");
  post(record(agent, now() - 1h, R"("latency_ms":1)"));
  rotate();
  const auto gen = newest() - 1;
  seal();
  postgres::Database worker{TestDatabase::shared().endpoint("sentinel_worker")};
  auto early = run(worker.query("generation_drop_sealed", postgres::Params(gen)));
  ASSERT_FALSE(early);
  EXPECT_EQ(postgres::sqlstate(early.error()), "22023");
  EXPECT_EQ(count_of(agent), 1);
  // A generation whose newest record is older than the longest that anybody keeps.
  rotate();
  const auto old = newest() - 1;
  execute(
      fmt::format("INSERT INTO metric_record (agent_id, ts, kind, gen) SELECT agent_id, now() - "
                  "records_kept() - "
                  "interval '1 hour', 's', {} FROM agent WHERE name = '{}'",
                  old, agent));
  seal();
  ASSERT_TRUE(step());
  EXPECT_EQ(number(fmt::format("SELECT count(to_regclass('metric_chunk_g{}'))", old)), 0);
  EXPECT_EQ(number(fmt::format("SELECT count(to_regclass('metric_chunk_g{}'))", gen)), 1);
  EXPECT_EQ(count_of(agent), 1);
}

}  // namespace
}  // namespace sentinel::sealing
