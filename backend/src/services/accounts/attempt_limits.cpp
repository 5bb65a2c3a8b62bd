#include "services/accounts/attempt_limits.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <string>

namespace sentinel::accounts {

namespace {

// One subscriber holds a whole IPv6 /64, so that is what is counted.
TokenHash address_key(std::string_view text) {
  namespace ip = boost::asio::ip;
  boost::system::error_code error;
  auto address = ip::make_address(text, error);
  if (error || address.is_v4()) return hash_token(text);
  auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return hash_token(ip::make_address_v4(ip::v4_mapped, v6).to_string());
  auto bytes = v6.to_bytes();
  return hash_token({reinterpret_cast<const char*>(bytes.data()), bytes.size() / 2});
}

}  // namespace

std::optional<Microseconds> AttemptLimits::wait(const Table& table, const TokenHash& key,
                                                size_t failures_max, Timestamp now) {
  auto found = table.find(key);
  if (found == table.end() || found->second.size() < failures_max) return std::nullopt;
  // A row holds the newest `failures_max` failures: the oldest of them decides.
  auto free_at = found->second.front() + kWindow;
  if (free_at <= now) return std::nullopt;
  return free_at - now;
}

void AttemptLimits::add(Table& table, const TokenHash& key, size_t failures_max, Timestamp now) {
  if (table.size() >= kRowsMax && !table.contains(key)) {
    std::erase_if(table, [&](const auto& row) { return row.second.back() + kWindow <= now; });
    if (table.size() >= kRowsMax) {
      table.erase(
          std::ranges::min_element(table, {}, [](const auto& row) { return row.second.back(); }));
    }
  }
  auto& failures = table[key];
  failures.push_back(now);
  if (failures.size() > failures_max) failures.pop_front();
}

std::optional<Microseconds> AttemptLimits::wait(std::string_view account, std::string_view address,
                                                Timestamp now) const {
  std::lock_guard lock(mutex_);
  std::optional<Microseconds> longest;
  if (!account.empty()) longest = wait(accounts_, hash_token(account), kPerAccountMax, now);
  if (!address.empty()) {
    longest = std::max(longest, wait(addresses_, address_key(address), kPerAddressMax, now));
  }
  return longest;
}

void AttemptLimits::failed(std::string_view account, std::string_view address, Timestamp now) {
  std::lock_guard lock(mutex_);
  if (!account.empty()) add(accounts_, hash_token(account), kPerAccountMax, now);
  if (!address.empty()) add(addresses_, address_key(address), kPerAddressMax, now);
}

void AttemptLimits::succeeded(std::string_view account) {
  std::lock_guard lock(mutex_);
  accounts_.erase(hash_token(account));
}

size_t AttemptLimits::accounts() const {
  std::lock_guard lock(mutex_);
  return accounts_.size();
}

}  // namespace sentinel::accounts
