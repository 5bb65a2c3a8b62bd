// Counts failed attempts to sign in, per account and per address, in memory.
#pragma once

#include <chrono>
#include <deque>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "base/secret.hpp"
#include "base/time.hpp"

namespace sentinel::accounts {

class AttemptLimits {
 public:
  static constexpr auto kWindow = std::chrono::minutes{15};
  static constexpr size_t kPerAccountMax = 5;
  static constexpr size_t kPerAddressMax = 20;
  // Rows of each of the two tables. When one is full, the row whose newest failure is oldest makes
  // room.
  static constexpr size_t kRowsMax = 10000;

  // How long until a further attempt is allowed; nullopt: now. An empty address is not limited.
  std::optional<Microseconds> wait(std::string_view account, std::string_view address,
                                   Timestamp now) const;
  void failed(std::string_view account, std::string_view address, Timestamp now);
  // Forgets the failures of the account; those of the address stay.
  void succeeded(std::string_view account);

  size_t accounts() const;

 private:
  // Names by their hash, so that a row has one size whatever was typed.
  using Table = std::unordered_map<TokenHash, std::deque<Timestamp>>;
  static std::optional<Microseconds> wait(const Table& table, const TokenHash& key,
                                          size_t failures_max, Timestamp now);
  static void add(Table& table, const TokenHash& key, size_t failures_max, Timestamp now);

  mutable std::mutex mutex_;
  Table accounts_;
  Table addresses_;
};

}  // namespace sentinel::accounts
