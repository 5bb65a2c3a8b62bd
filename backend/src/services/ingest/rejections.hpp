// What is refused on the way in, counted so that its sender is found: records and events by the
// agent that they name, registered or not; whole requests by the key and the address that they come
// from. A request adds to counts in memory, a thread writes their sums now and then: never a row
// for each record that was refused, and bounded however many are. While the database is away the
// counts wait.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "models/metric_record.hpp"
#include "postgres/pool.hpp"
#include "services/ingest/request.hpp"

namespace sentinel::ingest {

struct RejectionLimits {
  size_t kinds_max = 1000;  // kept apart between two writes; the others are counted together
  // From the first refusal to the write, and so much longer for each row of the write before: a
  // flood of refusals costs the database no more than 20 rows a second.
  Microseconds pause = std::chrono::seconds{5};
  Microseconds pause_a_row = std::chrono::milliseconds{50};
};

// By code, since the start of the process.
struct RejectionTotals {
  std::map<std::string, uint64_t, std::less<>> items;     // records and events
  std::map<std::string, uint64_t, std::less<>> requests;  // whole ones, 5xx among them
};

class Rejections {
 public:
  explicit Rejections(postgres::Endpoint endpoint, RejectionLimits limits = {});
  ~Rejections();  // writes what was counted, if the database takes it within five seconds

  // Writes what is counted from now on.
  void start();

  // Records or events of one request.
  void add(const Request& request, const std::vector<models::Rejection>& rejected);
  // A whole request. `key` is null when no known one was sent. An error that is the server's own
  // (503, 500) counts in the totals alone.
  void add(const models::ApiKey* key, std::string_view address, const Error& error);

  RejectionTotals totals() const;

  // Writes what was counted; for start() and tests. Errors: those of Database::query. What could
  // not be written stays, and is written once.
  Task<Result<void>> write();

 private:
  struct Kind {
    std::string_view subject;  // record, event, request: a literal
    std::string code;
    std::string agent;
    std::optional<Uuid> key_id;
    std::string field;
  };
  struct Count {
    Kind kind;
    std::string address = {};
    std::string reason = {};
    uint64_t count = 0;
    Timestamp first;
    Timestamp last = {};
  };
  struct Row {
    int32_t day;
    Uuid id;
    Uuid kind;
    Count count;
  };

  void add(Kind kind, std::string_view address, std::string_view reason, uint64_t count);
  void run(std::stop_token stop);
  // Whether there is something to write, after the pause; false when it is time to stop.
  bool wait_for_counts(const std::stop_token& stop);
  void spawn_write();
  Task<Result<void>> write_rows();

  const RejectionLimits limits_;
  mutable std::mutex mutex_;
  std::condition_variable_any counted_;
  boost::unordered_flat_map<Uuid, Count, std::hash<Uuid>> counts_;
  RejectionTotals totals_;
  // What a write is about; a failed one is tried again with the same ids.
  std::vector<Row> rows_;
  size_t rows_written_ = 0;  // by the write before
  std::unordered_set<int32_t> days_open_;
  bool writing_ = false;
  asio::io_context context_{1};
  postgres::Database database_;
  std::jthread thread_;
};

}  // namespace sentinel::ingest
