#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "demo/fleet.hpp"

namespace sentinel::demo {

namespace {

void field_if(JsonWriter& json, std::string_view name, const std::optional<int64_t>& value) {
  if (value) json.field(name, *value);
}

void field_if(JsonWriter& json, std::string_view name, std::string_view text) {
  if (!text.empty()) json.field(name, text);
}

// `unit` is how many of what is stored make one of what is sent.
void scaled_if(JsonWriter& json, std::string_view name, const std::optional<int64_t>& value,
               double unit) {
  if (value) json.field(name, static_cast<double>(*value) / unit);
}

// An agent has one record at a time: sent again, it is known by that.
std::string id_of(Timestamp ts) { return fmt::format("demo {}", ts.time_since_epoch().count()); }

}  // namespace

void append_json(std::string& out, const models::MetricRecord& record, Id id) {
  JsonWriter json;
  json.begin_object()
      .field("agent_id", record.agent)
      .field("timestamp", format_rfc3339(*record.ts));
  if (id == Id::Yes) json.field("record_id", id_of(*record.ts));
  if (record.kind == models::RecordKind::Sample) json.field("kind", "sample");
  if (record.error) json.field("status", *record.error ? "error" : "success");
  field_if(json, "request_count", record.request_count);
  scaled_if(json, "latency_ms", record.latency_us, 1e3);
  scaled_if(json, "ttft_ms", record.ttft_us, 1e3);
  scaled_if(json, "cost_usd", record.cost_nanos, 1e9);
  field_if(json, "model", record.model);
  field_if(json, "provider", record.provider);
  field_if(json, "input_tokens", record.input_tokens);
  field_if(json, "output_tokens", record.output_tokens);
  field_if(json, "cache_read_tokens", record.cache_read_tokens);
  field_if(json, "cache_write_tokens", record.cache_write_tokens);
  field_if(json, "reasoning_tokens", record.reasoning_tokens);
  scaled_if(json, "cpu_usage_percent", record.cpu_centipercent, 1e2);
  scaled_if(json, "gpu_usage_percent", record.gpu_centipercent, 1e2);
  field_if(json, "gpu_count", record.gpu_count);
  scaled_if(json, "memory_usage_mb", record.memory_bytes, 1e6);
  scaled_if(json, "gpu_memory_usage_mb", record.gpu_memory_bytes, 1e6);
  field_if(json, "host", record.host);
  field_if(json, "process_id", record.process_id);
  if (record.trace_id) {
    json.field("trace_id",
               to_hex({reinterpret_cast<const char*>(record.trace_id->bytes.data()), 16}));
  }
  if (record.span_id)
    json.field("span_id", fmt::format("{:016x}", static_cast<uint64_t>(*record.span_id)));
  json.end_object();
  if (!out.empty() && out.back() != '[') out += ',';
  out += json.text();
}

void append_json(std::string& out, const Event& event) {
  JsonWriter json;
  json.begin_object()
      .field("agent_id", event.agent->name)
      .field("type", event.type)
      .field("timestamp", format_rfc3339(event.ts))
      .field("event_id", fmt::format("{} {}", id_of(event.ts), event.type))
      .field("message", event.message)
      .end_object();
  if (!out.empty() && out.back() != '[') out += ',';
  out += json.text();
}

}  // namespace sentinel::demo
