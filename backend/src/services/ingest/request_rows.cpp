#include "services/ingest/request_rows.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_writer.hpp"
#include "base/secret.hpp"
#include "services/ingest/batch_commit.hpp"
#include "services/ingest/copy_encoder.hpp"

namespace sentinel::ingest {

namespace {

// What a key is for: a record and an event that have the same are two things.
struct KeySpace {
  std::string_view own;
  std::string_view of_request;
};
constexpr KeySpace kRecordKeys{"record", "request"};
constexpr KeySpace kEventKeys{"event", "event request"};

// The record's own key, else the request's and the position; empty when there is neither.
std::optional<Uuid> key_of(const KeySpace& space, const Request& request, const Uuid& agent,
                           std::string_view record_id, size_t index) {
  std::string_view agent_bytes(reinterpret_cast<const char*>(agent.bytes.data()),
                               agent.bytes.size());
  if (!record_id.empty()) return hash_fields({space.own, agent_bytes, record_id});
  if (request.idempotency_key.empty()) return std::nullopt;
  const auto& key_id = request.key->key_id;
  std::string_view key_bytes(reinterpret_cast<const char*>(key_id.bytes.data()),
                             key_id.bytes.size());
  return hash_fields(
      {space.of_request, key_bytes, request.idempotency_key, std::to_string(index), agent_bytes});
}

Rows encode(const Request& request, const DecodedRecords& decoded,
            const std::vector<RecordIds>& ids) {
  Rows rows;
  rows.ts_min = Timestamp::max();
  rows.ts_max = Timestamp::min();
  rows.records = static_cast<int>(decoded.records.size());
  const bool keyed =
      !request.idempotency_key.empty() ||
      std::ranges::any_of(decoded.records, [](const auto& r) { return !r.record_id.empty(); });
  for (size_t i = 0; i < decoded.records.size(); ++i) {
    const auto& record = decoded.records[i];
    const Timestamp ts = record.ts.value_or(request.arrived);
    append_tuple(rows.tuples, record, ids[i], ts);
    rows.ends.push_back(static_cast<uint32_t>(rows.tuples.size()));
    rows.ts_min = std::min(rows.ts_min, ts);
    rows.ts_max = std::max(rows.ts_max, ts);
    if (std::ranges::find(rows.agents, ids[i].agent) == rows.agents.end()) {
      rows.agents.push_back(ids[i].agent);
    }
    if (!keyed) continue;
    // In a request where some records carry a key, the others get one that nobody else has.
    rows.keys.push_back(
        key_of(kRecordKeys, request, ids[i].agent, record.record_id, decoded.indexes[i])
            .value_or(random_uuid()));
  }
  return rows;
}

std::optional<std::string> refusal(const models::ApiKey& key, std::string_view agent) {
  if (key.may_write(agent)) return std::nullopt;
  return fmt::format("agent_id '{}' is not among the agents of this key", agent);
}

// Looks names up for one request and counts the new ones.
class Names {
 public:
  Names(Registry& registry, const models::ApiKey& key, NameLimits limits)
      : registry_(registry), key_(key), limits_(limits) {}

  // Nothing when one more would be over the limit.
  std::optional<std::string> over_limit() const {
    if (unknown_ <= limits_.new_max) return std::nullopt;
    return fmt::format(
        "the records before it bring more than {} names of agents, models or hosts that are new; "
        "send it in a request of its own",
        limits_.new_max);
  }

  // The ids of a record whose names are all in memory.
  std::optional<RecordIds> known(const models::MetricRecord& record) const {
    auto agent = registry_.known_agent(record.agent);
    if (!agent || !key_.may_write(record.agent)) return std::nullopt;
    RecordIds ids{.agent = *agent, .model = std::nullopt, .host = std::nullopt};
    if (!record.model.empty()) {
      ids.model = registry_.known_model(record.provider, record.model);
      if (!ids.model) return std::nullopt;
    }
    if (!record.host.empty()) {
      ids.host = registry_.known_host(record.host);
      if (!ids.host) return std::nullopt;
    }
    return ids;
  }
  // The same, asking the database for what is not. Errors: as of agent().
  Task<Result<RecordIds>> find(const models::MetricRecord& record) {
    auto found_agent = co_await agent(record.agent);
    if (!found_agent) co_return forward(found_agent);
    RecordIds ids{.agent = *found_agent, .model = std::nullopt, .host = std::nullopt};
    if (!record.model.empty()) {
      ids.model = registry_.known_model(record.provider, record.model);
      if (!ids.model) {
        if (auto asked = ask(); !asked) co_return forward(asked);
        auto model =
            co_await registry_.model(std::string(record.provider), std::string(record.model));
        if (!model) co_return forward(model);
        ids.model = *model;
      }
    }
    if (!record.host.empty()) {
      ids.host = registry_.known_host(record.host);
      if (!ids.host) {
        if (auto asked = ask(); !asked) co_return forward(asked);
        auto host = co_await registry_.host(std::string(record.host));
        if (!host) co_return forward(host);
        ids.host = *host;
      }
    }
    co_return ids;
  }
  // Errors: InvalidArgument (this key may not write for it), NotFound, Unavailable.
  Task<Result<Uuid>> agent(std::string_view name) {
    if (auto refused = refusal(key_, name)) {
      co_return fail(ErrorCode::InvalidArgument, "agent_refused", std::move(*refused));
    }
    if (auto known = registry_.known_agent(name)) co_return *known;
    if (auto asked = ask(); !asked) co_return forward(asked);
    co_return co_await registry_.agent(std::string(name), key_.may_register);
  }

