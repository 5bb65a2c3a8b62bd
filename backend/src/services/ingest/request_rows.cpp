#include "services/ingest/request_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <type_traits>

#include "base/json_writer.hpp"
#include "base/secret.hpp"
#include "otlp/decode.hpp"
#include "services/ingest/copy_encoder.hpp"
#include "services/ingest/name_lookup.hpp"

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

// Of a record of a few values; others make it grow.
constexpr size_t kTupleBytesExpected = 200;

Rows encode(const Request& request, const DecodedRecords& decoded,
            const std::vector<RecordIds>& ids) {
  Rows rows;
  rows.ts_min = Timestamp::max();
  rows.ts_max = Timestamp::min();
  rows.records = static_cast<int>(decoded.records.size());
  rows.ends.reserve(decoded.records.size());
  rows.tuples.reserve(decoded.records.size() * kTupleBytesExpected);
  const bool keyed =
      !request.idempotency_key.empty() || std::ranges::any_of(decoded.records, [](const auto& r) {
        return r.key || !r.record_id.empty();
      });
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
    if (record.key) {
      rows.keys.push_back(*record.key);
      continue;
    }
    // In a request where some records carry a key, the others get one that nobody else has.
    auto key = key_of(kRecordKeys, request, ids[i].agent, record.record_id, decoded.indexes[i]);
    rows.keys.push_back(key ? *key : random_uuid());
  }
  return rows;
}

// Codes of refusals that are about the names in a record.
constexpr std::string_view kAgentRefused = "agent_refused";
constexpr std::string_view kAgentUnknown = "agent_unknown";
constexpr std::string_view kNewNames = "new_names_limit";
constexpr std::string_view kNewAgents = "new_agents_limit";
constexpr std::string_view kCustomNames = "custom_metric_names_limit";
constexpr std::string_view kCounterSeries = "counter_series_limit";

// Literals, as those of Rejection::code are.
std::string_view code_of(const Error& error) {
  for (auto code : {kAgentUnknown, kNewAgents}) {
    if (error.reason == code) return code;
  }
  return kAgentRefused;
}

// A failure that is about this record alone.
bool spares_the_others(const Error& error) {
  return error.code == ErrorCode::NotFound || error.code == ErrorCode::InvalidArgument;
}

// By index, and each item once: a histogram is two points, and a counter brings a sample.
void sort_by_index(std::vector<models::Rejection>& rejected) {
  std::ranges::sort(rejected, {}, [](const auto& one) { return std::tie(one.index, one.field); });
  const auto rest = std::ranges::unique(rejected, {}, &models::Rejection::index);
  rejected.erase(rest.begin(), rest.end());
}

// Adds what can be said of some records, points or events.
template <class Items>
Result<void> look_at(const Registry& registry, const Request& request, const Items& items,
                     const std::vector<size_t>& indexes, Outlook& seen) {
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string_view agent = items[i].agent;
    if (auto refused = agent_refusal(*request.key, agent)) {
      seen.rejected.push_back(
          {indexes[i], "agent_id", std::move(*refused), std::string(agent), kAgentRefused});
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
  return {};
}

}  // namespace

bool is_repeatable(const std::vector<models::Rejection>& rejected) {
  return std::ranges::none_of(rejected, [](const models::Rejection& one) {
    return one.code == kNewNames || one.code == kNewAgents || one.code == kCustomNames ||
           one.code == kCounterSeries;
  });
}

Result<Outlook> outlook(const Registry& registry, const Request& request) {
  Outlook seen;
  if (request.kind == RequestKind::Events) {
    auto decoded = decode_events(request.body, request.arrived);
    if (!decoded) return forward(decoded);
    seen.rejected = std::move(decoded->rejected);
    auto looked = look_at(registry, request, decoded->events, decoded->indexes, seen);
    if (!looked) return forward(looked);
  } else {
    auto decoded = decode_records(request);
    if (!decoded) return forward(decoded);
    seen.rejected = std::move(decoded->rejected);
    auto looked = look_at(registry, request, decoded->records, decoded->indexes, seen);
    if (!looked) return forward(looked);
    looked = look_at(registry, request, decoded->points, decoded->point_indexes, seen);
    if (!looked) return forward(looked);
  }
  sort_by_index(seen.rejected);
  return seen;
}

