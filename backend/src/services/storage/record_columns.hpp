// The columns of a record, in the order in which binary COPY takes them: one table for all that
// writes records, packs them into chunks or reads them back.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace sentinel::storage {

struct RecordColumn {
  enum class Kind { Agent, Time, Integer, SpanId, TraceId, Json };

  std::string_view name;
  std::string_view type;  // in metric_record
  Kind kind = Kind::Integer;
  // What the constraints of metric_record let in.
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();
};

// "char" and boolean are integers here: the code of the letter, and 0 or 1.
inline constexpr RecordColumn kRecordColumns[] = {
    {"agent_id", "uuid", RecordColumn::Kind::Agent},
    {"ts", "timestamptz", RecordColumn::Kind::Time},
    {"latency_us", "bigint", RecordColumn::Kind::Integer, 0},
    {"ttft_us", "bigint", RecordColumn::Kind::Integer, 0},
    {"throughput_millirpm", "bigint", RecordColumn::Kind::Integer, 0},
    {"cost_nanos", "bigint"},
    {"memory_bytes", "bigint", RecordColumn::Kind::Integer, 0},
    {"gpu_memory_bytes", "bigint", RecordColumn::Kind::Integer, 0},
    {"span_id", "bigint", RecordColumn::Kind::SpanId},
    {"trace_id", "uuid", RecordColumn::Kind::TraceId},
    {"request_count", "integer", RecordColumn::Kind::Integer, 0},
    {"model_id", "integer"},
    {"host_id", "integer"},
    {"process_id", "integer"},
    {"input_tokens", "integer"},
    {"output_tokens", "integer"},
    {"cache_read_tokens", "integer"},
    {"cache_write_tokens", "integer"},
    {"reasoning_tokens", "integer"},
    {"cpu_centipercent", "smallint", RecordColumn::Kind::Integer, 0, 10'000},
    {"gpu_centipercent", "smallint", RecordColumn::Kind::Integer, 0, 10'000},
    {"gpu_count", "smallint", RecordColumn::Kind::Integer, 0},
    {"kind", "\"char\"", RecordColumn::Kind::Integer, 'c', 's'},
    {"cost_source", "\"char\"", RecordColumn::Kind::Integer, 'c', 'u'},
    {"error", "boolean", RecordColumn::Kind::Integer, 0, 1},
    {"custom", "jsonb", RecordColumn::Kind::Json},
    {"attributes", "jsonb", RecordColumn::Kind::Json},
};
inline constexpr size_t kRecordColumnCount = std::size(kRecordColumns);

// The place of a column in a tuple; past the end where there is none of that name.
constexpr size_t place_of(std::string_view name) {
  size_t place = 0;
  while (place < kRecordColumnCount && kRecordColumns[place].name != name) ++place;
  return place;
}

}  // namespace sentinel::storage
