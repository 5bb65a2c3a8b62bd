// OpenSSL's, which uses the processor's own instructions for it; libsodium's takes ten times as
// many cycles, and each request of an agent has a token to hash. In a file of its own: the
// collector needs none of it.
#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

#include "base/secret.hpp"

namespace sentinel {

namespace {

struct Free {
  void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// To look the algorithm up takes longer than to hash a token: once a thread.
struct Sha256 {
  std::unique_ptr<EVP_MD, Free> algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

}  // namespace

TokenHash hash_token(std::string_view token) {
  thread_local Sha256 sha256;
  TokenHash hash;
  if (EVP_DigestInit_ex2(sha256.context.get(), sha256.algorithm.get(), nullptr) != 1 ||
      EVP_DigestUpdate(sha256.context.get(), token.data(), token.size()) != 1 ||
      EVP_DigestFinal_ex(sha256.context.get(), hash.data(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no SHA-256");
  }
  return hash;
}

std::string sha256_hex(std::string_view text) {
  auto hash = hash_token(text);
  return to_hex({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

}  // namespace sentinel
