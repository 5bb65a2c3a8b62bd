// What happens by the clock: agents that fall silent and come back, generations, and which of
// several workers acts.
#include "services/worker/worker.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/child_process.hpp"
#include "support/test_stack.hpp"

namespace sentinel::worker {
namespace {

using namespace sentinel::testing;

class WorkerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { TestStack::end_shared(); }  // it has a worker too

  static postgres::Endpoint endpoint() {
    auto endpoint = TestDatabase::shared().endpoint("sentinel_worker");
    endpoint.application = "worker-test";
    return endpoint;
  }
  // On a context of its own, which outlives it.
  struct Hand {
    explicit Hand(WorkerLimits limits = {})
        : worker(std::make_unique<Worker>(endpoint(), limits)) {}
    ~Hand() { worker.reset(); }
    bool acts() {
      auto done = run(context, worker->tick());
      if (!done) throw std::runtime_error(done.error().message);
      return *done;
    }
    asio::io_context context{1};
    std::unique_ptr<Worker> worker;
  };

  static postgres::Rows execute(const std::string& sql) {
    return TestDatabase::shared().execute(sql);
  }
  static std::string make_agent(const std::string& name) {
    return std::string(
        execute(fmt::format("INSERT INTO agent (name) VALUES ('{}') RETURNING agent_id", name))
            .text(0, 0));
  }
  static void sample(const std::string& agent, std::string_view age) {
    execute(
        fmt::format("INSERT INTO metric_record (agent_id, ts, kind, cpu_centipercent, gen) "
                    "SELECT '{}', now() - interval '{}', 's', 100, max(gen) FROM generation",
                    agent, age));
  }
  // type and message of the agent's events, oldest first.
  static std::string events(const std::string& agent) {
    return std::string(
        execute(
            fmt::format(
                "SELECT coalesce(string_agg(type || ' ' || message, ', ' ORDER BY event_id), '') "
                "FROM agent_event WHERE agent_id = '{}'",
                agent))
            .text(0, 0));
  }
  postgres::Database database_{TestDatabase::shared().endpoint("sentinel_worker")};

