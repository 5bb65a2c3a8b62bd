// Brings a database to the schema this program knows, one migration at a time, each in a
// transaction of its own.
#pragma once

#include "postgres/connection.hpp"

namespace sentinel::postgres {

struct MigrationReport {
  int applied = 0;  // migrations that ran now
  int version = 0;  // the newest in the database
};

// Needs a login that may create roles and schemas (the embedded server's own, or the one of
// --database-url). Several programs may call it at once: an advisory lock lets one work. Errors:
// Unsupported (server older than 15, or a schema newer than this program), PermissionDenied,
// Conflict (a migration that already ran was edited since).
Task<Result<MigrationReport>> migrate(Connection& connection);

// Fails unless the schema is exactly the one this program knows. For services that may not migrate.
Task<Result<void>> check_schema(Connection& connection);

}  // namespace sentinel::postgres
