#include "models/metric_record.hpp"

#include <fmt/format.h>

#include "models/record_limits.hpp"

namespace sentinel::models {

size_t length_of(std::string_view utf8) {
  size_t length = 0;
  for (char c : utf8) length += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return length;
}

std::optional<std::string> name_refusal(std::string_view field, std::string_view text,
                                        size_t length_max) {
  if (text.empty()) return fmt::format("{} is empty", field);
  if (size_t length = length_of(text); length > length_max) {
    return fmt::format("{} has {} characters, the limit is {}", field, length, length_max);
  }
  for (char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return fmt::format("{} holds a control character", field);
    }
  }
  return std::nullopt;
}

std::optional<std::string> time_refusal(Timestamp time, Timestamp now) {
  if (time > now + kFutureMax) {
    return fmt::format("timestamp {} is more than {} s ahead of the server", format_rfc3339(time),
                       kFutureMax.count());
  }
  if (time < now - kAgeMax) {
    return fmt::format("timestamp {} is more than {} days old", format_rfc3339(time),
                       kAgeMax.count());
  }
  return std::nullopt;
}

}  // namespace sentinel::models