  static int64_t newest_generation() {
    return execute("SELECT max(gen) FROM generation").integer(0, 0);
  }
  // Ends the connections of workers whose destructor is done; the server notices in its own time.
  static bool nobody_holds_the_lock() {
    return holds_soon([] {
      return execute(
                 "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid::bigint = "
                 "(hashtext('sentinel.worker')::bigint & 4294967295)")
                 .integer(0, 0) == 0;
    });
  }
};

TEST_F(WorkerTest, NotesThatAnAgentIsDownAndThatItIsBack) {
  Hand hand;
  auto agent = make_agent("worker-silent");
  auto never = make_agent("worker-never-seen");
  sample(agent, "1 hour");
  ASSERT_TRUE(hand.acts());
  EXPECT_EQ(events(agent), "down no sign for more than 5 of its intervals of 2 s");
  // Down since the moment it became so, not since it was noticed.
  EXPECT_EQ(
      execute(fmt::format(
                  "SELECT ts - (SELECT max(ts) FROM metric_record m WHERE m.agent_id = e.agent_id) "
                  "FROM agent_event e WHERE agent_id = '{}'",
                  agent))
          .text(0, 0),
      "00:00:10");
  ASSERT_TRUE(hand.acts());
  EXPECT_EQ(events(agent), "down no sign for more than 5 of its intervals of 2 s") << "noted once";
  sample(agent, "0 s");
  ASSERT_TRUE(hand.acts());
  EXPECT_EQ(events(agent), "down no sign for more than 5 of its intervals of 2 s, back ");
  EXPECT_EQ(
      execute(fmt::format(
                  "SELECT ts = (SELECT max(ts) FROM metric_record m WHERE m.agent_id = e.agent_id) "
                  "FROM agent_event e WHERE agent_id = '{}' AND type = 'back'",
                  agent))
          .text(0, 0),
      "t");
  ASSERT_TRUE(hand.acts());
  EXPECT_EQ(events(agent), "down no sign for more than 5 of its intervals of 2 s, back ")
      << "noted once";
  EXPECT_EQ(events(never), "");
}

TEST_F(WorkerTest, DoesNotCallAnAgentDownThatSaidItStops) {
  Hand hand;
  auto agent = make_agent("worker-stopped");
  sample(agent, "1 hour");
  execute(
      fmt::format("INSERT INTO agent_event (agent_id, type, ts) VALUES ('{}', 'stopped', now() - "
                  "interval '59 min')",
                  agent));
  ASSERT_TRUE(hand.acts());
  EXPECT_EQ(events(agent), "stopped ");
  // Nor is it looked at in every round from now on.
  auto candidates = run(database_.query("agent_status_candidates"));
  ASSERT_TRUE(candidates) << candidates.error().message;
  for (int row = 0; row < candidates->size(); ++row) EXPECT_NE(candidates->text(row, 0), agent);
}

TEST_F(WorkerTest, GoesOnWithTheRestWhenOneJobFails) {
  Hand hand;
  auto agent = make_agent("worker-partly");
  sample(agent, "1 hour");
  execute("REVOKE SELECT ON sums_progress FROM sentinel_worker");
  EXPECT_THROW(hand.acts(), std::runtime_error);
  execute("GRANT SELECT ON sums_progress TO sentinel_worker");
  EXPECT_THAT(events(agent), ::testing::StartsWith("down "));
  EXPECT_TRUE(hand.acts());
}

TEST_F(WorkerTest, DropsRefusalsOfDaysThatAreOver) {
  const auto today = execute("SELECT extract(epoch FROM now())::bigint / 86400").integer(0, 0);
  auto days = [] {
    return std::string(execute("SELECT coalesce(string_agg(day::text, ' ' ORDER BY day), '') FROM "
                               "rejection_days() AS day")
                           .text(0, 0));
  };
  for (int64_t day : {today - 30, today - 29}) {
    execute(fmt::format("SELECT open_rejection_day({0}), open_rejection_day({0})", day));
  }
  const auto before = days();
  ASSERT_TRUE(before.starts_with(fmt::format("{} ", today - 30))) << before;
  Hand hand;
  ASSERT_TRUE(hand.acts());
  EXPECT_EQ(days(), before.substr(before.find(' ') + 1));
  auto recent = run(database_.query("rejection_day_drop", postgres::Params(today - 29)));
  ASSERT_FALSE(recent);
  EXPECT_EQ(postgres::sqlstate(recent.error()), "22023");
}

// The four newest days stay, however old: after an outage somebody may still ask for their ids.
TEST_F(WorkerTest, DropsKeysAndBatchesOfDaysThatAreOver) {
  const auto today = execute("SELECT extract(epoch FROM now())::bigint / 86400").integer(0, 0);
  auto exists = [](int64_t day) {
    return execute(fmt::format("SELECT count(to_regclass(name)) FROM unnest(ARRAY['ingest_batch_d"
                               "{0}', 'ingest_key_d{0}']) AS name",
                               day))
        .integer(0, 0);
  };
  for (int64_t day : {today - 9, today - 8, today - 7, today - 2, today}) {
    execute(fmt::format("SELECT open_ingest_day({})", day));
  }
  const auto fourth =
      execute("SELECT day FROM ingest_days() AS day ORDER BY day DESC OFFSET 3 LIMIT 1")
          .integer(0, 0);
  ASSERT_GT(fourth, today - 9);
  {
    // A reader of the parent holds it up, and is not held up.
    auto endpoint = TestDatabase::shared().endpoint("");
    auto reader = run(postgres::Connection::open(endpoint.conninfo, "", "reader")).value();
    ASSERT_TRUE(run(reader->run("BEGIN; SELECT count(*) FROM sentinel.ingest_batch")));
    Hand hand;
    ASSERT_TRUE(hand.acts());
    EXPECT_EQ(exists(today - 9), 2);
  }
  ASSERT_TRUE(nobody_holds_the_lock());
  Hand hand;
  ASSERT_TRUE(hand.acts());
  EXPECT_EQ(exists(today - 9), 0);
  EXPECT_EQ(exists(fourth), 2);
  EXPECT_EQ(exists(today - 2), 2);
  EXPECT_EQ(exists(today), 2);
  for (int64_t day : {fourth, today - 2}) {
    auto recent = run(database_.query("ingest_day_drop", postgres::Params(day)));
    ASSERT_FALSE(recent) << day;
    EXPECT_EQ(postgres::sqlstate(recent.error()), "22023");
  }
  postgres::Database ingest(TestDatabase::shared().endpoint("sentinel_metrics_api"));
  auto refused = run(ingest.query("ingest_day_drop", postgres::Params(today - 9)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(postgres::sqlstate(refused.error()), "42501");
}

TEST_F(WorkerTest, OpensAGenerationWhenTheNewestIsOldEnough) {
  const auto before = newest_generation();
  {
    Hand young({.generation_seconds_max = 3600});
    ASSERT_TRUE(young.acts());
    EXPECT_EQ(newest_generation(), before);
  }
  ASSERT_TRUE(nobody_holds_the_lock());
  Hand old({.generation_seconds_max = 0});
  ASSERT_TRUE(old.acts());
  EXPECT_EQ(newest_generation(), before + 1);
  // And it can be written to by the one who writes.
  auto endpoint = TestDatabase::shared().endpoint("sentinel_metrics_api");
  auto connection = run(postgres::Connection::open(endpoint.conninfo, endpoint.role, "test"));
  ASSERT_TRUE(connection);
  auto written = run((*connection)
                         ->run(fmt::format("INSERT INTO metric_record_g{} (agent_id, ts, kind) "
                                           "VALUES (gen_random_uuid(), now(), 'r')",
                                           before + 1)));
  EXPECT_TRUE(written) << written.error().message;
}

TEST_F(WorkerTest, OpensAGenerationWhenTheNewestIsFull) {
  Hand first;
  ASSERT_TRUE(first.acts());
  const auto before = newest_generation();
  // How many there are is estimated: many enough that no page more or less matters.
  execute(
      fmt::format("INSERT INTO metric_record (agent_id, ts, kind, gen) "
                  "SELECT gen_random_uuid(), now(), 'r', {} FROM generate_series(1, 30000)",
                  before));
  first.worker.reset();
  ASSERT_TRUE(nobody_holds_the_lock());
  {
    Hand roomy({.generation_records_max = 1'000'000});
    ASSERT_TRUE(roomy.acts());
    EXPECT_EQ(newest_generation(), before);
  }
  ASSERT_TRUE(nobody_holds_the_lock());
  Hand hand({.generation_records_max = 10'000});
  ASSERT_TRUE(hand.acts());
  EXPECT_EQ(newest_generation(), before + 1);
  ASSERT_TRUE(hand.acts());
  EXPECT_EQ(newest_generation(), before + 1) << "the new one is empty";
}

TEST_F(WorkerTest, OneActsAndAnotherTakesOver) {
  auto first = std::make_unique<Hand>();
  Hand second;
  EXPECT_TRUE(first->acts());
  EXPECT_FALSE(second.acts());
  EXPECT_TRUE(first->acts());
  first.reset();
  EXPECT_TRUE(holds_soon([&] { return second.acts(); }));
}

TEST_F(WorkerTest, TakesTheLockAgainWhenItsConnectionWasCut) {
  Hand hand;
  ASSERT_TRUE(hand.acts());
  execute(
      "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = "
      "'worker-test'");
  EXPECT_TRUE(holds_soon([&] {
    auto done = run(hand.context, hand.worker->tick());
    return done && *done;
  }));
}

TEST_F(WorkerTest, SaysThatTheDatabaseIsAway) {
  Worker worker(postgres::Endpoint{"host=/nowhere user=x dbname=x", "", "x"});
  auto done = run(worker.tick());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::Unavailable);
}

TEST_F(WorkerTest, WorksByItselfOnceStarted) {
  ASSERT_TRUE(nobody_holds_the_lock());
  auto agent = make_agent("worker-by-itself");
  sample(agent, "1 hour");
  {
    Worker worker(endpoint(), {.tick = std::chrono::milliseconds{20}});
    worker.start();
    EXPECT_TRUE(holds_soon([&] { return !events(agent).empty(); }));
    sample(agent, "0 s");
    EXPECT_TRUE(holds_soon([&] { return events(agent).ends_with("back "); }));
  }
  EXPECT_TRUE(nobody_holds_the_lock());
}

TEST_F(WorkerTest, NotesTheSizeOfTheDatabaseOnceAnHour) {
  const auto rows = [] { return execute("SELECT count(*) FROM database_size").integer(0, 0); };
  ASSERT_TRUE(Hand().acts());
  ASSERT_TRUE(nobody_holds_the_lock());
  const auto noted = rows();
  EXPECT_GE(noted, 1);
  EXPECT_EQ(execute("SELECT bytes BETWEEN 1000000 AND pg_database_size(current_database()) * 2 "
                    "FROM database_size ORDER BY sampled_at DESC LIMIT 1")
                .text(0, 0),
            "t");
  ASSERT_TRUE(Hand().acts());
  EXPECT_EQ(rows(), noted);
}

}  // namespace
}  // namespace sentinel::worker
