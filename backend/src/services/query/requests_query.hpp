// The requests behind a point of a chart: those of a range, the newest, slowest or dearest first,
// page by page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "postgres/pool.hpp"
#include "services/query/record_text.hpp"
#include "services/query/sums_reader.hpp"

namespace sentinel::query {

inline constexpr int kRequestsMax = 1000;  // of one page

enum class RequestOrder { Newest, Oldest, Slowest, Dearest };

struct RequestsWanted {
  std::vector<Uuid> agents;
  Timestamp start;
  Timestamp end;
  RequestOrder order = RequestOrder::Newest;
  std::optional<bool> failed;        // those that are errors, or those that are none
  std::optional<std::string> model;  // by its name
  int limit = 100;
  std::string cursor;  // of the page before; empty for the first
};

struct RequestsPage {
  RawColumns columns;
  std::string rows;         // JSON arrays in the order of the columns, with commas between them
  std::string next_cursor;  // empty on the last page
};

class RequestsQuery {
 public:
  RequestsQuery(postgres::Database& database, SumsReader& sums)
      : database_(database), sums_(sums) {}

  // Requests without a latency, or a cost, are not among the slowest, or dearest. To find those
  // all requests of the range are read. A cost is the one that was known first: what corrects it is
  // a record of its own. Errors: InvalidArgument (range_reversed, cursor_invalid), Unavailable.
  Task<Result<RequestsPage>> read(RequestsWanted wanted);

 private:
  postgres::Database& database_;
  SumsReader& sums_;
  Names names_;
};

}  // namespace sentinel::query