Result<DecodedRecords> decode_records(const Request& request) {
  using otlp::Encoding, otlp::Signal;
  // Each IO thread decodes with a parser of its own; a body is decoded without a wait in between.
  thread_local RecordDecoder decoder;
  otlp::DecodeOptions options{.now = request.arrived, .sole_agent = {}};
  if (request.key->agents.size() == 1) options.sole_agent = request.key->agents.front();
  auto decode_otlp = [&](Signal signal, Encoding encoding) {
    return otlp::decode(signal, encoding, request.body, options);
  };
  switch (request.kind) {
    case RequestKind::Json:
      return decoder.decode(request.body, BodyFormat::Json, request.arrived);
    case RequestKind::Ndjson:
      return decoder.decode(request.body, BodyFormat::Ndjson, request.arrived);
    case RequestKind::TracesProtobuf:
      return decode_otlp(Signal::Traces, Encoding::Protobuf);
    case RequestKind::TracesJson:
      return decode_otlp(Signal::Traces, Encoding::Json);
    case RequestKind::MetricsProtobuf:
      return decode_otlp(Signal::Metrics, Encoding::Protobuf);
    case RequestKind::MetricsJson:
      return decode_otlp(Signal::Metrics, Encoding::Json);
    case RequestKind::LogsProtobuf:
      return decode_otlp(Signal::Logs, Encoding::Protobuf);
    case RequestKind::LogsJson:
      return decode_otlp(Signal::Logs, Encoding::Json);
    case RequestKind::Events:
      break;
  }
  return fail(ErrorCode::Internal, "request_kind", "events are not records");
}

namespace {

// What remains of the items whose records are stored.
template <class Item>
class Kept {
 public:
  Kept(std::vector<Item>& items, std::vector<size_t>& indexes) : items_(items), indexes_(indexes) {}
  void keep(size_t i) {
    if (i != count_) {
      items_[count_] = items_[i];
      indexes_[count_] = indexes_[i];
    }
    ++count_;
  }
  void drop_others() {
    items_.resize(count_);
    indexes_.resize(count_);
  }

 private:
  std::vector<Item>& items_;
  std::vector<size_t>& indexes_;
  size_t count_ = 0;
};

// The ids of all, when all of their names are in memory.
template <class Item>
std::optional<std::vector<RecordIds>> known_ids(const Names& names,
                                                const std::vector<Item>& items) {
  std::vector<RecordIds> ids;
  ids.reserve(items.size());
  for (const auto& item : items) {
    auto known = names.known(item);
    if (!known) return std::nullopt;
    ids.push_back(*known);
  }
  return ids;
}

// The ids of all records or points, asking for those that are not in memory; what cannot be stored
// is taken out of `items` and refused. Errors: Unavailable.
template <class Item>
Task<Result<std::vector<RecordIds>>> find_ids(Names& names, MemoryBudget* memory,
                                              std::vector<Item>& items,
                                              std::vector<size_t>& indexes,
                                              std::vector<models::Rejection>& rejected) {
  MemoryLease lease(memory);
  if (auto held = lease.hold(items.size() * sizeof(Item)); !held) co_return forward(held);
  auto recalled = co_await names.recall(items);
  if (!recalled) co_return forward(recalled);
  std::vector<RecordIds> ids;
  ids.reserve(items.size());
  Kept kept(items, indexes);
  for (size_t i = 0; i < items.size(); ++i) {
    if (auto over = names.over_limit()) {
      rejected.push_back(
          {indexes[i], "agent_id", std::move(*over), std::string(items[i].agent), kNewNames});
      continue;
    }
    auto found = names.known(items[i]);
    if (!found) {
      auto asked = co_await names.find(items[i]);
      if (!asked && spares_the_others(asked.error())) {
        rejected.push_back({indexes[i], "agent_id", asked.error().message,
                            std::string(items[i].agent), code_of(asked.error())});
        continue;
      }
      if (!asked) co_return forward(asked);
      found = *asked;
    }
    ids.push_back(*found);
    kept.keep(i);
  }
  kept.drop_others();
  co_return ids;
}

// Why a record is refused for the names of its custom metrics, or a point for its series, if it is.
template <class Item>
std::optional<models::Rejection> over_names(CardinalityLimits& limits, const Uuid& agent,
                                            const Item& item, size_t index) {
  constexpr bool kIsPoint = std::is_same_v<Item, models::CounterPoint>;
  std::optional<CardinalityLimits::Refused> over;
  if constexpr (kIsPoint) {
    over = limits.admit_series(agent, item.name, item.attributes, now());
  } else if (!item.custom.empty()) {
    over = limits.admit_custom(agent, item.custom);
  }
  if (!over) return std::nullopt;
  return models::Rejection{index, std::move(over->field), std::move(over->reason),
                           std::string(item.agent), kIsPoint ? kCounterSeries : kCustomNames};
}

// Takes out what brings too many names, and refuses it.
template <class Item>
void refuse_over_names(CardinalityLimits* limits, std::vector<RecordIds>& ids,
                       std::vector<Item>& items, std::vector<size_t>& indexes,
                       std::vector<models::Rejection>& rejected) {
  if (!limits) return;
  Kept kept(items, indexes);
  size_t kept_ids = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    if (auto over = over_names(*limits, ids[i].agent, items[i], indexes[i])) {
      rejected.push_back(std::move(*over));
      continue;
    }
    ids[kept_ids++] = ids[i];
    kept.keep(i);
  }
  kept.drop_others();
  ids.resize(kept_ids);
}

