// GET /api/v1/health: whether a service can do its work, asked of the database with a real
// statement.
#pragma once

#include <string>

#include "http/message.hpp"
#include "postgres/pool.hpp"

namespace sentinel::api {

Task<http::Response> health(postgres::Database& database, std::string service);

}  // namespace sentinel::api
