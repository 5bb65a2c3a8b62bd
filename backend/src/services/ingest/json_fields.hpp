// Reads single fields of a JSON object under their limits. Shared by the decoders of records and of
// events.
#pragma once

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "models/metric_record.hpp"
#include "models/record_limits.hpp"

namespace sentinel::ingest {

using JsonValue = simdjson::ondemand::value;

// nullopt is success; otherwise the reason, which names the field and the limit.
using Refusal = std::optional<std::string>;

constexpr uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 14695981039346656037ull;
  for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211ull;
  return hash;
}

inline bool is_null(JsonValue& value) {
  bool null = false;
  return !value.is_null().get(null) && null;
}

// A number times `scale`, rounded, into `out`.
Refusal read_scaled(JsonValue& value, std::string_view field, double max, double scale,
                    std::optional<int64_t>& out);
Refusal read_integer(JsonValue& value, std::string_view field, int64_t min, int64_t max,
                     std::optional<int64_t>& out);
// Text of 1 to `length_max` characters without control characters.
// `out` is a view into the body, or into `arena` when the text holds escapes.
Refusal read_name(JsonValue& value, std::string_view field, size_t length_max,
                  std::list<std::string>& arena, std::string_view& out);
// An object whose values are all of the allowed kinds; `out` is its JSON text.
enum class Members { Numbers, Scalars };
Refusal read_object(JsonValue& value, std::string_view field, Members members,
                    std::string_view& out);

// One object, or an array of at most `count_max`. `decode` gets each object and its position and
// says whether its JSON was whole. An element that is no object is refused alone. Errors:
// json_invalid, too_many_records.
template <class Decode>
Result<void> decode_objects(simdjson::ondemand::parser& parser, const std::string& body,
                            size_t count_max, std::vector<models::Rejection>& rejected,
                            Decode decode);

inline bool at_end(simdjson::ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

inline std::unexpected<Error> invalid_json(std::string_view why) {
  return fail(ErrorCode::InvalidArgument, "json_invalid",
              fmt::format("the body is not valid JSON: {}", why));
}

inline std::unexpected<Error> too_many_records(size_t count_max) {
  return fail(ErrorCode::TooLarge, "too_many_records",
              fmt::format("a request may hold at most {} records", count_max));
}

template <class Decode>
Result<void> decode_objects(simdjson::ondemand::parser& parser, const std::string& body,
                            size_t count_max, std::vector<models::Rejection>& rejected,
                            Decode decode) {
  namespace ondemand = simdjson::ondemand;
  ondemand::document document;
  if (auto error = parser.iterate(body.data(), body.size(), body.capacity()).get(document)) {
    return invalid_json(simdjson::error_message(error));
  }
  ondemand::json_type type;
  if (document.type().get(type)) return invalid_json("it is empty");
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    if (document.get_object().get(object) || !decode(object, 0))
      return invalid_json("a broken object");
    // After a refusal the rest was not read, so its end is not where reading stopped.
    if (rejected.empty() && !at_end(document)) return invalid_json("text after the end");
    return {};
  }
  ondemand::array array;
  if (type != ondemand::json_type::array || document.get_array().get(array)) {
    return invalid_json("an object or an array of objects is wanted");
  }
  size_t index = 0;
  for (auto element : array) {
    if (index >= count_max) return too_many_records(count_max);
    JsonValue value;
    if (std::move(element).get(value))
      return invalid_json(fmt::format("broken at record {}", index));
    ondemand::object object;
    if (value.get_object().get(object)) {
      rejected.push_back({index, "", "a record must be an object"});
    } else if (!decode(object, index)) {
      return invalid_json(fmt::format("broken at record {}", index));
    }
    ++index;
  }
  if (rejected.empty() && !at_end(document)) return invalid_json("text after the end");
  return {};
}

}  // namespace sentinel::ingest
