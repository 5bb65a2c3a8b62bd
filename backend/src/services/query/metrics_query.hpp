// Records of a range as time buckets, or one by one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "postgres/pool.hpp"
#include "services/query/agents_query.hpp"
#include "services/query/metric_catalog.hpp"

namespace sentinel::query {

inline constexpr int64_t kBucketsMax = 100'000;    // series times buckets of one answer
inline constexpr int64_t kAutoBucketsMax = 1'000;  // of one series with step=auto
inline constexpr int kRawRowsMax = 10'000;         // of one page

struct BucketRequest {
  std::vector<AgentName> agents;
  std::vector<WantedMetric> metrics;
  Timestamp start;
  Timestamp end;                     // exclusive
  std::optional<Microseconds> step;  // nullopt is auto
  bool by_agent = true;
};

struct Series {
  std::optional<AgentName> agent;
  std::string metric;
  std::string_view unit;
  std::vector<std::optional<double>> values;  // one a bucket
};

struct Buckets {
  Timestamp start;  // of the first bucket
  Timestamp end;
  Microseconds step{};
  std::vector<int64_t> times_ms;
  std::vector<Series> series;
};

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
  std::string_view name;
  std::string_view sql;  // over r (metric_record), a (agent), m (model), h (host)
  bool text = false;     // free text, which a spreadsheet might take for a formula
};
std::span<const RawColumn> raw_columns();
// FROM and WHERE of records of these agents in this range, for raw_columns().
std::string raw_source(const std::vector<Uuid>& agents, Timestamp start, Timestamp end);

// Errors: InvalidArgument (range_reversed).
Result<void> check_range(Timestamp start, Timestamp end);

// The smallest usual step that gives at most kAutoBucketsMax buckets.
Microseconds auto_step(Microseconds range);

class MetricsQuery {
 public:
  explicit MetricsQuery(postgres::Database& database) : database_(database) {}

  // Errors: InvalidArgument (reversed range, too many buckets), Unavailable.
  Task<Result<Buckets>> buckets(BucketRequest request);
  Task<Result<RawPage>> raw(RawRequest request);

 private:
  postgres::Database& database_;
};

}  // namespace sentinel::query
