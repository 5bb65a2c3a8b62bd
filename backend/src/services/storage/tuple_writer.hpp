// Writes values as binary COPY takes them, into room that was made before, so that no field checks
// for space.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/uuid.hpp"

namespace sentinel::storage {

class TupleWriter {
 public:
  explicit TupleWriter(char* at) : at_(at) {}

  template <class T>
  void raw(T number) {
    static_assert(std::endian::native == std::endian::little);
    auto swapped = std::byteswap(number);
    std::memcpy(at_, &swapped, sizeof swapped);
    at_ += sizeof swapped;
  }
  void bytes(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void null() { raw<int32_t>(-1); }
  template <class T>
  void number(T value) {
    raw<int32_t>(sizeof(T));
    raw<T>(value);
  }
  template <class T, class From>
  void maybe(const std::optional<From>& value) {
    value ? number<T>(static_cast<T>(*value)) : null();
  }
  void uuid(const Uuid& id) {
    raw<int32_t>(16);
    std::memcpy(at_, id.bytes.data(), 16);
    at_ += 16;
  }
  void byte(char value) {
    raw<int32_t>(1);
    *at_++ = value;
  }
  void jsonb(std::string_view text) {
    if (text.empty()) return null();
    raw<int32_t>(static_cast<int32_t>(text.size() + 1));
    *at_++ = 1;  // jsonb's binary format, version 1: the text follows
    bytes(text);
  }
  char* end() const { return at_; }

 private:
  char* at_;
};

// A big-endian number.
template <class T>
T read_raw(const char* at) {
  T number;
  std::memcpy(&number, at, sizeof number);
  return std::byteswap(number);
}

}  // namespace sentinel::storage
