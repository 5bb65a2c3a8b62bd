// Migrations on databases of their own: from nothing, again, together, and against what they do not
// know.
#include "postgres/migrations.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>

#include "postgres/embedded_sql.hpp"
#include "support/test_database.hpp"

namespace sentinel::postgres {
namespace {

using namespace sentinel::testing;

std::vector<std::string> known_migrations() {
  std::vector<std::string> names;
  for (const auto& file : embedded_sql()) {
    if (file.name.starts_with("migrations/"))
      names.emplace_back(file.name.substr(file.name.find('/') + 1));
  }
  return names;
}

// A database in the cluster of this test program.
class MigrationsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    static int number = 0;
    name_ = fmt::format("migrations_{}", ++number);
    TestDatabase::shared().execute("CREATE DATABASE " + name_);
    connection_ = open();
  }
  void TearDown() override {
    connection_.reset();
    TestDatabase::shared().execute(fmt::format("DROP DATABASE {} WITH (FORCE)", name_));
  }

  std::string conninfo() const {
    return TestDatabase::shared().endpoint("").conninfo + " dbname=" + name_;
  }
  std::unique_ptr<Connection> open() const {
    return std::move(run(Connection::open(conninfo(), "", "test")).value());
  }
  std::string execute(const std::string& sql) {
    auto rows = run(connection_->run(sql));
    if (!rows) return rows.error().message;
    return rows->size() > 0 ? std::string(rows->text(0, 0)) : std::string();
  }
  Result<MigrationReport> migrate_now() { return run(migrate(*connection_)); }

  std::unique_ptr<Connection> connection_;

 private:
  std::string name_;
};

TEST_F(MigrationsTest, BringAnEmptyDatabaseToTheNewestSchema) {
  const auto known = known_migrations();
  auto before = run(check_schema(*connection_));
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().reason, "schema_too_old");
  EXPECT_EQ(
      before.error().message,
      fmt::format("the database is at migration 0, this program needs {}: run `sentinel migrate`",
                  known.size()));
  auto report = migrate_now();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->applied, static_cast<int>(known.size()));
  EXPECT_EQ(report->version, std::stoi(known.back()));
  EXPECT_TRUE(run(check_schema(*connection_)));
  EXPECT_EQ(execute("SELECT string_agg(name, ' ' ORDER BY version) FROM schema_migration"),
            fmt::format("{}", fmt::join(known, " ")));
  EXPECT_EQ(execute("SELECT string_agg(DISTINCT pg_get_userbyid(relowner), ' ') FROM pg_class "
                    "WHERE relnamespace = 'sentinel'::regnamespace"),
            "sentinel_owner");
}

TEST_F(MigrationsTest, DoNothingTheSecondTime) {
  ASSERT_TRUE(migrate_now());
  auto again = migrate_now();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->applied, 0);
  EXPECT_EQ(again->version, std::stoi(known_migrations().back()));
}

TEST_F(MigrationsTest, RefuseASchemaThatIsNewerThanTheProgram) {
  ASSERT_TRUE(migrate_now());
  execute(
      "INSERT INTO schema_migration (version, name, checksum) VALUES (9999, "
      "'9999_from_the_future', 'x')");
  auto sentence = fmt::format(
      "the database has migration 9999_from_the_future, this program knows up to {}: install the "
      "newer program, "
      "migrations do not run backwards",
      known_migrations().back());
  auto refused = migrate_now();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "schema_too_new");
  EXPECT_EQ(refused.error().message, sentence);
  auto checked = run(check_schema(*connection_));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message, sentence);
}

TEST_F(MigrationsTest, RefuseOneThatWasEditedAfterItRan) {
  ASSERT_TRUE(migrate_now());
  // What an edited file looks like from here: another checksum than the one that was noted.
  execute(
      "ALTER TABLE schema_migration DISABLE TRIGGER refuse_change;"
      "UPDATE schema_migration SET checksum = repeat('0', 64) WHERE version = 2");
  auto sentence =
      fmt::format("migration {} was changed after it ran on this database", known_migrations()[1]);
  auto refused = migrate_now();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
  EXPECT_EQ(refused.error().message, sentence);
  auto checked = run(check_schema(*connection_));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message, sentence);
}

TEST_F(MigrationsTest, RunOnceWhenSeveralProgramsStartTogether) {
  std::vector<Result<MigrationReport>> reports(3, MigrationReport{});
  std::vector<std::thread> programs;
  for (auto& report : reports) {
    programs.emplace_back([&, info = conninfo()] {
      asio::io_context context{1};
      auto connection = run(context, Connection::open(info, "", "test"));
      report = connection ? run(context, migrate(**connection)) : forward(connection);
      if (connection) connection->reset();
    });
  }
  for (auto& program : programs) program.join();
  int applied = 0;
  for (const auto& report : reports) {
    ASSERT_TRUE(report) << report.error().message;
    applied += report->applied;
    EXPECT_TRUE(report->applied == 0 ||
                report->applied == static_cast<int>(known_migrations().size()));
  }
  EXPECT_EQ(applied, static_cast<int>(known_migrations().size()));
}

TEST_F(MigrationsTest, KeepWhatRanBeforeOneThatFails) {
  execute(
      "CREATE SCHEMA sentinel; CREATE TABLE sentinel.model (taken integer);"
      "GRANT ALL ON SCHEMA sentinel TO sentinel_owner");
  auto failed = migrate_now();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message,
            "migration 0004_create_metric_record failed: relation \"model\" already exists");
  EXPECT_EQ(execute("SELECT max(version) FROM schema_migration"), "3");
  EXPECT_TRUE(connection_->idle());
  execute("DROP TABLE sentinel.model");
  auto again = migrate_now();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->applied, static_cast<int>(known_migrations().size()) - 3);
}

TEST_F(MigrationsTest, SayWhatALoginWithoutRightsLacks) {
  execute("DROP ROLE IF EXISTS poor; CREATE ROLE poor LOGIN");
  auto poor = run(Connection::open(conninfo() + " user=poor", "", "test"));
  ASSERT_TRUE(poor) << poor.error().message;
  auto sentence = [](std::string_view lack) {
    return fmt::format(
        "this database login may not set Sentinel up ({}); give it CREATEROLE and CREATE on the "
        "database, or run "
        "`sentinel migrate` once with a login that has them",
        lack);
  };
  auto refused = run(migrate(**poor));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::PermissionDenied);
  EXPECT_TRUE(refused.error().message.starts_with("this database login may not set Sentinel up ("))
      << refused.error().message;
  // The same for a login that finds a schema it may not look into.
  ASSERT_TRUE(migrate_now());
  auto blind = run(migrate(**poor));
  ASSERT_FALSE(blind);
  EXPECT_EQ(blind.error().message, sentence("permission denied for schema sentinel"));
}

}  // namespace
}  // namespace sentinel::postgres
