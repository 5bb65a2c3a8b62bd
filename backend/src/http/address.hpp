// The text of an address to listen on.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "base/result.hpp"

namespace sentinel::http {

// ADDR:PORT, [ADDR]:PORT; `localhost` is 127.0.0.1.
Result<boost::asio::ip::tcp::endpoint> parse_address(const std::string& address);

}  // namespace sentinel::http
