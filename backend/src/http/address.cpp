#include "http/address.hpp"

#include <fmt/format.h>

#include <charconv>

namespace sentinel::http {

using boost::asio::ip::tcp;

Result<tcp::endpoint> parse_address(const std::string& address) {
  size_t colon = address.rfind(':');
  uint16_t port = 0;
  auto host = address.substr(0, colon == std::string::npos ? 0 : colon);
  auto digits = colon == std::string::npos ? address : address.substr(colon + 1);
  auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  if (host.empty() || host == "localhost") host = "127.0.0.1";
  boost::system::error_code error;
  auto ip = boost::asio::ip::make_address(host, error);
  if (error || failed != std::errc{} || end != digits.data() + digits.size()) {
    return fail(ErrorCode::InvalidArgument, "address_invalid",
                fmt::format("'{}' is not ADDRESS:PORT, such as 127.0.0.1:8000", address));
  }
  return tcp::endpoint{ip, port};
}

}  // namespace sentinel::http
