#include "services/ingest/ingest_service.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_writer.hpp"
#include "base/secret.hpp"
#include "postgres/embedded_sql.hpp"

namespace sentinel::ingest {

namespace {

// Each takes a statement or three: a request of 10,000 new ones would hold its connection for long.
constexpr int kNewNamesMax = 100;

// Each IO thread decodes with a parser of its own; a body is decoded without a wait in between.
RecordDecoder& decoder_of_this_thread() {
  thread_local RecordDecoder decoder;
  return decoder;
}

// What a key is for: a record and an event that have the same are two things.
struct KeySpace {
  std::string_view own;
  std::string_view of_request;
};
constexpr KeySpace kRecordKeys{"record", "request"};
constexpr KeySpace kEventKeys{"event", "event request"};

// The record's own key, else the request's and the position; empty when there is neither.
std::optional<Uuid> key_of(const KeySpace& space, const models::ApiKey& key, const Uuid& agent,
                           std::string_view record_id, std::string_view idempotency_key,
                           size_t index) {
  std::string_view agent_bytes(reinterpret_cast<const char*>(agent.bytes.data()),
                               agent.bytes.size());
  if (!record_id.empty()) return hash_fields({space.own, agent_bytes, record_id});
  if (idempotency_key.empty()) return std::nullopt;
  std::string_view key_id(reinterpret_cast<const char*>(key.key_id.bytes.data()),
                          key.key_id.bytes.size());
  return hash_fields(
      {space.of_request, key_id, idempotency_key, std::to_string(index), agent_bytes});
}

Rows encode(const models::ApiKey& key, const DecodedRecords& decoded,
            const std::vector<RecordIds>& ids, std::string_view idempotency_key,
            Timestamp arrived) {
  Rows rows;
  rows.ts_min = Timestamp::max();
  rows.ts_max = Timestamp::min();
  rows.records = static_cast<int>(decoded.records.size());
  const bool keyed =
      !idempotency_key.empty() ||
      std::ranges::any_of(decoded.records, [](const auto& r) { return !r.record_id.empty(); });
  for (size_t i = 0; i < decoded.records.size(); ++i) {
    const auto& record = decoded.records[i];
    const Timestamp ts = record.ts.value_or(arrived);
    append_tuple(rows.tuples, record, ids[i], ts);
    rows.ts_min = std::min(rows.ts_min, ts);
    rows.ts_max = std::max(rows.ts_max, ts);
    if (std::ranges::find(rows.agents, ids[i].agent) == rows.agents.end()) {
      rows.agents.push_back(ids[i].agent);
    }
    if (!keyed) continue;
    rows.ends.push_back(static_cast<uint32_t>(rows.tuples.size()));
    // In a request where some records carry a key, the others get one that nobody else has.
    rows.keys.push_back(key_of(kRecordKeys, key, ids[i].agent, record.record_id, idempotency_key,
                               decoded.indexes[i])
                            .value_or(random_uuid()));
  }
  return rows;
}

void sort_by_index(std::vector<models::Rejection>& rejected) {
  std::ranges::sort(rejected, {}, &models::Rejection::index);
}

}  // namespace

IngestService::IngestService(postgres::Endpoint endpoint, WriterLimits limits)
    : database_(endpoint), registry_(database_), keys_(database_), writer_(endpoint, limits) {}

Task<Result<void>> IngestService::resolve(const models::ApiKey& key, DecodedRecords& decoded,
                                          std::vector<RecordIds>& ids) {
  size_t kept = 0;
  int unknown = 0;
  for (size_t i = 0; i < decoded.records.size(); ++i) {
    const auto& record = decoded.records[i];
    RecordIds found;
    if (unknown > kNewNamesMax) {
      decoded.rejected.push_back(
          {decoded.indexes[i], "agent_id",
           fmt::format("the records before it bring more than {} names of agents, models or hosts "
                       "that are new; send it in a request of its own",
                       kNewNamesMax)});
      continue;
    }
    if (!key.may_write(record.agent)) {
      decoded.rejected.push_back(
          {decoded.indexes[i], "agent_id",
           fmt::format("agent_id '{}' is not among the agents of this key", record.agent)});
      continue;
    }
    if (auto agent = registry_.known_agent(record.agent)) {
      found.agent = *agent;
    } else {
      ++unknown;
      auto resolved = co_await registry_.agent(std::string(record.agent), key.may_register);
      if (!resolved && resolved.error().code == ErrorCode::NotFound) {
        decoded.rejected.push_back({decoded.indexes[i], "agent_id", resolved.error().message});
        continue;
      }
      if (!resolved) co_return forward(resolved);
      found.agent = *resolved;
    }
    if (!record.model.empty()) {
      found.model = registry_.known_model(record.provider, record.model);
      if (!found.model) {
        ++unknown;
        auto resolved =
            co_await registry_.model(std::string(record.provider), std::string(record.model));
        if (!resolved) co_return forward(resolved);
        found.model = *resolved;
      }
    }
    if (!record.host.empty()) {
      found.host = registry_.known_host(record.host);
      if (!found.host) {
        ++unknown;
        auto resolved = co_await registry_.host(std::string(record.host));
        if (!resolved) co_return forward(resolved);
        found.host = *resolved;
      }
    }
    ids.push_back(found);
    decoded.records[kept] = record;
    decoded.indexes[kept++] = decoded.indexes[i];
  }
  decoded.records.resize(kept);
  decoded.indexes.resize(kept);
  co_return Result<void>{};
}

Task<Result<IngestReply>> IngestService::ingest_metrics(const models::ApiKey& key,
                                                        const std::string& body, BodyFormat format,
                                                        std::string_view idempotency_key) {
  ++statistics_.requests;
  const Timestamp arrived = now();
  auto decoded = decoder_of_this_thread().decode(body, format, arrived);
  if (!decoded) co_return forward(decoded);
  std::vector<RecordIds> ids;
  ids.reserve(decoded->records.size());
  auto resolved = co_await resolve(key, *decoded, ids);
  if (!resolved) co_return forward(resolved);
  IngestReply reply;
  if (!decoded->records.empty()) {
    auto rows = encode(key, *decoded, ids, idempotency_key, arrived);
    auto written = co_await writer_.write(std::move(rows));
    if (!written) co_return forward(written);
    reply.accepted = written->stored;
    reply.duplicates = written->duplicates;
  }
  statistics_.rejected += decoded->rejected.size();
  reply.rejected = std::move(decoded->rejected);
  sort_by_index(reply.rejected);
  co_return reply;
}

Task<Result<IngestReply>> IngestService::ingest_events(const models::ApiKey& key,
                                                       const std::string& body,
                                                       std::string_view idempotency_key) {
  ++statistics_.requests;
  const Timestamp arrived = now();
  auto decoded = decode_events(body, arrived);
  if (!decoded) co_return forward(decoded);
  IngestReply reply;
  reply.rejected = std::move(decoded->rejected);
  JsonWriter events;
  events.begin_array();
  int count = 0;
  for (size_t i = 0; i < decoded->events.size(); ++i) {
    const auto& event = decoded->events[i];
    const size_t index = decoded->indexes[i];
    if (!key.may_write(event.agent)) {
      reply.rejected.push_back(
          {index, "agent_id",
           fmt::format("agent_id '{}' is not among the agents of this key", event.agent)});
      continue;
    }
    auto known = registry_.known_agent(event.agent);
    Result<Uuid> agent =
        known ? Result<Uuid>(*known) : co_await registry_.agent(event.agent, key.may_register);
    if (!agent && agent.error().code == ErrorCode::NotFound) {
      reply.rejected.push_back({index, "agent_id", agent.error().message});
      continue;
    }
    if (!agent) co_return forward(agent);
    auto event_key = key_of(kEventKeys, key, *agent, event.event_id, idempotency_key, index)
                         .value_or(random_uuid());
    events.begin_object()
        .field("agent_id", format_uuid(*agent))
        .field("type", event.type)
        .field("ts", format_rfc3339(event.ts.value_or(arrived)))
        .field("message", event.message)
        .field("key_hash", format_uuid(event_key));
    events.key("attributes").raw(event.attributes).end_object();
    ++count;
  }
  events.end_array();
  statistics_.rejected += reply.rejected.size();
  sort_by_index(reply.rejected);
  if (count == 0) co_return reply;

  auto day = std::chrono::floor<std::chrono::days>(arrived).time_since_epoch().count();
  auto opened = co_await database_.query("ingest_day_open", postgres::Params(day));
  if (!opened) co_return forward(opened);
  auto stored = co_await database_.query(
      "event_insert", postgres::Params(events.text(), day, event_writer_, ++event_sequence_));
  if (!stored) co_return forward(stored);
  reply.accepted = static_cast<int>(stored->integer(0, 0));
  reply.duplicates = count - reply.accepted;
  statistics_.events += static_cast<uint64_t>(reply.accepted);
  co_return reply;
}

}  // namespace sentinel::ingest
