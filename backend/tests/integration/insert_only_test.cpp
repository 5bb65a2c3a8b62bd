// The database itself refuses every change: first that INSERT works, then each refusal, as each
// role, with its SQLSTATE.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/test_database.hpp"

namespace sentinel {
namespace {

using sentinel::testing::run;
using sentinel::testing::TestDatabase;

constexpr std::string_view kNoPrivilege = "42501";
constexpr std::string_view kRefused = "23001";

class InsertOnly : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto& database = TestDatabase::shared();
    database.execute("SELECT open_ingest_day((extract(epoch FROM now()) / 86400)::integer)");
    database.execute("SELECT open_rejection_day((extract(epoch FROM now()) / 86400)::integer)");
    // A second generation, so that a partition made later is tested too.
    database.execute("SELECT open_generation(coalesce(max(gen), 0) + 1) FROM generation");
  }

  // The SQLSTATE of a statement run as a role, or "" when it works.
  static std::string attempt(std::string_view role, const std::string& sql) {
    auto endpoint = TestDatabase::shared().endpoint(role);
    auto connection = run(postgres::Connection::open(endpoint.conninfo, endpoint.role, "test"));
    if (!connection) return connection.error().message;
    auto done = run((*connection)->run(sql));
    if (done) return "";
    return std::string(postgres::sqlstate(done.error()));
  }

  // Every table and partition of the schema.
  static std::vector<std::string> tables() {
    auto rows = TestDatabase::shared().execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'sentinel' AND c.relkind IN ('r', 'p') ORDER BY 1");
    std::vector<std::string> names;
    for (int row = 0; row < rows.size(); ++row) names.emplace_back(rows.text(row, 0));
    return names;
  }

  // One that an UPDATE may name: not an identity column.
  static std::string first_column(const std::string& table) {
    auto rows = TestDatabase::shared().execute(fmt::format(
        "SELECT attname FROM pg_attribute WHERE attrelid = '{}'::regclass AND attnum > 0 "
        "AND attidentity = '' AND NOT attisdropped ORDER BY attnum LIMIT 1",
        table));
    return std::string(rows.text(0, 0));
  }

  // Into the newest generation: a worker of the shared stack closes the others within a second.
  static std::string one_record(std::string_view table, std::int64_t gen) {
    return fmt::format(
        "INSERT INTO {} (agent_id, ts, kind, gen) VALUES (gen_random_uuid(), now(), 'r', {})",
        table, gen);
  }

  static std::int64_t newest_generation() {
    return TestDatabase::shared().execute("SELECT max(gen) FROM generation").integer(0, 0);
  }
};

TEST_F(InsertOnly, AllowsInsertToTheServices) {
  EXPECT_EQ(attempt("sentinel_metrics_api", "INSERT INTO agent (name) VALUES ('insert-only')"), "");
  const auto gen = newest_generation();
  const auto partition = fmt::format("metric_record_g{}", gen);
  EXPECT_EQ(attempt("sentinel_metrics_api", one_record("metric_record", gen)), "");
  EXPECT_EQ(attempt("sentinel_metrics_api", one_record(partition, gen)), "");
  EXPECT_EQ(attempt("sentinel_db_api", "INSERT INTO app_user (name) VALUES ('insert-only')"), "");
  EXPECT_EQ(attempt("sentinel_owner", "INSERT INTO host (name) VALUES ('insert-only')"), "");
}

TEST_F(InsertOnly, HasNoTableWithoutTheRefusingTriggers) {
  for (const auto& table : tables()) {
    auto rows = TestDatabase::shared().execute(fmt::format(
        "SELECT bool_or(tgtype & 16 > 0), bool_or(tgtype & 8 > 0), bool_or(tgtype & 32 > 0) FROM "
        "pg_trigger "
        "WHERE tgrelid = '{}'::regclass AND tgenabled = 'A' AND tgfoid = 'refuse_change'::regproc",
        table));
    EXPECT_EQ(rows.text(0, 0), "t") << "UPDATE on " << table;
    EXPECT_EQ(rows.text(0, 1), "t") << "DELETE on " << table;
    EXPECT_EQ(rows.text(0, 2), "t") << "TRUNCATE on " << table;
  }
}

