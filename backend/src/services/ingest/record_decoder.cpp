#include "services/ingest/record_decoder.hpp"

#include "pricing/price.hpp"
#include "services/ingest/json_fields.hpp"

namespace sentinel::ingest {

namespace {

namespace ondemand = simdjson::ondemand;
using models::MetricRecord;
using models::RecordKind;

Refusal read_timestamp(JsonValue& value, std::optional<Timestamp>& out) {
  std::string_view text;
  if (value.get_string().get(text)) return "timestamp must be an RFC 3339 text";
  auto time = parse_rfc3339(text);
  if (!time) return "timestamp: " + time.error().message;
  out = *time;
  return std::nullopt;
}

Refusal read_kind(JsonValue& value, RecordKind& out) {
  std::string_view text;
  if (value.get_string().get(text)) return "kind must be a text";
  if (text == "request") {
    out = RecordKind::Request;
  } else if (text == "sample") {
    out = RecordKind::Sample;
  } else {
    return fmt::format("kind '{}' is unknown; it is request or sample", text.substr(0, 40));
  }
  return std::nullopt;
}

Refusal read_status(JsonValue& value, std::optional<bool>& error) {
  std::string_view text;
  if (value.get_string().get(text)) return "status must be a text";
  if (text != "success" && text != "error") {
    return fmt::format("status '{}' is unknown; it is success or error", text.substr(0, 40));
  }
  error = text == "error";
  return std::nullopt;
}

Refusal read_trace_id(JsonValue& value, std::optional<Uuid>& out) {
  std::string_view text;
  if (!value.get_string().get(text) && text.size() == 32) out = parse_uuid(text);
  if (!out) return "trace_id must be 32 hexadecimal digits";
  return std::nullopt;
}

Refusal read_span_id(JsonValue& value, std::optional<int64_t>& out) {
  std::string_view text;
  std::optional<std::string> bytes;
  if (!value.get_string().get(text) && text.size() == 16) bytes = from_hex(text);
  if (!bytes) return "span_id must be 16 hexadecimal digits";
  uint64_t number = 0;
  for (char byte : *bytes) number = number << 8 | static_cast<uint8_t>(byte);
  out = static_cast<int64_t>(number);
  return std::nullopt;
}

// A sender that counts cached tokens beside the input says so by sending more of them than input.
Refusal include_cached(MetricRecord& record) {
  if (!record.input_tokens) return std::nullopt;
  const auto input =
      pricing::inclusive_input(*record.input_tokens, record.cache_read_tokens.value_or(0),
                               record.cache_write_tokens.value_or(0));
  if (input > models::kTokensMax) {
    return fmt::format("input_tokens with cached ones is {}, over {}", input, models::kTokensMax);
  }
  record.input_tokens = input;
  return std::nullopt;
}

// What only makes sense once the whole record is known.
Refusal check_whole(MetricRecord& record, std::optional<int64_t> cost_per_request, Timestamp now,
                    std::string_view& field) {
  field = "agent_id";
  if (record.agent.empty()) return "agent_id is missing";
  field = "timestamp";
  if (record.ts) {
    if (auto refused = models::time_refusal(*record.ts, now)) return refused;
  }
  field = "input_tokens";
  if (auto refused = include_cached(record)) return refused;
  field = "cost_per_request";
  if (cost_per_request) {
    if (record.cost_nanos) return "cost_per_request and cost_usd exclude each other";
    if (record.request_count.value_or(1) != 1) {
      return "cost_per_request is for records of one request; send cost_usd";
    }
    record.cost_nanos = cost_per_request;
  }
  return std::nullopt;
}

// Reads one field. An unknown one is refused: a misspelt name must not be lost in silence.
Refusal read_field(std::string_view key, JsonValue& value, MetricRecord& record,
                   std::optional<int64_t>& cost_per_request, TextArena& arena) {
  using models::kLatencyMsMax, models::kTokensMax, models::kMemoryMbMax, models::kNameLengthMax;
#define IS(name)            \
  case fnv1a(name):         \
    if (key != name) break; \
    if (is_null(value)) return std::nullopt
  switch (fnv1a(key)) {
    IS("agent_id");
    return read_name(value, key, kNameLengthMax, arena, record.agent);
    IS("timestamp");
    return read_timestamp(value, record.ts);
    IS("kind");
    return read_kind(value, record.kind);
    IS("record_id");
    return read_name(value, key, kNameLengthMax, arena, record.record_id);
    IS("status");
    return read_status(value, record.error);
    IS("request_count");
    return read_integer(value, key, 1, models::kRequestCountMax, record.request_count);
    IS("latency_ms");
    return read_scaled(value, key, kLatencyMsMax, 1e3, record.latency_us);
    IS("ttft_ms");
    return read_scaled(value, key, kLatencyMsMax, 1e3, record.ttft_us);
    IS("throughput_req_per_min");
    return read_scaled(value, key, models::kThroughputMax, 1e3, record.throughput_millirpm);
    IS("cost_usd");
    return read_scaled(value, key, models::kCostUsdMax, 1e9, record.cost_nanos);
    IS("cost_per_request");
    return read_scaled(value, key, models::kCostUsdMax, 1e9, cost_per_request);
    IS("model");
    return read_name(value, key, kNameLengthMax, arena, record.model);
    IS("provider");
    return read_name(value, key, kNameLengthMax, arena, record.provider);
    IS("input_tokens");
    return read_integer(value, key, 0, kTokensMax, record.input_tokens);
    IS("output_tokens");
    return read_integer(value, key, 0, kTokensMax, record.output_tokens);
    IS("cache_read_tokens");
    return read_integer(value, key, 0, kTokensMax, record.cache_read_tokens);
    IS("cache_write_tokens");
    return read_integer(value, key, 0, kTokensMax, record.cache_write_tokens);
    IS("reasoning_tokens");
    return read_integer(value, key, 0, kTokensMax, record.reasoning_tokens);
    IS("cpu_usage_percent");
    return read_scaled(value, key, 100, 100, record.cpu_centipercent);
    IS("gpu_usage_percent");
    return read_scaled(value, key, 100, 100, record.gpu_centipercent);
    IS("gpu_count");
    return read_integer(value, key, 0, models::kGpuCountMax, record.gpu_count);
    IS("memory_usage_mb");
    return read_scaled(value, key, kMemoryMbMax, 1e6, record.memory_bytes);
    IS("gpu_memory_usage_mb");
    return read_scaled(value, key, kMemoryMbMax, 1e6, record.gpu_memory_bytes);
    IS("host");
    return read_name(value, key, kNameLengthMax, arena, record.host);
    IS("process_id");
    return read_integer(value, key, 1, models::kProcessIdMax, record.process_id);
    IS("trace_id");
    return read_trace_id(value, record.trace_id);
    IS("span_id");
    return read_span_id(value, record.span_id);
    IS("custom_metrics");
    return read_object(value, key, Members::Numbers, record.custom);
    IS("attributes");
    return read_object(value, key, Members::Scalars, record.attributes);
    default:
      break;
  }
#undef IS
  return fmt::format("there is no field '{}'", key.substr(0, 60));
}

}  // namespace

struct RecordDecoder::Impl {
  ondemand::parser parser;

