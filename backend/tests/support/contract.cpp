#include "support/contract.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <regex>
#include <stdexcept>

#include "base/time.hpp"
#include "base/uuid.hpp"

namespace sentinel::testing {

namespace {

// A member of a map, without making one.
YAML::Node at(const YAML::Node& node, std::string_view name) {
  if (!node.IsMap()) return YAML::Node(YAML::NodeType::Undefined);
  for (const auto& member : node) {
    if (member.first.Scalar() == name) return member.second;
  }
  return YAML::Node(YAML::NodeType::Undefined);
}

bool there(const YAML::Node& node) {
  return node.IsDefined() && node.Type() != YAML::NodeType::Undefined;
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

size_t characters(std::string_view utf8) {
  return static_cast<size_t>(std::ranges::count_if(
      utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Validates one value after the other; `place` says where the value stands, as in
// $.rejected[0].index.
class Validator {
 public:
  Validator(const YAML::Node& root, Faults& faults) : root_(root), faults_(faults) {}

  YAML::Node resolve(YAML::Node node) const {
    while (node.IsMap() && there(at(node, "$ref"))) {
      auto reference = at(node, "$ref").Scalar();
      if (!reference.starts_with("#/")) throw std::runtime_error("cannot follow $ref " + reference);
      node.reset(root_);
      for (size_t begin = 2; begin <= reference.size();) {
        size_t end = std::min(reference.find('/', begin), reference.size());
        node.reset(at(node, reference.substr(begin, end - begin)));
        begin = end + 1;
      }
      if (!there(node)) throw std::runtime_error("$ref to nothing: " + reference);
    }
    return node;
  }

  void validate(const YAML::Node& schema_or_reference, const Json& value,
                const std::string& place) {
    auto schema = resolve(schema_or_reference);
    if (auto choices = at(schema, "oneOf"); there(choices)) check_one_of(choices, value, place);
    if (!check_type(schema, value, place)) return;
    check_enum(schema, value, place);
    switch (value.type()) {
      case Json::Type::Integer:
      case Json::Type::Number:
        check_number(schema, value, place);
        break;
      case Json::Type::Text:
        check_text(schema, value.text(), place);
        break;
      case Json::Type::Array:
        check_array(schema, value, place);
        break;
      case Json::Type::Object:
        check_object(schema, value, place);
        break;
      case Json::Type::Null:
      case Json::Type::Boolean:
        break;
    }
  }

 private:
  template <class... Args>
  void fault(const std::string& place, fmt::format_string<Args...> format, Args&&... args) {
    faults_.push_back(place + " " + fmt::format(format, std::forward<Args>(args)...));
  }

  static bool is_of(const Json& value, std::string_view type) {
    if (type == "null") return value.is_null();
    if (type == "boolean") return value.type() == Json::Type::Boolean;
    if (type == "integer") return value.is_number() && value.number() == std::floor(value.number());
    if (type == "number") return value.is_number();
    if (type == "string") return value.type() == Json::Type::Text;
    if (type == "array") return value.is_array();
    if (type == "object") return value.is_object();
    throw std::runtime_error(fmt::format("'{}' is no type of JSON schema", type));
  }

  bool check_type(const YAML::Node& schema, const Json& value, const std::string& place) {
    auto type = at(schema, "type");
    if (!there(type)) return true;
    std::vector<std::string> types;
    if (type.IsSequence()) {
      for (const auto& item : type) types.push_back(item.Scalar());
    } else {
      types.push_back(type.Scalar());
    }
    if (std::ranges::any_of(types, [&](const auto& name) { return is_of(value, name); }))
      return true;
    fault(place, "is {} and not {}", value.dump().substr(0, 100), fmt::join(types, " or "));
    return false;
  }

  void check_enum(const YAML::Node& schema, const Json& value, const std::string& place) {
    auto allowed = at(schema, "enum");
    if (!there(allowed)) return;
    std::vector<std::string> names;
    for (const auto& item : allowed) {
      if (item.IsNull() && value.is_null()) return;
      names.push_back(item.Scalar());
    }
    if (value.type() == Json::Type::Text && std::ranges::find(names, value.text()) != names.end())
      return;
    fault(place, "is {} and not one of {}", value.dump(), fmt::join(names, ", "));
  }

  void check_number(const YAML::Node& schema, const Json& value, const std::string& place) {
    auto minimum = at(schema, "minimum"), maximum = at(schema, "maximum");
    if (there(minimum) && value.number() < minimum.as<double>()) {
      fault(place, "is {}, under {}", value.dump(), minimum.Scalar());
    }
    if (there(maximum) && value.number() > maximum.as<double>()) {
      fault(place, "is {}, over {}", value.dump(), maximum.Scalar());
    }
  }

  void check_text(const YAML::Node& schema, const std::string& text, const std::string& place) {
    auto min = at(schema, "minLength"), max = at(schema, "maxLength");
    if (there(min) && characters(text) < min.as<size_t>()) {
      fault(place, "has {} characters, under {}", characters(text), min.Scalar());
    }
    if (there(max) && characters(text) > max.as<size_t>()) {
      fault(place, "has {} characters, over {}", characters(text), max.Scalar());
    }
    if (auto pattern = at(schema, "pattern"); there(pattern)) {
      if (!std::regex_search(text, std::regex(pattern.Scalar(), std::regex::ECMAScript))) {
        fault(place, "'{}' does not match {}", text, pattern.Scalar());
      }
    }
    auto format = at(schema, "format");
    if (!there(format)) return;
    if (format.Scalar() == "date-time") {
      if (!parse_rfc3339(text)) fault(place, "'{}' is no date-time", text);
    } else if (format.Scalar() == "date") {
      if (!parse_rfc3339(text + "T00:00:00Z")) fault(place, "'{}' is no date", text);
    } else if (format.Scalar() == "uuid") {
      if (text.size() != 36 || !parse_uuid(text)) fault(place, "'{}' is no uuid", text);
    } else {
      throw std::runtime_error("cannot check the format " + format.Scalar());
    }
  }

  void check_array(const YAML::Node& schema, const Json& value, const std::string& place) {
    if (auto max = at(schema, "maxItems"); there(max) && value.size() > max.as<size_t>()) {
      fault(place, "has {} items, over {}", value.size(), max.Scalar());
    }
    auto items = at(schema, "items");
    if (!there(items)) return;
    for (size_t i = 0; i < value.size(); ++i)
      validate(items, value[i], fmt::format("{}[{}]", place, i));
  }

  void check_object(const YAML::Node& schema, const Json& value, const std::string& place) {
    if (auto required = at(schema, "required"); there(required)) {
      for (const auto& name : required) {
        if (!value.has(name.Scalar())) fault(place, "has no {}", name.Scalar());
      }
    }
    if (auto max = at(schema, "maxProperties"); there(max) && value.size() > max.as<size_t>()) {
      fault(place, "has {} members, over {}", value.size(), max.Scalar());
    }
    auto properties = at(schema, "properties"), others = at(schema, "additionalProperties");
    for (const auto& [name, member] : value.members()) {
      auto inner = place + "." + name;
      if (auto property = there(properties) ? at(properties, name) : properties; there(property)) {
        validate(property, member, inner);
      } else if (there(others) && others.IsMap()) {
        validate(others, member, inner);
      } else if (there(others) && others.Scalar() == "false") {
        fault(inner, "is not in the contract");
      }
    }
  }

  void check_one_of(const YAML::Node& choices, const Json& value, const std::string& place) {
    int fitting = 0;
    Faults all;
    for (const auto& choice : choices) {
      Faults faults;
      Validator(root_, faults).validate(choice, value, place);
      fitting += faults.empty();
      all.insert(all.end(), faults.begin(), faults.end());
    }
    if (fitting != 1)
      fault(place, "fits {} of {} schemas: {}", fitting, choices.size(), fmt::join(all, "; "));
  }

  const YAML::Node& root_;
  Faults& faults_;
};

}  // namespace

const Contract& Contract::db_api() {
  static const Contract contract(YAML::LoadFile(SENTINEL_CONTRACTS "/db-api.openapi.yaml"));
  return contract;
}

const Contract& Contract::metrics_api() {
  static const Contract contract(YAML::LoadFile(SENTINEL_CONTRACTS "/metrics-api.openapi.yaml"));
  return contract;
}

Contract Contract::parse(const std::string& yaml) { return Contract(YAML::Load(yaml)); }

std::vector<Operation> Contract::operations() const {
  std::vector<Operation> found;
  for (const auto& path : at(root_, "paths")) {
    for (const auto& method : path.second) {
      Operation operation{upper(method.first.Scalar()), path.first.Scalar(), "", true};
      if (auto permission = at(method.second, "x-permission"); there(permission)) {
        operation.permission = permission.Scalar();
      }
      if (auto security = at(method.second, "security"); there(security))
        operation.secured = security.size() > 0;
      found.push_back(std::move(operation));
    }
  }
  return found;
}

YAML::Node Contract::operation(std::string_view method, std::string_view path) const {
  auto found = at(root_, "paths");
  found.reset(at(found, path));
  if (there(found)) found.reset(at(found, lower(std::string(method))));
  if (!there(found))
    throw std::runtime_error(fmt::format("{} {} is not in the contract", method, path));
  return found;
}

Faults Contract::check(std::string_view method, std::string_view path, const Answer& answer) const {
  Faults faults;
  Validator validator(root_, faults);
  auto responses = at(operation(method, path), "responses");
  auto response = at(responses, std::to_string(answer.status));
  if (!there(response)) {
    return {fmt::format("{} {} may not answer {}: {}", method, path, answer.status,
                        answer.body.substr(0, 300))};
  }
  response.reset(validator.resolve(response));
  auto content = at(response, "content");
  auto type = std::string(answer.header("content-type"));
  type = type.substr(0, type.find(';'));
  if (!there(content)) {
    if (!type.empty() || !answer.body.empty()) faults.push_back("there should be no body");
    return faults;
  }
  auto media = at(content, type);
  if (!there(media))
    return {fmt::format("{} {} may not answer {} as '{}'", method, path, answer.status, type)};
  if (auto headers = at(response, "headers"); there(headers)) {
    for (const auto& header : headers) {
      auto name = header.first.Scalar();
      if (answer.header(lower(name)).empty()) faults.push_back(name + " is missing");
    }
  }
  if (!type.ends_with("json") || type.ends_with("ndjson")) return faults;
  try {
    validator.validate(at(media, "schema"), Json::parse(answer.body), "$");
  } catch (const std::runtime_error& error) {
    faults.emplace_back(error.what());
  }
  return faults;
}

Faults Contract::missing_header(const Operation& one, std::string_view status,
                                std::string_view header) const {
  Faults faults;
  Validator validator(root_, faults);
  auto response = at(at(operation(one.method, one.path), "responses"), status);
  if (!there(response)) return faults;
  response.reset(validator.resolve(response));
  if (auto headers = at(response, "headers"); !there(headers) || !there(at(headers, header))) {
    faults.push_back(fmt::format("{} {} {} has no {}", one.method, one.path, status, header));
  }
  return faults;
}

Faults Contract::check_request(std::string_view method, std::string_view path,
                               const Json& body) const {
  Faults faults;
  Validator validator(root_, faults);
  auto content = at(at(operation(method, path), "requestBody"), "content");
  validator.validate(at(at(content, "application/json"), "schema"), body, "$");
  return faults;
}

Faults Contract::check_schema(std::string_view name, const Json& value) const {
  Faults faults;
  Validator validator(root_, faults);
  auto schema = at(at(at(root_, "components"), "schemas"), name);
  if (!there(schema)) throw std::runtime_error(fmt::format("there is no schema {}", name));
  validator.validate(schema, value, "$");
  return faults;
}

std::string said(const Faults& faults) { return fmt::format("{}", fmt::join(faults, "\n")); }

}  // namespace sentinel::testing
