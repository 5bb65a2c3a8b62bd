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

#include "http/connection_count.hpp"
#include "http/deadlines.hpp"
#include "http/message.hpp"
#include "http/server_limits.hpp"

namespace sentinel::http {

// The answer to a request that is refused before any handler saw it; of what came of it, path,
// headers and address are known.
using Refuse = std::function<Response(const Request&, const Error&)>;

// What answers on an address of HTTP/2 without TLS, as gRPC speaks it.
struct Http2Service {
  Handler handler;
  // Answers what a limit of the connection refuses, which no handler sees.
  std::function<Response(const Error&)> refuse;
};

class Http2Connection;

class Server {
 public:
  Server(Handler handler, ServerLimits limits, unsigned threads);
  ~Server();  // stop()

  // `address` is ADDR:PORT; port 0 takes a free one. Gives the port. Call before start(), several
  // times for several addresses. Errors: InvalidArgument (not an address), Conflict (taken: the
  // sentence names the process).
  Result<uint16_t> listen(const std::string& address);
  // The same for HTTP/2 with prior knowledge, with handlers of its own.
  Result<uint16_t> listen_http2(const std::string& address, Http2Service service);

  // Before start().
  void refuse_by(Refuse refuse) { refuse_ = std::move(refuse); }

  void start();
  // Stops accepting, lets requests under way end for at most five seconds, then ends the threads.
  void stop();

  // One of the server's io_contexts, for background work that shares its connections.
  asio::io_context& context(size_t index) { return *contexts_[index % contexts_.size()]; }
  size_t context_count() const { return contexts_.size(); }
  size_t connections() const { return connections_.total(); }
  size_t body_bytes() const { return bodies_.bytes(); }  // of the requests under way

 private:
  struct Listener {
    asio::ip::tcp::acceptor acceptor;
    std::optional<Http2Service> http2;
  };

  Result<uint16_t> listen(const std::string& address, std::optional<Http2Service> http2);
  Task<void> accept_loop(Listener& listener);
  // `context`: the index of its own.
  Task<void> serve(Socket socket, size_t context);
  Task<void> serve_http2(asio::ip::tcp::socket socket, const Http2Service& service, size_t context);
  // Runs a connection for as long as it is counted.
  Task<void> count(Task<void> served, asio::ip::address address);
  Task<void> turn_away(Socket socket, size_t context, Error error);

  Handler handler_;
  Refuse refuse_;  // empty: a problem document
  const ServerLimits limits_;
  MemoryBudget bodies_;
  ConnectionCount connections_;
  std::atomic<int> turned_away_ = 0;  // connections that are told so
  std::vector<Deadlines> deadlines_;  // of each context; the connections in there end before them
  std::vector<std::unique_ptr<asio::io_context>> contexts_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  // Those of each context, known to its thread alone.
  std::vector<std::unordered_set<Http2Connection*>> http2_connections_;
  std::vector<std::thread> threads_;
  // Under way, streams not counted; of HTTP/2, whole connections: at the end each says goodbye.
  std::atomic<int> requests_ = 0;
  std::atomic<bool> stopping_ = false;
  size_t next_context_ = 0;
};

}  // namespace sentinel::http
