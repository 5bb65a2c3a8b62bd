#include "postgres/connection.hpp"

namespace sentinel::postgres {

std::string to_bytea(std::string_view bytes) { return "\\x" + to_hex(bytes); }

std::string to_array(const std::vector<std::string>& items) {
  std::string text = "{";
  for (const auto& item : items) {
    if (text.size() > 1) text += ',';
    text += '"';
    for (char c : item) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text + '}';
}

std::string to_literal(std::string_view text) {
  std::string literal = "E'";
  for (char c : text) {
    if (c == '\'' || c == '\\') literal += c;
    literal += c;
  }
  return literal + '\'';
}

}  // namespace sentinel::postgres
