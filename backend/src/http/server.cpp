#include "http/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/log.hpp"
#include "http/address.hpp"
#include "http/http2_connection.hpp"
#include "http/listener_owner.hpp"
#include "http/request_reader.hpp"
#include "http/response_writer.hpp"

namespace sentinel::http {

namespace {

namespace beast = boost::beast;
using asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr int kTurnedAwayMax = 256;

// Closing with unread bytes would reset the connection and could take our answer with it.
Task<void> discard_rest(Socket& socket, Deadline& deadline, size_t bytes_max) {
  beast::error_code ignored;
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  deadline.expires_after(std::chrono::seconds{5});
  std::string sink(std::min<size_t>(bytes_max, 64 * 1024), '\0');
  for (size_t total = 0; total < bytes_max && !deadline.expired();) {
    auto [error, size] = co_await socket.async_read_some(asio::buffer(sink), kAwait);
    if (error) break;
    total += size;
  }
  deadline.expires_never();
}

// What the connections of a server share.
struct Shared {
  const Handler& handler;
  const Refuse& refuse;
  const ServerLimits& limits;
  MemoryBudget& bodies;
  std::atomic<int>& requests;
  const std::atomic<bool>& stopping;
};

class Connection {
 public:
  Connection(Socket socket, Deadlines& deadlines, Shared shared)
      : socket_(std::move(socket)),
        deadline_(deadlines, socket_),
        shared_(shared),
        limits_(shared.limits),
        reader_(socket_, deadline_, limits_) {
    beast::error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    auto remote = socket_.remote_endpoint(ignored);
    if (!ignored) remote_address_ = remote.address().to_string();
  }

  // One request after another. All of an exchange is in this one coroutine, and goes on without a
  // wait wherever it can: each further one was felt.
  Task<void> run() {
    for (bool open = true; open;) {
      auto& request = fresh_request();
      RequestParser parser(request);
      request.body_lease = MemoryLease(&shared_.bodies);
      auto read = co_await reader_.read_head(parser);
      if (read && parser.expects_continue()) {
        co_await asio::async_write(socket_, asio::buffer("HTTP/1.1 100 Continue\r\n\r\n", 25),
                                   kAwait);
      }
      if (read) {
        auto all_here = reader_.take_body(parser, request.body_lease);
        if (!all_here) {
          read = forward(all_here);
        } else if (!*all_here) {
          read = co_await reader_.read_body(parser, request.body_lease);
        }
      }
      if (!read) {
        co_await refuse(request, read.error());
        break;
      }
      open = parser.keep_alive() && !shared_.stopping;
      ++shared_.requests;
      Response response;
      try {
        response = co_await shared_.handler(request);
      } catch (const std::exception& exception) {
        response = failure(request, exception);
      }
      if (response.stream || response.make) {
        co_await send_watched(request, response);
        break;
      }
      const auto text = whole(request, response, open);
      const auto sent = send_now(text);
      if (!sent) {
        open = false;
      } else if (*sent < text.size()) {
        open = co_await send_rest(std::string_view(text).substr(*sent)) && open;
      }
      --shared_.requests;
    }
    beast::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
  }

 private:
  // What held the one before, as good as new.
  Request& fresh_request() {
    auto headers = std::move(request_.headers);
    headers.clear();
    request_ = Request{};
    request_.headers = std::move(headers);
    request_.remote_address = remote_address_;
    request_.body_unpacked_bytes_max = limits_.body_unpacked_bytes_max;
    return request_;
  }

  static Response failure(const Request& request, const std::exception& exception) {
    // Not the whole path: a key may be part of it.
    log::error("a request of {} failed: {}", request.path.substr(0, request.path.find('/', 1)),
               exception.what());
    return problem(Error{ErrorCode::Internal, "internal", "the server failed; its log says more"});
  }

  // Mostly the socket takes it all at once, and nothing has to wait. How much it took; nothing when
  // the client is gone.
  std::optional<size_t> send_now(std::string_view text) {
    beast::error_code error;
    const size_t sent = socket_.write_some(asio::buffer(text), error);
    if (error == asio::error::would_block) return 0;
    if (error) return std::nullopt;
    return sent;
  }

