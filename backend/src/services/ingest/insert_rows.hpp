// Stores what goes no way of the writer's: events and counter points, of which there are few.
#pragma once

#include "postgres/pool.hpp"
#include "services/ingest/request_rows.hpp"

namespace sentinel::ingest {

// Stores counter points. Again is no harm: each reading counts once, when it is read. Errors: those
// of Database::query.
Task<Result<void>> insert_points(postgres::Database& database, const RecordRows& rows);

// Stores events under the id of their batch. Gives how many were new. Errors: those of
// Database::query; SQLSTATE 23505: they are stored already, or others have just used a key of
// theirs.
Task<Result<int>> insert_events(postgres::Database& database, const EventRows& events,
                                const BatchId& id);

}  // namespace sentinel::ingest
