#include "otlp/telemetry.hpp"

#include <charconv>
#include <cmath>

namespace sentinel::otlp {

namespace {

template <class T>
std::optional<T> parse(std::string_view text) {
  T number{};
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<int64_t> as_integer(const AnyValue& value) {
  constexpr double kExactMax = 9'007'199'254'740'992;  // above, a double skips integers
  switch (value.type) {
    case AnyValue::Type::Integer:
      return value.integer;
    case AnyValue::Type::Number:
      if (!(std::abs(value.number) <= kExactMax)) return std::nullopt;
      return std::llrint(value.number);
    case AnyValue::Type::Text:
      return parse<int64_t>(value.text);
    default:
      return std::nullopt;
  }
}

std::optional<double> as_number(const AnyValue& value) {
  std::optional<double> number;
  if (value.type == AnyValue::Type::Integer) number = static_cast<double>(value.integer);
  if (value.type == AnyValue::Type::Number) number = value.number;
  if (value.type == AnyValue::Type::Text) number = parse<double>(value.text);
  if (number && !std::isfinite(*number)) return std::nullopt;
  return number;
}

std::optional<bool> as_flag(const AnyValue& value) {
  if (value.type == AnyValue::Type::Flag) return value.integer != 0;
  if (value.type == AnyValue::Type::Text && value.text == "true") return true;
  if (value.type == AnyValue::Type::Text && value.text == "false") return false;
  return std::nullopt;
}

std::string_view as_text(const AnyValue& value) {
  return value.type == AnyValue::Type::Text ? value.text : std::string_view{};
}

}  // namespace sentinel::otlp
