// A server of HTTP/1.1, and on addresses of their own of HTTP/2: a few threads, each with its own
// io_context; a connection stays on its thread.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "http/message.hpp"

namespace sentinel::http {

// Of one connection, beside those of ServerLimits (http2_session.hpp says what they bound).
struct Http2Limits {
  size_t streams_max = 100;  // requests at once
  size_t large_bodies_bytes_max = 32 * 1024 * 1024;
  size_t frames_unanswered_max = 1000;  // pings, settings, resets, … without an answered request
};

struct ServerLimits {
  size_t header_bytes_max = 16 * 1024;
  size_t body_bytes_max = 8 * 1024 * 1024;            // as sent
  size_t body_unpacked_bytes_max = 64 * 1024 * 1024;  // after gzip
  size_t connections_max = 4096;
  std::chrono::seconds idle_max{75};  // between requests
  std::chrono::seconds transfer_max{
      30};  // for a request to arrive, or a piece of a response to leave
  Http2Limits http2{};
};

using Refuse = std::function<Response(const Error&)>;

// What answers on an address of HTTP/2 without TLS, as gRPC speaks it.
struct Http2Service {
  Handler handler;
  Refuse refuse;  // answers what a limit of the connection refuses, which no handler sees
};

class Http2Connection;

class Server {
 public:
  using Socket = asio::ip::tcp::socket::rebind_executor<asio::io_context::executor_type>::other;

  Server(Handler handler, ServerLimits limits, unsigned threads);
  ~Server();  // stop()

  // `address` is ADDR:PORT; port 0 takes a free one. Gives the port. Call before start(), several
  // times for several addresses. Errors: InvalidArgument (not an address), Conflict (taken: the
  // sentence names the process).
  Result<uint16_t> listen(const std::string& address);
  // The same for HTTP/2 with prior knowledge, with handlers of its own.
  Result<uint16_t> listen_http2(const std::string& address, Http2Service service);

  void start();
  // Stops accepting, lets requests under way end for at most five seconds, then ends the threads.
  void stop();

  // One of the server's io_contexts, for background work that shares its connections.
  asio::io_context& context(size_t index) { return *contexts_[index % contexts_.size()]; }
  size_t context_count() const { return contexts_.size(); }
  int connections() const { return connections_; }

 private:
  struct Listener {
    asio::ip::tcp::acceptor acceptor;
    std::optional<Http2Service> http2;
  };

  Result<uint16_t> listen(const std::string& address, std::optional<Http2Service> http2);
  Task<void> accept_loop(Listener& listener);
  Task<void> serve(Socket socket);
  Task<void> serve_http2(asio::ip::tcp::socket socket, const Http2Service& service, size_t context);

  Handler handler_;
  ServerLimits limits_;
  std::vector<std::unique_ptr<asio::io_context>> contexts_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  // Those of each context, known to its thread alone.
  std::vector<std::unordered_set<Http2Connection*>> http2_connections_;
  std::vector<std::thread> threads_;
  std::atomic<int> connections_ = 0;
  // Under way, streams not counted; of HTTP/2, whole connections: at the end each says goodbye.
  std::atomic<int> requests_ = 0;
  std::atomic<bool> stopping_ = false;
  size_t next_context_ = 0;
};

// ADDR:PORT, [ADDR]:PORT; `localhost` is 127.0.0.1.
Result<asio::ip::tcp::endpoint> parse_address(const std::string& address);

}  // namespace sentinel::http
