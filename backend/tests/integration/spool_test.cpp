// What finds no database is answered for by the disk and stored once when the database is back:
// whatever was in flight, whoever restarts, whatever of it cannot be stored.
#include "services/ingest/spool.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <numeric>

#include "base/secret.hpp"
#include "services/ingest/ingest_service.hpp"
#include "support/child_process.hpp"
#include "support/switched_database.hpp"

namespace sentinel::ingest {
namespace {

using namespace sentinel::testing;
using std::chrono::milliseconds;
namespace fs = std::filesystem;

class SpoolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    TestDatabase::shared();
    start();
  }
  void TearDown() override {
    database_.bring_back();
    stop();
  }

  std::unique_ptr<Spool> open_spool() {
    auto spool = Spool::open(spool_folder(), limits_);
    if (!spool) throw std::runtime_error(spool.error().message);
    return std::move(*spool);
  }
  std::string spool_folder() const { return spool_folder_.path() / "spool"; }
  void start() {
    service_ = std::make_unique<IngestService>(
        database_.endpoint(), WriterLimits{.threads = 1, .spool_after = milliseconds{100}},
        open_spool());
    service_->start();
  }
  void stop() { service_.reset(); }
  bool drained() {
    return holds_soon(
        [this] { return service_->spool()->waiting() == 0 && !service_->spool()->away(); });
  }

  std::shared_ptr<models::ApiKey> key_ = std::make_shared<models::ApiKey>();
  std::shared_ptr<const Request> request(RequestKind kind, std::string body,
                                         std::string idempotency_key = "") const {
    auto made = std::make_shared<Request>();
    made->kind = kind;
    made->key = key_;
    made->idempotency_key = std::move(idempotency_key);
    made->arrived = now();
    body.reserve(body.size() + 64);
    made->body = std::move(body);
    return made;
  }
  std::string record(int number) const {
    return fmt::format(R"({{"agent_id":"{}","input_tokens":{}}})", agent_, number);
  }
  std::shared_ptr<const Request> records(const std::vector<int>& numbers,
                                         std::string idempotency_key = "") const {
    std::string body;
    for (int number : numbers) body += (body.empty() ? "[" : ",") + record(number);
    return request(RequestKind::Json, body + "]", std::move(idempotency_key));
  }
  std::shared_ptr<const Request> event(std::string_view message) const {
    return request(
        RequestKind::Events,
        fmt::format(R"({{"agent_id":"{}","type":"annotation","message":"{}"}})", agent_, message));
  }
  // "stored+duplicates", with "spooled" behind it, or the sentence of the failure.
  std::string post(std::shared_ptr<const Request> sent) {
    auto reply = run(service_->ingest(std::move(sent)));
    if (!reply) return reply.error().message;
    return fmt::format("{}+{}{}", reply->accepted, reply->duplicates,
                       reply->spooled ? " spooled" : "");
  }