  // Each line stands alone: a broken one is refused, the others are stored. What follows a line in
  // the body serves as the padding that the parser wants.
  Result<DecodedRecords> decode_lines(const std::string& body, Timestamp now) {
    DecodedRecords out;
    std::string_view rest = body;
    for (size_t index = 0; !rest.empty();) {
      size_t end = rest.find('\n');
      auto line = rest.substr(0, end);
      rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
      if (line.find_first_not_of(" \t\r") == line.npos) continue;
      if (index >= models::kRecordsMax) return too_many_records(models::kRecordsMax);
      ondemand::document document;
      ondemand::object object;
      size_t good = out.records.size();
      if (parser.iterate(line.data(), line.size(), line.size() + simdjson::SIMDJSON_PADDING)
              .get(document) ||
          document.get_object().get(object) || !decode_object(object, index, now, out) ||
          (out.records.size() > good && !at_end(document))) {
        out.records.resize(good);
        out.indexes.resize(good);
        out.rejected.push_back({index, "", "the line is not a JSON object"});
      }
      ++index;
    }
    return out;
  }

  // False when the text itself is broken, so that nothing after it can be trusted.
  bool decode_object(ondemand::object object, size_t index, Timestamp now, DecodedRecords& out) {
    MetricRecord record;
    std::optional<int64_t> cost_per_request;
    std::optional<models::Rejection> rejection;
    for (auto item : object) {
      ondemand::field member;
      std::string_view key;
      if (std::move(item).get(member) || member.unescaped_key().get(key)) return false;
      // Of a record that is refused only one thing still matters: whose it is.
      if (rejection && key != "agent_id") continue;
      JsonValue value = member.value();
      auto refused = read_field(key, value, record, cost_per_request, out.unescaped);
      if (refused && !rejection) {
        rejection = {index, std::string(key.substr(0, 60)), std::move(*refused)};
      }
      if (rejection && !record.agent.empty()) break;
    }
    std::string_view field;
    if (!rejection) {
      if (auto refused = check_whole(record, cost_per_request, now, field)) {
        rejection = {index, std::string(field), std::move(*refused)};
      }
    }
    if (rejection) {
      rejection->agent = record.agent;
      out.rejected.push_back(std::move(*rejection));
      return true;
    }
    out.records.push_back(record);
    out.indexes.push_back(index);
    return true;
  }
};

RecordDecoder::RecordDecoder() : impl_(std::make_unique<Impl>()) {}
RecordDecoder::~RecordDecoder() = default;

Result<DecodedRecords> RecordDecoder::decode(const std::string& body, BodyFormat format,
                                             Timestamp now) {
  if (format == BodyFormat::Ndjson) return impl_->decode_lines(body, now);
  DecodedRecords out;
  auto decoded = decode_objects(impl_->parser, body, models::kRecordsMax, out.rejected,
                                [&](ondemand::object object, size_t index) {
                                  return impl_->decode_object(object, index, now, out);
                                });
  if (!decoded) return forward(decoded);
  return out;
}

}  // namespace sentinel::ingest
