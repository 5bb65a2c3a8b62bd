// The metrics that can be asked for: how each is computed from records, and in which unit it is
// told.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "services/sums/sum_columns.hpp"

namespace sentinel::query {

enum class Aggregate { Avg, Min, Max, Sum, Count, Last, P50, P95, P99 };

struct Metric {
  std::string_view name;   // latency_ms
  std::string_view unit;   // as the contract lists them
  std::string_view value;  // SQL over one record, in the unit; NULL is "not measured"
  std::string_view sums;   // its name among the columns of sums; empty where it has no such column
  double scale = 1;        // how many of what is stored are one of the unit
  std::string_view custom = {};  // of a custom metric, its name as an SQL literal
};

// One `name:aggregate` of a request.
struct WantedMetric {
  std::shared_ptr<const Metric> metric;  // of the catalog, or a custom one
  Aggregate aggregate = Aggregate::Avg;
  std::string text;  // as asked for
};

std::span<const Metric> metric_catalog();

// In front of the name of a custom metric, `custom.queue_depth:avg`. They have sums of their own.
inline constexpr std::string_view kCustomPrefix = "custom.";
inline constexpr size_t kCustomNameMax = 200;  // bytes

// Errors: InvalidArgument, listing what there is.
Result<WantedMetric> parse_wanted_metric(std::string_view text);

// SQL over the records of one bucket of `step_s` seconds.
std::string aggregate_sql(const WantedMetric& wanted, double step_s);

// Which sums tell of a metric.
sums::Of sums_of(const WantedMetric& wanted);

// The same over rows in the form that is added (sums::SumColumn).
struct SumsAggregate {
  std::vector<std::string> columns;  // of sums, that `sql` needs
  std::vector<std::string> sql;      // one value; or a sketch, the least and the greatest value
  double quantile = -1;              // of the sketch; below 0 where sql gives the value itself
  double scale = 1;                  // what a quantile is divided by
};
// Nothing where only records tell it.
std::optional<SumsAggregate> sums_aggregate(const WantedMetric& wanted, double step_s);
std::string_view unit_of(const WantedMetric& wanted);

}  // namespace sentinel::query
