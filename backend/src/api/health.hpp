// GET /api/v1/health: whether a service can do its work, asked of the database with a real
// statement.
#pragma once

#include <optional>
#include <string>

#include "http/message.hpp"
#include "postgres/pool.hpp"

namespace sentinel::api {

// `spools`: whether the service does its work without the database too, for a time. `demo` tells
// whether the data is made up; it is asked once the database has answered.
Task<http::Response> health(postgres::Database& database, std::string service, bool spools = false,
                            std::optional<Task<Result<bool>>> demo = std::nullopt);

}  // namespace sentinel::api
