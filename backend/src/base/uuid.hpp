// 16 bytes: ids of agents, users, keys, batches; trace ids and key hashes fit too.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sentinel {

struct Uuid {
  std::array<uint8_t, 16> bytes{};
  auto operator<=>(const Uuid&) const = default;
};

// With or without hyphens, any case.
std::optional<Uuid> parse_uuid(std::string_view text);
std::string format_uuid(const Uuid& id);

// Version 4, from the kernel's random source.
Uuid random_uuid();

// Lower-case hexadecimal, and back (an even number of digits only).
std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);

}  // namespace sentinel

template <>
struct std::hash<sentinel::Uuid> {
  size_t operator()(const sentinel::Uuid& id) const noexcept {
    // Ids are random or hashes already: any eight bytes spread well.
    size_t value;
    std::memcpy(&value, id.bytes.data() + 8, sizeof value);
    return value;
  }
};