std::string points_json(const std::vector<models::CounterPoint>& points,
                        const std::vector<RecordIds>& ids) {
  JsonWriter json;
  json.begin_array();
  for (size_t i = 0; i < points.size(); ++i) {
    const auto& point = points[i];
    json.begin_object()
        .field("agent_id", format_uuid(ids[i].agent))
        .field("name", point.name)
        .field("host_id", ids[i].host)
        .field("process_id", point.process_id)
        .field("ts", format_rfc3339(point.ts))
        .field("cumulative", point.cumulative)
        .field("value", point.value);
    if (point.start) json.field("start_ts", format_rfc3339(*point.start));
    if (!point.attributes.empty()) json.key("attributes").raw(point.attributes);
    json.end_object();
  }
  return json.end_array().take();
}

RecordRows rows_of(Registry& registry, const Request& request, DecodedRecords& decoded,
                   std::vector<RecordIds>& ids, std::vector<RecordIds>& point_ids,
                   CardinalityLimits* cardinality) {
  refuse_over_names(cardinality, ids, decoded.records, decoded.indexes, decoded.rejected);
  refuse_over_names(cardinality, point_ids, decoded.points, decoded.point_indexes,
                    decoded.rejected);
  registry.prices().set_costs(decoded.records, request.arrived);
  RecordRows made;
  made.rows = encode(request, decoded, ids);
  if (!decoded.points.empty()) made.points_json = points_json(decoded.points, point_ids);
  made.points = static_cast<int>(decoded.points.size());
  made.rejected = std::move(decoded.rejected);
  made.ignored = decoded.ignored;
  sort_by_index(made.rejected);
  return made;
}

}  // namespace

std::optional<RecordRows> make_known_rows(Registry& registry, const Request& request,
                                          DecodedRecords& decoded, NameLimits limits) {
  const Names names(registry, *request.key, limits);
  auto ids = known_ids(names, decoded.records);
  if (!ids) return std::nullopt;
  auto point_ids = known_ids(names, decoded.points);
  if (!point_ids) return std::nullopt;
  return rows_of(registry, request, decoded, *ids, *point_ids, limits.cardinality);
}

Task<Result<RecordRows>> make_rows(Registry& registry, const Request& request,
                                   DecodedRecords decoded, NameLimits limits) {
  if (auto made = make_known_rows(registry, request, decoded, limits)) co_return std::move(*made);
  Names names(registry, *request.key, limits);
  auto ids =
      co_await find_ids(names, limits.memory, decoded.records, decoded.indexes, decoded.rejected);
  if (!ids) co_return forward(ids);
  auto point_ids = co_await find_ids(names, limits.memory, decoded.points, decoded.point_indexes,
                                     decoded.rejected);
  if (!point_ids) co_return forward(point_ids);
  co_return rows_of(registry, request, decoded, *ids, *point_ids, limits.cardinality);
}

Task<Result<EventRows>> make_rows(Registry& registry, const Request& request, DecodedEvents decoded,
                                  NameLimits limits) {
  Names names(registry, *request.key, limits);
  auto recalled = co_await names.recall(decoded.events);
  if (!recalled) co_return forward(recalled);
  EventRows made{.rejected = std::move(decoded.rejected)};
  JsonWriter json;
  json.begin_array();
  for (size_t i = 0; i < decoded.events.size(); ++i) {
    const auto& event = decoded.events[i];
    const auto index = decoded.indexes[i];
    if (auto over = names.over_limit()) {
      made.rejected.push_back({index, "agent_id", std::move(*over), event.agent, kNewNames});
      continue;
    }
    auto agent = co_await names.agent(event.agent);
    if (!agent && spares_the_others(agent.error())) {
      made.rejected.push_back(
          {index, "agent_id", agent.error().message, event.agent, code_of(agent.error())});
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

}  // namespace sentinel::ingest
