#include "api/json_body.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

namespace sentinel::api {

Result<TextFields> read_text_fields(std::string& body,
                                    std::initializer_list<std::string_view> known,
                                    size_t length_max) {
  namespace ondemand = simdjson::ondemand;
  auto invalid = [] {
    return fail(ErrorCode::InvalidArgument, "json_invalid",
                "the body must be a JSON object of texts");
  };
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(body.data(), body.size(), body.capacity()).get(document) ||
      document.get_object().get(object)) {
    return invalid();
  }
  TextFields fields;
  for (auto item : object) {
    ondemand::field member;
    std::string_view name, text;
    if (std::move(item).get(member) || member.unescaped_key().get(name)) return invalid();
    if (std::ranges::find(known, name) == known.end()) {
      return fail(ErrorCode::InvalidArgument, "field_unknown",
                  fmt::format("there is no field '{}'", name.substr(0, 60)));
    }
    std::string key(name);
    if (member.value().get_string().get(text)) {
      return fail(ErrorCode::InvalidArgument, "field_invalid",
                  fmt::format("{} must be a text", key));
    }
    if (text.size() > length_max || text.find('\0') != text.npos) {
      return fail(ErrorCode::InvalidArgument, "field_invalid",
                  fmt::format("{} must have at most {} bytes and no NUL", key, length_max));
    }
    fields.insert_or_assign(std::move(key), std::string(text));
  }
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) return invalid();
  return fields;
}

}  // namespace sentinel::api
