// Every record of a filter, streamed from PostgreSQL's COPY to the client with bounded memory.
#pragma once

#include "http/message.hpp"
#include "postgres/pool.hpp"
#include "services/query/metrics_query.hpp"

namespace sentinel::exports {

enum class Format { Csv, Json, Ndjson };

struct ExportRequest {
  std::vector<Uuid> agents;
  std::vector<const query::RawColumn*> columns;
  Timestamp start;
  Timestamp end;
  Format format = Format::Csv;
};

// The columns by these names, all when there are none. Errors: InvalidArgument.
Result<std::vector<const query::RawColumn*>> find_columns(const std::vector<std::string>& names);

class ExportService {
 public:
  // A database of its own: a long export must not take a connection from the dashboard.
  explicit ExportService(postgres::Database& database) : database_(database) {}

  // Starts the statement, so that what can fail fails before the first byte; the returned function
  // streams the rest. When the client goes away, the statement is cancelled.
  Task<Result<std::function<Task<Result<void>>(http::BodyStream&)>>> start(ExportRequest request);

 private:
  postgres::Database& database_;
};

}  // namespace sentinel::exports
