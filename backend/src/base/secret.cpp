#include "base/secret.hpp"

#include <sodium.h>

#include <stdexcept>

namespace sentinel {

namespace {

// libsodium must be initialised before anything else of it; the first caller does, all others wait.
void require_sodium() {
  static const int ready = sodium_init();
  if (ready < 0) throw std::runtime_error("libsodium does not start: no random source");
}

}  // namespace

void random_bytes(void* out, size_t size) {
  require_sodium();
  randombytes_buf(out, size);
}

std::string make_token(std::string_view prefix) {
  std::array<char, 32> bytes;
  random_bytes(bytes.data(), bytes.size());
  return std::string(prefix) + to_hex({bytes.data(), bytes.size()});
}

Uuid hash_fields(std::initializer_list<std::string_view> fields) {
  require_sodium();
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, 16);
  for (auto field : fields) {
    uint64_t size = field.size();
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(&size), sizeof size);
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(field.data()),
                              field.size());
  }
  Uuid digest;
  crypto_generichash_final(&state, digest.bytes.data(), digest.bytes.size());
  return digest;
}

std::string to_base64(std::string_view bytes) {
  constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
  std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), kVariant);
  text.pop_back();  // the NUL it counts
  return text;
}

Result<std::string> hash_password(const std::string& password) {
  require_sodium();
  std::array<char, crypto_pwhash_STRBYTES> hash;
  if (crypto_pwhash_str(hash.data(), password.data(), password.size(),
                        crypto_pwhash_OPSLIMIT_INTERACTIVE,
                        crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
    return fail(ErrorCode::Unavailable, "out_of_memory",
                "hashing a password needs 64 MiB of memory");
  }
  return std::string(hash.data());
}

bool password_matches(const std::string& hash, const std::string& password) {
  require_sodium();
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

}  // namespace sentinel
