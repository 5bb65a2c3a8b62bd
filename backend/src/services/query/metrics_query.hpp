// Records of a range, one by one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "postgres/pool.hpp"
#include "services/query/agents_query.hpp"
#include "services/storage/record_source.hpp"

namespace sentinel::query {

inline constexpr int kRawRowsMax = 10'000;  // of one page

struct RawRequest {
  std::vector<Uuid> agents;
  Timestamp start;
  Timestamp end;
  int limit = 1000;
  std::string cursor;  // of the page before; empty for the first
};

struct RawPage {
  std::vector<std::string> rows;  // JSON arrays in the order of raw_columns()
  std::string next_cursor;        // empty on the last page
};

// A column of raw records and of exports.
struct RawColumn {
  enum class Kind {
    Number,
    Time,  // RFC 3339
    Word,  // a text of ours
    Text,  // free text, which a spreadsheet might take for a formula
  };
  std::string_view name;
  std::string_view sql;  // over r (records), a (agent), m (model), h (host), priced
  Kind kind = Kind::Number;
};
std::span<const RawColumn> raw_columns();
// FROM of the records of a range, for these of raw_columns(), and for storage::kRecordOrder.
std::string raw_source(const storage::RecordRange& range, std::string_view columns);

// Errors: InvalidArgument (range_reversed).
Result<void> check_range(Timestamp start, Timestamp end);

class MetricsQuery {
 public:
  explicit MetricsQuery(postgres::Database& database) : database_(database), history_(database) {}

  // Errors: InvalidArgument (reversed range, a cursor that is none), Unavailable.
  Task<Result<RawPage>> raw(RawRequest request);

 private:
  postgres::Database& database_;
  storage::History history_;
};

}  // namespace sentinel::query
