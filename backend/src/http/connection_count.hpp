// How many connections a server has, in all and from each address.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <mutex>
#include <unordered_map>

#include "base/result.hpp"

namespace sentinel::http {

class ConnectionCount {
 public:
  // `per_address_max` 0 is any number.
  ConnectionCount(size_t max, size_t per_address_max)
      : max_(max), per_address_max_(per_address_max) {}

  // One more, which leave() ends. Errors: Unavailable connections_limit, RateLimited
  // connections_per_address_limit; then it is none.
  Result<void> enter(const boost::asio::ip::address& address);
  void leave(const boost::asio::ip::address& address);

  size_t total() const;

 private:
  const size_t max_;
  const size_t per_address_max_;
  mutable std::mutex mutex_;
  size_t total_ = 0;
  std::unordered_map<boost::asio::ip::address, size_t> by_address_;  // empty where nobody asks
};

}  // namespace sentinel::http
