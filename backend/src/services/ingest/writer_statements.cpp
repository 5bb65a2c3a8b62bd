#include "services/ingest/writer_statements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/time.hpp"
#include "services/ingest/copy_encoder.hpp"

namespace sentinel::ingest {

namespace {

// A retry may reach a replica whose clock runs ahead: around midnight a key is written under both
// days.
constexpr auto kDayOverlap = std::chrono::minutes{10};

template <class Items, class ToText>
std::string array_literal(const Items& items, ToText to_text) {
  std::string text = "'{";
  for (const auto& item : items) {
    if (text.size() > 2) text += ',';
    text += to_text(item);
  }
  return text + "}'";
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
      "agent_ids) VALUES ({0}, '{1}', {2}, {3}, {4}, '{5}', '{6}', {7});",
      id.day, format_uuid(id.writer), id.sequence, generation, records, format_rfc3339(ts_min),
      format_rfc3339(ts_max), array_literal(agents, format_uuid));
}

std::string copy_statement(int32_t generation) {
  return fmt::format("COPY metric_record_g{} ({}) FROM STDIN BINARY", generation, copy_columns());
}

std::string key_statement(int32_t today, const std::vector<const Rows*>& batch) {
  std::vector<Uuid> keys;
  for (const auto* rows : batch) keys.insert(keys.end(), rows->keys.begin(), rows->keys.end());
  std::ranges::sort(keys);
  auto repeated = std::ranges::unique(keys);
  keys.erase(repeated.begin(), repeated.end());
  auto wanted =
      fmt::format("unnest({}::uuid[]) AS wanted (key_hash)", array_literal(keys, format_uuid));
  auto since_midnight = now() - std::chrono::floor<std::chrono::days>(now());
  if (since_midnight > kDayOverlap) {
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
