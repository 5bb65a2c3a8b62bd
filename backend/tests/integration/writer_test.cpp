// Group commit: what is committed together, what counts once, and what becomes of it when the
// database is in the way.
#include "services/ingest/writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <numeric>

#include "base/secret.hpp"
#include "services/ingest/copy_encoder.hpp"
#include "support/child_process.hpp"
#include "support/cutting_proxy.hpp"

namespace sentinel::ingest {
namespace {

using namespace sentinel::testing;
using std::chrono::milliseconds;

constexpr int kRefused = -1;  // as a number: the database refuses this record

Rows make_rows(const Uuid& agent, const std::vector<int>& numbers,
               const std::vector<std::string>& keys = {}) {
  Rows rows;
  for (size_t i = 0; i < numbers.size(); ++i) {
    models::MetricRecord record;
    record.input_tokens = std::abs(numbers[i]);
    if (numbers[i] == kRefused) record.cpu_centipercent = 20'000;
    append_tuple(rows.tuples, record, {agent, std::nullopt, std::nullopt}, now());
    rows.ends.push_back(static_cast<uint32_t>(rows.tuples.size()));
    if (keys.empty()) continue;
    rows.keys.push_back(hash_fields({keys[i]}));
  }
  rows.agents = {agent};
  rows.records = static_cast<int>(numbers.size());
  rows.ts_min = rows.ts_max = now();
  return rows;
}

class WriterTest : public ::testing::Test {
 protected:
  static constexpr std::string_view kApplication = "writer-test";

  void SetUp() override {
    TestDatabase::shared();
    make_writer({.threads = 1});
  }
  void TearDown() override {
    free_commits();
    writer_.reset();
  }

  static postgres::Endpoint endpoint() {
    auto endpoint = TestDatabase::shared().endpoint("sentinel_metrics_api");
    endpoint.application = kApplication;
    return endpoint;
  }
  void make_writer(const WriterLimits& limits, postgres::Endpoint to = endpoint()) {
    writer_.reset();
    writer_ = std::make_unique<Writer>(std::move(to), limits);
  }

  // Begins a write; its outcome lands in outcomes() while the context runs.
  void begin(Rows rows) {
    const size_t place = outcomes_.size();
    outcomes_.emplace_back();
    asio::co_spawn(
        context_,
        [this, place, rows = std::move(rows)]() mutable -> Task<void> {
          auto outcome = co_await writer_->write(std::move(rows));
          outcomes_[place] = outcome ? fmt::format("{}+{}", outcome->stored, outcome->duplicates)
                                     : outcome.error().message;
        },
        asio::detached);
    context_.restart();
    context_.poll();
  }
  // "stored+duplicates", or the sentence of the failure, of all writes begun since the last call.
  std::vector<std::string> outcomes() {
    context_.restart();
    context_.run_for(kHangGuard);
    return std::exchange(outcomes_, {});
  }
  std::string write(Rows rows) {
    begin(std::move(rows));
    return outcomes().front();
  }

  // From here on no commit gets through, until free_commits().
  void hold_commits() {
    EXPECT_EQ(write(make_rows(random_uuid(), {1})), "1+0");  // today's partitions are open
    auto endpoint = TestDatabase::shared().endpoint("");
    holder_ = run(postgres::Connection::open(endpoint.conninfo, "", "holder")).value();
    ASSERT_TRUE(run(holder_->run("BEGIN; LOCK TABLE ingest_batch IN SHARE MODE")));
  }
  void free_commits() { holder_.reset(); }
  static std::string waiting() {
    return std::string(
        execute(
            fmt::format("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{}' AND "
                        "wait_event_type = 'Lock'",
                        kApplication))
            .text(0, 0));
  }
  // Begins the write that the only writer is busy with while the lock is held; what follows queues
  // up.
  void occupy(Rows rows) {
    begin(std::move(rows));
    ASSERT_TRUE(holds_soon([] { return waiting() == "1"; }));
  }

