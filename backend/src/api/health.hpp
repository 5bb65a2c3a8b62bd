// GET /api/v1/health: whether a service can do its work, asked of the database with a real
// statement.
#pragma once

#include <string>

#include "http/message.hpp"
#include "postgres/pool.hpp"

namespace sentinel::api {

// `spools`: whether the service does its work without the database too, for a time.
Task<http::Response> health(postgres::Database& database, std::string service, bool spools = false);

}  // namespace sentinel::api
