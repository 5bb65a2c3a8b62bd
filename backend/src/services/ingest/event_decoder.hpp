// The JSON of agent events: one object or an array -> events that keep every rule.
#pragma once

#include <list>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "models/metric_record.hpp"

namespace sentinel::ingest {

struct AgentEvent {
  std::string agent;
  std::string type;
  std::optional<Timestamp> ts;
  std::string event_id;
  std::string message;
  std::string attributes = "{}";
};

struct DecodedEvents {
  std::vector<AgentEvent> events;
  std::vector<size_t> indexes;
  std::vector<models::Rejection> rejected;
};

// `body` must keep 64 bytes of capacity past its size. Errors: json_invalid, too_many_records.
Result<DecodedEvents> decode_events(const std::string& body, Timestamp now);

}  // namespace sentinel::ingest
