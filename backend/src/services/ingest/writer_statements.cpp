#include "services/ingest/writer_statements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/time.hpp"
#include "services/storage/chunk_encoder.hpp"

namespace sentinel::ingest {

namespace {

// A retry may reach a replica whose clock runs ahead: around midnight a key is written under both
// days.
constexpr auto kDayOverlap = std::chrono::minutes{10};

template <class Ids>
std::string array_of(const Ids& ids) {
  std::string text = "{";
  for (const auto& id : ids) {
    if (text.size() > 1) text += ',';
    text += format_uuid(id);
  }
  return text + '}';
}

}  // namespace

std::string batch_statement(const BatchId& id, int32_t generation,
                            const std::vector<const Rows*>& batch) {
  Timestamp ts_min = Timestamp::max(), ts_max = Timestamp::min();
  std::unordered_set<Uuid> agents;
  int records = 0;
  for (const auto* rows : batch) {
    records += rows->records;
    ts_min = std::min(ts_min, rows->ts_min);
    ts_max = std::max(ts_max, rows->ts_max);
    agents.insert(rows->agents.begin(), rows->agents.end());
  }
  return fmt::format(
      "INSERT INTO ingest_batch_d{0} (day, writer, sequence, gen, records, ts_min, ts_max, "
      "agent_ids) VALUES ({0}, '{1}', {2}, {3}, {4}, '{5}', '{6}', '{7}');",
      id.day, format_uuid(id.writer), id.sequence, generation, records, format_rfc3339(ts_min),
      format_rfc3339(ts_max), array_of(agents));
}

std::string copy_statement(int32_t generation) {
  return fmt::format("COPY metric_record_g{} ({}) FROM STDIN BINARY;", generation,
                     storage::record_columns());
}

std::string chunk_copy_statement(int32_t generation) {
  return fmt::format("COPY metric_hot_chunk_g{} ({}) FROM STDIN BINARY;", generation,
                     storage::chunk_columns());
}

std::vector<Uuid> distinct_keys(const std::vector<const Rows*>& batch) {
  std::vector<Uuid> keys;
  for (const auto* rows : batch) keys.insert(keys.end(), rows->keys.begin(), rows->keys.end());
  std::ranges::sort(keys);
  auto repeated = std::ranges::unique(keys);
  keys.erase(repeated.begin(), repeated.end());
  return keys;
}

bool is_around_midnight() {
  return now() - std::chrono::floor<std::chrono::days>(now()) <= kDayOverlap;
}

std::string key_copy_statement(int32_t today) {
  return fmt::format("COPY ingest_key_d{} (day, key_hash) FROM STDIN BINARY;", today);
}

std::string uuid_array(const std::vector<Uuid>& ids) { return array_of(ids); }

std::string key_statement(int32_t today, const std::vector<Uuid>& keys) {
  auto wanted = fmt::format("unnest('{}'::uuid[]) AS wanted (key_hash)", array_of(keys));
  if (!is_around_midnight()) {
    return fmt::format(
        "INSERT INTO ingest_key (day, key_hash) SELECT {0}, key_hash FROM {1} WHERE NOT EXISTS "
        "(SELECT FROM ingest_key k WHERE k.day = {2} AND k.key_hash = wanted.key_hash) "
        "ORDER BY key_hash ON CONFLICT DO NOTHING RETURNING key_hash",
        today, wanted, today - 1);
  }
  return fmt::format(
      "WITH yesterday AS (INSERT INTO ingest_key (day, key_hash) SELECT {2}, key_hash FROM {1} "
      "ORDER BY key_hash ON CONFLICT DO NOTHING RETURNING key_hash) "
      "INSERT INTO ingest_key (day, key_hash) SELECT {0}, key_hash FROM yesterday ORDER BY "
      "key_hash ON CONFLICT DO NOTHING RETURNING key_hash",
      today, wanted, today - 1);
}

}  // namespace sentinel::ingest
