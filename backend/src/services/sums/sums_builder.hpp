// Adds up what was committed: minutes as it comes, hours and days when one has ended.
#pragma once

#include "postgres/connection.hpp"
#include "services/sums/sums_statements.hpp"

namespace sentinel::sums {

// Makes the passes that are due. `connection` is the one that holds the worker's lock, so that who
// lost the lock adds nothing; should two workers make the same pass all the same, one of them fails
// with SQLSTATE 23505 and nothing is counted twice.
Task<Result<void>> build(postgres::Connection& connection);

// The pass of this level, due or not. For build() and tests.
Task<Result<void>> make_pass(postgres::Connection& connection, Of of, Level level);

}  // namespace sentinel::sums
