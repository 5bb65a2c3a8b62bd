#include "services/ingest/copy_encoder.hpp"

#include "services/storage/record_columns.hpp"
#include "services/storage/tuple_writer.hpp"

namespace sentinel::ingest {

namespace {

using storage::TupleWriter;

constexpr int16_t kColumns = storage::kRecordColumnCount;
constexpr size_t kFixedBytesMax = 2 + kColumns * (4 + 16);
// PostgreSQL counts from 2000-01-01.
constexpr int64_t kPostgresEpoch = 946'684'800'000'000;

}  // namespace

void append_tuple(std::string& out, const models::MetricRecord& record, const RecordIds& ids,
                  Timestamp ts) {
  size_t start = out.size();
  out.resize(start + kFixedBytesMax + record.custom.size() + record.attributes.size() + 2);
  TupleWriter to(out.data() + start);
  to.raw<int16_t>(kColumns);
  to.uuid(ids.agent);
  to.number<int64_t>(ts.time_since_epoch().count() - kPostgresEpoch);
  to.maybe<int64_t>(record.latency_us);
  to.maybe<int64_t>(record.ttft_us);
  to.maybe<int64_t>(record.throughput_millirpm);
  to.maybe<int64_t>(record.cost_nanos);
  to.maybe<int64_t>(record.memory_bytes);
  to.maybe<int64_t>(record.gpu_memory_bytes);
  to.maybe<int64_t>(record.span_id);
  record.trace_id ? to.uuid(*record.trace_id) : to.null();
  if (record.kind == models::RecordKind::Request) {
    to.number<int32_t>(static_cast<int32_t>(record.request_count.value_or(1)));
  } else {
    to.maybe<int32_t>(record.request_count);
  }
  to.maybe<int32_t>(ids.model);
  to.maybe<int32_t>(ids.host);
  to.maybe<int32_t>(record.process_id);
  to.maybe<int32_t>(record.input_tokens);
  to.maybe<int32_t>(record.output_tokens);
  to.maybe<int32_t>(record.cache_read_tokens);
  to.maybe<int32_t>(record.cache_write_tokens);
  to.maybe<int32_t>(record.reasoning_tokens);
  to.maybe<int16_t>(record.cpu_centipercent);
  to.maybe<int16_t>(record.gpu_centipercent);
  to.maybe<int16_t>(record.gpu_count);
  to.byte(static_cast<char>(record.kind));
  if (record.cost_source) {
    to.byte(static_cast<char>(*record.cost_source));
  } else if (record.cost_nanos) {
    to.byte(static_cast<char>(models::CostSource::Reported));
  } else {
    to.null();
  }
  if (record.error) {
    to.byte(*record.error ? 1 : 0);
  } else {
    to.null();
  }
  to.jsonb(record.custom);
  to.jsonb(record.attributes);
  out.resize(static_cast<size_t>(to.end() - out.data()));
}

void append_key_tuple(std::string& out, int32_t day, const Uuid& key) {
  char tuple[2 + 4 + 4 + 4 + 16];
  TupleWriter to(tuple);
  to.raw<int16_t>(2);
  to.number<int32_t>(day);
  to.uuid(key);
  out.append(tuple, sizeof tuple);
}

}  // namespace sentinel::ingest