TEST_F(InsertOnly, RefusesChangesByTheServicesForLackOfPrivilege) {
  for (const auto& table : tables()) {
    auto column = first_column(table);
    for (std::string_view role :
         {"sentinel_metrics_api", "sentinel_db_api", "sentinel_worker", "sentinel_read"}) {
      EXPECT_EQ(attempt(role, fmt::format("UPDATE {0} SET {1} = {1}", table, column)), kNoPrivilege)
          << role << table;
      EXPECT_EQ(attempt(role, fmt::format("DELETE FROM {}", table)), kNoPrivilege) << role << table;
      EXPECT_EQ(attempt(role, fmt::format("TRUNCATE {}", table)), kNoPrivilege) << role << table;
    }
  }
}

TEST_F(InsertOnly, RefusesChangesByTheOwnerAndTheSuperuser) {
  TestDatabase::shared().execute(
      one_record("metric_record", newest_generation()) + ";" +
      "INSERT INTO agent (name) VALUES ('refused') ON CONFLICT DO NOTHING");
  const auto partition = fmt::format("metric_record_g{}", newest_generation());
  for (std::string_view role : {"sentinel_owner", ""}) {
    for (std::string_view table :
         {std::string_view("agent"), std::string_view("metric_record"), std::string_view(partition),
          std::string_view("schema_migration"), std::string_view("configuration")}) {
      auto column = first_column(std::string(table));
      EXPECT_EQ(attempt(role, fmt::format("UPDATE {0} SET {1} = {1}", table, column)), kRefused)
          << role << table;
      EXPECT_EQ(attempt(role, fmt::format("DELETE FROM {}", table)), kRefused) << role << table;
    }
    for (const auto& table : tables()) {
      EXPECT_EQ(attempt(role, fmt::format("TRUNCATE {} CASCADE", table)), kRefused)
          << role << table;
    }
  }
}

TEST_F(InsertOnly, RefusesChangesWhenTriggersOfReplicasAreOff) {
  EXPECT_EQ(attempt("", "SET session_replication_role = replica; DELETE FROM metric_record"),
            kRefused);
  EXPECT_EQ(attempt("", "SET session_replication_role = replica; TRUNCATE metric_record_g1"),
            kRefused);
}

TEST_F(InsertOnly, LetsOnlyTheWorkerOpenAGeneration) {
  EXPECT_EQ(attempt("sentinel_metrics_api", "SELECT open_generation(99)"), kNoPrivilege);
  EXPECT_EQ(attempt("sentinel_db_api", "SELECT open_ingest_day(1)"), kNoPrivilege);
  EXPECT_EQ(attempt("sentinel_worker", "SELECT open_generation(99)"), "22023");  // not the next one
  EXPECT_EQ(attempt("sentinel_metrics_api", "SELECT open_ingest_day(1)"),
            "22023");  // not near today
  EXPECT_EQ(attempt("sentinel_metrics_api", "SELECT make_insert_only('agent')"), kNoPrivilege);
}

TEST_F(InsertOnly, RefusesAChunkWhoseArraysAreNotAsLongAsItSays) {
  auto chunk = [&](std::string_view columns, std::string_view values) {
    return attempt("sentinel_metrics_api",
                   fmt::format("BEGIN; INSERT INTO metric_hot_chunk (agent_id, ts_min, ts_max, "
                               "gen, ts_unit, ts_int2, records{}) VALUES (gen_random_uuid(), "
                               "now(), now(), {}, 1, '{{0,0}}', {}); ROLLBACK",
                               columns, newest_generation(), values));
  };
  EXPECT_EQ(chunk("", "2"), "");
  EXPECT_EQ(chunk("", "3"), "23514");
  EXPECT_EQ(chunk(", custom", "2, '{null}'"), "23514");
  EXPECT_EQ(chunk(", latency_us_base, latency_us_unit, latency_us_int4", "2, 0, 1, '{1,2,3}'"),
            "23514");
  EXPECT_EQ(chunk(", latency_us_base, latency_us_unit", "2, 0, 1"), "23514");
}

TEST_F(InsertOnly, RefusesValuesOutOfRange) {
  EXPECT_EQ(
      attempt("sentinel_metrics_api",
              fmt::format("INSERT INTO metric_record (agent_id, ts, kind, gen, "
                          "cpu_centipercent) VALUES (gen_random_uuid(), now(), 'r', {}, 10001)",
                          newest_generation())),
      "23514");
  EXPECT_EQ(attempt("sentinel_metrics_api",
                    "INSERT INTO metric_record (agent_id, ts, kind, gen) VALUES "
                    "(gen_random_uuid(), now(), 'r', 999)"),
            "23514");  // no such generation
}

}  // namespace
}  // namespace sentinel
