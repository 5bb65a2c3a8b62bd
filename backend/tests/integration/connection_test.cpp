// One connection: what goes in comes out, and every way it can fail leaves it usable or says that
// it is not.
#include "postgres/connection.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "postgres/embedded_sql.hpp"
#include "support/child_process.hpp"

namespace sentinel::postgres {
namespace {

using namespace sentinel::testing;
using std::chrono::milliseconds;

class ConnectionTest : public ::testing::Test {
 protected:
  void SetUp() override { connection_ = open("connection-test"); }

  static std::unique_ptr<Connection> open(std::string application) {
    auto opened = run(
        Connection::open(TestDatabase::shared().endpoint("").conninfo, "", std::move(application)));
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }
  static Error refusal(std::string conninfo, std::string role = "") {
    auto opened = run(Connection::open(std::move(conninfo), std::move(role), "test"));
    return opened ? Error{} : opened.error();
  }
  Result<Rows> execute(std::string_view sql, Params params = Params{}) {
    return run(connection_->execute(sql, std::move(params)));
  }
  Result<Rows> statements(std::string_view sql, std::string_view copy_data = {}) {
    return run(connection_->run(sql, {copy_data}));
  }
  std::string text(std::string_view sql) {
    auto rows = statements(sql);
    return rows ? std::string(rows->text(0, 0)) : rows.error().message;
  }
  // How many statements of an application run at this moment.
  static int64_t active(std::string_view application) {
    return TestDatabase::shared()
        .execute(fmt::format("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{}' "
                             "AND state = 'active'",
                             application))
        .integer(0, 0);
  }

  std::unique_ptr<Connection> connection_;
};

TEST_F(ConnectionTest, GivesBackWhatItWasGiven) {
  auto id = *parse_uuid("0189dcd0-0000-7000-8000-0123456789ab");
  auto time = *parse_rfc3339("2026-11-22T20:45:00.123456Z");
  auto rows = execute(
      "SELECT $1::text, $2::bigint, $3::float8, $4::boolean, $5::uuid, $6::timestamptz, $7::text, "
      "$8::bigint, $9::text",
      Params("ü \"'\\", int64_t{-42}, 1.5, true, id, time, std::nullopt, std::optional<int64_t>(),
             std::string()));
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->size(), 1);
  EXPECT_EQ(rows->columns(), 9);
  EXPECT_EQ(rows->text(0, 0), "ü \"'\\");
  EXPECT_EQ(rows->integer(0, 1), -42);
  EXPECT_EQ(rows->maybe_integer(0, 1), -42);
  EXPECT_EQ(rows->number(0, 2), 1.5);
  EXPECT_EQ(rows->maybe_number(0, 2), 1.5);
  EXPECT_TRUE(rows->boolean(0, 3));
  EXPECT_EQ(rows->text(0, 4), format_uuid(id));
  EXPECT_EQ(rows->text(0, 5), "2026-11-22 20:45:00.123456+00");
  EXPECT_TRUE(rows->is_null(0, 6));
  EXPECT_TRUE(rows->is_null(0, 7));
  EXPECT_EQ(rows->maybe_integer(0, 7), std::nullopt);
  EXPECT_EQ(rows->maybe_number(0, 7), std::nullopt);
  EXPECT_EQ(rows->text(0, 7), "");
  EXPECT_FALSE(rows->is_null(0, 8));  // an empty text is not NULL
}

TEST_F(ConnectionTest, WritesLiteralsThatMeanThemselves) {
  const std::string odd = "it's \\ \"quoted\", {braces} and ü";
  EXPECT_EQ(text("SELECT " + to_literal(odd)), odd);
  auto rows = execute("SELECT ($1::text[])[1], ($1::text[])[2], encode($2::bytea, 'hex')",
                      Params(to_array({odd, ""}), to_bytea(std::string("\0\xff", 2))));
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->text(0, 0), odd);
  EXPECT_EQ(rows->text(0, 1), "");
  EXPECT_EQ(rows->text(0, 2), "00ff");
}

