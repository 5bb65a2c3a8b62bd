// Every record of a filter as of one moment, streamed from PostgreSQL to the client with bounded
// memory.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <optional>

#include "http/message.hpp"
#include "services/query/snapshot_rows.hpp"

namespace sentinel::exports {

enum class Format { Csv, Json, Ndjson, Xlsx };

struct ExportRequest {
  std::vector<Uuid> agents;  // none is all
  query::RawColumns columns;
  Timestamp start;
  Timestamp end;
  Format format = Format::Csv;
  bool body_wanted = true;  // a question for the headers alone writes no spreadsheet
};

struct Export {
  int64_t estimated_rows = 0;
  std::optional<uint64_t> bytes;  // where they are known
  std::function<Task<Result<void>>(http::BodyStream&)> stream;
};

// The columns by these names, all when there are none. Errors: InvalidArgument.
Result<std::vector<const query::RawColumn*>> find_columns(const std::vector<std::string>& names);

class ExportService {
 public:
  // A database of its own: a long export must not take a connection from the dashboard. `folder` is
  // where a spreadsheet lies, without a name, until it is sent.
  ExportService(postgres::Database& database, query::SumsReader& sums, std::string folder)
      : database_(database), sums_(sums), folder_(std::move(folder)) {}

  // Reads the first records, and of a spreadsheet all, so that what can fail fails before the first
  // byte; the returned function streams the rest. When the client goes away, the statement is
  // cancelled. Errors: InvalidArgument (range_reversed), Unavailable (the database;
  // export_disk_full).
  Task<Result<Export>> start(ExportRequest request);

 private:
  postgres::Database& database_;
  query::SumsReader& sums_;
  const std::string folder_;
  query::Names names_;
  asio::thread_pool writing_{1};  // spreadsheets
};

}  // namespace sentinel::exports
