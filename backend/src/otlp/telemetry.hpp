// OpenTelemetry's spans, log records and data points as they arrive, in one form for both
// encodings. Texts are views into the body (or an arena); an item is valid while its visitor is
// called.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/uuid.hpp"

namespace sentinel::otlp {

enum class Signal { Traces, Metrics, Logs };
enum class Encoding { Protobuf, Json };

// Of a list, the first text stands for it; maps and bytes are known to be there and no more.
struct AnyValue {
  enum class Type : uint8_t { None, Text, Flag, Integer, Number, Other };
  Type type = Type::None;
  std::string_view text;
  int64_t integer = 0;  // also a flag, as 0 or 1
  double number = 0;
};

// Clients send numbers as texts, too: "12" and 12 are the same here.
std::optional<int64_t> as_integer(const AnyValue& value);
std::optional<double> as_number(const AnyValue& value);  // finite
std::optional<bool> as_flag(const AnyValue& value);
std::string_view as_text(const AnyValue& value);  // empty when it is none

struct KeyValue {
  std::string_view key;
  AnyValue value;
};
using Attributes = std::vector<KeyValue>;

// Times are nanoseconds since 1970 UTC, 0 when not given.
struct Span {
  std::optional<Uuid> trace_id;
  uint64_t span_id = 0;  // 0: none
  uint64_t parent_span_id = 0;
  std::string_view name;
  uint64_t start_ns = 0;
  uint64_t end_ns = 0;
  bool failed = false;
  std::string_view status_message;
  Attributes attributes;
};

struct LogRecord {
  uint64_t time_ns = 0;
  uint64_t observed_ns = 0;
  AnyValue body;
  std::string_view event_name;
  std::optional<Uuid> trace_id;
  uint64_t span_id = 0;
  Attributes attributes;
};

enum class MetricKind : uint8_t { None, Gauge, Sum, Histogram, Summary };
enum class Temporality : uint8_t { Unspecified = 0, Delta = 1, Cumulative = 2 };

struct Metric {
  std::string_view name;
  std::string_view unit;
  MetricKind kind = MetricKind::None;  // a histogram of either sort is Histogram
  Temporality temporality = Temporality::Unspecified;
  bool monotonic = false;
};

struct Point {
  uint64_t start_ns = 0;
  uint64_t time_ns = 0;
  bool has_value = true;        // false: flagged as "no recorded value"
  std::optional<double> value;  // of a gauge or a sum
  uint64_t count = 0;           // of a histogram or a summary
  std::optional<double> sum;
  Attributes attributes;
};

// Gets the items of one export in their order.
class Visitor {
 public:
  virtual ~Visitor() = default;
  // What all items up to the next call share.
  virtual void resource(const Attributes& attributes) = 0;
  virtual void scope(std::string_view name) = 0;
  virtual void span(const Span&) {}
  virtual void log(const LogRecord&) {}
  virtual void point(const Metric&, const Point&) {}
};

}  // namespace sentinel::otlp