 private:
  Result<void> ask() {
    ++unknown_;
    if (limits_.ask) return {};
    return fail(ErrorCode::Unavailable, "database_unavailable", "the database is not available");
  }

  Registry& registry_;
  const models::ApiKey& key_;
  NameLimits limits_;
  int unknown_ = 0;
};

// A failure that is about this record alone.
bool spares_the_others(const Error& error) {
  return error.code == ErrorCode::NotFound || error.code == ErrorCode::InvalidArgument;
}

void sort_by_index(std::vector<models::Rejection>& rejected) {
  std::ranges::sort(rejected, {}, &models::Rejection::index);
}

template <class Items>
Result<Outlook> outlook_of(const Registry& registry, const Request& request, const Items& items,
                           const std::vector<size_t>& indexes,
                           std::vector<models::Rejection> rejected) {
  Outlook seen;
  seen.rejected = std::move(rejected);
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string_view agent = items[i].agent;
    if (auto refused = refusal(*request.key, agent)) {
      seen.rejected.push_back({indexes[i], "agent_id", std::move(*refused)});
      continue;
    }
    if (!request.key->may_register && !registry.known_agent(agent)) {
      return fail(ErrorCode::Unavailable, "database_unavailable",
                  fmt::format("the database is not available, so it cannot be told whether there "
                              "is an agent '{}'; this key may not register one",
                              agent));
    }
    ++seen.count;
  }
  sort_by_index(seen.rejected);
  return seen;
}

}  // namespace

Result<Outlook> outlook(const Registry& registry, const Request& request) {
  if (request.kind == RequestKind::Events) {
    auto decoded = decode_events(request.body, request.arrived);
    if (!decoded) return forward(decoded);
    return outlook_of(registry, request, decoded->events, decoded->indexes,
                      std::move(decoded->rejected));
  }
  auto decoded = decode_records(request);
  if (!decoded) return forward(decoded);
  return outlook_of(registry, request, decoded->records, decoded->indexes,
                    std::move(decoded->rejected));
}

Result<DecodedRecords> decode_records(const Request& request) {
  // Each IO thread decodes with a parser of its own; a body is decoded without a wait in between.
  thread_local RecordDecoder decoder;
  const auto format = request.kind == RequestKind::Ndjson ? BodyFormat::Ndjson : BodyFormat::Json;
  return decoder.decode(request.body, format, request.arrived);
}

Task<Result<RecordRows>> make_rows(Registry& registry, const Request& request,
                                   DecodedRecords decoded, NameLimits limits) {
  Names names(registry, *request.key, limits);
  std::vector<RecordIds> ids;
  ids.reserve(decoded.records.size());
  size_t kept = 0;
  for (size_t i = 0; i < decoded.records.size(); ++i) {
    const auto& record = decoded.records[i];
    const auto index = decoded.indexes[i];
    if (auto over = names.over_limit()) {
      decoded.rejected.push_back({index, "agent_id", std::move(*over)});
      continue;
    }
    auto found = names.known(record);
    if (!found) {
      auto asked = co_await names.find(record);
      if (!asked && spares_the_others(asked.error())) {
        decoded.rejected.push_back({index, "agent_id", asked.error().message});
        continue;
      }
      if (!asked) co_return forward(asked);
      found = *asked;
    }
    ids.push_back(*found);
    decoded.records[kept] = record;
    decoded.indexes[kept++] = index;
  }
  decoded.records.resize(kept);
  decoded.indexes.resize(kept);
  RecordRows made{encode(request, decoded, ids), std::move(decoded.rejected)};
  sort_by_index(made.rejected);
  co_return made;
}

Task<Result<EventRows>> make_rows(Registry& registry, const Request& request, DecodedEvents decoded,
                                  NameLimits limits) {
  Names names(registry, *request.key, limits);
  EventRows made{.rejected = std::move(decoded.rejected)};
  JsonWriter json;
  json.begin_array();
  for (size_t i = 0; i < decoded.events.size(); ++i) {
    const auto& event = decoded.events[i];
    const auto index = decoded.indexes[i];
    if (auto over = names.over_limit()) {
      made.rejected.push_back({index, "agent_id", std::move(*over)});
      continue;
    }
    auto agent = co_await names.agent(event.agent);
    if (!agent && spares_the_others(agent.error())) {
      made.rejected.push_back({index, "agent_id", agent.error().message});
      continue;
    }
    if (!agent) co_return forward(agent);
    auto key = key_of(kEventKeys, request, *agent, event.event_id, index).value_or(random_uuid());
    json.begin_object()
        .field("agent_id", format_uuid(*agent))
        .field("type", event.type)
        .field("ts", format_rfc3339(event.ts.value_or(request.arrived)))
        .field("message", event.message)
        .field("key_hash", format_uuid(key));
    json.key("attributes").raw(event.attributes).end_object();
    ++made.count;
  }
  json.end_array();
  made.json = json.take();
  sort_by_index(made.rejected);
  co_return made;
}

Task<Result<int>> insert_events(postgres::Database& database, const EventRows& events,
                                const BatchId& id) {
  const auto today = day_of(now());
  for (int32_t day : {id.day, today}) {
    auto opened = co_await database.query("ingest_day_open", postgres::Params(day));
    if (!opened) co_return forward(opened);
    if (id.day == today) break;
  }
  auto stored = co_await database.query(
      "event_insert", postgres::Params(events.json, id.day, id.writer, id.sequence, today));
  if (!stored) co_return forward(stored);
  co_return static_cast<int>(stored->integer(0, 0));
}

}  // namespace sentinel::ingest
