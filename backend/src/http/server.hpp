// An HTTP/1.1 server: a few threads, each with its own io_context; a connection stays on its
// thread.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "http/message.hpp"

namespace sentinel::http {

struct ServerLimits {
  size_t header_bytes_max = 16 * 1024;
  size_t body_bytes_max = 8 * 1024 * 1024;            // as sent
  size_t body_unpacked_bytes_max = 64 * 1024 * 1024;  // after gzip
  size_t connections_max = 4096;
  std::chrono::seconds idle_max{75};  // between requests
  std::chrono::seconds transfer_max{
      30};  // for a request to arrive, or a piece of a response to leave
};

class Server {
 public:
  using Socket = asio::ip::tcp::socket::rebind_executor<asio::io_context::executor_type>::other;

  Server(Handler handler, ServerLimits limits, unsigned threads);
  ~Server();  // stop()

  // `address` is ADDR:PORT; port 0 takes a free one. Gives the port. Call before start(), several
  // times for several addresses. Errors: InvalidArgument (not an address), Conflict (taken: the
  // sentence names the process).
  Result<uint16_t> listen(const std::string& address);

  void start();
  // Stops accepting, lets requests under way end for at most five seconds, then ends the threads.
  void stop();

  // One of the server's io_contexts, for background work that shares its connections.
  asio::io_context& context(size_t index) { return *contexts_[index % contexts_.size()]; }
  size_t context_count() const { return contexts_.size(); }
  int connections() const { return connections_; }

 private:
  Task<void> accept_loop(asio::ip::tcp::acceptor& acceptor);
  Task<void> serve(Socket socket);

  Handler handler_;
  ServerLimits limits_;
  std::vector<std::unique_ptr<asio::io_context>> contexts_;
  std::vector<std::unique_ptr<asio::ip::tcp::acceptor>> acceptors_;
  std::vector<std::thread> threads_;
  std::atomic<int> connections_ = 0;
  std::atomic<int> requests_ = 0;  // under way, streams not counted
  std::atomic<bool> stopping_ = false;
  size_t next_context_ = 0;
};

// ADDR:PORT, [ADDR]:PORT; `localhost` is 127.0.0.1.
Result<asio::ip::tcp::endpoint> parse_address(const std::string& address);

}  // namespace sentinel::http
