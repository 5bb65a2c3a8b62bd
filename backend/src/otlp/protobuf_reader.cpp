#include "otlp/protobuf_reader.hpp"

#include <bit>
#include <cstring>
#include <protozero/pbf_message.hpp>

namespace sentinel::otlp {

namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

// Field numbers of opentelemetry-proto. The three signals share the shape of their outer messages:
// request { 1 resource group }, group { 1 resource, 2 scope group }, scope group { 1 scope, 2 item
// }.
constexpr uint32_t kGroup = 1, kResource = 1, kScopeGroup = 2, kScope = 1, kItem = 2;
constexpr uint32_t kResourceAttributes = 1, kScopeName = 1;

// Of another wire type than the field has, a value is passed over, as of an unknown field.
bool is_message(const pbf_reader& field) {
  return field.wire_type() == pbf_wire_type::length_delimited;
}

std::string_view view_of(pbf_reader& field) {
  auto data = field.get_view();
  return {data.data(), data.size()};
}

void read_value(pbf_reader message, AnyValue& value);

// The first text of a list.
std::string_view first_text(pbf_reader list) {
  while (list.next()) {
    if (list.tag() == 1 && is_message(list)) {
      auto element = list.get_message();
      while (element.next()) {
        if (element.tag() == 1 && is_message(element)) return view_of(element);
        element.skip();
      }
      return {};
    }
    list.skip();
  }
  return {};
}

void read_value(pbf_reader message, AnyValue& value) {
  using Type = AnyValue::Type;
  value = {};
  while (message.next()) {
    switch (message.tag_and_type()) {
      case protozero::tag_and_type(1, pbf_wire_type::length_delimited):
        value = {.type = Type::Text, .text = view_of(message)};
        break;
      case protozero::tag_and_type(2, pbf_wire_type::varint):
        value = {.type = Type::Flag, .text = {}, .integer = message.get_bool()};
        break;
      case protozero::tag_and_type(3, pbf_wire_type::varint):
        value = {.type = Type::Integer, .text = {}, .integer = message.get_int64()};
        break;
      case protozero::tag_and_type(4, pbf_wire_type::fixed64):
        value = {.type = Type::Number, .text = {}, .integer = 0, .number = message.get_double()};
        break;
      case protozero::tag_and_type(5, pbf_wire_type::length_delimited):
        value = {.type = Type::Text, .text = first_text(message.get_message())};
        if (value.text.empty()) value.type = Type::Other;
        break;
      case protozero::tag_and_type(6, pbf_wire_type::length_delimited):
      case protozero::tag_and_type(7, pbf_wire_type::length_delimited):
        value = {.type = Type::Other, .text = {}};
        message.skip();
        break;
      default:
        message.skip();
    }
  }
}

void read_attribute(pbf_reader message, Attributes& attributes) {
  auto& attribute = attributes.emplace_back();
  while (message.next()) {
    switch (message.tag_and_type()) {
      case protozero::tag_and_type(1, pbf_wire_type::length_delimited):
        attribute.key = view_of(message);
        break;
      case protozero::tag_and_type(2, pbf_wire_type::length_delimited):
        read_value(message.get_message(), attribute.value);
        break;
      default:
        message.skip();
    }
  }
}

std::optional<Uuid> trace_id_of(std::string_view bytes) {
  Uuid id;
  if (bytes.size() != id.bytes.size()) return std::nullopt;
  std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
  if (id == Uuid{}) return std::nullopt;
  return id;
}

uint64_t span_id_of(std::string_view bytes) {
  uint64_t id = 0;
  if (bytes.size() != sizeof id) return 0;
  std::memcpy(&id, bytes.data(), sizeof id);
  return std::byteswap(id);  // the first byte is the most significant
}

class Reader {
 public:
  Reader(Signal signal, Visitor& visitor) : signal_(signal), visitor_(visitor) {}

  void read(pbf_reader request) {
    while (request.next()) {
      if (request.tag() == kGroup && is_message(request)) {
        read_group(request.get_message());
      } else {
        request.skip();
      }
    }
  }

