#include "postgres/migrations.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <vector>

#include "base/log.hpp"
#include "base/secret.hpp"
#include "postgres/embedded_sql.hpp"

namespace sentinel::postgres {

namespace {

constexpr int kServerVersionMin = 150000;
constexpr std::string_view kFolder = "migrations/";

struct Migration {
  int version;
  std::string_view name;  // 0003_create_agents
  std::string_view text;
};

std::vector<Migration> known_migrations() {
  std::vector<Migration> migrations;
  for (const auto& file : embedded_sql()) {
    if (!file.name.starts_with(kFolder)) continue;
    Migration migration{0, file.name.substr(kFolder.size()), file.text};
    std::from_chars(migration.name.data(), migration.name.data() + 4, migration.version);
    migrations.push_back(migration);
  }
  return migrations;
}

struct Applied {
  std::string name;
  std::string checksum;
};

Task<Result<std::map<int, Applied>>> applied_migrations(Connection& connection) {
  auto table = co_await connection.execute("SELECT to_regclass('sentinel.schema_migration')");
  if (!table) co_return forward(table);
  std::map<int, Applied> applied;
  if (table->is_null(0, 0)) co_return applied;
  auto rows = co_await connection.execute(
      "SELECT version, name, checksum FROM sentinel.schema_migration ORDER BY version");
  if (!rows) co_return forward(rows);
  for (int row = 0; row < rows->size(); ++row) {
    applied.emplace(static_cast<int>(rows->integer(row, 0)),
                    Applied{std::string(rows->text(row, 1)), std::string(rows->text(row, 2))});
  }
  co_return applied;
}

Result<void> check_server(const Connection& connection) {
  if (connection.server_version() >= kServerVersionMin) return {};
  return fail(ErrorCode::Unsupported, "postgres_too_old",
              fmt::format("this PostgreSQL is version {}, Sentinel needs 15 or newer",
                          connection.server_version() / 10000));
}

Result<void> check_history(const std::vector<Migration>& known,
                           const std::map<int, Applied>& applied) {
  for (const auto& [version, row] : applied) {
    const auto found = std::ranges::find(known, version, &Migration::version);
    if (found == known.end()) {
      return fail(ErrorCode::Unsupported, "schema_too_new",
                  fmt::format("the database has migration {}, this program knows up to {}: install "
                              "the newer program, migrations do not run backwards",
                              row.name, known.back().name));
    }
    if (row.checksum != sha256_hex(found->text)) {
      return fail(
          ErrorCode::Conflict, "migration_changed",
          fmt::format("migration {} was changed after it ran on this database", found->name));
    }
  }
  return {};
}

Task<Result<void>> apply(Connection& connection, const Migration& migration) {
  // The first migration makes the owner; every later one runs as the owner.
  std::string script = "BEGIN;\n";
  if (migration.version > 1) script += "SET LOCAL ROLE sentinel_owner;\n";
  script += migration.text;
  script += fmt::format(
      ";\nINSERT INTO sentinel.schema_migration (version, name, checksum) VALUES ({}, {}, {});\n"
      "COMMIT",
      migration.version, to_literal(migration.name), to_literal(sha256_hex(migration.text)));
  auto ran = co_await connection.run(script);
  if (ran) co_return Result<void>{};
  auto error = ran.error();
  co_await connection.run("ROLLBACK");
  if (error.code != ErrorCode::PermissionDenied) {
    error.message = fmt::format("migration {} failed: {}", migration.name, error.message);
  }
  co_return std::unexpected(error);
}

Task<Result<MigrationReport>> migrate_locked(Connection& connection) {
  auto known = known_migrations();
  auto applied = co_await applied_migrations(connection);
  if (!applied) co_return forward(applied);
  if (auto checked = check_history(known, *applied); !checked) co_return forward(checked);
  MigrationReport report;
  for (const auto& migration : known) {
    report.version = migration.version;
    if (applied->contains(migration.version)) continue;
    auto done = co_await apply(connection, migration);
    if (!done) co_return forward(done);
    log::info("applied migration {}", migration.name);
    ++report.applied;
  }
  co_return report;
}

}  // namespace

Task<Result<MigrationReport>> migrate(Connection& connection) {
  if (auto checked = check_server(connection); !checked) co_return forward(checked);
  auto locked =
      co_await connection.execute("SELECT pg_advisory_lock(hashtext('sentinel.migrate'))");
  if (!locked) co_return forward(locked);
  auto report = co_await migrate_locked(connection);
  co_await connection.execute("SELECT pg_advisory_unlock(hashtext('sentinel.migrate'))");
  if (!report && report.error().code == ErrorCode::PermissionDenied) {
    report.error().message = fmt::format(
        "this database login may not set Sentinel up ({}); give it CREATEROLE and CREATE on the "
        "database, or run `sentinel migrate` once with a login that has them",
        report.error().message);
  }
  co_return report;
}

Task<Result<void>> check_schema(Connection& connection) {
  if (auto checked = check_server(connection); !checked) co_return checked;
  auto known = known_migrations();
  auto applied = co_await applied_migrations(connection);
  if (!applied) co_return forward(applied);
  if (auto checked = check_history(known, *applied); !checked) co_return checked;
  if (applied->size() < known.size()) {
    co_return fail(ErrorCode::Unavailable, "schema_too_old",
                   fmt::format("the database is at migration {}, this program needs {}: run "
                               "`sentinel migrate`",
                               applied->size(), known.size()));
  }
  co_return Result<void>{};
}

}  // namespace sentinel::postgres
