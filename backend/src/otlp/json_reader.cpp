#include "otlp/json_reader.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <limits>

namespace sentinel::otlp {

namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;
using simdjson::simdjson_error;

// Thrown and caught within this file: a fault deep in the tree ends the whole read.
struct WrongType {
  std::string_view what;
};

uint64_t unsigned_of(ondemand::value value, std::string_view what) {
  uint64_t number = 0;
  if (value.type() == ondemand::json_type::string) {
    std::string_view text = value.get_string();
    auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size()) throw WrongType{what};
    return number;
  }
  if (value.get_uint64().get(number)) throw WrongType{what};
  return number;
}

int64_t signed_of(ondemand::value value, std::string_view what) {
  int64_t number = 0;
  if (value.type() == ondemand::json_type::string) {
    std::string_view text = value.get_string();
    auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size()) throw WrongType{what};
    return number;
  }
  if (value.get_int64().get(number)) throw WrongType{what};
  return number;
}

double double_of(ondemand::value value, std::string_view what) {
  if (value.type() == ondemand::json_type::string) {
    std::string_view text = value.get_string();
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text == "Infinity") return std::numeric_limits<double>::infinity();
    if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
    double number = 0;
    auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size()) throw WrongType{what};
    return number;
  }
  double number = 0;
  if (value.get_double().get(number)) throw WrongType{what};
  return number;
}

class Reader {
 public:
  Reader(Signal signal, models::TextArena& arena, Visitor& visitor)
      : signal_(signal), arena_(arena), visitor_(visitor) {}