  static postgres::Rows execute(const std::string& sql) {
    return TestDatabase::shared().execute(sql);
  }
  // The numbers stored for an agent, in order.
  static std::string stored(const Uuid& agent) {
    return std::string(
        execute(fmt::format(
                    "SELECT coalesce(string_agg(input_tokens::text, ' ' ORDER BY input_tokens), "
                    "'') FROM record WHERE agent_id = '{}'",
                    format_uuid(agent)))
            .text(0, 0));
  }
  static std::string batches(const Uuid& agent) {
    return std::string(
        execute(fmt::format("SELECT coalesce(string_agg(records::text, ' ' ORDER BY sequence), '') "
                            "FROM ingest_batch WHERE '{}' = ANY (agent_ids)",
                            format_uuid(agent)))
            .text(0, 0));
  }

  std::unique_ptr<Writer> writer_;
  asio::io_context context_{1};
  Uuid agent_ = random_uuid();

 private:
  std::vector<std::string> outcomes_;
  std::unique_ptr<postgres::Connection> holder_;
};

TEST_F(WriterTest, CommitsRecordsAndTheirBatchTogether) {
  EXPECT_EQ(write(make_rows(agent_, {1, 2, 3})), "3+0");
  EXPECT_EQ(stored(agent_), "1 2 3");
  EXPECT_EQ(batches(agent_), "3");
  EXPECT_EQ(writer_->statistics().commits, 1u);
  EXPECT_EQ(writer_->statistics().records, 3u);
  EXPECT_EQ(writer_->statistics().queue_bytes, 0u);
}

TEST_F(WriterTest, CommitsWhatArrivedDuringACommitAsOne) {
  hold_commits();
  occupy(make_rows(agent_, {1}));
  for (int number = 2; number <= 21; ++number) begin(make_rows(agent_, {number}));
  EXPECT_EQ(writer_->statistics().queue_bytes, 20 * make_rows(agent_, {1}).bytes());
  free_commits();
  EXPECT_EQ(outcomes(), std::vector<std::string>(21, "1+0"));
  EXPECT_EQ(batches(agent_), "1 20");
  EXPECT_EQ(writer_->statistics().commits, 3u);
}

TEST_F(WriterTest, LetsATrickleShareACommitAndACrowdWaitForNothing) {
  make_writer({.threads = 2, .pace = std::chrono::hours{1}, .crowd = 3});
  EXPECT_EQ(write(make_rows(agent_, {1})), "1+0");  // the first one in a while waits for nobody
  EXPECT_EQ(writer_->statistics().commits, 1u);
  begin(make_rows(agent_, {2}));
  begin(make_rows(agent_, {3}));
  EXPECT_EQ(writer_->statistics().commits, 1u);
  begin(make_rows(agent_, {4}));
  EXPECT_EQ(outcomes(), (std::vector<std::string>{"1+0", "1+0", "1+0"}));
  EXPECT_EQ(writer_->statistics().commits, 2u);
  // Nor does what is left when the writer ends.
  begin(make_rows(agent_, {5}));
  writer_.reset();
  EXPECT_EQ(outcomes(), std::vector<std::string>{"1+0"});
}

TEST_F(WriterTest, BesideACommitUnderWayOnlyBulkBegins) {
  const auto small = make_rows(agent_, {1}).bytes();
  make_writer({.threads = 3, .pace = std::chrono::hours{1}, .crowd = 2, .bulk_bytes = 6 * small});
  hold_commits();
  begin(make_rows(agent_, {1}));
  begin(make_rows(agent_, {2}));
  ASSERT_TRUE(holds_soon([] { return waiting() == "1"; }));
  for (int number = 3; number <= 5; ++number) begin(make_rows(agent_, {number}));
  EXPECT_EQ(writer_->statistics().queue_bytes, 3 * small) << "a crowd is no reason";
  begin(make_rows(agent_, {6, 7, 8, 9, 10, 11}));
  ASSERT_TRUE(holds_soon([] { return waiting() == "2"; }));
  EXPECT_EQ(writer_->statistics().queue_bytes, 0u);
  free_commits();
  EXPECT_EQ(outcomes(), (std::vector<std::string>{"1+0", "1+0", "1+0", "1+0", "1+0", "6+0"}));
  EXPECT_EQ(execute(fmt::format("SELECT string_agg(records::text, ' ' ORDER BY records) FROM "
                                "ingest_batch WHERE '{}' = ANY (agent_ids)",
                                format_uuid(agent_)))
                .text(0, 0),
            "2 9");
}

TEST_F(WriterTest, SoonWaitsNoMoreForCompanyThatDoesNotCome) {
  // One thread: of two the other may take a request while this one has yet to say that it is done.
  make_writer({.threads = 1, .pace = milliseconds{100}});
  for (int i = 0; i < 30; ++i) EXPECT_EQ(write(make_rows(agent_, {i})), "1+0");
  EXPECT_EQ(writer_->statistics().commits, 30u);
  EXPECT_LE(writer_->statistics().gathered, 5u);
}

TEST_F(WriterTest, CountsAKeyOnceWithinABatch) {
  hold_commits();
  occupy(make_rows(random_uuid(), {1}));
  begin(make_rows(agent_, {1, 2, 3}, {"a", "b", "a"}));
  begin(make_rows(agent_, {4}, {"a"}));
  begin(make_rows(agent_, {5, 6}, {"c", "b"}));
  begin(make_rows(agent_, {7}));
  begin(make_rows(agent_, {7}));  // without a key nothing is a repetition
  free_commits();
  EXPECT_EQ(outcomes(), (std::vector<std::string>{"1+0", "2+1", "0+1", "1+1", "1+0", "1+0"}));
  EXPECT_EQ(stored(agent_), "1 2 5 7 7");
}

TEST_F(WriterTest, CountsAKeyOnceOverTimeAndOverWriters) {
  EXPECT_EQ(write(make_rows(agent_, {1, 2}, {"over-time-1", "over-time-2"})), "2+0");
  EXPECT_EQ(write(make_rows(agent_, {1, 2}, {"over-time-1", "over-time-2"})), "0+2");
  make_writer({.threads = 4});
  for (int sender = 0; sender < 12; ++sender)
    begin(make_rows(agent_, {3, 4}, {"over-time-4", "over-time-3"}));
  int fresh = 0;
  for (const auto& outcome : outcomes()) {
    EXPECT_TRUE(outcome == "2+0" || outcome == "0+2") << outcome;
    fresh += outcome == "2+0";
  }
  EXPECT_EQ(fresh, 1);
  EXPECT_EQ(stored(agent_), "1 2 3 4");
}

TEST_F(WriterTest, KnowsAKeyOfTheDayBefore) {
  EXPECT_EQ(write(make_rows(agent_, {1}, {"opens-the-days"})), "1+0");
  execute(
      fmt::format("INSERT INTO ingest_key (day, key_hash) SELECT extract(epoch FROM now())::bigint "
                  "/ 86400 - 1, '{}'",
                  format_uuid(hash_fields({"of-yesterday"}))));
  EXPECT_EQ(write(make_rows(agent_, {2, 3}, {"of-yesterday", "of-today"})), "1+1");
  EXPECT_EQ(stored(agent_), "1 3");
}

TEST_F(WriterTest, GoodRequestsSurviveABatchThatTheDatabaseRefuses) {
  for (bool keyed : {false, true}) {
    auto agent = random_uuid();
    auto key = [&](std::string text) {
      return keyed ? std::vector<std::string>{text + format_uuid(agent)}
                   : std::vector<std::string>{};
    };
    hold_commits();
    occupy(make_rows(random_uuid(), {1}));
    begin(make_rows(agent, {1}, key("a")));
    begin(make_rows(agent, {kRefused}, key("b")));
    begin(make_rows(agent, {3}, key("c")));
    const auto failures = writer_->statistics().failures.load();
    free_commits();
    auto all = outcomes();
    EXPECT_EQ(all[1], "1+0");
    EXPECT_NE(all[2].find("violates check constraint"), std::string::npos) << all[2];
    EXPECT_EQ(all[3], "1+0");
    EXPECT_EQ(stored(agent), "1 3");
    EXPECT_EQ(writer_->statistics().failures, failures + 1);
    // The key of what was refused is free: it was not stored.
    EXPECT_EQ(write(make_rows(agent, {2}, key("b"))), "1+0");
  }
}

TEST_F(WriterTest, RefusesWhatDoesNotFitIntoTheQueue) {
  const size_t size = make_rows(agent_, {1}).bytes();
  make_writer({.threads = 1, .queue_bytes_max = 2 * size});
  hold_commits();
  occupy(make_rows(agent_, {1}));
  for (int number = 2; number <= 4; ++number) begin(make_rows(agent_, {number}));
  free_commits();
  EXPECT_EQ(outcomes(), (std::vector<std::string>{
                            "1+0", "1+0", "1+0",
                            "too much is waiting to be committed; send it again in a moment"}));
  EXPECT_EQ(stored(agent_), "1 2 3");
  EXPECT_EQ(writer_->statistics().queue_bytes, 0u);
  EXPECT_EQ(write(make_rows(agent_, {4})), "1+0");
}

TEST_F(WriterTest, TakesABatchNoLargerThanItsLimitButAnyOneRequest) {
  const size_t size = make_rows(agent_, {1}).bytes();
  make_writer({.threads = 1, .batch_bytes_max = 2 * size});
  hold_commits();
  occupy(make_rows(random_uuid(), {1}));
  for (int number = 1; number <= 3; ++number) begin(make_rows(agent_, {number}));
  begin(make_rows(agent_, {4, 5, 6, 7, 8}));
  free_commits();
  EXPECT_EQ(outcomes(), (std::vector<std::string>{"1+0", "1+0", "1+0", "1+0", "5+0"}));
  EXPECT_EQ(batches(agent_), "2 6");
}

TEST_F(WriterTest, GivesUpWithoutADatabaseAndSaysThatTheOutcomeIsUnknown) {
  make_writer({.threads = 1, .give_up_after = milliseconds{100}},
              {"host=/nowhere user=x dbname=x", "", "x"});
  auto outcome = write(make_rows(agent_, {1}));
  EXPECT_EQ(outcome,
            "the database is not available (no PostgreSQL answers: connection to server on socket "
            "\"/nowhere/.s.PGSQL.5432\" failed: No such file or directory); it is not known "
            "whether these records are "
            "stored: send them again");
  EXPECT_GE(writer_->statistics().retries, 1u);
}

TEST_F(WriterTest, OurOwnWrongLoginIsNotTheFaultOfTheRows) {
  auto stranger = endpoint();
  stranger.conninfo += " user=nobody_here";
  make_writer({.threads = 1, .give_up_after = milliseconds{50}}, stranger);
  auto outcome = run(writer_->write(make_rows(agent_, {1})));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::Unavailable);
}

TEST_F(WriterTest, SendsABatchAgainWhenTheConnectionBreaks) {
  hold_commits();
  occupy(make_rows(agent_, {1}, {"cut-" + format_uuid(agent_)}));
  execute(fmt::format(
      "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = '{}'",
      kApplication));
  free_commits();
  EXPECT_EQ(outcomes(), std::vector<std::string>{"1+0"});
  EXPECT_GE(writer_->statistics().retries, 1u);
  EXPECT_EQ(stored(agent_), "1");
  EXPECT_EQ(batches(agent_), "1");
}

TEST_F(WriterTest, FollowsToTheNewestGeneration) {
  for (bool broken : {false, true}) {
    EXPECT_EQ(write(make_rows(random_uuid(), {1})), "1+0");
    const auto old = execute("SELECT max(gen) FROM generation").integer(0, 0);
    execute(fmt::format(
        "SELECT open_generation({0}); ALTER TABLE metric_record_g{1} RENAME TO metric_record_away",
        old + 1, old));
    if (broken) {
      execute(
          fmt::format("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE "
                      "application_name = '{}'",
                      kApplication));
    }
    auto agent = random_uuid();
    EXPECT_EQ(write(make_rows(agent, {7})), "1+0") << (broken ? "after a broken connection" : "");
    execute(fmt::format("ALTER TABLE metric_record_away RENAME TO metric_record_g{}", old));
    EXPECT_EQ(
        execute(fmt::format("SELECT gen FROM record WHERE agent_id = '{}'", format_uuid(agent)))
            .integer(0, 0),
        old + 1);
  }
}

TEST_F(WriterTest, FollowsToANewGenerationThoughTheOldOneStillTakesRecords) {
  make_writer({.threads = 1, .generation_age_max = {}});
  EXPECT_EQ(write(make_rows(agent_, {1})), "1+0");
  const auto next = execute("SELECT open_generation(max(gen) + 1) FROM generation").integer(0, 0);
  auto agent = random_uuid();
  EXPECT_EQ(write(make_rows(agent, {2})), "1+0");
  EXPECT_EQ(execute(fmt::format("SELECT gen FROM record WHERE agent_id = '{}'", format_uuid(agent)))
                .integer(0, 0),
            next);
}

TEST_F(WriterTest, EndsWhatIsQueuedBeforeItStops) {
  hold_commits();
  occupy(make_rows(agent_, {1}));
  begin(make_rows(agent_, {2}));
  free_commits();
  writer_.reset();
  EXPECT_EQ(stored(agent_), "1 2");
  outcomes();
}

TEST_F(WriterTest, StoresOnceWhenTheAnswerToTheCommitIsLost) {
  using namespace std::string_literals;
  struct Case {
    std::string cut_at;
    std::vector<std::string> keys;
    std::string outcome, stored;
  };
  const auto unique = format_uuid(random_uuid());
  for (const auto& [cut_at, keys, outcome, stored_numbers] : {
           Case{"COPY 3\0Z"s, {}, "3+0", "1 2 3"},
           Case{"COPY 3\0Z"s, {"a" + unique, "b" + unique, "c" + unique}, "3+0", "1 2 3"},
           // Between the keys and the rows.
           Case{"COPY 3\0G"s, {"d" + unique, "e" + unique, "f" + unique}, "3+0", "1 2 3"},
           // One key twice, so that they are asked for one by one.
           Case{"COMMIT"s, {"g" + unique, "h" + unique, "g" + unique}, "3+0", "1 2"},
       }) {
    auto agent = random_uuid();
    CuttingProxy proxy(cut_at);
    make_writer({.threads = 1}, proxy.endpoint());
    EXPECT_EQ(write(make_rows(agent, {1, 2, 3}, keys)), outcome);
    EXPECT_TRUE(proxy.has_cut());
    EXPECT_EQ(writer_->statistics().retries, 1u);
    EXPECT_EQ(stored(agent), stored_numbers);
    EXPECT_EQ(batches(agent), "3");
    writer_.reset();
  }
}

class WriterChunkTest : public WriterTest {
 protected:
  static std::vector<int> numbers(int first, int last) {
    std::vector<int> numbers(static_cast<size_t>(last - first + 1));
    std::iota(numbers.begin(), numbers.end(), first);
    return numbers;
  }
  std::vector<std::string> keys(const std::vector<int>& numbers) const {
    std::vector<std::string> keys;
    for (int number : numbers) keys.push_back(format_uuid(agent_) + std::to_string(number));
    return keys;
  }
  // "rows|records of each chunk".
  static std::string forms(const Uuid& agent) {
    return std::string(
        execute(fmt::format("SELECT (SELECT count(*) FROM metric_record WHERE agent_id = '{0}') || "
                            "'|' || coalesce((SELECT string_agg(records::text, ' ' ORDER BY "
                            "records) FROM metric_hot_chunk WHERE agent_id = '{0}'), '')",
                            format_uuid(agent)))
            .text(0, 0));
  }
  static std::string text_of(const std::vector<int>& numbers) {
    return fmt::format("{}", fmt::join(numbers, " "));
  }
};

TEST_F(WriterChunkTest, PacksTheRecordsOfAnAgentOverAllRequestsOfACommit) {
  const auto few = random_uuid();
  hold_commits();
  occupy(make_rows(random_uuid(), {1}));
  for (int number = 1; number <= 8; ++number) begin(make_rows(agent_, {number}));
  begin(make_rows(agent_, numbers(9, 30)));
  begin(make_rows(few, numbers(1, 7)));
  free_commits();
  for (const auto& outcome : outcomes()) EXPECT_TRUE(outcome.ends_with("+0")) << outcome;
  EXPECT_EQ(forms(agent_), "0|30");
  EXPECT_EQ(stored(agent_), text_of(numbers(1, 30)));
  EXPECT_EQ(forms(few), "7|");
}

TEST_F(WriterChunkTest, PacksWhatIsNewAmongKeys) {
  EXPECT_EQ(write(make_rows(agent_, numbers(1, 20), keys(numbers(1, 20)))), "20+0");
  EXPECT_EQ(forms(agent_), "0|20");
  // Half of it is a repetition.
  EXPECT_EQ(write(make_rows(agent_, numbers(11, 30), keys(numbers(11, 30)))), "10+10");
  EXPECT_EQ(forms(agent_), "0|10 20");
  // What is new is too little for a chunk, or nothing.
  EXPECT_EQ(write(make_rows(agent_, numbers(24, 33), keys(numbers(24, 33)))), "3+7");
  EXPECT_EQ(write(make_rows(agent_, numbers(1, 33), keys(numbers(1, 33)))), "0+33");
  EXPECT_EQ(forms(agent_), "3|10 20");
  EXPECT_EQ(stored(agent_), text_of(numbers(1, 33)));
}

TEST_F(WriterChunkTest, StoresChunksOnceWhenTheAnswerToTheCommitIsLost) {
  using namespace std::string_literals;
  for (const bool keyed : {false, true}) {
    agent_ = random_uuid();
    // The last thing that is copied is one chunk.
    CuttingProxy proxy("COPY 1\0Z"s);
    make_writer({.threads = 1}, proxy.endpoint());
    EXPECT_EQ(write(make_rows(agent_, numbers(1, 12),
                              keyed ? keys(numbers(1, 12)) : std::vector<std::string>{})),
              "12+0");
    EXPECT_TRUE(proxy.has_cut());
    EXPECT_EQ(writer_->statistics().retries, 1u);
    EXPECT_EQ(forms(agent_), "0|12");
    EXPECT_EQ(batches(agent_), "12");
    writer_.reset();
  }
}

TEST_F(WriterChunkTest, FollowsToTheNewestGeneration) {
  EXPECT_EQ(write(make_rows(random_uuid(), {1})), "1+0");
  const auto old = execute("SELECT max(gen) FROM generation").integer(0, 0);
  execute(fmt::format(
      "SELECT open_generation({}); ALTER TABLE metric_hot_chunk_g{} RENAME TO metric_chunk_away",
      old + 1, old));
  EXPECT_EQ(write(make_rows(agent_, numbers(1, 9))), "9+0");
  execute(fmt::format("ALTER TABLE metric_chunk_away RENAME TO metric_hot_chunk_g{}", old));
  EXPECT_EQ(execute(fmt::format("SELECT gen FROM metric_hot_chunk WHERE agent_id = '{}'",
                                format_uuid(agent_)))
                .integer(0, 0),
            old + 1);
  EXPECT_EQ(stored(agent_), text_of(numbers(1, 9)));
}

TEST_F(WriterChunkTest, LeavesWhatTheDatabaseRefusesToItAsRows) {
  hold_commits();
  occupy(make_rows(random_uuid(), {1}));
  auto bad = numbers(1, 10);
  bad[4] = kRefused;
  begin(make_rows(agent_, bad));
  begin(make_rows(agent_, numbers(11, 20)));
  free_commits();
  const auto all = outcomes();
  EXPECT_NE(all[1].find("violates check constraint"), std::string::npos) << all[1];
  EXPECT_EQ(all[2], "10+0");
  EXPECT_EQ(forms(agent_), "0|10");
}

}  // namespace
}  // namespace sentinel::ingest
