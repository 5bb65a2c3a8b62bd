// What is stored of a token.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "postgres/connection.hpp"

namespace sentinel::accounts {

inline std::string stored_hash(std::string_view token) {
  auto hash = hash_token(token);
  return postgres::to_bytea({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

}  // namespace sentinel::accounts