  static postgres::Rows execute(const std::string& sql) {
    return TestDatabase::shared().execute(sql);
  }
  std::string one(const std::string& sql) const {
    return std::string(execute(fmt::format(fmt::runtime(sql), agent_)).text(0, 0));
  }
  // The numbers stored for the agent, in order.
  std::string stored() const {
    return one(
        "SELECT coalesce(string_agg(input_tokens::text, ' ' ORDER BY input_tokens), '') FROM "
        "record JOIN agent USING (agent_id) WHERE name = '{}'");
  }
  std::string events() const {
    return one(
        "SELECT coalesce(string_agg(message, ' ' ORDER BY message), '') FROM agent_event JOIN "
        "agent USING (agent_id) WHERE name = '{}'");
  }
  std::string refused() const {
    std::ifstream file(spool_folder() + "/refused.ndjson");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Batches as a process left them that is no more.
  void leave_in_spool(const std::vector<Batch>& batches) {
    stop();
    auto spool = open_spool();
    for (const auto& batch : batches) ASSERT_TRUE(spool->add(batch));
  }
  Batch batch_of(std::vector<std::shared_ptr<const Request>> requests) const {
    return {.id = {day_of(now()), random_uuid(), 1}, .tried = false, .requests = requests};
  }

  SwitchedDatabase database_;
  std::string agent_ = "spooled-" + format_uuid(random_uuid());
  SpoolLimits limits_{.bytes_max = 1'000'000, .disk_free_min = 0};
  std::unique_ptr<IngestService> service_;

 private:
  TemporaryFolder spool_folder_;
};

// From the spool it would be stored whole: later there may be room for the names that are refused
// now.
TEST_F(SpoolTest, TakesNoRequestThatIsRefusedInPartForALimitOnNames) {
  stop();
  service_ = std::make_unique<IngestService>(
      database_.endpoint(), WriterLimits{.threads = 1, .give_up_after = milliseconds{100}},
      open_spool(), GuardSettings{.cardinality = {.custom_metric_names = 1}});
  service_->start();
  auto bringing = [&](int number, std::string_view name) {
    return fmt::format(R"({{"agent_id":"{}","input_tokens":{},"custom_metrics":{{"{}":1}}}})",
                       agent_, number, name);
  };
  EXPECT_EQ(post(request(RequestKind::Json, bringing(1, "a"))), "1+0");
  database_.take_away();
  auto refused = post(request(RequestKind::Ndjson, bringing(2, "a") + "\n" + bringing(3, "b")));
  EXPECT_EQ(refused.find("spooled"), std::string::npos) << refused;
  EXPECT_EQ(service_->spool()->waiting(), 0u);
  EXPECT_EQ(post(request(RequestKind::Json, bringing(4, "a"))), "1+0 spooled");
  database_.bring_back();
  ASSERT_TRUE(drained());
  EXPECT_EQ(stored(), "1 4");
}

TEST_F(SpoolTest, KeepsWhatFindsNoDatabaseAndStoresItOnce) {
  EXPECT_EQ(post(records({1, 2})), "2+0");
  database_.take_away();
  EXPECT_EQ(post(records({3, 4})), "2+0 spooled");
  EXPECT_TRUE(service_->spool()->away());
  EXPECT_EQ(post(records({5}, "retry-5")), "1+0 spooled");
  EXPECT_EQ(post(records({5}, "retry-5")), "1+0 spooled");  // which of the two counts is seen later
  EXPECT_EQ(post(event("gone")), "1+0 spooled");
  EXPECT_EQ(post(request(RequestKind::Ndjson, record(6) + "\n" + record(7))), "2+0 spooled");
  database_.bring_back();
  ASSERT_TRUE(drained());
  EXPECT_EQ(stored(), "1 2 3 4 5 6 7");
  EXPECT_EQ(events(), "gone");
  EXPECT_EQ(post(records({5}, "retry-5")), "0+1");
  EXPECT_EQ(post(records({8})), "1+0");
}

// From 1 to 4 o'clock UTC this model costs twice as much, whenever the record is stored.
TEST_F(SpoolTest, ChargesWhatWaitedAtThePriceOfItsOwnTime) {
  database_.take_away();
  const auto day = std::chrono::floor<std::chrono::days>(now()) - std::chrono::days{2};
  for (int hour : {2, 5}) {
    EXPECT_EQ(
        post(request(
            RequestKind::Json,
            fmt::format(R"({{"agent_id":"{}","timestamp":"{}","provider":"deepseek",)"
                        R"("model":"deepseek-v4-flash","input_tokens":{}}})",
                        agent_, format_rfc3339(day + std::chrono::hours{hour}), hour * 1000))),
        "1+0 spooled");
  }
  database_.bring_back();
  ASSERT_TRUE(drained());
  EXPECT_EQ(one("SELECT string_agg(cost_source::text || cost_nanos::text, ' ' ORDER BY ts) FROM "
                "record JOIN agent USING (agent_id) WHERE name = '{}'"),
            "c880000 c1100000");
}

// The try of the writer is still under way in the database when it is given up, and goes on when
// the database does: as far as the rows, which nobody sends any more.
TEST_F(SpoolTest, ATryThatWasGivenUpDoesNotHoldUpTheDrain) {
  EXPECT_EQ(post(records({1})), "1+0");  // today's partitions are open
  auto holder =
      run(postgres::Connection::open(TestDatabase::shared().endpoint("").conninfo, "", "holder"))
          .value();
  ASSERT_TRUE(run(holder->run("BEGIN; LOCK TABLE ingest_batch IN SHARE MODE")));
  EXPECT_EQ(post(records({2})), "1+0 spooled");
  holder.reset();
  ASSERT_TRUE(drained());
  EXPECT_EQ(stored(), "1 2");
}

TEST_F(SpoolTest, NamesThatAreNewAreRegisteredLater) {
  database_.take_away();
  EXPECT_EQ(post(records({1})), "1+0 spooled");
  EXPECT_EQ(post(event("first")), "1+0 spooled");
  database_.bring_back();
  ASSERT_TRUE(drained());
  EXPECT_EQ(stored(), "1");
  EXPECT_EQ(events(), "first");
}

TEST_F(SpoolTest, SaysWhatIsWrongWithARequestWithoutADatabaseToo) {
  database_.take_away();
  key_->agents = {agent_};
  auto body = fmt::format(R"([{},{{"agent_id":"{}","cpu_usage_percent":130}},{{"agent_id":"x"}}])",
                          record(1), agent_);
  auto reply = run(service_->ingest(request(RequestKind::Json, body)));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_TRUE(reply->spooled);
  EXPECT_EQ(reply->accepted, 1);
  ASSERT_EQ(reply->rejected.size(), 2u);
  EXPECT_EQ(reply->rejected[0].field, "cpu_usage_percent");
  EXPECT_EQ(reply->rejected[1].reason, "agent_id 'x' is not among the agents of this key");
  EXPECT_NE(post(request(RequestKind::Json, "[{")).find("JSON"), std::string::npos);
  database_.bring_back();
  ASSERT_TRUE(drained());
  EXPECT_EQ(stored(), "1");
}

TEST_F(SpoolTest, PromisesNothingThatOnlyTheDatabaseKnows) {
  EXPECT_EQ(post(records({1})), "1+0");
  key_->may_register = false;
  database_.take_away();
  EXPECT_EQ(post(records({2})), "1+0 spooled");  // this agent is known here
  agent_ = "never-seen";
  EXPECT_EQ(post(records({3})),
            "the database is not available, so it cannot be told whether there is an agent "
            "'never-seen'; this key may not register one");
}

TEST_F(SpoolTest, OutlivesItsProcess) {
  EXPECT_EQ(post(records({1})), "1+0");
  database_.take_away();
  for (int number = 2; number < 40; ++number) {
    ASSERT_EQ(post(records({number})), "1+0 spooled");
    if (number % 10 == 0) {
      stop();
      start();
    }
  }
  stop();
  database_.bring_back();
  start();
  ASSERT_TRUE(drained());
  std::string all = "1";
  for (int number = 2; number < 40; ++number) all += fmt::format(" {}", number);
  EXPECT_EQ(stored(), all);
}

// A commit whose outcome nobody learned, kept under its id: it may have been made, and without keys
// only the id tells.
TEST_F(SpoolTest, StoresOnceWhatWasStoredAlready) {
  EXPECT_EQ(post(records({1})), "1+0");
  auto made_twice = batch_of({records({2, 3}), records({4})});
  made_twice.tried = true;
  auto both = batch_of({event("once"), records({5}), event("twice")});
  leave_in_spool({made_twice, both});
  fs::copy(spool_folder(), spool_folder() + ".copy");
  start();
  ASSERT_TRUE(drained());
  EXPECT_EQ(stored(), "1 2 3 4 5");
  EXPECT_EQ(events(), "once twice");
  // The same segments again, as when the position that says how far it got is lost.
  stop();
  fs::remove_all(spool_folder());
  fs::rename(spool_folder() + ".copy", spool_folder());
  start();
  ASSERT_TRUE(drained());
  EXPECT_EQ(stored(), "1 2 3 4 5");
  EXPECT_EQ(events(), "once twice");
}

// One record that the database refuses for good must neither get lost in silence nor take others
// with it, nor block what comes behind it.
TEST_F(SpoolTest, SetsAsideTheOneRecordThatTheDatabaseRefuses) {
  EXPECT_EQ(post(records({1})), "1+0");
  std::vector<int> numbers(20);
  std::iota(numbers.begin(), numbers.end(), 10);
  leave_in_spool(
      {batch_of({records({2}), records(numbers), records({3})}), batch_of({records({4})})});
  const auto generation = execute("SELECT max(gen) FROM generation").integer(0, 0);
  execute(fmt::format(
      "ALTER TABLE metric_record_g{0} ADD CONSTRAINT no_17 CHECK (input_tokens <> 17) NOT VALID; "
      "ALTER TABLE metric_hot_chunk_g{0} ADD CONSTRAINT no_17 CHECK (((17 - input_tokens_base) / "
      "input_tokens_unit) <> ALL (input_tokens_int2)) NOT VALID",
      generation));
  start();
  const bool empty = drained();
  execute(
      fmt::format("ALTER TABLE metric_record_g{0} DROP CONSTRAINT no_17; "
                  "ALTER TABLE metric_hot_chunk_g{0} DROP CONSTRAINT no_17",
                  generation));
  ASSERT_TRUE(empty);
  EXPECT_EQ(stored(), "1 2 3 4 10 11 12 13 14 15 16 18 19 20 21 22 23 24 25 26 27 28 29");
  EXPECT_EQ(service_->spool()->statistics().set_aside, 1u);
  EXPECT_NE(refused().find("no_17"), std::string::npos) << refused();
  EXPECT_EQ(std::ranges::count(refused(), '\n'), 1);
}

TEST_F(SpoolTest, SetsAsideWhatIsNoRequestAnyMore) {
  leave_in_spool({batch_of({request(RequestKind::Json, "[{"), records({1})}),
                  batch_of({request(RequestKind::Events, "{"), event("good")})});
  start();
  ASSERT_TRUE(drained());
  EXPECT_EQ(stored(), "1");
  EXPECT_EQ(events(), "good");
  EXPECT_EQ(service_->spool()->statistics().set_aside, 2u);
}

// The ids of so old a day are gone, so nobody can tell whether the batch was committed.
TEST_F(SpoolTest, SetsAsideWhatMayBeStoredAndCannotBeAsked) {
  auto tried = batch_of({records({1})});
  tried.id.day -= 300;
  tried.tried = true;
  auto untried = batch_of({records({2})});
  untried.id.day -= 300;
  leave_in_spool({tried, untried});
  start();
  ASSERT_TRUE(drained());
  EXPECT_EQ(stored(), "2");
  EXPECT_NE(refused().find("cannot be told whether it is stored"), std::string::npos) << refused();
  EXPECT_NE(refused().find("input_tokens"), std::string::npos) << refused();
}

TEST_F(SpoolTest, RefusesWhatDoesNotFitAndTakesMoreWhenItIsDrained) {
  stop();
  limits_.bytes_max = 4000;
  start();
  database_.take_away();
  int taken = 0;
  std::string answer;
  while ((answer = post(records({++taken}))) == "1+0 spooled") {
  }
  EXPECT_NE(answer.find("its limit is"), std::string::npos) << answer;
  EXPECT_GT(taken, 5);
  EXPECT_GE(service_->spool()->statistics().refused, 1u);
  database_.bring_back();
  ASSERT_TRUE(drained());
  EXPECT_EQ(std::ranges::count(stored(), ' ') + 1, taken - 1);
  EXPECT_EQ(post(records({taken})), "1+0");
}

TEST_F(SpoolTest, BelongsToOneProcess) {
  auto second = Spool::open(spool_folder(), limits_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::Conflict);
}

TEST_F(SpoolTest, DrainsAFolderThatNobodyFillsAnyMore) {
  leave_in_spool({batch_of({records({1, 2})}), batch_of({event("last")})});
  auto spool = open_spool();
  Prices prices;
  Drain drain(*spool, database_.endpoint(), std::chrono::seconds{10}, prices);
  database_.take_away();
  auto away = drain.run_until_empty();
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().code, ErrorCode::Unavailable);
  database_.bring_back();
  auto done = drain.run_until_empty();
  EXPECT_TRUE(done) << done.error().message;
  EXPECT_EQ(stored(), "1 2");
  EXPECT_EQ(events(), "last");
}

}  // namespace
}  // namespace sentinel::ingest