 private:
  // The resource may come after what it is the resource of: first pass for it, second for the rest.
  void read_group(pbf_reader group) {
    attributes_.clear();
    for (auto pass = group; pass.next();) {
      if (pass.tag() == kResource && is_message(pass)) {
        auto resource = pass.get_message();
        while (resource.next()) {
          if (resource.tag() == kResourceAttributes && is_message(resource)) {
            read_attribute(resource.get_message(), attributes_);
          } else {
            resource.skip();
          }
        }
      } else {
        pass.skip();
      }
    }
    visitor_.resource(attributes_);
    while (group.next()) {
      if (group.tag() == kScopeGroup && is_message(group)) {
        read_scope_group(group.get_message());
      } else {
        group.skip();
      }
    }
  }

  void read_scope_group(pbf_reader group) {
    std::string_view name;
    for (auto pass = group; pass.next();) {
      if (pass.tag() == kScope && is_message(pass)) {
        auto scope = pass.get_message();
        while (scope.next()) {
          if (scope.tag() == kScopeName && is_message(scope)) {
            name = view_of(scope);
          } else {
            scope.skip();
          }
        }
      } else {
        pass.skip();
      }
    }
    visitor_.scope(name);
    while (group.next()) {
      if (group.tag() != kItem || !is_message(group)) {
        group.skip();
      } else if (signal_ == Signal::Traces) {
        read_span(group.get_message());
      } else if (signal_ == Signal::Logs) {
        read_log(group.get_message());
      } else {
        read_metric(group.get_message());
      }
    }
  }

  void read_span(pbf_reader message) {
    auto attributes = std::move(span_.attributes);
    attributes.clear();
    span_ = {};
    span_.attributes = std::move(attributes);
    while (message.next()) {
      switch (message.tag_and_type()) {
        case protozero::tag_and_type(1, pbf_wire_type::length_delimited):
          span_.trace_id = trace_id_of(view_of(message));
          break;
        case protozero::tag_and_type(2, pbf_wire_type::length_delimited):
          span_.span_id = span_id_of(view_of(message));
          break;
        case protozero::tag_and_type(4, pbf_wire_type::length_delimited):
          span_.parent_span_id = span_id_of(view_of(message));
          break;
        case protozero::tag_and_type(5, pbf_wire_type::length_delimited):
          span_.name = view_of(message);
          break;
        case protozero::tag_and_type(7, pbf_wire_type::fixed64):
          span_.start_ns = message.get_fixed64();
          break;
        case protozero::tag_and_type(8, pbf_wire_type::fixed64):
          span_.end_ns = message.get_fixed64();
          break;
        case protozero::tag_and_type(9, pbf_wire_type::length_delimited):
          read_attribute(message.get_message(), span_.attributes);
          break;
        case protozero::tag_and_type(15, pbf_wire_type::length_delimited):
          read_status(message.get_message());
          break;
        default:
          message.skip();
      }
    }
    visitor_.span(span_);
  }

  void read_status(pbf_reader status) {
    constexpr int32_t kError = 2;
    while (status.next()) {
      switch (status.tag_and_type()) {
        case protozero::tag_and_type(2, pbf_wire_type::length_delimited):
          span_.status_message = view_of(status);
          break;
        case protozero::tag_and_type(3, pbf_wire_type::varint):
          span_.failed = status.get_enum() == kError;
          break;
        default:
          status.skip();
      }
    }
  }

  void read_log(pbf_reader message) {
    auto attributes = std::move(log_.attributes);
    attributes.clear();
    log_ = {};
    log_.attributes = std::move(attributes);
    while (message.next()) {
      switch (message.tag_and_type()) {
        case protozero::tag_and_type(1, pbf_wire_type::fixed64):
          log_.time_ns = message.get_fixed64();
          break;
        case protozero::tag_and_type(11, pbf_wire_type::fixed64):
          log_.observed_ns = message.get_fixed64();
          break;
        case protozero::tag_and_type(5, pbf_wire_type::length_delimited):
          read_value(message.get_message(), log_.body);
          break;
        case protozero::tag_and_type(6, pbf_wire_type::length_delimited):
          read_attribute(message.get_message(), log_.attributes);
          break;
        case protozero::tag_and_type(9, pbf_wire_type::length_delimited):
          log_.trace_id = trace_id_of(view_of(message));
          break;
        case protozero::tag_and_type(10, pbf_wire_type::length_delimited):
          log_.span_id = span_id_of(view_of(message));
          break;
        case protozero::tag_and_type(12, pbf_wire_type::length_delimited):
          log_.event_name = view_of(message);
          break;
        default:
          message.skip();
      }
    }
    visitor_.log(log_);
  }