  Task<bool> send_rest(std::string_view text) {
    deadline_.expires_after(limits_.send_max);
    auto [error, size] = co_await asio::async_write(socket_, asio::buffer(text), kAwait);
    deadline_.expires_never();
    co_return !error;
  }

  // What takes long, or has no end, is sent while the client is watched: when it goes away, what
  // the answer waits for is cancelled. It does not hold up a stop; the connection ends with it.
  Task<void> send_watched(const Request& request, Response& response) {
    using namespace asio::experimental::awaitable_operators;
    --shared_.requests;
    const auto ended = co_await (send_long(request, response) || client_gone());
    const auto* sent = std::get_if<0>(&ended);
    if (sent && *sent) co_return;
    // Reset, so that not even a client that ignores the missing end takes it for complete.
    beast::error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
  }

  Task<Result<void>> send_long(const Request& request, Response& response) {
    bool begun = false;
    try {
      if (auto make = std::move(response.make)) response = co_await make();
      if (response.stream) {
        begun = true;
        co_return co_await send_stream(socket_, deadline_, limits_.send_max, request, response);
      }
    } catch (const boost::system::system_error& error) {
      if (error.code() == asio::error::operation_aborted) co_return client_gone_error();
      response = failure(request, error);
    } catch (const std::exception& exception) {
      response = failure(request, exception);
    }
    if (begun || !co_await send_rest(whole(request, response, false)))
      co_return client_gone_error();
    co_return Result<void>{};
  }

  // What a client sends behind its request is not read by anybody else: the connection ends.
  Task<void> client_gone() {
    char sink[512];
    for (boost::system::error_code gone; !gone;) {
      std::tie(gone, std::ignore) = co_await socket_.async_read_some(asio::buffer(sink), kAwait);
    }
  }

  static std::unexpected<Error> client_gone_error() {
    return fail(ErrorCode::Unavailable, "client_gone", "the client is gone");
  }

  Task<void> refuse(const Request& request, Error error) {
    if (error.reason == "client_gone") co_return;
    const bool known = shared_.refuse && !request.path.empty();
    auto response = known ? shared_.refuse(request, error) : problem(error);
    if (co_await send_rest(head(response, false) + response.body))
      co_await discard_rest(socket_, deadline_, 8 * limits_.body_bytes_max);
  }

