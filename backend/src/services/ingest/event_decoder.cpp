#include "services/ingest/event_decoder.hpp"

#include <algorithm>

#include "services/ingest/json_fields.hpp"

namespace sentinel::ingest {

namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kTypes[] = {"started", "stopped", "error", "deployed", "annotation"};

Refusal read_type(JsonValue& value, std::string& out) {
  std::string_view text;
  if (value.get_string().get(text)) return "type must be a text";
  if (std::ranges::find(kTypes, text) == std::end(kTypes)) {
    return fmt::format(
        "type '{}' is unknown; it is started, stopped, error, deployed or annotation",
        text.substr(0, 40));
  }
  out = text;
  return std::nullopt;
}

Refusal read_message(JsonValue& value, std::string& out) {
  std::string_view text;
  if (value.get_string().get(text)) return "message must be a text";
  if (size_t length = models::length_of(text); length > models::kMessageLengthMax) {
    return fmt::format("message has {} characters, the limit is {}", length,
                       models::kMessageLengthMax);
  }
  if (text.find('\0') != text.npos) return "message holds a NUL character";
  out = text;
  return std::nullopt;
}

Refusal read_text(JsonValue& value, std::string_view key, std::string& out) {
  std::list<std::string> arena;
  std::string_view text;
  auto refused = read_name(value, key, models::kNameLengthMax, arena, text);
  out = text;
  return refused;
}

Refusal read_time(JsonValue& value, Timestamp now, std::optional<Timestamp>& out) {
  std::string_view text;
  if (value.get_string().get(text)) return "timestamp must be an RFC 3339 text";
  auto time = parse_rfc3339(text);
  if (!time) return "timestamp: " + time.error().message;
  if (auto refused = models::time_refusal(*time, now)) return refused;
  out = *time;
  return std::nullopt;
}

Refusal read_event_field(std::string_view key, JsonValue& value, Timestamp now, AgentEvent& event) {
  if (is_null(value)) return std::nullopt;
  if (key == "agent_id") return read_text(value, key, event.agent);
  if (key == "type") return read_type(value, event.type);
  if (key == "timestamp") return read_time(value, now, event.ts);
  if (key == "event_id") return read_text(value, key, event.event_id);
  if (key == "message") return read_message(value, event.message);
  if (key == "attributes") {
    std::string_view text;
    auto refused = read_object(value, key, Members::Scalars, text);
    if (!refused) event.attributes = text;
    return refused;
  }
  return fmt::format("there is no field '{}'", key.substr(0, 60));
}

// False when the JSON itself is broken.
bool decode_event(ondemand::object object, size_t index, Timestamp now, DecodedEvents& out) {
  AgentEvent event;
  std::optional<models::Rejection> rejection;
  for (auto item : object) {
    ondemand::field member;
    std::string_view key;
    if (std::move(item).get(member) || member.unescaped_key().get(key)) return false;
    // Of an event that is refused only one thing still matters: whose it is.
    if (rejection && key != "agent_id") continue;
    JsonValue value = member.value();
    auto refused = read_event_field(key, value, now, event);
    if (refused && !rejection) {
      rejection = {index, std::string(key.substr(0, 60)), std::move(*refused)};
    }
    if (rejection && !event.agent.empty()) break;
  }
  for (auto [field, text] : {std::pair{"agent_id", &event.agent}, std::pair{"type", &event.type}}) {
    if (!rejection && text->empty()) {
      rejection = {index, field, fmt::format("{} is missing", field)};
    }
  }
  if (rejection) {
    rejection->agent = std::move(event.agent);
    out.rejected.push_back(std::move(*rejection));
    return true;
  }
  out.events.push_back(std::move(event));
  out.indexes.push_back(index);
  return true;
}

}  // namespace

Result<DecodedEvents> decode_events(const std::string& body, Timestamp now) {
  ondemand::parser parser;
  DecodedEvents out;
  auto decoded = decode_objects(
      parser, body, models::kEventsMax, out.rejected,
      [&](ondemand::object object, size_t index) { return decode_event(object, index, now, out); });
  if (!decoded) return forward(decoded);
  return out;
}

}  // namespace sentinel::ingest
