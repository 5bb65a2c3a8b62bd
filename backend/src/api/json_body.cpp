#include "api/json_body.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include <algorithm>

namespace sentinel::api {

namespace {

std::unexpected<Error> invalid_field(std::string message) {
  return fail(ErrorCode::InvalidArgument, "field_invalid", std::move(message));
}

Result<std::string> text_of(std::string_view name, simdjson::dom::element value) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) {
    return invalid_field(fmt::format("{} must be a text", name));
  }
  if (text.find('\0') != text.npos) return invalid_field(fmt::format("{} holds a NUL", name));
  return std::string(text);
}

}  // namespace

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

struct JsonFields::Parsed {
  simdjson::dom::parser parser;
  simdjson::dom::object object;

  // Nothing where it is null or was not sent.
  std::optional<simdjson::dom::element> find(std::string_view name) const {
    simdjson::dom::element value;
    if (object.at_key(name).get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
    return value;
  }
};

Result<JsonFields> JsonFields::read(std::string_view body,
                                    std::initializer_list<std::string_view> known) {
  auto parsed = std::make_shared<Parsed>();
  if (parsed->parser.parse(body.data(), body.size()).get(parsed->object) != simdjson::SUCCESS) {
    return fail(ErrorCode::InvalidArgument, "json_invalid", "the body must be a JSON object");
  }
  std::vector<std::string_view> seen;
  for (auto member : parsed->object) {
    if (std::ranges::find(known, member.key) != known.end()) {
      if (std::ranges::find(seen, member.key) != seen.end()) {
        return invalid_field(fmt::format("{} is there twice", member.key));
      }
      seen.push_back(member.key);
      continue;
    }
    return fail(ErrorCode::InvalidArgument, "field_unknown",
                fmt::format("there is no field '{}'; there are {}", member.key.substr(0, 60),
                            fmt::join(known, ", ")));
  }
  JsonFields fields;
  fields.parsed_ = std::move(parsed);
  return fields;
}

bool JsonFields::has(std::string_view name) const { return parsed_->find(name).has_value(); }

Result<std::string> JsonFields::text(std::string_view name) const {
  if (auto value = parsed_->find(name)) return text_of(name, *value);
  return fail(ErrorCode::InvalidArgument, "field_missing", fmt::format("{} is missing", name));
}

Result<std::optional<std::string>> JsonFields::maybe_text(std::string_view name) const {
  auto value = parsed_->find(name);
  if (!value) return std::nullopt;
  return text_of(name, *value);
}

Result<std::optional<int>> JsonFields::maybe_integer(std::string_view name, int min,
                                                     int max) const {
  auto value = parsed_->find(name);
  if (!value) return std::nullopt;
  int64_t number = 0;
  if (value->get(number) != simdjson::SUCCESS || number < min || number > max) {
    return invalid_field(fmt::format("{} must be an integer from {} to {}", name, min, max));
  }
  return static_cast<int>(number);
}

Result<std::optional<bool>> JsonFields::maybe_flag(std::string_view name) const {
  auto value = parsed_->find(name);
  if (!value) return std::nullopt;
  bool flag = false;
  if (value->get(flag) != simdjson::SUCCESS) {
    return invalid_field(fmt::format("{} must be true or false", name));
  }
  return flag;
}

Result<std::vector<std::string>> JsonFields::texts(std::string_view name, size_t count_max) const {
  std::vector<std::string> found;
  auto value = parsed_->find(name);
  if (!value) return found;
  simdjson::dom::array items;
  if (value->get(items) != simdjson::SUCCESS) {
    return invalid_field(fmt::format("{} must be a list of texts", name));
  }
  if (items.size() > count_max) {
    return invalid_field(fmt::format("{} has over {} items", name, count_max));
  }
  for (auto item : items) {
    auto text = text_of(fmt::format("{}[{}]", name, found.size()), item);
    if (!text) return forward(text);
    found.push_back(std::move(*text));
  }
  return found;
}

Result<std::optional<std::string>> JsonFields::maybe_object(std::string_view name) const {
  auto value = parsed_->find(name);
  if (!value) return std::nullopt;
  if (!value->is_object()) return invalid_field(fmt::format("{} must be an object", name));
  return std::string(simdjson::minify(*value));
}

namespace {

Result<JsonFields::Changes> changes_of(std::string_view name, simdjson::dom::object object) {
  JsonFields::Changes changes;
  for (auto member : object) {
    auto& change = changes[std::string(member.key)];
    if (member.value.is_null()) continue;
    auto text = text_of(name.empty() ? std::string(member.key)
                                     : fmt::format("{}.{}", name, member.key.substr(0, 60)),
                        member.value);
    if (!text) return forward(text);
    change = std::move(*text);
  }
  return changes;
}

}  // namespace

Result<std::optional<JsonFields::Changes>> JsonFields::maybe_changes(std::string_view name,
                                                                     size_t count_max) const {
  auto value = parsed_->find(name);
  if (!value) return std::nullopt;
  simdjson::dom::object object;
  if (value->get(object) != simdjson::SUCCESS) {
    return invalid_field(fmt::format("{} must be an object of texts", name));
  }
  if (object.size() > count_max) {
    return invalid_field(fmt::format("{} has over {} members", name, count_max));
  }
  auto changes = changes_of(name, object);
  if (!changes) return forward(changes);
  return std::move(*changes);
}

Result<JsonFields::Changes> JsonFields::changes() const { return changes_of("", parsed_->object); }

}  // namespace sentinel::api