  Socket socket_;
  Deadline deadline_;
  const Shared shared_;
  const ServerLimits& limits_;
  RequestReader reader_;
  Request request_;
  std::string remote_address_;
};

}  // namespace

Server::Server(Handler handler, ServerLimits limits, unsigned threads)
    : handler_(std::move(handler)),
      limits_(limits),
      bodies_(limits.bodies_bytes_max, "bodies_limit", "the bodies of the requests under way"),
      connections_(limits.connections_max, limits.connections_per_address_max) {
  for (unsigned i = 0; i < std::max(threads, 1u); ++i) {
    contexts_.push_back(std::make_unique<asio::io_context>(1));
  }
  http2_connections_.resize(contexts_.size());
  deadlines_ = std::vector<Deadlines>(contexts_.size());
}

Server::~Server() { stop(); }

Result<uint16_t> Server::listen(const std::string& address) {
  return listen(address, std::nullopt);
}

Result<uint16_t> Server::listen_http2(const std::string& address, Http2Service service) {
  return listen(address, std::optional(std::move(service)));
}

Result<uint16_t> Server::listen(const std::string& address, std::optional<Http2Service> http2) {
  auto endpoint = parse_address(address);
  if (!endpoint) return forward(endpoint);
  tcp::acceptor acceptor(*contexts_.front());
  boost::system::error_code error;
  acceptor.open(endpoint->protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(*endpoint, error);
  if (!error) acceptor.listen(1024, error);
  if (error == asio::error::address_in_use) {
    return fail(ErrorCode::Conflict, "port_taken",
                fmt::format("port {} is taken by {}", endpoint->port(),
                            describe_listener(endpoint->port())));
  }
  if (error) {
    return fail(ErrorCode::InvalidArgument, "address_unusable",
                fmt::format("cannot listen on {}: {}", address, error.message()));
  }
  uint16_t port = acceptor.local_endpoint().port();
  listeners_.push_back(std::make_unique<Listener>(std::move(acceptor), std::move(http2)));
  return port;
}

void Server::start() {
  for (auto& listener : listeners_) {
    asio::co_spawn(*contexts_.front(), accept_loop(*listener), asio::detached);
  }
  for (size_t i = 0; i < contexts_.size(); ++i) {
    asio::co_spawn(*contexts_[i], deadlines_[i].watch(), asio::detached);
  }
  for (auto& context : contexts_) {
    threads_.emplace_back([&context] {
      auto guard = asio::make_work_guard(*context);
      context->run();
    });
  }
}

Task<void> Server::accept_loop(Listener& listener) {
  while (listener.acceptor.is_open()) {
    const size_t index = next_context_++ % contexts_.size();
    auto& context = *contexts_[index];
    auto [error, socket] = co_await listener.acceptor.async_accept(context, kAwait);
    if (error == asio::error::operation_aborted) break;
    if (error) {
      // Out of descriptors, mostly: let some go before the next try.
      asio::steady_timer pause(*contexts_.front(), std::chrono::milliseconds{50});
      co_await pause.async_wait(kAwait);
      continue;
    }
    const auto remote = socket.remote_endpoint(error);
    if (error) continue;  // gone again
    auto entered = connections_.enter(remote.address());
    if (!entered) {
      // The others are closed without a word, and those of HTTP/2, who would not understand it.
      if (turned_away_ >= kTurnedAwayMax || listener.http2) continue;
      asio::co_spawn(context, turn_away(std::move(socket), index, entered.error()), asio::detached);
      continue;
    }
    auto served = listener.http2 ? serve_http2(std::move(socket), *listener.http2, index)
                                 : serve(std::move(socket), index);
    asio::co_spawn(context, count(std::move(served), remote.address()), asio::detached);
  }
}

Task<void> Server::count(Task<void> served, asio::ip::address address) {
  co_await std::move(served);
  connections_.leave(address);
}

Task<void> Server::serve(Socket socket, size_t context) {
  Connection connection(std::move(socket), deadlines_[context],
                        {handler_, refuse_, limits_, bodies_, requests_, stopping_});
  co_await connection.run();
}

Task<void> Server::serve_http2(tcp::socket socket, const Http2Service& service, size_t context) {
  ++requests_;
  auto connection = std::make_shared<Http2Connection>(std::move(socket), service, limits_, bodies_);
  http2_connections_[context].insert(connection.get());
  if (stopping_) connection->shut_down();
  co_await connection->run();
  http2_connections_[context].erase(connection.get());
  --requests_;
}

Task<void> Server::turn_away(Socket socket, size_t context, Error error) {
  ++turned_away_;
  {
    Deadline deadline(deadlines_[context], socket);
    auto response = problem(error);
    auto text = head(response, false) + response.body;
    deadline.expires_after(std::chrono::seconds{1});
    co_await asio::async_write(socket, asio::buffer(text), kAwait);
    co_await discard_rest(socket, deadline, limits_.header_bytes_max);
  }
  --turned_away_;
}

void Server::stop() {
  if (stopping_.exchange(true)) return;
  asio::post(*contexts_.front(), [this] {
    for (auto& listener : listeners_) {
      boost::system::error_code ignored;
      listener->acceptor.close(ignored);
    }
  });
  for (size_t i = 0; i < contexts_.size(); ++i) {
    asio::post(*contexts_[i], [this, i] {
      for (auto* connection : http2_connections_[i]) connection->shut_down();
    });
  }
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  while (!threads_.empty() && requests_ > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  for (auto& context : contexts_) context->stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace sentinel::http