TEST_F(ConnectionTest, RunsSeveralStatementsAsOneTransactionAndGivesTheLastAnswer) {
  EXPECT_EQ(text("CREATE TEMP TABLE t (i integer); INSERT INTO t SELECT generate_series(1, 7); "
                 "SELECT count(*) FROM t"),
            "7");
  auto failed = statements("INSERT INTO t VALUES (8); SELECT 1/0; INSERT INTO t VALUES (9)");
  ASSERT_FALSE(failed);
  EXPECT_TRUE(connection_->idle());
  EXPECT_EQ(text("SELECT count(*) FROM t"), "7");
  auto inserted = execute("INSERT INTO t SELECT generate_series(8, 10)");
  ASSERT_TRUE(inserted);
  EXPECT_EQ(inserted->affected(), 3);
  EXPECT_EQ(Rows().size(), 0);
  EXPECT_EQ(Rows().affected(), 0);
}

TEST_F(ConnectionTest, PreparesAStatementOfSqlOnce) {
  const EmbeddedSql twice{"queries/twice", "SELECT $1::bigint * 2"};
  for (int64_t number : {2, 21}) {
    auto rows = run(connection_->execute(twice, Params(number)));
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_EQ(rows->integer(0, 0), 2 * number);
  }
  EXPECT_EQ(text("SELECT string_agg(name, ' ') FROM pg_prepared_statements"), "queries/twice");
  // One that cannot be prepared is tried again, and may become right.
  const EmbeddedSql counted{"queries/counted", "SELECT count(*) FROM later"};
  for (int i = 0; i < 2; ++i) {
    auto failed = run(connection_->execute(counted));
    ASSERT_FALSE(failed);
    EXPECT_EQ(sqlstate(failed.error()), "42P01");
    EXPECT_TRUE(connection_->idle());
  }
  ASSERT_TRUE(statements("CREATE TEMP TABLE later (i integer)"));
  auto rows = run(connection_->execute(counted));
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->integer(0, 0), 0);
  // What fails when it runs stays prepared.
  const EmbeddedSql parted{"queries/parted", "SELECT 1 / $1::integer"};
  EXPECT_FALSE(run(connection_->execute(parted, Params(0))));
  rows = run(connection_->execute(parted, Params(1)));
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->integer(0, 0), 1);
}

TEST_F(ConnectionTest, KnowsWhoseFaultAFailureIs) {
  struct Case {
    std::string sql, state;
    ErrorCode code;
  };
  const Case cases[] = {
      {"SELECT 1/0", "22012", ErrorCode::Internal},
      {"SELECT * FROM no_such_table", "42P01", ErrorCode::Internal},
      {"CREATE TEMP TABLE u (i integer UNIQUE); INSERT INTO u VALUES (1), (1)", "23505",
       ErrorCode::Conflict},
      {"SET ROLE sentinel_read; CREATE TABLE sentinel.forbidden ()", "42501",
       ErrorCode::PermissionDenied},
      {"SET statement_timeout = 1; SELECT pg_sleep(60)", "57014", ErrorCode::Unavailable},
      {"SET TRANSACTION READ ONLY; CREATE TABLE sentinel.forbidden ()", "25006",
       ErrorCode::Unavailable},
      {"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$", "40001",
       ErrorCode::Unavailable},
      {"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '53100'; END $$", "53100",
       ErrorCode::Unavailable},
      {"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '28P01'; END $$", "28P01",
       ErrorCode::Unauthenticated},
  };
  for (const auto& expected : cases) {
    auto failed = statements(expected.sql);
    ASSERT_FALSE(failed) << expected.sql;
    EXPECT_EQ(sqlstate(failed.error()), expected.state) << failed.error().message;
    EXPECT_EQ(failed.error().code, expected.code) << expected.sql;
    EXPECT_TRUE(connection_->idle()) << expected.sql;
  }
  EXPECT_EQ(sqlstate(Error{ErrorCode::Internal, "other", ""}), "");
}

