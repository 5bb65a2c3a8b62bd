// The keys that were good last, on this node's disk, so that metrics-api takes records from its
// start on while the database is down. Hashes only: no key can be read from it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "models/user.hpp"

namespace sentinel::ingest {

struct KnownKeys {
  Timestamp read_at;  // when the database was asked
  std::unordered_map<TokenHash, std::shared_ptr<const models::ApiKey>> keys;
};

// Replaces the file as a whole, or leaves the old one. Errors: Unavailable.
Result<void> save_keys(const std::string& path, const KnownKeys& known);

// Nothing when there is no such file, or it is not whole.
std::optional<KnownKeys> load_keys(const std::string& path);

}  // namespace sentinel::ingest
