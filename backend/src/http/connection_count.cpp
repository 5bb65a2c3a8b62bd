#include "http/connection_count.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sentinel::http {

namespace {

namespace ip = boost::asio::ip;

// One subscriber holds a whole IPv6 /64, so that is what is counted.
ip::address subscriber(const ip::address& address) {
  if (address.is_v4()) return address;
  auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6);
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), uint8_t{0});
  return ip::make_address_v6(bytes);
}

}  // namespace

Result<void> ConnectionCount::enter(const ip::address& address) {
  std::lock_guard lock(mutex_);
  if (total_ >= max_) {
    return fail(ErrorCode::Unavailable, "connections_limit",
                fmt::format("there are {} connections, which is the limit of this node", max_));
  }
  if (per_address_max_ > 0) {
    auto& count = by_address_[subscriber(address)];
    if (count >= per_address_max_) {
      return fail(ErrorCode::RateLimited, "connections_per_address_limit",
                  fmt::format("there are {} connections from {}, which is the limit of this node "
                              "for one address",
                              count, address.to_string()));
    }
    ++count;
  }
  ++total_;
  return {};
}

void ConnectionCount::leave(const ip::address& address) {
  std::lock_guard lock(mutex_);
  --total_;
  if (per_address_max_ == 0) return;
  auto found = by_address_.find(subscriber(address));
  if (--found->second == 0) by_address_.erase(found);
}

size_t ConnectionCount::total() const {
  std::lock_guard lock(mutex_);
  return total_;
}

}  // namespace sentinel::http
