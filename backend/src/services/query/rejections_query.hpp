// What was refused on the way in, summed over the nodes and the times of its counting.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "postgres/pool.hpp"

namespace sentinel::query {

struct RejectionRow {
  std::string agent;                    // as sent; empty where none was named
  std::optional<std::string> agent_id;  // where it is registered
  std::optional<std::string> key;       // name of the key, where a known one was sent
  std::string address;
  std::string subject;
  std::string code;
  std::string field;
  std::string reason;
  int64_t count = 0;
  Timestamp first;
  Timestamp last;
  Uuid kind;
};

// The newest ones behind which a page goes on.
struct RejectionPosition {
  Timestamp last;
  Uuid kind;
};

// Newest first, at most `limit`. `agents` as sent, by name or by id; empty is all; an empty text is
// "named none". Errors: those of Database::query.
Task<Result<std::vector<RejectionRow>>> rejections(postgres::Database& database,
                                                   std::vector<std::string> agents, Timestamp start,
                                                   Timestamp end,
                                                   std::optional<RejectionPosition> behind,
                                                   int limit);

}  // namespace sentinel::query