TEST_F(ConnectionTest, SaysWhyItCannotBeOpened) {
  auto base = TestDatabase::shared().endpoint("").conninfo;
  auto port = free_port();
  auto nobody = refusal(fmt::format("host=127.0.0.1 port={} user=x dbname=x", port));
  EXPECT_EQ(nobody.code, ErrorCode::Unavailable);
  EXPECT_EQ(nobody.message, fmt::format("no PostgreSQL answers: connection to server at "
                                        "\"127.0.0.1\", port {} failed: Connection refused",
                                        port));
  auto no_socket = refusal("host=/nowhere user=x dbname=x");
  EXPECT_EQ(no_socket.message,
            "no PostgreSQL answers: connection to server on socket \"/nowhere/.s.PGSQL.5432\" "
            "failed: No such file or "
            "directory");
  auto no_database = refusal(base + " dbname=nothing_here");
  EXPECT_EQ(no_database.code, ErrorCode::NotFound);
  EXPECT_EQ(no_database.message, "database \"nothing_here\" does not exist");
  auto no_login = refusal(base + " user=nobody_here");
  EXPECT_EQ(no_login.code, ErrorCode::Unauthenticated);
  EXPECT_EQ(no_login.message,
            "the database refuses this login: role \"nobody_here\" does not exist");
  auto no_role = refusal(base + " user=sentinel_read", "sentinel_owner");
  EXPECT_EQ(no_role.code, ErrorCode::PermissionDenied);
  EXPECT_EQ(no_role.message,
            "the database login lacks a right: permission denied to set role \"sentinel_owner\"");
  auto nonsense = refusal("hots=127.0.0.1");
  EXPECT_NE(nonsense.message.find("invalid connection option \"hots\""), std::string::npos)
      << nonsense.message;
}

TEST_F(ConnectionTest, WorksAsTheRoleItWasGiven) {
  auto opened = run(
      Connection::open(TestDatabase::shared().endpoint("").conninfo, "sentinel_read", "as-a-role"));
  ASSERT_TRUE(opened);
  auto rows =
      run((*opened)->run("SELECT current_user || ' ' || current_setting('search_path') || ' ' || "
                         "current_setting('application_name')"));
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->text(0, 0), "sentinel_read sentinel as-a-role");
  EXPECT_GE((*opened)->server_version(), 150000);
}