  void read(ondemand::document& document) {
    static constexpr std::string_view kGroups[] = {"resourceSpans", "resourceMetrics",
                                                   "resourceLogs"};
    ondemand::object request = document.get_object();
    for (auto field : request) {
      std::string_view key = field.unescaped_key();
      if (key == kGroups[static_cast<size_t>(signal_)]) {
        for (auto group : array_of(field.value())) read_group(group.get_object());
      }
    }
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
      throw simdjson_error(error_code::TRAILING_CONTENT);
    }
  }

 private:
  // null stands for an absent value everywhere in protobuf's JSON.
  static bool is_null(ondemand::value value) { return value.is_null(); }

  static ondemand::array array_of(ondemand::value value) { return value.get_array(); }

  // A view into the body where the text has no escapes, else a copy: the parser's own buffer does
  // not last.
  std::string_view text_of(ondemand::value value) {
    std::string_view token = value.raw_json_token();
    std::string_view text = value.get_string();
    if (token.find('\\') == token.npos) return token.substr(1, token.rfind('"') - 1);
    return arena_.emplace_back(text);
  }
  void read_group(ondemand::object group) {
    static constexpr std::string_view kScopes[] = {"scopeSpans", "scopeMetrics", "scopeLogs"};
    attributes_.clear();
    ondemand::object resource;
    if (!group.find_field_unordered("resource").get_object().get(resource)) {
      for (auto field : resource) {
        std::string_view key = field.unescaped_key();
        if (key == "attributes") read_attributes(field.value(), attributes_);
      }
    }
    visitor_.resource(attributes_);
    group.reset();
    for (auto field : group) {
      std::string_view key = field.unescaped_key();
      if (key == kScopes[static_cast<size_t>(signal_)]) {
        for (auto scope : array_of(field.value())) read_scope_group(scope.get_object());
      }
    }
  }

  void read_scope_group(ondemand::object group) {
    static constexpr std::string_view kItems[] = {"spans", "metrics", "logRecords"};
    std::string_view name;
    ondemand::object scope;
    if (!group.find_field_unordered("scope").get_object().get(scope)) {
      for (auto field : scope) {
        std::string_view key = field.unescaped_key();
        if (key == "name") name = text_of(field.value());
      }
    }
    visitor_.scope(name);
    group.reset();
    for (auto field : group) {
      std::string_view key = field.unescaped_key();
      if (key != kItems[static_cast<size_t>(signal_)]) continue;
      for (auto item : array_of(field.value())) {
        if (signal_ == Signal::Traces) {
          read_span(item.get_object());
        } else if (signal_ == Signal::Logs) {
          read_log(item.get_object());
        } else {
          read_metric(item.get_object());
        }
      }
    }
  }

  void read_attributes(ondemand::value list, Attributes& attributes) {
    if (is_null(list)) return;
    for (auto item : array_of(list)) {
      ondemand::object pair = item.get_object();
      auto& attribute = attributes.emplace_back();
      for (auto member : pair) {
        std::string_view key = member.unescaped_key();
        if (key == "key") {
          attribute.key = text_of(member.value());
        } else if (key == "value") {
          read_value(member.value(), attribute.value);
        }
      }
    }
  }

  void read_value(ondemand::value any, AnyValue& value) {
    using Type = AnyValue::Type;
    value = {};
    if (is_null(any)) return;
    ondemand::object object = any.get_object();
    for (auto member : object) {
      std::string_view key = member.unescaped_key();
      ondemand::value content = member.value();
      if (is_null(content)) continue;
      if (key == "stringValue") {
        value = {.type = Type::Text, .text = text_of(content)};
      } else if (key == "boolValue") {
        value = {.type = Type::Flag, .text = {}, .integer = bool(content.get_bool())};
      } else if (key == "intValue") {
        value = {.type = Type::Integer, .text = {}, .integer = signed_of(content, key)};
      } else if (key == "doubleValue") {
        value = {.type = Type::Number, .text = {}, .integer = 0, .number = double_of(content, key)};
      } else if (key == "arrayValue") {
        read_list(content, value);
      } else if (key == "kvlistValue" || key == "bytesValue") {
        value = {.type = Type::Other, .text = {}};
      }
    }
  }

  // The first text of a list stands for it.
  void read_list(ondemand::value list, AnyValue& value) {
    value = {.type = AnyValue::Type::Other, .text = {}};
    ondemand::object object = list.get_object();
    ondemand::array items;
    if (object.find_field_unordered("values").get_array().get(items)) return;
    bool first = true;
    for (auto item : items) {
      ondemand::object element;
      ondemand::value text;
      if (!first) continue;
      first = false;
      if (item.get_object().get(element)) continue;
      if (element.find_field_unordered("stringValue").get(text)) continue;
      if (text.type() == ondemand::json_type::string) {
        value = {.type = AnyValue::Type::Text, .text = text_of(text)};
      }
    }
  }

  static std::optional<Uuid> trace_id_of(std::string_view hex) {
    if (hex.empty()) return std::nullopt;
    auto id = hex.size() == 32 ? parse_uuid(hex) : std::nullopt;
    if (!id) throw WrongType{"traceId"};
    if (*id == Uuid{}) return std::nullopt;
    return id;
  }
  static uint64_t span_id_of(std::string_view hex, std::string_view what) {
    if (hex.empty()) return 0;
    uint64_t id = 0;
    auto [end, failed] = std::from_chars(hex.data(), hex.data() + hex.size(), id, 16);
    if (hex.size() != 16 || failed != std::errc{} || end != hex.data() + hex.size()) {
      throw WrongType{what};
    }
    return id;
  }

  void read_span(ondemand::object object) {
    auto attributes = std::move(span_.attributes);
    attributes.clear();
    span_ = {};
    span_.attributes = std::move(attributes);
    for (auto member : object) {
      std::string_view key = member.unescaped_key();
      ondemand::value value = member.value();
      if (is_null(value)) continue;
      if (key == "traceId") {
        span_.trace_id = trace_id_of(value.get_string());
      } else if (key == "spanId") {
        span_.span_id = span_id_of(value.get_string(), key);
      } else if (key == "parentSpanId") {
        span_.parent_span_id = span_id_of(value.get_string(), key);
      } else if (key == "name") {
        span_.name = text_of(value);
      } else if (key == "startTimeUnixNano") {
        span_.start_ns = unsigned_of(value, key);
      } else if (key == "endTimeUnixNano") {
        span_.end_ns = unsigned_of(value, key);
      } else if (key == "attributes") {
        read_attributes(value, span_.attributes);
      } else if (key == "status") {
        read_status(value.get_object());
      }
    }
    visitor_.span(span_);
  }

  void read_status(ondemand::object status) {
    constexpr int64_t kError = 2;
    for (auto member : status) {
      std::string_view key = member.unescaped_key();
      ondemand::value value = member.value();
      if (is_null(value)) continue;
      if (key == "code") {
        span_.failed = signed_of(value, key) == kError;
      } else if (key == "message") {
        span_.status_message = text_of(value);
      }
    }
  }

  void read_log(ondemand::object object) {
    auto attributes = std::move(log_.attributes);
    attributes.clear();
    log_ = {};
    log_.attributes = std::move(attributes);
    for (auto member : object) {
      std::string_view key = member.unescaped_key();
      ondemand::value value = member.value();
      if (is_null(value)) continue;
      if (key == "timeUnixNano") {
        log_.time_ns = unsigned_of(value, key);
      } else if (key == "observedTimeUnixNano") {
        log_.observed_ns = unsigned_of(value, key);
      } else if (key == "body") {
        read_value(value, log_.body);
      } else if (key == "attributes") {
        read_attributes(value, log_.attributes);
      } else if (key == "traceId") {
        log_.trace_id = trace_id_of(value.get_string());
      } else if (key == "spanId") {
        log_.span_id = span_id_of(value.get_string(), key);
      } else if (key == "eventName") {
        log_.event_name = text_of(value);
      }
    }
    visitor_.log(log_);
  }

  static MetricKind kind_of(std::string_view key) {
    if (key == "gauge") return MetricKind::Gauge;
    if (key == "sum") return MetricKind::Sum;
    if (key == "histogram" || key == "exponentialHistogram") return MetricKind::Histogram;
    if (key == "summary") return MetricKind::Summary;
    return MetricKind::None;
  }

  // The name may come after the points.
  void read_metric(ondemand::object object) {
    Metric metric;
    for (auto member : object) {
      std::string_view key = member.unescaped_key();
      if (key == "name") metric.name = text_of(member.value());
      if (key == "unit") metric.unit = text_of(member.value());
    }
    object.reset();
    for (auto member : object) {
      std::string_view key = member.unescaped_key();
      metric.kind = kind_of(key);
      if (metric.kind == MetricKind::None) continue;
      ondemand::object data = member.value().get_object();
      read_points(metric, data);
    }
  }

  void read_points(Metric& metric, ondemand::object data) {
    for (auto member : data) {
      std::string_view key = member.unescaped_key();
      if (key == "aggregationTemporality") {
        auto temporality = signed_of(member.value(), key);
        if (temporality == 1 || temporality == 2) {
          metric.temporality = static_cast<Temporality>(temporality);
        }
      } else if (key == "isMonotonic") {
        metric.monotonic = bool(member.value().get_bool());
      }
    }
    if (metric.kind == MetricKind::Summary) metric.temporality = Temporality::Cumulative;
    data.reset();
    for (auto member : data) {
      std::string_view key = member.unescaped_key();
      if (key != "dataPoints") continue;
      for (auto point : array_of(member.value())) {
        read_point(point.get_object());
        visitor_.point(metric, point_);
      }
    }
  }

  void read_point(ondemand::object object) {
    auto attributes = std::move(point_.attributes);
    attributes.clear();
    point_ = {};
    point_.attributes = std::move(attributes);
    for (auto member : object) {
      std::string_view key = member.unescaped_key();
      ondemand::value value = member.value();
      if (is_null(value)) continue;
      if (key == "startTimeUnixNano") {
        point_.start_ns = unsigned_of(value, key);
      } else if (key == "timeUnixNano") {
        point_.time_ns = unsigned_of(value, key);
      } else if (key == "asDouble") {
        point_.value = double_of(value, key);
      } else if (key == "asInt") {
        point_.value = static_cast<double>(signed_of(value, key));
      } else if (key == "count") {
        point_.count = unsigned_of(value, key);
      } else if (key == "sum") {
        point_.sum = double_of(value, key);
      } else if (key == "flags") {
        point_.has_value = (unsigned_of(value, key) & 1) == 0;
      } else if (key == "attributes") {
        read_attributes(value, point_.attributes);
      }
    }
  }

  Signal signal_;
  models::TextArena& arena_;
  Visitor& visitor_;
  Attributes attributes_;
  // Kept from item to item for their memory.
  Span span_;
  LogRecord log_;
  Point point_;
};

}  // namespace

Result<void> read_json(Signal signal, const std::string& body, models::TextArena& arena,
                       Visitor& visitor) {
  // Each thread reads one body at a time, without a wait in between.
  thread_local ondemand::parser parser;
  auto invalid = [](std::string_view why) {
    return fail(ErrorCode::InvalidArgument, "json_invalid",
                fmt::format("the body is not valid JSON of OTLP: {}", why));
  };
  try {
    ondemand::document document = parser.iterate(body.data(), body.size(), body.capacity());
    Reader(signal, arena, visitor).read(document);
    return {};
  } catch (const simdjson_error& fault) {
    return invalid(fault.what());
  } catch (const WrongType& wrong) {
    return invalid(fmt::format("{} has a value of the wrong type", wrong.what));
  }
}

}  // namespace sentinel::otlp
