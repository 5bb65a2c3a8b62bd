#include "services/sums/sum_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace sentinel::sums {

namespace {

// Shorter sketches stay as they were concatenated: few of their keys repeat, and to merge one costs
// more than it saves.
constexpr int kSketchBytesMax = 400;

struct Measure {
  std::string_view name;
  std::string_view record;  // its column in metric_record
  bool range = false;       // least and greatest are kept
  bool sketch = false;
};

constexpr Measure kMeasures[] = {
    {"latency", "latency_us", true, true},
    {"ttft", "ttft_us", true, true},
    {"throughput", "throughput_millirpm", true},
    {"cost", "cost_nanos", true},
    {"memory", "memory_bytes", true},
    {"gpu_memory", "gpu_memory_bytes", true},
    {"cpu", "cpu_centipercent", true},
    {"gpu", "gpu_centipercent", true},
    {"input_tokens", "input_tokens"},
    {"output_tokens", "output_tokens"},
    {"cache_read_tokens", "cache_read_tokens"},
    {"cache_write_tokens", "cache_write_tokens"},
    {"reasoning_tokens", "reasoning_tokens"},
};

SumColumn plain(std::string_view name, std::string_view of_record) {
  return {std::string(name), std::string(of_record), std::string(name),
          fmt::format("sum({})", name), std::string(name)};
}

// How many records have a value. NULL beside a sum stands for all of them.
SumColumn count_of(std::string_view name, std::string_view sum, std::string_view record) {
  return {std::string(name),
          fmt::format("CASE WHEN kind <> 'c' AND {} IS NOT NULL THEN 1 ELSE 0 END", record),
          fmt::format("CASE WHEN {} IS NOT NULL THEN coalesce({}, records) ELSE 0 END", sum, name),
          fmt::format("sum({})", name),
          fmt::format("CASE WHEN {} IS NOT NULL THEN nullif({}, records) END", sum, name)};
}

// Least or greatest. NULL beside a sum stands for the sum.
SumColumn extreme(std::string_view measure, std::string_view which, std::string_view record) {
  const auto name = fmt::format("{}_{}", measure, which), sum = fmt::format("{}_sum", measure);
  return {name, fmt::format("CASE WHEN kind <> 'c' THEN {} END", record),
          fmt::format("CASE WHEN kind <> 'c' THEN coalesce({}, {}::bigint) END", name, sum),
          fmt::format("{}({})", which, name), fmt::format("nullif({}, {})", name, sum)};
}

// Of records without a price; a correction takes away those of the records that it prices.
SumColumn unpriced_tokens(std::string_view record) {
  const auto name = fmt::format("unpriced_{}", record);
  return plain(name, fmt::format("CASE WHEN kind = 'c' THEN -(attributes ->> '{}')::bigint WHEN "
                                 "cost_source = 'u' THEN {} END",
                                 name, record));
}

std::vector<SumColumn> make_columns() {
  // How many records a correction prices.
  constexpr std::string_view kPriced = "(attributes ->> 'unpriced_records')::bigint";
  std::vector<SumColumn> columns{
      plain("records", "1"),
      plain("requests", "request_count"),
      count_of("requests_n", "requests", "request_count"),
      plain("errors", "CASE WHEN error THEN request_count END"),
      plain("priced_requests",
            fmt::format("CASE WHEN kind = 'c' THEN {} WHEN cost_nanos IS NOT NULL THEN "
                        "coalesce(request_count, 1) END",
                        kPriced)),
      plain("unpriced_requests", fmt::format("CASE WHEN kind = 'c' THEN -{} WHEN cost_source = 'u' "
                                             "THEN coalesce(request_count, 1) END",
                                             kPriced)),
      plain(
          "unpriced_records",
          fmt::format("CASE WHEN kind = 'c' THEN -{} WHEN cost_source = 'u' THEN 1 END", kPriced)),
      unpriced_tokens("input_tokens"),
      unpriced_tokens("output_tokens"),
  };
  for (const auto& [name, record, range, sketch] : kMeasures) {
    const auto sum = fmt::format("{}_sum", name);
    columns.push_back(count_of(fmt::format("{}_n", name), sum, record));
    columns.push_back(plain(sum, record));
    if (range) {
      columns.push_back(extreme(name, "min", record));
      columns.push_back(extreme(name, "max", record));
    }
    if (!sketch) continue;
    const auto entries = fmt::format("{}_sketch", name);
    columns.push_back(
        {entries, fmt::format("CASE WHEN kind <> 'c' THEN sketch_of({}) END", record), entries,
         fmt::format("string_agg({}, '')", entries),
         fmt::format("CASE WHEN length({0}) > {1} THEN sketch_merge({0}) ELSE {0} END", entries,
                     kSketchBytesMax)});
  }
  return columns;
}

// Of the records that have a value of this name. What a value that stands alone tells is not
// written again.
std::vector<SumColumn> make_custom_columns() {
  return {
      {"value_n", "1", "coalesce(value_n, 1)", "sum(value_n)", "nullif(value_n, 1)"},
      plain("value_sum", "value"),
      {"value_min", "value", "coalesce(value_min, value_sum)", "min(value_min)",
       "nullif(value_min, value_sum)"},
      {"value_max", "value", "coalesce(value_max, value_sum)", "max(value_max)",
       "nullif(value_max, value_sum)"},
  };
}

}  // namespace

std::span<const SumColumn> sum_columns(Of of) {
  static const std::vector<SumColumn> of_columns = make_columns(), custom = make_custom_columns();
  return of == Of::Custom ? custom : of_columns;
}

const SumColumn& sum_column(Of of, std::string_view name) {
  const auto columns = sum_columns(of);
  auto found = std::ranges::find(columns, name, &SumColumn::name);
  if (found == columns.end()) std::abort();
  return *found;
}

bool has_sum_column(Of of, std::string_view name) {
  const auto columns = sum_columns(of);
  return std::ranges::find(columns, name, &SumColumn::name) != columns.end();
}

std::string_view sum_keys(Of of) {
  switch (of) {
    case Of::Columns:
      return "kind, model_id, host_id";
    case Of::Custom:
      return "name, model_id, host_id";
    case Of::Fleet:
      break;
  }
  return "kind, model_id";
}

std::string_view sum_condition(Of of) { return of == Of::Custom ? "custom IS NOT NULL" : "true"; }

std::string_view sum_needs(Of of) {
  if (of == Of::Custom) return "agent_id, ts, model_id, host_id, custom";
  static const std::string of_columns = [] {
    std::string named = fmt::format("agent_id, ts, {}", sum_keys(Of::Columns));
    for (const auto& column : sum_columns(Of::Columns)) named += ", " + column.of_record;
    return named;
  }();
  return of_columns;
}

std::string sum_rows(Of of, std::string_view records) {
  if (of != Of::Custom) return fmt::format("({}) r", records);
  // Only numbers come in; of what somebody put there by hand, only numbers are added.
  return fmt::format(
      "(SELECT r.agent_id, r.ts, r.model_id, r.host_id, e.key AS name, e.value::numeric AS value "
      "FROM ({}) r CROSS JOIN LATERAL jsonb_each(CASE WHEN jsonb_typeof(r.custom) = 'object' THEN "
      "r.custom END) e WHERE jsonb_typeof(e.value) = 'number') r",
      records);
}

}  // namespace sentinel::sums
