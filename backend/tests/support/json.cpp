#include "support/json.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <stdexcept>

#include "base/json_writer.hpp"

namespace sentinel::testing {

class JsonReader {
 public:
  static Json read(simdjson::dom::element element) {
    Json json;
    switch (element.type()) {
      case simdjson::dom::element_type::NULL_VALUE:
        break;
      case simdjson::dom::element_type::BOOL:
        json.type_ = Json::Type::Boolean;
        json.boolean_ = element.get_bool().value_unsafe();
        break;
      case simdjson::dom::element_type::INT64:
        json.type_ = Json::Type::Integer;
        json.integer_ = element.get_int64().value_unsafe();
        json.number_ = static_cast<double>(json.integer_);
        break;
      case simdjson::dom::element_type::UINT64:
      case simdjson::dom::element_type::DOUBLE:
        json.type_ = Json::Type::Number;
        json.number_ = element.get_double().value_unsafe();
        break;
      case simdjson::dom::element_type::STRING:
        json.type_ = Json::Type::Text;
        json.text_ = element.get_string().value_unsafe();
        break;
      case simdjson::dom::element_type::ARRAY:
        json.type_ = Json::Type::Array;
        for (auto item : element.get_array().value_unsafe()) json.items_.push_back(read(item));
        break;
      case simdjson::dom::element_type::OBJECT:
        json.type_ = Json::Type::Object;
        for (auto member : element.get_object().value_unsafe()) {
          if (json.has(member.key))
            throw std::runtime_error(fmt::format("'{}' is there twice", member.key));
          json.members_.emplace_back(member.key, read(member.value));
        }
        break;
    }
    return json;
  }
};

Json Json::parse(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  if (auto error = parser.parse(simdjson::padded_string(text)).get(element)) {
    throw std::runtime_error(fmt::format("this is no JSON ({}): {}", simdjson::error_message(error),
                                         text.substr(0, 200)));
  }
  return JsonReader::read(element);
}

void Json::require(bool right, std::string_view wanted) const {
  if (!right) throw std::runtime_error(fmt::format("{} is no {}", dump().substr(0, 200), wanted));
}

bool Json::boolean() const {
  require(type_ == Type::Boolean, "boolean");
  return boolean_;
}

int64_t Json::integer() const {
  require(type_ == Type::Integer, "integer");
  return integer_;
}

double Json::number() const {
  require(is_number(), "number");
  return number_;
}

const std::string& Json::text() const {
  require(type_ == Type::Text, "text");
  return text_;
}

const Json* Json::find(std::string_view name) const {
  auto found = std::ranges::find(members_, name,
                                 [](const auto& member) { return std::string_view(member.first); });
  return found == members_.end() ? nullptr : &found->second;
}

const Json& Json::operator[](std::string_view name) const {
  const auto* member = find(name);
  require(member != nullptr, fmt::format("object with '{}'", name));
  return *member;
}

const Json& Json::operator[](size_t index) const {
  require(type_ == Type::Array && index < items_.size(),
          fmt::format("array of more than {} items", index));
  return items_[index];
}

std::string Json::dump() const {
  JsonWriter json;
  switch (type_) {
    case Type::Null:
      json.null();
      break;
    case Type::Boolean:
      json.value(boolean_);
      break;
    case Type::Integer:
      json.value(integer_);
      break;
    case Type::Number:
      json.value(number_);
      break;
    case Type::Text:
      json.value(text_);
      break;
    case Type::Array:
      json.begin_array();
      for (const auto& item : items_) json.raw(item.dump());
      json.end_array();
      break;
    case Type::Object:
      json.begin_object();
      for (const auto& [name, value] : members_) json.key(name).raw(value.dump());
      json.end_object();
      break;
  }
  return json.take();
}

}  // namespace sentinel::testing
