// Everything secret goes through here: random tokens, hashes, passwords. The only user of
// libsodium.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/uuid.hpp"

namespace sentinel {

// Fills from the kernel's random source.
void random_bytes(void* out, size_t size);

// `prefix` and 256 random bits as hexadecimal. Shown once; only its hash is stored.
std::string make_token(std::string_view prefix);

// What is stored and looked up in place of a token. Tokens are random, so a plain fast hash is
// enough.
using TokenHash = std::array<uint8_t, 32>;
TokenHash hash_token(std::string_view token);

// A 16-byte digest of several fields, each with its length, so that ("ab", "c") and ("a", "bc")
// differ.
Uuid hash_fields(std::initializer_list<std::string_view> fields);

// SHA-256 as hexadecimal, for checksums of files.
std::string sha256_hex(std::string_view text);

// Base64 without padding.
std::string to_base64(std::string_view bytes);

// Argon2id with libsodium's interactive limits (64 MiB, tens of milliseconds): call it off the IO
// threads.
Result<std::string> hash_password(const std::string& password);
bool password_matches(const std::string& hash, const std::string& password);

}  // namespace sentinel

template <>
struct std::hash<sentinel::TokenHash> {
  size_t operator()(const sentinel::TokenHash& hash) const noexcept {
    size_t value;
    std::memcpy(&value, hash.data(), sizeof value);
    return value;
  }
};
