// Records of a range, one by one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "postgres/pool.hpp"
#include "services/query/agents_query.hpp"
#include "services/query/record_text.hpp"
#include "services/query/sums_reader.hpp"

namespace sentinel::query {

inline constexpr int kCustomNamesMax = 1000;
inline constexpr int kRawRowsMax = 10'000;  // of one page

struct RawRequest {
  std::vector<Uuid> agents;
  Timestamp start;
  Timestamp end;
  int limit = 1000;
  std::string cursor;  // of the page before; empty for the first
};

struct RawPage {
  std::string rows;         // JSON arrays in the order of raw_columns(), with commas between them
  std::string next_cursor;  // empty on the last page
};

// Errors: InvalidArgument (range_reversed).
Result<void> check_range(Timestamp start, Timestamp end);

class MetricsQuery {
 public:
  MetricsQuery(postgres::Database& database, SumsReader& sums)
      : database_(database), sums_(sums), custom_sums_(database, sums::Of::Custom) {}

  // Errors: InvalidArgument (reversed range, a cursor that is none), Unavailable.
  Task<Result<RawPage>> raw(RawRequest request);

  // Which custom metrics an agent's records of a range have, by name, at most kCustomNamesMax.
  // Errors: InvalidArgument (reversed range), Unavailable.
  Task<Result<std::vector<std::string>>> custom_names(Uuid agent, Timestamp start, Timestamp end);

 private:
  postgres::Database& database_;
  SumsReader& sums_;
  SumsReader custom_sums_;
  Names names_;
};

}  // namespace sentinel::query
