#include "services/query/metric_catalog.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "postgres/connection.hpp"
#include "services/sums/sum_columns.hpp"

namespace sentinel::query {

namespace {

constexpr Metric kCatalog[] = {
    {"latency_ms", "ms", "latency_us / 1e3::float8", "latency", 1e3},
    {"ttft_ms", "ms", "ttft_us / 1e3::float8", "ttft", 1e3},
    {"throughput_req_per_min", "req/min", "throughput_millirpm / 1e3::float8", "throughput", 1e3},
    {"requests", "count", "request_count", "requests"},
    {"errors", "count",
     "CASE WHEN error THEN request_count WHEN request_count IS NOT NULL THEN 0 END", "errors"},
    {"error_rate_percent", "%",
     "CASE WHEN error THEN 100.0::float8 WHEN request_count IS NOT NULL THEN 0.0 END", "errors"},
    {"cost_usd", "USD", "cost_nanos / 1e9::float8", "cost", 1e9},
    {"unpriced_records", "count",
     "CASE WHEN kind = 'c' THEN -(attributes ->> 'unpriced_records')::bigint WHEN cost_source = "
     "'u' "
     "THEN 1 END",
     "unpriced_records"},
    {"input_tokens", "tokens", "input_tokens", "input_tokens"},
    {"output_tokens", "tokens", "output_tokens", "output_tokens"},
    {"cache_read_tokens", "tokens", "cache_read_tokens", "cache_read_tokens"},
    {"cache_write_tokens", "tokens", "cache_write_tokens", "cache_write_tokens"},
    {"reasoning_tokens", "tokens", "reasoning_tokens", "reasoning_tokens"},
    {"cpu_usage_percent", "%", "cpu_centipercent / 1e2::float8", "cpu", 1e2},
    {"gpu_usage_percent", "%", "gpu_centipercent / 1e2::float8", "gpu", 1e2},
    {"memory_usage_mb", "MB", "memory_bytes / 1e6::float8", "memory", 1e6},
    {"gpu_memory_usage_mb", "MB", "gpu_memory_bytes / 1e6::float8", "gpu_memory", 1e6},
};

struct NamedAggregate {
  std::string_view name;
  Aggregate aggregate;
};

constexpr NamedAggregate kAggregates[] = {
    {"avg", Aggregate::Avg}, {"min", Aggregate::Min},     {"max", Aggregate::Max},
    {"sum", Aggregate::Sum}, {"count", Aggregate::Count}, {"last", Aggregate::Last},
    {"p50", Aggregate::P50}, {"p95", Aggregate::P95},     {"p99", Aggregate::P99},
};

template <class Items>
std::string names_of(const Items& items) {
  std::string names;
  for (const auto& item : items) names.append(names.empty() ? "" : ", ").append(item.name);
  return names;
}

std::optional<SumsAggregate> sketch_aggregate(const Metric& metric, double quantile) {
  const auto sketch = fmt::format("{}_sketch", metric.sums);
  if (!sums::has_sum_column(sums::Of::Columns, sketch)) return std::nullopt;
  const auto least = fmt::format("{}_min", metric.sums),
             greatest = fmt::format("{}_max", metric.sums);
  return SumsAggregate{.columns = {sketch, least, greatest},
                       .sql = {fmt::format("string_agg({}, '')", sketch),
                               fmt::format("min({})", least), fmt::format("max({})", greatest)},
                       .quantile = quantile,
                       .scale = metric.scale};
}

}  // namespace

std::span<const Metric> metric_catalog() { return kCatalog; }

namespace {

Result<std::shared_ptr<const Metric>> find_metric(std::string_view name) {
  if (name.starts_with(kCustomPrefix)) {
    const auto custom = name.substr(kCustomPrefix.size());
    if (custom.empty() || custom.size() > kCustomNameMax) {
      return fail(
          ErrorCode::InvalidArgument, "metric_unknown",
          fmt::format("a custom metric is custom. and a name of at most {} bytes", kCustomNameMax));
    }
    struct Custom {
      std::string name;
      std::string literal;
      std::string value;
      Metric metric;
    };
    auto made = std::make_shared<Custom>();
    made->name = name;
    made->literal = postgres::to_literal(custom);
    made->value = fmt::format("(custom ->> {})::float8", made->literal);
    made->metric = {
        .name = made->name, .unit = "", .value = made->value, .sums = "", .custom = made->literal};
    return std::shared_ptr<const Metric>(made, &made->metric);
  }
  const auto* found = std::ranges::find(kCatalog, name, &Metric::name);
  if (found != std::end(kCatalog))
    return std::shared_ptr<const Metric>(std::shared_ptr<void>(), found);
  return fail(ErrorCode::InvalidArgument, "metric_unknown",
              fmt::format("there is no metric '{}'; there are {}, and custom. with the name of a "
                          "custom metric",
                          name.substr(0, 60), names_of(kCatalog)));
}

}  // namespace

Result<WantedMetric> parse_wanted_metric(std::string_view text) {
  // The name of a custom metric may hold a colon.
  const size_t colon = text.starts_with(kCustomPrefix) ? text.rfind(':') : text.find(':');
  auto metric = find_metric(text.substr(0, colon));
  if (!metric) return forward(metric);
  auto wanted = colon == text.npos ? std::string_view{} : text.substr(colon + 1);
  auto aggregate = std::ranges::find(kAggregates, wanted, &NamedAggregate::name);
  if (aggregate == std::end(kAggregates)) {
    return fail(ErrorCode::InvalidArgument, "aggregate_unknown",
                fmt::format("'{}' needs an aggregate behind a colon, one of {}", text.substr(0, 60),
                            names_of(kAggregates)));
  }
  return WantedMetric{std::move(*metric), aggregate->aggregate, std::string(text)};
}

// A correction is no record of its own: it counts in sums, as the difference that it is, and
// nowhere else.
std::string aggregate_sql(const WantedMetric& wanted, double step_s) {
  constexpr std::string_view kRecords = "FILTER (WHERE kind <> 'c')";
  auto value = wanted.metric->value;
  auto percentile = [&](double fraction) {
    return fmt::format("percentile_cont({}) WITHIN GROUP (ORDER BY {}) {}", fraction, value,
                       kRecords);
  };
  if (!wanted.metric->custom.empty()) {
    // As their sums tell it: added exactly, and none where no record has it.
    const auto exact = fmt::format("(custom ->> {})::numeric", wanted.metric->custom);
    if (wanted.aggregate == Aggregate::Avg) return fmt::format("avg({})::float8", exact);
    if (wanted.aggregate == Aggregate::Sum) return fmt::format("sum({})::float8", exact);
    if (wanted.aggregate == Aggregate::Count) return fmt::format("nullif(count({}), 0)", exact);
  }
  switch (wanted.aggregate) {
    case Aggregate::Avg:
      if (wanted.metric->name == "throughput_req_per_min") {
        // What agents report, else what was counted.
        return fmt::format(
            "coalesce(avg({}), sum(request_count) FILTER (WHERE kind = 'r') * {}::float8)", value,
            60.0 / step_s);
      }
      if (wanted.metric->name == "error_rate_percent") {
        return "100.0::float8 * sum(CASE WHEN error THEN request_count ELSE 0 END) / "
               "nullif(sum(request_count), 0)";
      }
      if (wanted.metric->name == "cost_usd") {
        // Over the records whose cost is known, be it by a correction.
        return "sum(cost_nanos) / 1e9::float8 / nullif(count(cost_nanos) FILTER (WHERE kind <> "
               "'c') + coalesce(sum((attributes ->> 'unpriced_records')::bigint) FILTER (WHERE "
               "kind = 'c'), 0), 0)";
      }
      return fmt::format("avg({}) {}", value, kRecords);
    case Aggregate::Min:
      return fmt::format("min({}) {}", value, kRecords);
    case Aggregate::Max:
      return fmt::format("max({}) {}", value, kRecords);
    case Aggregate::Sum:
      // Money is added as integers.
      if (wanted.metric->name == "cost_usd") return "sum(cost_nanos) / 1e9::float8";
      return fmt::format("sum({})", value);
    case Aggregate::Count:
      return fmt::format("count({}) {}", value, kRecords);
    case Aggregate::Last:
      return fmt::format(
          "(array_agg({0} ORDER BY ts DESC) FILTER (WHERE {0} IS NOT NULL AND kind <> 'c'))[1]",
          value);
    case Aggregate::P50:
      return percentile(0.5);
    case Aggregate::P95:
      return percentile(0.95);
    case Aggregate::P99:
      return percentile(0.99);
  }
  return "NULL";
}

sums::Of sums_of(const WantedMetric& wanted) {
  return wanted.metric->custom.empty() ? sums::Of::Columns : sums::Of::Custom;
}

namespace {

std::optional<SumsAggregate> custom_aggregate(const WantedMetric& wanted) {
  auto over = [&wanted](std::string_view aggregate) {
    return fmt::format("{} FILTER (WHERE name = {})", aggregate, wanted.metric->custom);
  };
  switch (wanted.aggregate) {
    case Aggregate::Avg:
      return SumsAggregate{
          {"value_sum", "value_n"},
          {fmt::format("({} / {})::float8", over("sum(value_sum)"), over("sum(value_n)"))}};
    case Aggregate::Sum:
      return SumsAggregate{{"value_sum"}, {fmt::format("({})::float8", over("sum(value_sum)"))}};
    case Aggregate::Count:
      return SumsAggregate{{"value_n"}, {over("sum(value_n)")}};
    case Aggregate::Min:
      return SumsAggregate{{"value_min"}, {fmt::format("({})::float8", over("min(value_min)"))}};
    case Aggregate::Max:
      return SumsAggregate{{"value_max"}, {fmt::format("({})::float8", over("max(value_max)"))}};
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<SumsAggregate> sums_aggregate(const WantedMetric& wanted, double step_s) {
  if (sums_of(wanted) == sums::Of::Custom) return custom_aggregate(wanted);
  const auto& metric = *wanted.metric;
  if (metric.sums.empty()) return std::nullopt;
  const std::string name(metric.sums);
  // Errors are told of the records that count requests.
  const bool errors = name == "errors", counts = errors || name == "requests";
  const auto n = counts ? std::string("requests_n") : name + "_n";
  const auto sum = counts ? name : name + "_sum";
  auto in_unit = [&metric](std::string_view sql) {
    return fmt::format("({}) / {}::float8", sql, metric.scale);
  };
  auto mean = [&](std::string_view of, std::string_view by) {
    return in_unit(fmt::format("({})::float8 / nullif({}, 0)", of, by));
  };
  if (name == "unpriced_records") {
    if (wanted.aggregate != Aggregate::Sum) return std::nullopt;
    return SumsAggregate{{name}, {fmt::format("sum({})", name)}};
  }
  switch (wanted.aggregate) {
    case Aggregate::Count:
      return SumsAggregate{{n}, {fmt::format("sum({})", n)}};
    case Aggregate::Sum:
      if (metric.name == "error_rate_percent") return std::nullopt;
      if (errors) {
        return SumsAggregate{{sum, "requests"},
                             {"CASE WHEN count(requests) > 0 THEN coalesce(sum(errors), 0) END"}};
      }
      return SumsAggregate{{sum}, {in_unit(fmt::format("sum({})", sum))}};
    case Aggregate::Avg:
      if (metric.name == "error_rate_percent") {
        return SumsAggregate{{sum, "requests"},
                             {mean("100 * coalesce(sum(errors), 0)", "sum(requests)")}};
      }
      if (errors) {
        return SumsAggregate{{sum, n}, {mean("coalesce(sum(errors), 0)", "sum(requests_n)")}};
      }
      if (name == "cost") {
        return SumsAggregate{{sum, n, "priced_requests"},
                             {mean("sum(cost_sum)",
                                   "sum(cost_n) + coalesce(sum(priced_requests) FILTER (WHERE kind "
                                   "= 'c'), 0)")}};
      }
      if (name == "throughput") {
        return SumsAggregate{
            {sum, n, "requests"},
            {fmt::format("coalesce({}, sum(requests) FILTER (WHERE kind = 'r') * {}::float8)",
                         mean("sum(throughput_sum)", "sum(throughput_n)"), 60.0 / step_s)}};
      }
      return SumsAggregate{{sum, n},
                           {mean(fmt::format("sum({}) FILTER (WHERE kind <> 'c')", sum),
                                 fmt::format("sum({})", n))}};
    case Aggregate::Min:
    case Aggregate::Max: {
      const std::string_view which = wanted.aggregate == Aggregate::Min ? "min" : "max";
      const auto column = fmt::format("{}_{}", name, which);
      if (!sums::has_sum_column(sums::Of::Columns, column)) return std::nullopt;
      return SumsAggregate{{column}, {in_unit(fmt::format("{}({})", which, column))}};
    }
    case Aggregate::P50:
      return sketch_aggregate(metric, 0.5);
    case Aggregate::P95:
      return sketch_aggregate(metric, 0.95);
    case Aggregate::P99:
      return sketch_aggregate(metric, 0.99);
    case Aggregate::Last:
      break;
  }
  return std::nullopt;
}

std::string_view unit_of(const WantedMetric& wanted) {
  return wanted.aggregate == Aggregate::Count ? "count" : wanted.metric->unit;
}

}  // namespace sentinel::query
