// Where a page of a list goes on: `next_cursor` of the contract.
#pragma once

#include <string>
#include <string_view>

#include "base/time.hpp"
#include "base/uuid.hpp"

namespace sentinel::db_api {

// Of a list by time: "microseconds.id" of the last one of the page before.
struct TimeCursor {
  Timestamp time;
  Uuid id;
};
std::string format_cursor(const TimeCursor& cursor);
// Errors: InvalidArgument.
Result<TimeCursor> parse_cursor(std::string_view cursor);

// Two numbers with a dot between them, of which the first is a time or a version. Errors:
// InvalidArgument.
struct NumberCursor {
  int64_t first = 0;
  int64_t second = 0;
};
std::string format_cursor(const NumberCursor& cursor);
Result<NumberCursor> parse_number_cursor(std::string_view cursor);

std::unexpected<Error> bad_cursor();

}  // namespace sentinel::db_api