TEST_F(ConnectionTest, GivesUpAfterItsTimeLimitAndStopsTheStatement) {
  auto slow = open("time-limit");
  slow->set_time_limit(milliseconds{100});
  auto failed = run(slow->execute("SELECT pg_sleep(1000)"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(failed.error().message, "the database did not answer in time");
  EXPECT_FALSE(slow->idle());
  slow.reset();
  EXPECT_TRUE(holds_soon([] { return active("time-limit") == 0; }));
}

TEST_F(ConnectionTest, StopsTheStatementOfACoroutineThatIsDropped) {
  auto context = std::make_unique<asio::io_context>(1);
  asio::co_spawn(
      *context,
      []() -> Task<void> {
        auto opened =
            co_await Connection::open(TestDatabase::shared().endpoint("").conninfo, "", "dropped");
        if (opened) co_await (*opened)->execute("SELECT pg_sleep(1000)");
      },
      asio::detached);
  ASSERT_TRUE(holds_soon([&] {
    context->run_for(milliseconds{10});
    return active("dropped") == 1;
  }));
  context.reset();
  EXPECT_TRUE(holds_soon([] { return active("dropped") == 0; }));
}

TEST_F(ConnectionTest, IsUsableAfterACancel) {
  asio::io_context context{1};
  auto opened =
      run(context, Connection::open(TestDatabase::shared().endpoint("").conninfo, "", "cancelled"));
  ASSERT_TRUE(opened);
  std::optional<Result<Rows>> answer;
  asio::co_spawn(
      context,
      [&]() -> Task<void> { answer.emplace(co_await (*opened)->execute("SELECT pg_sleep(1000)")); },
      asio::detached);
  context.restart();
  ASSERT_TRUE(holds_soon([&] {
    context.run_for(milliseconds{10});
    return active("cancelled") == 1;
  }));
  (*opened)->cancel();
  context.run_for(kHangGuard);
  ASSERT_TRUE(answer);
  ASSERT_FALSE(*answer);
  EXPECT_EQ(sqlstate(answer->error()), "57014");
  EXPECT_TRUE((*opened)->idle());
  EXPECT_TRUE(run(context, (*opened)->execute("SELECT 1")));
  opened->reset();
}

TEST_F(ConnectionTest, KnowsThatTheServerHungUp) {
  auto doomed = open("doomed");
  TestDatabase::shared().execute(
      "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = "
      "'doomed'");
  auto failed = run(doomed->execute("SELECT 1"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::Unavailable);
  EXPECT_FALSE(doomed->idle());
  auto again = run(doomed->execute("SELECT 1"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::Unavailable);
}

class CopyTest : public ConnectionTest {
 protected:
  void SetUp() override {
    ConnectionTest::SetUp();
    ASSERT_TRUE(statements("CREATE TEMP TABLE t (i integer, s text)"));
  }
  static constexpr std::string_view kCopyIn = "COPY t FROM STDIN";

  // Lines of about 100 bytes.
  static std::string lines(int first, int last) {
    std::string out;
    for (int i = first; i <= last; ++i) out += fmt::format("{}\t{:x>90}\n", i, "");
    return out;
  }
  Result<std::string> copy_out(std::string_view sql, size_t piece) {
    auto begun = run(connection_->begin_copy_out(sql));
    if (!begun) return forward(begun);
    std::string all;
    for (;;) {
      auto chunk = run(connection_->next_copy_chunk(piece));
      if (!chunk) return chunk;
      if (chunk->empty()) return all;
      all += *chunk;
    }
  }
};

TEST_F(CopyTest, CarriesMegabytesInAndOut) {
  const auto data = lines(1, 40'000);
  ASSERT_GT(data.size(), size_t{3} << 20);
  auto copied = statements(kCopyIn, data);
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(copied->affected(), 40'000);
  auto out = copy_out("COPY t TO STDOUT", 1 << 16);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_TRUE(*out == data);
  EXPECT_TRUE(connection_->idle());
  EXPECT_EQ(run(connection_->next_copy_chunk(1)).value(), "");  // nothing is under way
}

TEST_F(CopyTest, AnErrorInTheMiddleStoresNothingAndLeavesTheConnectionUsable) {
  auto failed = statements(kCopyIn, lines(1, 20'000) + "no number\tx\n" + lines(1, 20'000));
  ASSERT_FALSE(failed);
  EXPECT_EQ(sqlstate(failed.error()), "22P02");
  EXPECT_TRUE(connection_->idle());
  EXPECT_EQ(text("SELECT count(*) FROM t"), "0");
  EXPECT_TRUE(statements(kCopyIn, lines(1, 3)));
  EXPECT_EQ(text("SELECT count(*) FROM t"), "3");
}

TEST_F(CopyTest, CommitsWithTheStatementsBeforeItOrNotAtAll) {
  auto failed = statements("INSERT INTO t VALUES (0, 'before');" + std::string(kCopyIn), "1\n");
  ASSERT_FALSE(failed);
  EXPECT_EQ(text("SELECT count(*) FROM t"), "0");
  EXPECT_TRUE(
      statements("INSERT INTO t VALUES (0, 'before');" + std::string(kCopyIn), lines(1, 2)));
  EXPECT_EQ(text("SELECT count(*) FROM t"), "3");
}

TEST_F(CopyTest, AnErrorWhileReadingIsNotTheEndOfTheData) {
  auto failed =
      copy_out("COPY (SELECT 1 / (50000 - i) FROM generate_series(1, 60000) i) TO STDOUT", 1000);
  ASSERT_FALSE(failed);
  EXPECT_EQ(sqlstate(failed.error()), "22012");
  EXPECT_TRUE(connection_->idle());
  auto refused = copy_out("COPY no_such_table TO STDOUT", 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(sqlstate(refused.error()), "42P01");
  EXPECT_TRUE(connection_->idle());
  EXPECT_EQ(text("SELECT 1"), "1");
}

TEST_F(CopyTest, StopsTheServerWhenTheReaderLeaves) {
  auto reader = open("leaving");
  ASSERT_TRUE(
      run(reader->begin_copy_out("COPY (SELECT generate_series(1, 1000000000)) TO STDOUT")));
  ASSERT_FALSE(run(reader->next_copy_chunk(1000)).value().empty());
  EXPECT_FALSE(reader->idle());
  reader.reset();
  EXPECT_TRUE(holds_soon([] { return active("leaving") == 0; }));
}

}  // namespace
}  // namespace sentinel::postgres
