#include "services/query/metric_catalog.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sentinel::query {
namespace {

constexpr std::string_view kAggregates[] = {"avg",  "min", "max", "sum", "count",
                                            "last", "p50", "p95", "p99"};

std::string refused(std::string_view text) {
  auto wanted = parse_wanted_metric(text);
  return wanted ? "" : wanted.error().reason + ": " + wanted.error().message;
}

TEST(MetricCatalog, TakesEveryMetricWithEveryAggregate) {
  for (const auto& metric : metric_catalog()) {
    for (auto aggregate : kAggregates) {
      auto text = std::string(metric.name) + ":" + std::string(aggregate);
      auto wanted = parse_wanted_metric(text);
      ASSERT_TRUE(wanted) << text;
      EXPECT_EQ(wanted->metric.get(), &metric);
      EXPECT_EQ(wanted->text, text);
      EXPECT_FALSE(aggregate_sql(*wanted, 60).empty());
      EXPECT_EQ(unit_of(*wanted), aggregate == "count" ? "count" : metric.unit);
    }
  }
}

TEST(MetricCatalog, HasEachNameOnceAndOnlyUnitsOfTheContract) {
  std::set<std::string_view> names;
  const std::set<std::string_view> units{"ms", "req/min", "USD", "%", "MB", "tokens", "count"};
  for (const auto& metric : metric_catalog()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_TRUE(units.contains(metric.unit)) << metric.unit;
  }
}

TEST(MetricCatalog, ListsWhatThereIsWhenItDoesNotKnowAName) {
  EXPECT_EQ(refused("lag:p95"),
            "metric_unknown: there is no metric 'lag'; there are latency_ms, ttft_ms, "
            "throughput_req_per_min, requests, errors, "
            "error_rate_percent, cost_usd, unpriced_records, input_tokens, output_tokens, "
            "cache_read_tokens, "
            "cache_write_tokens, "
            "reasoning_tokens, cpu_usage_percent, gpu_usage_percent, memory_usage_mb, "
            "gpu_memory_usage_mb, and custom. with the name of a custom metric");
  EXPECT_TRUE(refused("").starts_with("metric_unknown: there is no metric ''; "));
  EXPECT_TRUE(refused("LATENCY_MS:p95").starts_with("metric_unknown: "));
}

TEST(MetricCatalog, TakesCustomMetricsByTheirNames) {
  for (std::string name : {"queue", "a b", "it's", "tokens:cached", "ü\\"}) {
    auto wanted = parse_wanted_metric("custom." + name + ":p95");
    ASSERT_TRUE(wanted) << name;
    EXPECT_EQ(wanted->metric->name, "custom." + name);
    EXPECT_EQ(wanted->aggregate, Aggregate::P95);
    EXPECT_EQ(unit_of(*wanted), "");
    EXPECT_EQ(sums_of(*wanted), sums::Of::Custom);
  }
  EXPECT_EQ(refused("custom.:avg"),
            "metric_unknown: a custom metric is custom. and a name of at most 200 bytes");
  EXPECT_TRUE(refused("custom." + std::string(201, 'x') + ":avg").starts_with("metric_unknown: "));
  EXPECT_TRUE(refused("custom.queue").starts_with("aggregate_unknown: "));
}

TEST(MetricCatalog, KnowsWhatSumsOfCustomMetricsTell) {
  std::string told;
  for (auto aggregate : kAggregates) {
    auto wanted = parse_wanted_metric("custom.it's:" + std::string(aggregate)).value();
    auto from_sums = sums_aggregate(wanted, 60);
    if (!from_sums) continue;
    told += std::string(aggregate) + ' ';
    ASSERT_EQ(from_sums->sql.size(), 1u);
    EXPECT_TRUE(from_sums->sql[0].contains("FILTER (WHERE name = E'it''s')"));
    for (const auto& column : from_sums->columns) {
      EXPECT_TRUE(sums::has_sum_column(sums::Of::Custom, column)) << column;
    }
  }
  EXPECT_EQ(told, "avg min max sum count ");
}

TEST(MetricCatalog, ListsTheAggregatesWhenItDoesNotKnowOne) {
  for (std::string text :
       {"latency_ms", "latency_ms:", "latency_ms:p90", "latency_ms:p95:x", "latency_ms:P95"}) {
    EXPECT_EQ(refused(text), "aggregate_unknown: '" + text +
                                 "' needs an aggregate behind a colon, one of avg, min, max, sum, "
                                 "count, last, p50, p95, p99");
  }
}

TEST(MetricCatalog, NeverPutsTextOfTheClientIntoSql) {
  for (std::string text : {"latency_ms:p95; DROP TABLE agent", "latency_ms':p95", "latency_ms:'"})
    EXPECT_NE(refused(text), "");
}

TEST(AggregateSql, CountsRequestsAMinuteWhereNoneIsReported) {
  auto wanted = parse_wanted_metric("throughput_req_per_min:avg");
  EXPECT_EQ(aggregate_sql(*wanted, 30),
            "coalesce(avg(throughput_millirpm / 1e3::float8), sum(request_count) FILTER (WHERE "
            "kind = 'r') * 2::float8)");
}

TEST(AggregateSql, AddsMoneyAsIntegers) {
  EXPECT_EQ(aggregate_sql(*parse_wanted_metric("cost_usd:sum"), 1),
            "sum(cost_nanos) / 1e9::float8");
}

TEST(AggregateSql, WeighsAnErrorRateByRequests) {
  EXPECT_EQ(aggregate_sql(*parse_wanted_metric("error_rate_percent:avg"), 1),
            "100.0::float8 * sum(CASE WHEN error THEN request_count ELSE 0 END) / "
            "nullif(sum(request_count), 0)");
}

}  // namespace
}  // namespace sentinel::query
