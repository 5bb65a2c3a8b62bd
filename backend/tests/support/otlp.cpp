#include "support/otlp.hpp"

#include <fmt/format.h>

#include <map>
#include <protozero/pbf_writer.hpp>
#include <stdexcept>

#include "base/json_writer.hpp"
#include "support/json.hpp"

namespace sentinel::testing {

namespace {

enum class Form {
  Text,
  Hex,
  Bytes,
  Bool,
  Enum,
  Int64,
  Fixed64,
  Sfixed64,
  Double,
  Doubles,
  Counts,
  Message
};

struct Field {
  uint32_t number;
  Form form;
  std::string_view message = {};  // name of the message
};

using Fields = std::map<std::string_view, Field>;

// opentelemetry-proto, as far as a test sends it.
const std::map<std::string_view, Fields>& messages() {
  static const std::map<std::string_view, Fields> all = {
      {"TracesRequest", {{"resourceSpans", {1, Form::Message, "ResourceSpans"}}}},
      {"MetricsRequest", {{"resourceMetrics", {1, Form::Message, "ResourceMetrics"}}}},
      {"LogsRequest", {{"resourceLogs", {1, Form::Message, "ResourceLogs"}}}},
      {"ResourceSpans",
       {{"resource", {1, Form::Message, "Resource"}},
        {"scopeSpans", {2, Form::Message, "ScopeSpans"}}}},
      {"ResourceMetrics",
       {{"resource", {1, Form::Message, "Resource"}},
        {"scopeMetrics", {2, Form::Message, "ScopeMetrics"}}}},
      {"ResourceLogs",
       {{"resource", {1, Form::Message, "Resource"}},
        {"scopeLogs", {2, Form::Message, "ScopeLogs"}}}},
      {"ScopeSpans",
       {{"scope", {1, Form::Message, "Scope"}}, {"spans", {2, Form::Message, "Span"}}}},
      {"ScopeMetrics",
       {{"scope", {1, Form::Message, "Scope"}}, {"metrics", {2, Form::Message, "Metric"}}}},
      {"ScopeLogs",
       {{"scope", {1, Form::Message, "Scope"}}, {"logRecords", {2, Form::Message, "Log"}}}},
      {"Resource", {{"attributes", {1, Form::Message, "KeyValue"}}}},
      {"Scope", {{"name", {1, Form::Text}}, {"version", {2, Form::Text}}}},
      {"KeyValue", {{"key", {1, Form::Text}}, {"value", {2, Form::Message, "AnyValue"}}}},
      {"AnyValue",
       {{"stringValue", {1, Form::Text}},
        {"boolValue", {2, Form::Bool}},
        {"intValue", {3, Form::Int64}},
        {"doubleValue", {4, Form::Double}},
        {"arrayValue", {5, Form::Message, "ArrayValue"}},
        {"kvlistValue", {6, Form::Message, "KeyValueList"}},
        {"bytesValue", {7, Form::Bytes}}}},
      {"ArrayValue", {{"values", {1, Form::Message, "AnyValue"}}}},
      {"KeyValueList", {{"values", {1, Form::Message, "KeyValue"}}}},
      {"Span",
       {{"traceId", {1, Form::Hex}},
        {"spanId", {2, Form::Hex}},
        {"parentSpanId", {4, Form::Hex}},
        {"name", {5, Form::Text}},
        {"kind", {6, Form::Enum}},
        {"startTimeUnixNano", {7, Form::Fixed64}},
        {"endTimeUnixNano", {8, Form::Fixed64}},
        {"attributes", {9, Form::Message, "KeyValue"}},
        {"status", {15, Form::Message, "Status"}}}},
      {"Status", {{"message", {2, Form::Text}}, {"code", {3, Form::Enum}}}},
      {"Log",
       {{"timeUnixNano", {1, Form::Fixed64}},
        {"severityNumber", {2, Form::Enum}},
        {"body", {5, Form::Message, "AnyValue"}},
        {"attributes", {6, Form::Message, "KeyValue"}},
        {"traceId", {9, Form::Hex}},
        {"spanId", {10, Form::Hex}},
        {"observedTimeUnixNano", {11, Form::Fixed64}},
        {"eventName", {12, Form::Text}}}},
      {"Metric",
       {{"name", {1, Form::Text}},
        {"description", {2, Form::Text}},
        {"unit", {3, Form::Text}},
        {"gauge", {5, Form::Message, "Numbers"}},
        {"sum", {7, Form::Message, "Numbers"}},
        {"histogram", {9, Form::Message, "Histogram"}},
        {"exponentialHistogram", {10, Form::Message, "ExponentialHistogram"}},
        {"summary", {11, Form::Message, "Summary"}}}},
      {"Numbers",
       {{"dataPoints", {1, Form::Message, "Number"}},
        {"aggregationTemporality", {2, Form::Enum}},
        {"isMonotonic", {3, Form::Bool}}}},
      {"Histogram",
       {{"dataPoints", {1, Form::Message, "HistogramPoint"}},
        {"aggregationTemporality", {2, Form::Enum}}}},
      {"ExponentialHistogram",
       {{"dataPoints", {1, Form::Message, "ExponentialPoint"}},
        {"aggregationTemporality", {2, Form::Enum}}}},
      {"Summary", {{"dataPoints", {1, Form::Message, "SummaryPoint"}}}},
      {"Number",
       {{"startTimeUnixNano", {2, Form::Fixed64}},
        {"timeUnixNano", {3, Form::Fixed64}},
        {"asDouble", {4, Form::Double}},
        {"asInt", {6, Form::Sfixed64}},
        {"attributes", {7, Form::Message, "KeyValue"}},
        {"flags", {8, Form::Enum}}}},
      {"HistogramPoint",
       {{"startTimeUnixNano", {2, Form::Fixed64}},
        {"timeUnixNano", {3, Form::Fixed64}},
        {"count", {4, Form::Fixed64}},
        {"sum", {5, Form::Double}},
        {"bucketCounts", {6, Form::Counts}},
        {"explicitBounds", {7, Form::Doubles}},
        {"attributes", {9, Form::Message, "KeyValue"}},
        {"flags", {10, Form::Enum}}}},
      {"ExponentialPoint",
       {{"attributes", {1, Form::Message, "KeyValue"}},
        {"startTimeUnixNano", {2, Form::Fixed64}},
        {"timeUnixNano", {3, Form::Fixed64}},
        {"count", {4, Form::Fixed64}},
        {"sum", {5, Form::Double}},
        {"flags", {10, Form::Enum}}}},
      {"SummaryPoint",
       {{"startTimeUnixNano", {2, Form::Fixed64}},
        {"timeUnixNano", {3, Form::Fixed64}},
        {"count", {4, Form::Fixed64}},
        {"sum", {5, Form::Double}},
        {"attributes", {7, Form::Message, "KeyValue"}}}},
  };
  return all;
}

uint64_t number_of(const Json& value) {
  return value.type() == Json::Type::Text ? std::stoull(value.text())
                                          : static_cast<uint64_t>(value.integer());
}

double double_of(const Json& value) {
  return value.type() == Json::Type::Text ? std::stod(value.text()) : value.number();
}

std::string encode(std::string_view message, const Json& object);

void write(protozero::pbf_writer& out, const Field& field, const Json& value) {
  switch (field.form) {
    case Form::Text:
      out.add_string(field.number, value.text());
      break;
    case Form::Hex:
      out.add_bytes(field.number, from_hex(value.text()).value());
      break;
    case Form::Bytes:
      out.add_bytes(field.number, value.text());
      break;
    case Form::Bool:
      out.add_bool(field.number, value.boolean());
      break;
    case Form::Enum:
      out.add_enum(field.number, static_cast<int32_t>(value.integer()));
      break;
    case Form::Int64:
      out.add_int64(field.number, static_cast<int64_t>(number_of(value)));
      break;
    case Form::Fixed64:
      out.add_fixed64(field.number, number_of(value));
      break;
    case Form::Sfixed64:
      out.add_sfixed64(field.number, static_cast<int64_t>(number_of(value)));
      break;
    case Form::Double:
      out.add_double(field.number, double_of(value));
      break;
    case Form::Doubles:
      for (const auto& item : value.items()) out.add_double(field.number, double_of(item));
      break;
    case Form::Counts:
      for (const auto& item : value.items()) out.add_fixed64(field.number, number_of(item));
      break;
    case Form::Message:
      if (value.is_array()) {
        for (const auto& item : value.items())
          out.add_message(field.number, encode(field.message, item));
      } else {
        out.add_message(field.number, encode(field.message, value));
      }
  }
}

std::string encode(std::string_view message, const Json& object) {
  std::string text;
  protozero::pbf_writer out(text);
  const auto& fields = messages().at(message);
  for (const auto& [name, value] : object.members()) {
    auto field = fields.find(name);
    if (field == fields.end()) {
      throw std::runtime_error(fmt::format("{} has no field {}", message, name));
    }
    write(out, field->second, value);
  }
  return text;
}

void add_text(std::string& line, std::string_view name, std::string_view value) {
  if (!value.empty()) fmt::format_to(std::back_inserter(line), " {}={}", name, value);
}

template <class T>
void add(std::string& line, std::string_view name, const std::optional<T>& value) {
  if (value) fmt::format_to(std::back_inserter(line), " {}={}", name, *value);
}

}  // namespace

std::string to_protobuf(otlp::Signal signal, std::string_view json) {
  static constexpr std::string_view kRequests[] = {"TracesRequest", "MetricsRequest",
                                                   "LogsRequest"};
  return encode(kRequests[static_cast<size_t>(signal)], Json::parse(json));
}

std::string otlp_attributes(std::string_view plain) {
  auto object = Json::parse(plain);
  JsonWriter out;
  out.begin_array();
  for (const auto& [name, value] : object.members()) {
    out.begin_object().field("key", name).key("value").begin_object();
    switch (value.type()) {
      case Json::Type::Text:
        out.field("stringValue", value.text());
        break;
      case Json::Type::Boolean:
        out.field("boolValue", value.boolean());
        break;
      case Json::Type::Integer:
        out.field("intValue", std::to_string(value.integer()));
        break;
      case Json::Type::Number:
        out.field("doubleValue", value.number());
        break;
      case Json::Type::Array:
        out.key("arrayValue").begin_object().key("values").begin_array();
        for (const auto& item : value.items())
          out.begin_object().field("stringValue", item.text()).end_object();
        out.end_array().end_object();
        break;
      default:
        throw std::runtime_error("an attribute of this type is not sent by any test");
    }
    out.end_object().end_object();
  }
  return out.end_array().take();
}

std::string otlp_export(otlp::Signal signal, std::string_view resource, std::string_view items,
                        std::string_view scope) {
  struct Names {
    std::string_view group, scopes, items;
  };
  static constexpr Names kNames[] = {{"resourceSpans", "scopeSpans", "spans"},
                                     {"resourceMetrics", "scopeMetrics", "metrics"},
                                     {"resourceLogs", "scopeLogs", "logRecords"}};
  const auto& names = kNames[static_cast<size_t>(signal)];
  return fmt::format(
      R"({{"{}":[{{"resource":{{"attributes":{}}},"{}":[{{"scope":{{"name":"{}"}},"{}":[{}]}}]}}]}})",
      names.group, otlp_attributes(resource), names.scopes, scope, names.items, items);
}

std::vector<std::string> lines_of(const models::DecodedRecords& decoded) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < decoded.records.size(); ++i) {
    const auto& record = decoded.records[i];
    auto line =
        fmt::format("{} {} {}", decoded.indexes[i], static_cast<char>(record.kind), record.agent);
    add_text(line, "parent", record.parent);
    if (record.agent_of_process) line += " of_process";
    if (record.ts) add_text(line, "ts", format_rfc3339(*record.ts));
    add(line, "error", record.error);
    add(line, "requests", record.request_count);
    add(line, "latency", record.latency_us);
    add(line, "ttft", record.ttft_us);
    add(line, "cost", record.cost_nanos);
    add_text(line, "provider", record.provider);
    add_text(line, "model", record.model);
    add(line, "in", record.input_tokens);
    add(line, "out", record.output_tokens);
    add(line, "read", record.cache_read_tokens);
    add(line, "write", record.cache_write_tokens);
    add(line, "reasoning", record.reasoning_tokens);
    add(line, "cpu", record.cpu_centipercent);
    add(line, "memory", record.memory_bytes);
    add(line, "gpu", record.gpu_centipercent);
    add(line, "gpus", record.gpu_count);
    add(line, "gpu_memory", record.gpu_memory_bytes);
    add_text(line, "host", record.host);
    add(line, "pid", record.process_id);
    add_text(line, "custom", record.custom);
    add_text(line, "attributes", record.attributes);
    lines.push_back(std::move(line));
  }
  for (size_t i = 0; i < decoded.points.size(); ++i) {
    const auto& point = decoded.points[i];
    auto line = fmt::format("{} {} {} {}={}", decoded.point_indexes[i],
                            point.cumulative ? "cumulative" : "delta", point.agent, point.name,
                            point.value);
    if (point.start) add_text(line, "start", format_rfc3339(*point.start));
    add_text(line, "ts", format_rfc3339(point.ts));
    add_text(line, "host", point.host);
    add(line, "pid", point.process_id);
    add_text(line, "attributes", point.attributes);
    lines.push_back(std::move(line));
  }
  for (const auto& refused : decoded.rejected) {
    lines.push_back(fmt::format("{} refused {}: {}", refused.index, refused.field, refused.reason));
  }
  if (decoded.ignored > 0) lines.push_back(fmt::format("{} ignored", decoded.ignored));
  return lines;
}

}  // namespace sentinel::testing