  static MetricKind kind_of(uint32_t tag) {
    switch (tag) {
      case 5:
        return MetricKind::Gauge;
      case 7:
        return MetricKind::Sum;
      case 9:
      case 10:
        return MetricKind::Histogram;
      case 11:
        return MetricKind::Summary;
      default:
        return MetricKind::None;
    }
  }

  void read_metric(pbf_reader message) {
    Metric metric;
    protozero::data_view data;
    uint32_t data_tag = 0;
    while (message.next()) {
      if (message.tag() == 1 && is_message(message)) {
        metric.name = view_of(message);
      } else if (message.tag() == 3 && is_message(message)) {
        metric.unit = view_of(message);
      } else if (auto kind = kind_of(message.tag());
                 kind != MetricKind::None && is_message(message)) {
        metric.kind = kind;
        data_tag = message.tag();
        data = message.get_view();
      } else {
        message.skip();
      }
    }
    for (pbf_reader pass(data); pass.next();) {
      switch (pass.tag_and_type()) {
        case protozero::tag_and_type(2, pbf_wire_type::varint): {
          auto temporality = pass.get_enum();
          if (temporality == 1 || temporality == 2) {
            metric.temporality = static_cast<Temporality>(temporality);
          }
          break;
        }
        case protozero::tag_and_type(3, pbf_wire_type::varint):
          metric.monotonic = pass.get_bool();
          break;
        default:
          pass.skip();
      }
    }
    if (metric.kind == MetricKind::Summary) metric.temporality = Temporality::Cumulative;
    for (pbf_reader pass(data); pass.next();) {
      if (pass.tag() == 1 && is_message(pass)) {
        read_point(data_tag, pass.get_message());
        visitor_.point(metric, point_);
      } else {
        pass.skip();
      }
    }
  }

  // The attributes of a point are field 7 of numbers and summaries, 9 of histograms, 1 of
  // exponential ones; value and sum are numbered by form, too.
  void read_point(uint32_t data_tag, pbf_reader message) {
    const bool number = data_tag == 5 || data_tag == 7;
    const uint32_t attributes_tag = data_tag == 9 ? 9 : data_tag == 10 ? 1 : 7;
    const uint32_t flags_tag = number || data_tag == 11 ? 8 : 10;
    auto attributes = std::move(point_.attributes);
    attributes.clear();
    point_ = {};
    point_.attributes = std::move(attributes);
    while (message.next()) {
      const auto tag = message.tag();
      const auto type = message.wire_type();
      if (tag == attributes_tag && is_message(message)) {
        read_attribute(message.get_message(), point_.attributes);
      } else if (tag == flags_tag && type == pbf_wire_type::varint) {
        point_.has_value = (message.get_uint32() & 1) == 0;
      } else if (type != pbf_wire_type::fixed64 || !read_number(tag, number, message)) {
        message.skip();
      }
    }
  }

  // A time, a value, a count or a sum: all of eight bytes. False when it is none of them.
  bool read_number(uint32_t tag, bool of_number, pbf_reader& message) {
    switch (tag) {
      case 2:
        point_.start_ns = message.get_fixed64();
        return true;
      case 3:
        point_.time_ns = message.get_fixed64();
        return true;
      case 4:
        if (of_number) {
          point_.value = message.get_double();
        } else {
          point_.count = message.get_fixed64();
        }
        return true;
      case 5:
        if (!of_number) point_.sum = message.get_double();
        return !of_number;
      case 6:
        if (of_number) point_.value = static_cast<double>(message.get_sfixed64());
        return of_number;
      default:
        return false;
    }
  }

  Signal signal_;
  Visitor& visitor_;
  Attributes attributes_;
  // Kept from item to item for their memory.
  Span span_;
  LogRecord log_;
  Point point_;
};

}  // namespace

Result<void> read_protobuf(Signal signal, std::string_view body, Visitor& visitor) {
  try {
    Reader(signal, visitor).read(pbf_reader(body.data(), body.size()));
    return {};
  } catch (const protozero::exception& fault) {
    return fail(ErrorCode::InvalidArgument, "protobuf_invalid",
                std::string("the body is not valid protobuf of OTLP: ") + fault.what());
  }
}

}  // namespace sentinel::otlp
