#include "services/ingest/json_fields.hpp"

#include <charconv>
#include <cstdlib>

namespace sentinel::ingest {

namespace {

using simdjson::ondemand::json_type;

// A number as people write it: 130 and not 130.000000.
std::string shown(double number) { return fmt::format("{}", number); }

// Whether PostgreSQL's numeric holds it too: it takes more digits than anybody needs, and then no
// more.
bool is_storable(std::string_view number) {
  constexpr size_t kLengthMax = 400;
  constexpr int kExponentMax = 400;
  while (!number.empty() && (number.back() == ' ' || number.back() == '\n' ||
                             number.back() == '\r' || number.back() == '\t')) {
    number.remove_suffix(1);
  }
  if (number.size() > kLengthMax) return false;
  auto mark = number.find_first_of("eE");
  if (mark == number.npos) return true;
  auto digits = number.substr(mark + 1);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  int exponent = 0;
  auto failed = std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec;
  return failed == std::errc{} && std::abs(exponent) <= kExponentMax;
}

Refusal read_member(JsonValue value, std::string_view field, std::string_view name,
                    Members members) {
  json_type type;
  if (value.type().get(type)) return fmt::format("{}.{} is not valid JSON", field, name);
  double number = 0;
  std::string_view text;
  bool flag = false;
  if (type == json_type::number) {
    auto text_of_number = value.raw_json_token();
    if (!value.get_double().get(number) && is_storable(text_of_number)) return std::nullopt;
  } else if (members == Members::Scalars && type == json_type::string) {
    if (!value.get_string().get(text)) {
      if (text.find('\0') == text.npos) return std::nullopt;
      return fmt::format("{}.{} holds a NUL character", field, name);
    }
  } else if (members == Members::Scalars && type == json_type::boolean) {
    if (!value.get_bool().get(flag)) return std::nullopt;
  }
  return fmt::format("{}.{} must be a {}", field, name,
                     members == Members::Numbers ? "finite number" : "text, number or boolean");
}

}  // namespace

Refusal read_scaled(JsonValue& value, std::string_view field, double max, double scale,
                    std::optional<int64_t>& out) {
  double number = 0;
  if (value.get_double().get(number) || !std::isfinite(number)) {
    return fmt::format("{} must be a finite number", field);
  }
  if (number < 0) return fmt::format("{} {} is negative", field, shown(number));
  if (number > max) return fmt::format("{} {} is over {}", field, shown(number), shown(max));
  out = std::llrint(number * scale);
  return std::nullopt;
}

Refusal read_integer(JsonValue& value, std::string_view field, int64_t min, int64_t max,
                     std::optional<int64_t>& out) {
  int64_t number = 0;
  if (value.get_int64().get(number)) return fmt::format("{} must be an integer", field);
  if (number < 0 && min >= 0) return fmt::format("{} {} is negative", field, number);
  if (number < min) return fmt::format("{} {} is under {}", field, number, min);
  if (number > max) return fmt::format("{} {} is over {}", field, number, max);
  out = number;
  return std::nullopt;
}

Refusal read_name(JsonValue& value, std::string_view field, size_t length_max,
                  std::list<std::string>& arena, std::string_view& out) {
  // The parser unescapes into a buffer that the next body overwrites. Most texts have no escape:
  // their bytes in the body serve; the others are copied.
  std::string_view token = value.raw_json_token();
  if (value.get_string().get(out)) return fmt::format("{} must be a text", field);
  if (token.find('\\') == token.npos) {
    out = token.substr(1, token.rfind('"') - 1);
  } else {
    out = arena.emplace_back(out);
  }
  return models::name_refusal(field, out, length_max);
}

Refusal read_object(JsonValue& value, std::string_view field, Members members,
                    std::string_view& out) {
  simdjson::ondemand::object object;
  if (value.get_object().get(object)) return fmt::format("{} must be an object", field);
  size_t count = 0;
  for (auto item : object) {
    simdjson::ondemand::field member;
    std::string_view name;
    if (std::move(item).get(member) || member.unescaped_key().get(name)) {
      return fmt::format("{} is not valid JSON", field);
    }
    if (++count > models::kAttributesMax) {
      return fmt::format("{} has more than {} members", field, models::kAttributesMax);
    }
    if (models::name_refusal(field, name, models::kNameLengthMax)) {
      return fmt::format(
          "{} has a member name that is empty, over {} characters or holds a control "
          "character",
          field, models::kNameLengthMax);
    }
    if (auto refused = read_member(member.value(), field, name, members)) return refused;
  }
  if (object.reset().error() || object.raw_json().get(out)) {
    return fmt::format("{} is not valid JSON", field);
  }
  if (out.size() > models::kAttributeBytesMax) {
    return fmt::format("{} has {} bytes, the limit is {}", field, out.size(),
                       models::kAttributeBytesMax);
  }
  return std::nullopt;
}

}  // namespace sentinel::ingest
